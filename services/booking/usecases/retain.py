"""What booking keeps for how long. People whom nobody has heard of for long are erased like those who asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from services.booking.models import (
    Account,
    Advisor,
    AnsweredRequest,
    Ask,
    Audit,
    Call,
    ConsoleSession,
    Guest,
    Inbox,
    Message,
    MessageBody,
)
from services.booking.usecases.audit import THE_SWEEP, note
from services.booking.usecases.erase import ask_to_erase
from services.booking.usecases.idempotency import KEPT
from shared.addresses import person_key
from shared.erasure import ERASED, Erasure
from shared.mail.row import ENDED
from shared.retention import Outlived, drop_batch
from shared.settings import Settings

# Each erasure reads whole tables for traces of an address, under the advisor's lock: a few at a time.
MOST_PEOPLE = 5


def retain(session: Session, settings: Settings, *, now: datetime, machine: datetime) -> int:
    """Drop a batch of what was kept long enough. Fewer than a batch means that nothing is left to drop."""
    keep = settings.keep
    ended = exists().where(Message.id == MessageBody.message_id, Message.state.in_(ENDED))
    return drop_batch(
        session,
        [
            Outlived(MessageBody, (MessageBody.date < now - timedelta(days=keep.bodies_days)) & ended),
            Outlived(Inbox, Inbox.handled_at < machine - timedelta(days=keep.events_days)),
            Outlived(Audit, Audit.at < now - timedelta(days=keep.audit_days)),
            Outlived(ConsoleSession, ConsoleSession.expires_at <= machine),
            Outlived(AnsweredRequest, AnsweredRequest.at <= machine - KEPT),
        ],
    )


def forget_the_silent(session: Session, settings: Settings, *, now: datetime) -> int:
    """Erase a few people whose last ask and last call are long ago. Returns how many; 0 means that none is left."""
    before = now - timedelta(days=settings.keep.people_days)
    silent = _silent(session, before=before)
    for key in silent:
        left = ask_to_erase(session, Erasure.of(settings, key, at=now))
        note(session, THE_SWEEP, "person_erased", None, now=now, detail={"reason": "silent", **vars(left)})
    return len(silent)


def _silent(session: Session, *, before: datetime) -> Sequence[str]:
    """People of whom nothing is newer. A call counts until its end, also for a guest; leads are people who asked.

    The advisor and the accounts are nobody to forget, whatever they tried out.
    """
    advisors = map(person_key, session.scalars(select(Advisor.email)))
    own = {ERASED, *advisors, *session.scalars(select(Account.email))}
    found: set[str] = set()
    for table, at in ((Ask, Ask.created_at), (Call, Call.ends_at)):
        old = select(table.person).where(at < before, table.person.not_in(own | found))
        found |= set(session.scalars(old.where(*_unheard(table.person, before)).distinct().limit(MOST_PEOPLE)))
    guests = select(Guest.person).join(Call, Call.id == Guest.call_id).where(Call.ends_at < before)
    unknown = guests.where(~Guest.person.startswith(f"{ERASED}:"), Guest.person.not_in(own | found))
    found |= set(session.scalars(unknown.where(*_unheard(Guest.person, before)).distinct().limit(MOST_PEOPLE)))
    return sorted(found)


def _unheard(person: Any, before: datetime) -> tuple[ColumnElement[bool], ...]:
    ask, call, guest, joined = aliased(Ask), aliased(Call), aliased(Guest), aliased(Call)
    as_guest = select(guest.id).join(joined, joined.id == guest.call_id)
    return (
        ~exists().where(ask.person == person, ask.created_at >= before),
        ~exists().where(call.person == person, call.ends_at >= before),
        ~as_guest.where(guest.person == person, joined.ends_at >= before).exists(),
    )
