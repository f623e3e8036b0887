"""A mail as rows: the columns every sending service has, its states and the transitions between them.

queued ──► claimed ──► sending ──► accepted
  ▲  ▲        │           ├──────► failed        the provider refused it for good
  │  └────────┤           ├──────► unknown ──┬─► accepted   the provider's own event settled it
  │  lease    │           │                  ├─► queued     transactional, after the window
  │  over     ▼           │                  └─► parked     nurture, after the window
  └──────  skipped        ├──────► queued        surely not sent: tried again later
                          └──────► parked        surely not sent, too often

What cannot be rendered or composed is `claimed → parked`. The provider's own event may settle `sending` too.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, Text, or_, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from shared.db import Instant, RowId, Tables


class MailState(StrEnum):
    """Where a mail is. The last four are ends, though an event may still move `unknown` and `parked`."""

    QUEUED = "queued"
    CLAIMED = "claimed"  # leased to a worker, provably unsent
    SENDING = "sending"  # the point of no return is committed
    UNKNOWN = "unknown"  # it may have left; nobody can say yet
    ACCEPTED = "accepted"
    FAILED = "failed"
    SKIPPED = "skipped"  # no longer wanted; `skip_reason` says why
    PARKED = "parked"  # a person must look


# States in which a mail waits for a person.
STUCK = (MailState.UNKNOWN, MailState.PARKED, MailState.FAILED)


# States that nothing leaves any more by itself: what the mail said is history.
ENDED = (MailState.ACCEPTED, MailState.FAILED, MailState.SKIPPED)


class MailClass(StrEnum):
    """What an ambiguous end means: a confirmation is sent again, a letter to a reader never is."""

    TRANSACTIONAL = "transactional"
    NURTURE = "nurture"


class Feedback(StrEnum):
    """The last thing the provider said of an accepted mail."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


# Late and repeated news are transitions too. `unknown → accepted` is the provider's event, or the worker's own
# answer arriving after its lease; `parked → accepted` the same, later still. `accepted → failed` is an asynchronous
# bounce: the receiving server took the mail and gave it back.
# `queued` and `claimed` may end by news of an earlier attempt that was taken for lost and is about to be made again.
TRANSITIONS: dict[MailState, frozenset[MailState]] = {
    MailState.QUEUED: frozenset({MailState.CLAIMED, MailState.ACCEPTED, MailState.FAILED, MailState.SKIPPED}),
    MailState.CLAIMED: frozenset(
        {
            MailState.SENDING,
            MailState.QUEUED,
            MailState.ACCEPTED,
            MailState.FAILED,
            MailState.SKIPPED,
            MailState.PARKED,
        }
    ),
    MailState.SENDING: frozenset(
        {MailState.ACCEPTED, MailState.FAILED, MailState.UNKNOWN, MailState.QUEUED, MailState.PARKED}
    ),
    MailState.UNKNOWN: frozenset({MailState.ACCEPTED, MailState.FAILED, MailState.QUEUED, MailState.PARKED}),
    MailState.ACCEPTED: frozenset({MailState.FAILED}),
    MailState.FAILED: frozenset(),
    # `skipped → queued`: a person says that a dead address works again.
    MailState.SKIPPED: frozenset({MailState.QUEUED}),
    MailState.PARKED: frozenset({MailState.QUEUED, MailState.ACCEPTED, MailState.FAILED}),
}


class MessageColumns(Tables):
    """The table `message` of a sending service: one row per mail and recipient, never deleted before its retention.

    `dedupe_key` makes a second enqueue of the same mail a no-op. Of the rows of one `ordering_key` (a call and a
    recipient), a higher `revision` replaces the unsent lower ones. `due` is product time; `lease_until` and
    `retry_at` are machine time. `context` is what the renderer needs beside `subject_id`.
    """

    __abstract__ = True
    __tablename__ = "message"

    id: Mapped[RowId]
    dedupe_key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    mail_class: Mapped[MailClass] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    recipient_name: Mapped[str] = mapped_column(Text, server_default="")
    person: Mapped[str] = mapped_column(Text)
    ordering_key: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(server_default="0")
    subject_id: Mapped[UUID]
    context: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    due: Mapped[Instant]
    state: Mapped[MailState] = mapped_column(Text, server_default=MailState.QUEUED)
    attempt: Mapped[int] = mapped_column(server_default="0")
    claim_id: Mapped[UUID | None]
    lease_until: Mapped[Instant | None]
    retry_at: Mapped[Instant | None]
    unknown_since: Mapped[Instant | None]
    accepted_at: Mapped[Instant | None]
    provider_id: Mapped[str | None] = mapped_column(Text)
    skip_reason: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    feedback: Mapped[Feedback | None] = mapped_column(Text)
    created_at: Mapped[Instant]


class BodyColumns(Tables):
    """The table `message_body`: a mail as it was rendered at its first claim, used by every retry and every view.

    Kept apart because it is dropped by retention long before the row, which says only that a mail was sent.
    """

    __abstract__ = True
    __tablename__ = "message_body"

    @declared_attr
    def message_id(cls) -> Mapped[UUID]:  # noqa: N805 - SQLAlchemy's way to write a mixin's key
        return mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)

    sender: Mapped[str] = mapped_column(Text)
    sender_name: Mapped[str] = mapped_column(Text)
    reply_to: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    ics: Mapped[bytes | None] = mapped_column(LargeBinary)
    method: Mapped[str | None] = mapped_column(Text)
    headers: Mapped[list[list[str]]] = mapped_column(JSONB)
    date: Mapped[Instant]
    boundary: Mapped[str] = mapped_column(Text)


def may_have_left(table: type[MessageColumns]) -> ColumnElement[bool]:
    """Whether the recipient may know what a mail says: it has left, or nobody can say that it has not; as SQL."""
    begun = (MailState.SENDING, MailState.UNKNOWN, MailState.ACCEPTED, MailState.FAILED)
    # One that is sent again after an ambiguous end keeps the mark of it.
    return or_(table.state.in_(begun), table.unknown_since.is_not(None))


def message_indexes(table: type[MessageColumns]) -> tuple[Index, ...]:
    """The queue, the order of one key's mails, and what is at work, each as small as it can be."""
    queued = table.state == MailState.QUEUED
    at_work = table.state.in_([MailState.CLAIMED, MailState.SENDING, MailState.UNKNOWN])
    return (
        Index("message_due_idx", table.due, postgresql_where=queued),
        Index("message_ordering_key_idx", table.ordering_key, postgresql_where=queued | at_work),
        Index("message_lease_until_idx", table.lease_until, postgresql_where=at_work),
        Index("message_person_idx", table.person),
        # What a person must look at: read by every console page and by doctor.
        Index("message_stuck_idx", table.created_at, postgresql_where=table.state.in_(STUCK)),
        Index("message_subject_id_idx", table.subject_id),
    )


def body_indexes(table: type[BodyColumns]) -> tuple[Index]:
    """What retention looks for."""
    return (Index("message_body_date_idx", table.date),)
