"""What can be booked: call types and the private links to them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.tables import BookingTables
from shared.db import Instant, RowId


class CallType(BookingTables):
    """A kind of call that can be booked. All `_minutes` are elapsed time."""

    __tablename__ = "call_type"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 5 AND 480", name="minutes"),
        CheckConstraint("5 <= ALL (other_minutes) AND 480 >= ALL (other_minutes)", name="other_minutes"),
        CheckConstraint("interval_minutes BETWEEN 5 AND 480", name="interval_minutes"),
        CheckConstraint("access IN ('public', 'accepted_request', 'link')", name="access"),
        CheckConstraint("horizon_kind IN ('days', 'business_days', 'dates')", name="horizon_kind"),
        CheckConstraint(
            "horizon_kind <> 'dates' OR (first_date IS NOT NULL AND last_date >= first_date)", name="horizon_dates"
        ),
        CheckConstraint("confirmation IN ('none', 'always', 'free_mail')", name="confirmation"),
        CheckConstraint(
            "location_kind IN ('video', 'phone_out', 'phone_in', 'in_person', 'jitsi')", name="location_kind"
        ),
        CheckConstraint("seats >= 1", name="seats"),
    )

    id: Mapped[RowId]
    slug: Mapped[str] = mapped_column(Text, unique=True)
    way: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    headline: Mapped[str] = mapped_column(Text, server_default="")
    # The length that is chosen unless somebody chooses another of `other_minutes`.
    minutes: Mapped[int]
    other_minutes: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{}")
    interval_minutes: Mapped[int]
    buffer_before_minutes: Mapped[int] = mapped_column(server_default="0")
    buffer_after_minutes: Mapped[int] = mapped_column(server_default="0")
    notice_minutes: Mapped[int] = mapped_column(server_default="0")
    # How far ahead: so many days or business days from now, or fixed dates of the advisor's zone, both included.
    horizon_kind: Mapped[str] = mapped_column(Text, server_default="days")
    horizon_days: Mapped[int] = mapped_column(server_default="60")
    first_date: Mapped[date | None]
    last_date: Mapped[date | None]
    schedule_id: Mapped[UUID | None] = mapped_column(ForeignKey("schedule.id"))
    move_notice_minutes: Mapped[int] = mapped_column(server_default="0")
    cancel_notice_minutes: Mapped[int] = mapped_column(server_default="0")
    # How often a prospect may move a call, and how many open calls of this type one person may have. None: any number.
    most_moves: Mapped[int | None]
    most_open: Mapped[int | None]
    # More than one makes it a group call: one time, several people.
    seats: Mapped[int] = mapped_column(server_default="1")
    # Whether the advisor says yes first: never, always, or to addresses of free mail providers only.
    confirmation: Mapped[str] = mapped_column(Text, server_default="none")
    pending_blocks: Mapped[bool] = mapped_column(server_default="true")
    # Whether the address must answer our mail before the call counts.
    verify_email: Mapped[bool] = mapped_column(server_default="false")
    # The questions of the form, in order; their shape is `domain.questions.Question`.
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    # `video`: the link in `location`, else the advisor's. `phone_out`: I call the number they give. `phone_in`: they
    # call the number in `location`. `in_person`: at the place in `location`. `jitsi`: a room of its own per call on the
    # server in `location` (https://meet.example.com).
    location_kind: Mapped[str] = mapped_column(Text, server_default="video")
    location: Mapped[str] = mapped_column(Text, server_default="")
    price_text: Mapped[str] = mapped_column(Text, server_default="")
    pay_url: Mapped[str] = mapped_column(Text, server_default="")
    # Where a booked visitor is led, with `call`, `call_type`, `start`, `email`, `name` and the utm parameters added.
    redirect_url: Mapped[str] = mapped_column(Text, server_default="")
    # `accepted_request`: only with the token of a mentorship request that was accepted. `link`: only by a private link.
    access: Mapped[str] = mapped_column(Text, server_default="public")
    # Reminders so many minutes before the start; a follow-up so many after the end (None: none), and after a no-show.
    reminder_minutes: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{60,1440}")
    follow_up_minutes: Mapped[int | None] = mapped_column(server_default="60")
    no_show_follow_up: Mapped[bool] = mapped_column(server_default="true")
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default="true")
    revision: Mapped[int] = mapped_column(server_default="0")


class PrivateLink(BookingTables):
    """A way to a call type that is not open to all, or past its front door. `uses` is raised with the booking.

    The constraint is what keeps a single-use link single (law 2); a call that does not come about gives its use back.
    """

    __tablename__ = "private_link"
    __table_args__ = (CheckConstraint("uses >= 0 AND (most_uses IS NULL OR uses <= most_uses)", name="uses"),)

    id: Mapped[RowId]
    token: Mapped[str] = mapped_column(Text, unique=True)
    call_type_id: Mapped[UUID] = mapped_column(ForeignKey("call_type.id"))
    label: Mapped[str] = mapped_column(Text, server_default="")
    most_uses: Mapped[int | None]
    uses: Mapped[int] = mapped_column(server_default="0")
    expires_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]
    created_at: Mapped[Instant]
