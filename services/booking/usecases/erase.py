"""Forgetting a person: what booking keeps of them is overwritten. Who asks for it is refused while a call is ahead.

Booking is where an erasure is asked for, because it knows the calls: it forgets in the same transaction, nurture hears
of it, forgets, and tells the rest. What lies elsewhere (mails that left, entries in the advisor's calendars) stays
there; `Left` says how much of it there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Delete, Text, Update, and_, case, cast, delete, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session

from services.booking.domain.errors import StillBooked, YourOwnAddress
from services.booking.domain.states import OPEN, CallState
from services.booking.models import (
    Account,
    AnsweredRequest,
    Ask,
    Audit,
    Blocked,
    CalendarEntry,
    Call,
    Claim,
    DeadAddress,
    Erased,
    Guest,
    Inbox,
    Message,
    MessageBody,
    PrivateLink,
    Proposal,
)
from services.booking.usecases.availability import advisor_of
from shared.addresses import person_key
from shared.erasure import ERASED, Erasure, note_erasure
from shared.events import ErasureAsked
from shared.inbox import publish
from shared.inbox_erasure import erase_events
from shared.mail.erase import erase_mails
from shared.mail.row import MailState

# What takes the place of each column that says something about a person; `token`s are drawn anew beside it, so that
# links in old mails lead nowhere. The time of a call stays: it is the advisor's as well.
_WHO: dict[str, Any] = {
    "name": ERASED,
    "email": ERASED,
    "person": ERASED,
    "zone": "UTC",
    "locale": "en",
    "company": "",
    "phone": "",
}
OF_A_CALL: dict[str, Any] = _WHO | {
    "form_key": None,
    "verify_token": None,
    "location": "",
    "answers": [],
    "attribution": {},
    "notes": "",
    "reason": "",
}
OF_AN_ASK: dict[str, Any] = _WHO | {
    "form_key": None,
    "message": "",
    "background": "",
    "preferred_times": "",
    "follow_up": None,
    "attribution": {},
}
OF_A_GUEST = {"name": ERASED, "email": ERASED}
OF_A_PROPOSAL = {"message": ""}
# What the history of a call reads of its mails: when it was before a move, whose wish that was, who came late.
_TOLD_BY_MAILS = ("to", "by", "previous_start", "agreed", "minutes")


@dataclass(frozen=True)
class Left:
    """What was forgotten, and what lies where booking does not reach: entries in the advisor's own calendars."""

    asks: int
    calls: int
    entries: int


@dataclass(frozen=True)
class _Rows:
    """The rows of one person, found before they lose their key."""

    asks: Sequence[UUID]
    calls: Sequence[UUID]
    # Calls of others to which they are invited; those, the ones they were taken off again, and group calls with a seat.
    invited: Sequence[UUID]
    joined: Sequence[UUID]


def ask_to_erase(session: Session, erasure: Erasure) -> Left:
    """Forget a person here, and let the others know.

    Raises `StillBooked` while a call with them is ahead, or its cancellation has not left yet, and `YourOwnAddress`.
    """
    left = erase_person(session, erasure, now=erasure.at)
    publish(session, ErasureAsked(subject=uuid4(), revision=0, occurred_at=erasure.at, key=erasure.key))
    return left


def erase_person(session: Session, erasure: Erasure, *, now: datetime) -> Left:
    """Overwrite what was kept of a person up to the erasure's instant. Doing it again changes nothing.

    Raises as `ask_to_erase`: whoever books in the very moment in which they are erased has a call.
    """
    advisor = advisor_of(session, lock=True)
    own = {person_key(advisor.email), *session.scalars(select(Account.email))}
    if erasure.key in own:
        raise YourOwnAddress
    rows = _rows(session, erasure)
    if (start := _first_ahead(session, rows, erasure.key, now=now)) is not None:
        raise StillBooked(start, advisor.zone)
    note_erasure(session, Erased, erasure)
    _erase_mails(session, rows, erasure)
    _erase_traces(session, rows, erasure)
    _erase_calls(session, rows)
    _erase_asks(session, rows)
    guest = update(Guest).where(Guest.person == erasure.key, Guest.call_id.in_(rows.joined))
    _run(session, guest.values(**OF_A_GUEST, person=literal(f"{ERASED}:") + cast(Guest.id, Text)))
    erase_events(session, Inbox, erasure)
    entry = CalendarEntry.written.is_not(None) & ~CalendarEntry.gone & CalendarEntry.call_id.in_(rows.calls)
    entries = session.scalar(select(func.count()).where(entry)) or 0
    return Left(len(rows.asks), len(rows.calls), entries)


