"""What people ask for: a question by the contact form, or mentorship."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.tables import BookingTables
from shared.db import Instant, RowId


class Ask(BookingTables):
    """One ask in the person's own words. `token` opens a booking page to whom it was accepted for."""

    __tablename__ = "ask"
    __table_args__ = (
        CheckConstraint("kind IN ('contact', 'mentorship')", name="kind"),
        CheckConstraint("state IN ('open', 'answered', 'accepted', 'declined')", name="state"),
    )

    id: Mapped[RowId]
    token: Mapped[str] = mapped_column(Text, unique=True)
    form_key: Mapped[str | None] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    revision: Mapped[int] = mapped_column(server_default="0")
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(Text, index=True)
    zone: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    company: Mapped[str] = mapped_column(Text, server_default="")
    phone: Mapped[str] = mapped_column(Text, server_default="")
    message: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(Text, server_default="")
    background: Mapped[str] = mapped_column(Text, server_default="")
    preferred_times: Mapped[str] = mapped_column(Text, server_default="")
    # The exact sentence beside the box they ticked, or nothing: this is the proof of consent.
    follow_up: Mapped[str | None] = mapped_column(Text)
    attribution: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    created_at: Mapped[Instant]
    answered_at: Mapped[Instant | None]
