"""The claims on the advisor's time that make a double booking impossible, and group calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, literal_column, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.call import ANSWERS
from services.booking.models.tables import BookingTables
from shared.db import Instant, RowId


class Claim(BookingTables):
    """A stretch of the advisor's time that is taken, own buffers included.

    The exclusion constraint is the only arbiter (law 2): whatever a page showed, two active claims never overlap.
    `during` is half open, so calls may touch. A claim is a visitor's hold (`holder` is the digest of who they are,
    `network` a keyed one of where they come from), a call's, or a group call's. A hold, and the claim of a call whose
    address must answer first, end at `expires_at` (machine time); others have none. A pending call that does not block
    has a claim that is not active.
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
        CheckConstraint("num_nonnulls(call_id, group_call_id, holder) = 1", name="whose"),
        CheckConstraint("(kind = 'hold') = (holder IS NOT NULL)", name="holder"),
        Index("claim_call_id_key", "call_id", unique=True),
        Index("claim_group_call_id_key", "group_call_id", unique=True),
        # One visitor holds one time.
        Index("claim_holder_key", "holder", unique=True),
        Index("claim_network_idx", "network", postgresql_where=text("network IS NOT NULL")),
    )

    id: Mapped[RowId]
    advisor_id: Mapped[UUID] = mapped_column(ForeignKey("advisor.id"))
    during: Mapped[Range[Any]] = mapped_column(TSTZRANGE)
    kind: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default="true")
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id"))
    group_call_id: Mapped[UUID | None] = mapped_column(ForeignKey("group_call.id"))
    holder: Mapped[str | None] = mapped_column(Text)
    network: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[Instant | None]


class GroupCall(BookingTables):
    """One time with several seats. `taken` is raised by a conditional UPDATE; the check refuses to oversell.

    The advisor has one calendar entry for it, with `uid` and `sequence` of its own; each seat is a `Call` with its own
    invitation, so that nobody learns who else comes. It is cancelled when the last seat is given back.
    `advisor_answer` and its stamp are what the advisor's calendar answered to that entry, as in `Call`; a group call
    never moves, so the answer holds to its end.
    """

    __tablename__ = "group_call"
    __table_args__ = (
        CheckConstraint("taken BETWEEN 0 AND capacity", name="taken"),
        CheckConstraint("state IN ('confirmed', 'cancelled', 'completed')", name="state"),
        CheckConstraint("starts_at < ends_at", name="times"),
        CheckConstraint(f"advisor_answer IN {ANSWERS}", name="advisor_answer"),
        # One open group call of a type at one time: two first seats meet here.
        Index(
            "group_call_start_key",
            "call_type_id",
            "starts_at",
            unique=True,
            postgresql_where=text("state = 'confirmed'"),
        ),
    )

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(Text, unique=True)
    call_type_id: Mapped[UUID] = mapped_column(ForeignKey("call_type.id"))
    state: Mapped[str] = mapped_column(Text, server_default="confirmed")
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default="0")
    sequence: Mapped[int] = mapped_column(server_default="0")
    location: Mapped[str] = mapped_column(Text, server_default="")
    advisor_answer: Mapped[str] = mapped_column(Text, server_default="needs-action")
    advisor_answer_stamp: Mapped[Instant | None]
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