def _rows(session: Session, erasure: Erasure) -> _Rows:
    old_call, old_ask = Call.created_at <= erasure.at, Ask.created_at <= erasure.at
    theirs = select(Call).where(Call.person == erasure.key, old_call)
    seats = theirs.with_only_columns(Call.group_call_id).where(Call.group_call_id.is_not(None))
    guest = select(Guest.call_id).join(Call).where(Guest.person == erasure.key, old_call)
    return _Rows(
        asks=session.scalars(select(Ask.id).where(Ask.person == erasure.key, old_ask)).all(),
        calls=session.scalars(theirs.with_only_columns(Call.id)).all(),
        invited=session.scalars(guest.where(Guest.removed_at.is_(None))).all(),
        joined=[row for query in (guest, seats) for row in session.scalars(query) if row is not None],
    )


def _first_ahead(session: Session, rows: _Rows, key: str, *, now: datetime) -> datetime | None:
    """When the first call ahead with them begins, or one whose cancellation has not left yet.

    It stands in two calendars, and only a mail takes it out of theirs.
    """
    unsent = Message.state.in_([MailState.QUEUED, MailState.CLAIMED, MailState.SENDING]) & (Message.due <= now)
    leaving = exists().where(Message.subject_id == Call.id, unsent).correlate(Call)
    to_them = exists().where(Message.subject_id == Call.id, unsent, Message.person == key).correlate(Call)
    theirs = Call.id.in_([*rows.calls, *rows.invited]) & or_(Call.state.in_(OPEN), leaving)
    ahead = or_(theirs, Call.id.in_(rows.joined) & to_them)
    first = select(Call.starts_at).where(Call.ends_at > now, ahead).order_by(Call.starts_at).limit(1)
    return session.scalar(first)


def _erase_mails(session: Session, rows: _Rows, erasure: Erasure) -> None:
    about_them = Message.subject_id.in_([*rows.calls, *rows.asks])
    erase_mails(session, Message, MessageBody, erasure, about_them=about_them, facts=_TOLD_BY_MAILS)
    joined = select(Message.id).where(Message.subject_id.in_(rows.joined))
    _run(session, delete(MessageBody).where(MessageBody.message_id.in_(joined)))


def _erase_traces(session: Session, rows: _Rows, erasure: Erasure) -> None:
    """What says their address, or leads back to them, beside their own rows."""
    _run(session, delete(DeadAddress).where(DeadAddress.person == erasure.key))
    _run(session, delete(Blocked).where(Blocked.pattern == erasure.key))
    _run(session, update(Blocked).where(erasure.is_in(Blocked.note)).values(note=""))
    _run(session, update(Audit).where(erasure.is_in(Audit.detail)).values(detail={}))
    _run(session, update(CalendarEntry).where(CalendarEntry.call_id.in_(rows.calls)).values(error=None))
    ids = [str(row) for row in (*rows.calls, *rows.asks)]
    answered = AnsweredRequest.answer["id"].astext.in_(ids) | erasure.is_in(AnsweredRequest.answer)
    _run(session, delete(AnsweredRequest).where(answered))
    own = and_(PrivateLink.most_uses == 1, PrivateLink.id.in_(select(Call.link_id).where(Call.id.in_(rows.calls))))
    labelled = update(PrivateLink).where(or_(own, erasure.is_in(PrivateLink.label)))
    _run(session, labelled.values(label=""))
    proposed = update(Proposal).where(or_(Proposal.call_id.in_(rows.calls), Proposal.ask_id.in_(rows.asks)))
    _run(session, proposed.values(**OF_A_PROPOSAL, token=_ANEW))


def _erase_calls(session: Session, rows: _Rows) -> None:
    """All of them are over, so one that nobody completed yet is completed here: no mail is left to follow it."""
    over = case((Call.state == CallState.CONFIRMED, literal(CallState.COMPLETED.value)), else_=literal("lapsed"))
    _run(session, update(Claim).where(Claim.call_id.in_(rows.calls), Claim.kind != "call").values(active=False))
    _run(session, update(Call).where(Call.id.in_(rows.calls), Call.state.in_(OPEN)).values(state=over))
    _run(session, update(Call).where(Call.id.in_(rows.calls)).values(**OF_A_CALL, token=_ANEW))


def _erase_asks(session: Session, rows: _Rows) -> None:
    """Nobody is owed an answer any more."""
    closed = case((Ask.kind == "contact", literal("answered")), else_=literal("declined"))
    _run(session, update(Ask).where(Ask.id.in_(rows.asks), Ask.state == "open").values(state=closed))
    _run(session, update(Ask).where(Ask.id.in_(rows.asks)).values(**OF_AN_ASK, token=_ANEW))


# 122 random bits, drawn by the database for each row.
_ANEW = cast(func.gen_random_uuid(), Text)


def _run(session: Session, statement: Update | Delete) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})
