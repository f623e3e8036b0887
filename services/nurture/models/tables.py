"""The root of nurture's tables."""

from __future__ import annotations

from shared.db import Tables, metadata


class NurtureTables(Tables):
    """Tables in the schema `nurture`."""

    __abstract__ = True
    metadata = metadata("nurture")
