"""Writing calls into the advisor's calendars: the three steps of `shared.drain` for what `entries.py` notes.

One worker at a time has an entry, and renders it at the last moment from the call as it stands: nothing old follows
something new. A row that was raised while it was being written is queued again when the writing is recorded. A worker
that died with it has done no harm: the next one looks at what stands there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from cryptography.fernet import InvalidToken, MultiFernet
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from services.booking.domain.calendar_sources import Login, Trouble, entry_url
from services.booking.domain.entries import Entry, Failed, Fate, NotNow, Outcome, Written, decide, entry_ics, pause_s
from services.booking.models import Calendar, CalendarAccount, CalendarEntry, Call, GroupCall
from services.booking.usecases.advisors_copy import copy_of_call, copy_of_group
from shared.clock import machine_now
from shared.security import cipher
from shared.settings import Settings

log = logging.getLogger(__name__)

BATCH = 40

# The gateway that makes one entry as it should be.
KeepOne = Callable[[Entry], Written | Failed]


@dataclass(frozen=True)
class Ticket:
    """An entry in a worker's hands: the claim that fences what is written about it, and what it is to become."""

    row: UUID
    claim: UUID
    account: UUID | None = None
    wanted: int = 0
    # A failure before anything is tried: it cannot be rendered, or its account's secrets cannot be read.
    entry: Entry | Failed | None = None


def claim(session: Session, *, settings: Settings) -> Sequence[Ticket]:
    """Lease a batch of entries whose time has come. The attempt is counted here, so a crash counts too."""
    machine, claim_id, row = machine_now(), uuid4(), CalendarEntry
    queued = and_(row.state == "queued", or_(row.retry_at.is_(None), row.retry_at <= machine))
    left_behind = and_(row.state == "claimed", row.lease_until <= machine)
    due = (
        select(row.id)
        .where(or_(queued, left_behind))
        .order_by(row.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    lease = machine + timedelta(seconds=settings.timings.calendar_lease)
    values = {"state": "claimed", "claim_id": claim_id, "lease_until": lease, "attempt": row.attempt + 1}
    taken = update(row).where(row.id == due.c.id).values(values).returning(row.id)
    return [Ticket(entry_id, claim_id) for entry_id in session.scalars(taken)]


def begin(session: Session, tickets: Sequence[Ticket], *, settings: Settings) -> Sequence[Ticket]:
    """Those that are still ours, rendered from their calls as they stand, with the lease begun anew."""
    lease = machine_now() + timedelta(seconds=settings.timings.calendar_lease)
    query = (
        select(CalendarEntry, Calendar, CalendarAccount)
        .join(Calendar, Calendar.id == CalendarEntry.calendar_id)
        .join(CalendarAccount, CalendarAccount.id == Calendar.account_id)
        .where(CalendarEntry.id.in_([ticket.row for ticket in tickets]))
        .where(CalendarEntry.claim_id == tickets[0].claim, CalendarEntry.state == "claimed")
        .order_by(CalendarEntry.id)
        .with_for_update(of=CalendarEntry)
    )
    ours = []
    for row, calendar, account in session.execute(query):
        row.lease_until = lease
        entry = _entry(session, settings, row, calendar, account)
        ours.append(Ticket(row.id, tickets[0].claim, account.id, row.wanted, entry))
    return ours


def act(keep: KeepOne, tickets: Sequence[Ticket], *, budget_s: float) -> Iterable[tuple[Ticket, Outcome]]:
    """Make a group of entries as they should be, one after the other.

    None is begun after `budget_s`, so that every one ends within its lease; and none on a server that has just failed.
    """
    until = time.monotonic() + budget_s
    failing: set[UUID | None] = set()
    for ticket in tickets:
        outcome: Outcome
        if isinstance(ticket.entry, Failed):
            outcome = ticket.entry
        elif ticket.entry is None or ticket.account in failing or time.monotonic() >= until:
            outcome = NotNow.LATER
        else:
            outcome = keep(ticket.entry)
            if isinstance(outcome, Failed):
                failing.add(ticket.account)
        yield ticket, outcome


def record(session: Session, ticket: Ticket, outcome: Outcome, *, settings: Settings) -> None:
    """Write what came of an entry, if it is still ours."""
    ours = CalendarEntry.id == ticket.row, CalendarEntry.claim_id == ticket.claim, CalendarEntry.state == "claimed"
    row = session.scalar(select(CalendarEntry).where(*ours).with_for_update())
    if row is None:
        return
    row.claim_id, row.lease_until = None, None
    match outcome:
        case Written():
            _written(row, ticket, outcome)
        case Failed(trouble):
            _failed(row, ticket, trouble, settings)
        case NotNow.LATER:
            # Not its own failure; by then the one that failed has its pause behind it too.
            row.state, row.attempt = "queued", max(row.attempt - 1, 0)
            row.retry_at = machine_now() + timedelta(seconds=settings.timings.calendar_backoff)


def _entry(
    session: Session, settings: Settings, row: CalendarEntry, calendar: Calendar, account: CalendarAccount
) -> Entry | Failed:
    secrets = cipher(settings, "calendar")
    try:
        address, url, password = (_opened(secrets, text) for text in (calendar.url, account.url, account.password))
        content = None if row.gone else _content(session, settings, row)
    except InvalidToken:
        return Failed(Trouble.KEY)
    except ValueError:
        log.exception("a call cannot be written as an entry")
        return Failed(Trouble.ENTRY)
    return Entry(
        login=Login(url, account.username, password),
        calendar=address,
        href=row.href or entry_url(address, row.uid),
        uid=row.uid,
        content=content,
        etag=row.etag,
        is_new=row.written is None and row.attempt == 1,
    )


def _opened(secrets: MultiFernet, text: str) -> str:
    return secrets.decrypt(text.encode()).decode()


def _content(session: Session, settings: Settings, row: CalendarEntry) -> str:
    if row.call_id is not None:
        return entry_ics(copy_of_call(session, settings, session.get_one(Call, row.call_id)))
    return entry_ics(copy_of_group(session, settings, session.get_one(GroupCall, row.group_call_id)))


def _written(row: CalendarEntry, ticket: Ticket, outcome: Written) -> None:
    removed = isinstance(ticket.entry, Entry) and ticket.entry.content is None
    if outcome.was_changed:
        log.info("an entry was changed in the calendar; ours is back", extra={"entry": str(row.id)})
    row.written, row.href, row.etag = None if removed else ticket.wanted, outcome.href, outcome.etag
    as_wanted = row.wanted == ticket.wanted and row.gone == removed
    row.state, row.attempt, row.retry_at, row.error = "done" if as_wanted else "queued", 0, None, None


def _failed(row: CalendarEntry, ticket: Ticket, trouble: Trouble, settings: Settings) -> None:
    log.warning("entry not written", extra={"entry": str(row.id), "trouble": trouble.value, "attempt": row.attempt})
    row.error = trouble.value
    # What was raised meanwhile is another text, which may be one that the server takes.
    parked = decide(trouble, row.attempt) is Fate.PARKED and row.wanted == ticket.wanted
    row.state = "parked" if parked else "queued"
    row.retry_at = machine_now() + timedelta(seconds=pause_s(row.attempt, settings.timings.calendar_backoff))
