"""What the advisor sees first: who waits for them, whom they speak with, and what is stuck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from services.booking.domain.calendar_sources import is_lasting
from services.booking.domain.states import OPEN
from services.booking.models import Ask, Calendar, Call, CallType, DeadAddress, Inbox, Message, MessageBody, Proposal
from services.booking.usecases.entries import parked_entries
from services.booking.usecases.freshness import CalendarNow, failing_calendars
from services.booking.usecases.room import Entry, coming, waiting
from shared.doorbell import wake
from shared.mail.row import MailState
from shared.mail.settle import retry_parked

MOST = 50
# What reached nobody stays on Today so long; after that it is history.
SHOWN_FOR = timedelta(days=14)
BOUNCED = "address_bounced"
# Feeds are asked every quarter of an hour.
READ_LATELY = timedelta(minutes=20)


@dataclass(frozen=True)
class Today:
    """The first page of the console, in reading order."""

    # What waits for the advisor's yes: requested calls, and times that calendars propose instead.
    waiting: Sequence[tuple[Call, CallType]]
    counters: Sequence[tuple[Call, CallType, Proposal]]
    asks: Sequence[Ask]
    calls: Sequence[Entry]
    stuck: Sequence[Message]
    parked_events: Sequence[Inbox]
    # Calls that could not be written: the calendar's name, how many, and why.
    parked_entries: Sequence[tuple[str, int, str]]


def today(session: Session, *, now: datetime) -> Today:
    """What is open now: asks by age, calls by time, and whatever needs a person to look at it."""
    return Today(
        waiting=waiting(session, now=now),
        counters=_counters(session, now=now),
        asks=session.scalars(select(Ask).where(Ask.state == "open").order_by(Ask.created_at).limit(MOST)).all(),
        calls=coming(session, now=now, most=MOST),
        stuck=_stuck(session, now=now),
        parked_events=session.scalars(select(Inbox).where(Inbox.parked_at.is_not(None)).limit(MOST)).all(),
        parked_entries=parked_entries(session),
    )


def uncertain_calendars(session: Session, *, machine: datetime) -> list[CalendarNow]:
    """Those of whose times nobody can be sure. What may be over in a minute is left to the room of calendars."""
    failures = {row: count for row, count in session.execute(select(Calendar.id, Calendar.failures))}  # noqa: C416 - a result is no mapping
    failing = failing_calendars(session, machine=machine)
    return [one for one in failing if not _is_hiccup(one, failures[one.id], machine=machine)]


def _is_hiccup(one: CalendarNow, failures: int, *, machine: datetime) -> bool:
    """The first failure of a source that was read not long ago: it is asked again in a minute."""
    if one.is_stale or one.trouble is None or is_lasting(one.trouble):
        return False
    return failures == 1 and one.read_at is not None and one.read_at > machine - READ_LATELY


def _counters(session: Session, *, now: datetime) -> list[tuple[Call, CallType, Proposal]]:
    """Those that can still be accepted; a time that has passed is no question any more."""
    query = (
        select(Call, CallType, Proposal)
        .join(CallType, CallType.id == Call.call_type_id)
        .join(Proposal, Proposal.call_id == Call.id)
        .where(Proposal.made_by == "prospect", Proposal.state == "open", Call.state.in_(OPEN))
        .where(Call.ends_at > now, Proposal.starts[1] > now)
    )
    rows = session.execute(query.order_by(Proposal.created_at).limit(MOST))
    return [(call, call_type, proposal) for call, call_type, proposal in rows]


def _stuck(session: Session, *, now: datetime) -> Sequence[Message]:
    """Mails that a person should know of: nobody can say, wait for a person, or reached nobody in the last weeks."""
    lately = Message.created_at >= now - SHOWN_FOR
    bounced = and_(Message.state == MailState.SKIPPED, Message.skip_reason == BOUNCED, lately)
    failed = and_(Message.state == MailState.FAILED, lately)
    waiting = Message.state.in_([MailState.UNKNOWN, MailState.PARKED])
    query = select(Message).where(or_(waiting, failed, bounced))
    return session.scalars(query.order_by(Message.created_at.desc()).limit(MOST)).all()


def stored_mail(session: Session, message_id: UUID) -> dict[str, Any] | None:
    """One mail as it was or will be sent. `text` is missing until its first claim, and after its retention.

    `at` is when it was accepted, or when it is or was due; `call` the id of the call that it is about, if it is of one.
    """
    row, body = session.get(Message, message_id), session.get(MessageBody, message_id)
    if row is None:
        return None
    return {
        "id": row.id,
        "kind": row.kind,
        "recipient": row.recipient,
        "state": row.state,
        "feedback": row.feedback or "",
        "error": row.error or "",
        "skipped": row.skip_reason or "",
        "may_send_again": row.state == MailState.PARKED or row.skip_reason == BOUNCED,
        "at": row.accepted_at or row.due,
        "call": _call_of(session, row.subject_id),
        "provider_id": row.provider_id or "",
        "attempt": row.attempt,
        "subject": body.subject if body else "",
        "sender": body.sender if body else "",
        "reply_to": body.reply_to if body else "",
        "text": body.text if body else None,
        "invite": (body.method or "") if body else "",
    }


def _call_of(session: Session, subject: UUID) -> UUID | None:
    """A mail's subject is a call, or times that were proposed for one."""
    proposed = select(Proposal.call_id).where(Proposal.id == subject)
    return session.scalar(select(Call.id).where(or_(Call.id == subject, Call.id.in_(proposed))))


def send_again(session: Session, message_id: UUID) -> bool:
    """The advisor's "send again": for a parked mail, or for one whose address is said to work again. Else False."""
    wake(session, "booking.mail")
    row = session.get(Message, message_id, with_for_update=True)
    if row is not None and row.state == MailState.SKIPPED and row.skip_reason == BOUNCED:
        session.execute(delete(DeadAddress).where(DeadAddress.person == row.person))
        row.state, row.skip_reason, row.claim_id, row.lease_until = MailState.QUEUED, None, None, None
        return True
    return retry_parked(session, Message, message_id)
