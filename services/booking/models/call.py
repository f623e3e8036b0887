"""Calls, and the claims on the advisor's time that make a double booking impossible."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.tables import BookingTables
from shared.db import Instant, RowId


class Call(BookingTables):
    """One call with one person.

    `uid` is its iCalendar UID for life. `sequence` is RFC 5546's: raised in the same UPDATE as the change of time or
    state, so two states never share one. `form_key` (`sending_key`) makes a form that is sent twice one booking.
    """

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint("state IN ('confirmed', 'cancelled', 'completed')", name="state"),
        CheckConstraint("starts_at < ends_at", name="times"),
        Index("call_live_idx", "starts_at", postgresql_where=text("state = 'confirmed'")),
        Index("call_form_key_key", "form_key", unique=True, postgresql_where=text("state = 'confirmed'")),
        # An accepted request opens one session; cancelling it gives it back.
        Index("call_ask_id_key", "ask_id", unique=True, postgresql_where=text("state <> 'cancelled'")),
    )

    id: Mapped[RowId]
    token: Mapped[str] = mapped_column(Text, unique=True)
    uid: Mapped[str] = mapped_column(Text, unique=True)
    form_key: Mapped[str | None] = mapped_column(Text)
    call_type_id: Mapped[UUID] = mapped_column(ForeignKey("call_type.id"))
    ask_id: Mapped[UUID | None] = mapped_column(ForeignKey("ask.id"))
    state: Mapped[str] = mapped_column(Text, server_default="confirmed")
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    sequence: Mapped[int] = mapped_column(server_default="0")
    moves: Mapped[int] = mapped_column(server_default="0")
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(Text, index=True)
    zone: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    company: Mapped[str] = mapped_column(Text, server_default="")
    # What they answered to the call type's questions: the question's words and theirs, in the order they were asked.
    answers: Mapped[list[dict[str, str]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    attribution: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    cancelled_by: Mapped[str] = mapped_column(Text, server_default="")
    reason: Mapped[str] = mapped_column(Text, server_default="")


class Claim(BookingTables):
    """A stretch of the advisor's time that is taken, own buffers included.

    The exclusion constraint is the only arbiter (law 2): whatever a page showed, two active claims never overlap.
    `during` is half open, so calls may touch. A hold ends at `expires_at` (machine time); a call's claim has none.
    """

    __tablename__ = "claim"
    __table_args__ = (
        ExcludeConstraint(
            (literal_column("advisor_id"), "="),
            (literal_column("during"), "&&"),
            where=text("active"),
            using="gist",
            name="claim_no_overlap",
        ),
        CheckConstraint("kind IN ('hold', 'pending', 'call')", name="kind"),
        CheckConstraint("NOT isempty(during)", name="during"),
        Index("claim_call_id_key", "call_id", unique=True),
    )

    id: Mapped[RowId]
    advisor_id: Mapped[UUID] = mapped_column(ForeignKey("advisor.id"))
    during: Mapped[Range[Any]] = mapped_column(TSTZRANGE)
    kind: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default="true")
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id"))
    expires_at: Mapped[Instant | None]
