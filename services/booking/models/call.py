"""Calls, who else comes to them, and the times that were proposed for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.domain.states import GONE, OPEN, CallState
from services.booking.models.tables import BookingTables
from shared.db import Instant, RowId


def _in(states: tuple[CallState, ...]) -> str:
    return "(" + ", ".join(f"'{state}'" for state in states) + ")"


ANSWERS = "('needs-action', 'accepted', 'tentative', 'declined')"


class Call(BookingTables):
    """One call with one person, or one person's seat in a group call.

    `uid` is its iCalendar UID for life. `sequence` is RFC 5546's: raised in the same UPDATE as a change that calendars
    must hear of, so two states never share one. `revision` counts all changes, for events. `form_key` (`sending_key`)
    makes a form that is sent twice one booking. `answer` is what the prospect's calendar answered (RFC 5545 PARTSTAT,
    lower case) and `advisor_answer` the advisor's, both to the revision in `sequence`; the `_stamp` beside each is the
    DTSTAMP of that answer, by which an older one that arrives later is known (RFC 5546 §2.1.5).
    """

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint(f"state IN {_in(tuple(CallState))}", name="state"),
        CheckConstraint("starts_at < ends_at", name="times"),
        CheckConstraint(f"answer IN {ANSWERS}", name="answer"),
        CheckConstraint(f"advisor_answer IN {ANSWERS}", name="advisor_answer"),
        Index("call_live_idx", "starts_at", postgresql_where=text(f"state IN {_in(OPEN)}")),
        Index("call_starts_at_idx", "starts_at"),
        Index("call_form_key_key", "form_key", unique=True, postgresql_where=text(f"state IN {_in(OPEN)}")),
        # An accepted request opens one session; a session that does not come about gives it back.
        Index("call_ask_id_key", "ask_id", unique=True, postgresql_where=text(f"state NOT IN {_in(GONE)}")),
    )

    id: Mapped[RowId]
    token: Mapped[str] = mapped_column(Text, unique=True)
    uid: Mapped[str] = mapped_column(Text, unique=True)
    form_key: Mapped[str | None] = mapped_column(Text)
    call_type_id: Mapped[UUID] = mapped_column(ForeignKey("call_type.id"), index=True)
    ask_id: Mapped[UUID | None] = mapped_column(ForeignKey("ask.id"))
    link_id: Mapped[UUID | None] = mapped_column(ForeignKey("private_link.id"))
    # The group call this is a seat in; its time is claimed once, by that row.
    group_call_id: Mapped[UUID | None] = mapped_column(ForeignKey("group_call.id"), index=True)
    state: Mapped[str] = mapped_column(Text, server_default="confirmed")
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    sequence: Mapped[int] = mapped_column(server_default="0")
    revision: Mapped[int] = mapped_column(server_default="0")
    # How often the prospect moved it; the advisor's moves are not counted.
    moves: Mapped[int] = mapped_column(server_default="0")
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(Text, index=True)
    zone: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    company: Mapped[str] = mapped_column(Text, server_default="")
    phone: Mapped[str] = mapped_column(Text, server_default="")
    # Where it takes place, as resolved when it was booked; "" is the advisor's video link as it is now.
    location: Mapped[str] = mapped_column(Text, server_default="")
    # What they answered to the call type's questions: the question's words and theirs, in the order they were asked.
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    attribution: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    answer: Mapped[str] = mapped_column(Text, server_default="needs-action")
    advisor_answer: Mapped[str] = mapped_column(Text, server_default="needs-action")
    answer_stamp: Mapped[Instant | None]
    advisor_answer_stamp: Mapped[Instant | None]
    # The advisor's address when they are the ORGANIZER of its invitations, "" when the system's mailbox is: as it was
    # when the first one left, because an organizer never changes between revisions.
    organizer: Mapped[str] = mapped_column(Text, server_default="")
    # The advisor's own words about it; nobody else sees them.
    notes: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    # `prospect`, `advisor` or `system` (nobody answered in time).
    cancelled_by: Mapped[str] = mapped_column(Text, server_default="")
    reason: Mapped[str] = mapped_column(Text, server_default="")
    # An address that must answer first: the secret in the link of our mail, until machine time `verify_by`.
    verify_token: Mapped[str | None] = mapped_column(Text, unique=True)
    verify_by: Mapped[Instant | None]
    paid_at: Mapped[Instant | None]
    # What of the hours its time went against when the advisor chose it all the same: a `Rule` of refusals, or "".
    placed_against: Mapped[str] = mapped_column(Text, server_default="")


class Guest(BookingTables):
    """Somebody else who was invited to a call. Once removed they are told so, and the row stays as who was told."""

    __tablename__ = "guest"
    __table_args__ = (
        UniqueConstraint("call_id", "person"),
        CheckConstraint(f"answer IN {ANSWERS}", name="answer"),
    )

    id: Mapped[RowId]
    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text, server_default="")
    email: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(Text, index=True)
    answer: Mapped[str] = mapped_column(Text, server_default="needs-action")
    answer_stamp: Mapped[Instant | None]
    removed_at: Mapped[Instant | None]


class Proposal(BookingTables):
    """Other times: the advisor's for a call or an ask, or a prospect's COUNTER (RFC 5546 §3.2.7) to an invitation.

    `starts` are the times to choose from; a COUNTER has one, and its `ends_at`. At most one proposal of a side is open
    for a call. `token` opens the page on which the prospect chooses.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        CheckConstraint("num_nonnulls(call_id, ask_id) = 1", name="about"),
        CheckConstraint("made_by IN ('advisor', 'prospect')", name="made_by"),
        CheckConstraint("state IN ('open', 'accepted', 'refused', 'replaced')", name="state"),
        CheckConstraint("cardinality(starts) BETWEEN 1 AND 10", name="starts"),
        Index("proposal_open_key", "call_id", "made_by", unique=True, postgresql_where=text("state = 'open'")),
    )

    id: Mapped[RowId]
    token: Mapped[str] = mapped_column(Text, unique=True)
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    ask_id: Mapped[UUID | None] = mapped_column(ForeignKey("ask.id", ondelete="CASCADE"), index=True)
    # What is to be booked when an ask is answered with times.
    call_type_id: Mapped[UUID] = mapped_column(ForeignKey("call_type.id"))
    made_by: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    starts: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    ends_at: Mapped[Instant | None]
    # The SEQUENCE of the invitation that a COUNTER answers: DECLINECOUNTER repeats it.
    sequence: Mapped[int] = mapped_column(server_default="0")
    message: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[Instant]
    answered_at: Mapped[Instant | None]
