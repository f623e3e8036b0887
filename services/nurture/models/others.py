"""Nurture's own copies of what booking told it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.nurture.models.tables import NurtureTables
from shared.db import Big, Instant


class KnownCall(NurtureTables):
    """A call as booking last told of it. Somebody with a booked call gets no letters."""

    __tablename__ = "known_call"
    __table_args__ = (CheckConstraint("state IN ('booked', 'cancelled', 'completed')", name="state"),)

    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(Text, index=True)
    state: Mapped[str] = mapped_column(Text)
    revision: Mapped[Big]
    starts_at: Mapped[Instant]


class KnownAdvisor(NurtureTables):
    """In whose name letters are written."""

    __tablename__ = "known_advisor"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[Big]
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    photo_url: Mapped[str] = mapped_column(Text, server_default="")
    signature: Mapped[list[str]] = mapped_column(ARRAY(Text))
    postal_address: Mapped[str] = mapped_column(Text)
    # The calls that anybody may book (`OfferedCall`); the first is where a letter leads.
    call_types: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
