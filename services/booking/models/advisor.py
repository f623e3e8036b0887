"""The advisor: who they are, what they offer, and when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, literal_column, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.tables import BookingTables
from shared.db import Instant, RowId


class Advisor(BookingTables):
    """The one advisor of this installation. Whoever claims their time locks this row first (architecture §6)."""

    __tablename__ = "advisor"
    # One installation serves one advisor: two first starts at once must not make two.
    __table_args__ = (Index("advisor_one_key", literal_column("(true)"), unique=True),)

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
    revision: Mapped[int] = mapped_column(server_default="0")


class CallType(BookingTables):
    """A kind of call that can be booked. All `_minutes` are elapsed time."""

    __tablename__ = "call_type"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 5 AND 480", name="minutes"),
        CheckConstraint("interval_minutes BETWEEN 5 AND 480", name="interval_minutes"),
        CheckConstraint("access IN ('public', 'accepted_request')", name="access"),
    )

    id: Mapped[RowId]
    slug: Mapped[str] = mapped_column(Text, unique=True)
    way: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    headline: Mapped[str] = mapped_column(Text, server_default="")
    minutes: Mapped[int]
    interval_minutes: Mapped[int]
    buffer_before_minutes: Mapped[int] = mapped_column(server_default="0")
    buffer_after_minutes: Mapped[int] = mapped_column(server_default="0")
    notice_minutes: Mapped[int] = mapped_column(server_default="0")
    horizon_days: Mapped[int] = mapped_column(server_default="60")
    move_notice_minutes: Mapped[int] = mapped_column(server_default="0")
    cancel_notice_minutes: Mapped[int] = mapped_column(server_default="0")
    location: Mapped[str] = mapped_column(Text, server_default="")
    price_text: Mapped[str] = mapped_column(Text, server_default="")
    # `accepted_request`: only with the token of a mentorship request that the advisor accepted.
    access: Mapped[str] = mapped_column(Text, server_default="public")
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default="true")


class WeeklyHours(BookingTables):
    """One weekly window in the advisor's zone: wall time in minutes after midnight, ISO weekday (1 is Monday)."""

    __tablename__ = "weekly_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("start_minute BETWEEN 0 AND 1439 AND end_minute BETWEEN 0 AND 1440", name="minutes"),
    )

    id: Mapped[RowId]
    advisor_id: Mapped[UUID] = mapped_column(ForeignKey("advisor.id"))
    weekday: Mapped[int] = mapped_column(SmallInteger)
    start_minute: Mapped[int] = mapped_column(SmallInteger)
    end_minute: Mapped[int] = mapped_column(SmallInteger)
    crosses_midnight: Mapped[bool] = mapped_column(server_default="false")


class Article(BookingTables):
    """Booking's own copy of what nurture published: for the link in a confirmation and the text beside a box."""

    __tablename__ = "article"

    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    emails: Mapped[int]
    revision: Mapped[int]
    published_at: Mapped[Instant]
