"""The advisor, and booking's copy of what nurture published."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, literal_column, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.tables import BookingTables
from shared.db import Instant, RowId


class Advisor(BookingTables):
    """The one advisor of this installation. Whoever claims their time locks this row first (architecture §6)."""

    __tablename__ = "advisor"
    __table_args__ = (
        # One installation serves one advisor: two first starts at once must not make two.
        Index("advisor_one_key", literal_column("(true)"), unique=True),
        CheckConstraint("organizer IN ('mailbox', 'advisor')", name="organizer"),
    )

    id: Mapped[RowId]
    name: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    headline: Mapped[str] = mapped_column(Text, server_default="")
    bio: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    signature: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    postal_address: Mapped[str] = mapped_column(Text, server_default="")
    photo_url: Mapped[str] = mapped_column(Text, server_default="")
    video_url: Mapped[str] = mapped_column(Text, server_default="")
    # The ways of working, as the first page shows them: slug, name, what it is.
    ways: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    # The country whose public holidays are closed, as the `holidays` library names it ("DE", "DE-BE"); "" for none.
    holidays: Mapped[str] = mapped_column(Text, server_default="")
    # Who stands in invitations as ORGANIZER: the mailbox that the system reads, or the advisor's own address.
    organizer: Mapped[str] = mapped_column(Text, server_default="mailbox")
    revision: Mapped[int] = mapped_column(server_default="0")


class Article(BookingTables):
    """Booking's own copy of what nurture published: for the link in a confirmation and the text beside a box."""

    __tablename__ = "article"

    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    emails: Mapped[int]
    revision: Mapped[int]
    published_at: Mapped[Instant]
