"""The root of booking's tables."""

from __future__ import annotations

from shared.db import Tables, metadata


class BookingTables(Tables):
    """Tables in the schema `booking`."""

    __abstract__ = True
    metadata = metadata("booking")
