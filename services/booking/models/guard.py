"""Who may not book, and what programs have asked before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.tables import BookingTables
from shared.db import Instant, RowId


class Blocked(BookingTables):
    """An address (as a person's key) or a whole domain (`@example.com`) that the advisor wants nothing from."""

    __tablename__ = "blocked"

    id: Mapped[RowId]
    pattern: Mapped[str] = mapped_column(Text, unique=True)
    note: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[Instant]


class AnsweredRequest(BookingTables):
    """The answer to a program's request with an Idempotency-Key, kept for 24 h (machine time).

    `key` is the digest of caller, route and key; `body` the digest of what was sent, so that another body is refused.
    """

    __tablename__ = "answered_request"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[int]
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[Instant] = mapped_column(index=True)
