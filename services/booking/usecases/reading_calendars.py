"""Reading the advisor's calendars into `busy_time`: the steps of `shared.drain`, one calendar at a time.

Two things make a calendar due. Its source is asked when it was not for a while, or when somebody who opens a page wants
to know (`freshness.py`): machine time. And what is stored of it is worked out anew when slots reach further than
repeated events were expanded (product time), or when a clock has changed that floating times and whole days go by. The
second needs no network and happens although the source fails: a calendar that cannot be read must not run out of busy
times.

A try that fails changes nothing but what is said of it. It is counted when it begins, so one that kills its worker
waits as long as any other before it is made again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from cryptography.fernet import InvalidToken
from sqlalchemy import ColumnElement, Select, and_, case, literal, or_, select, true, update
from sqlalchemy.orm import Session

from services.booking.domain.busy_times import Busy, Within
from services.booking.domain.calendar_sources import (
    Changes,
    FeedAnswer,
    Login,
    SourceFailed,
    Trouble,
    pause_after,
)
from services.booking.domain.readings import Clocks, Failed, Reading, Source, read_anew, read_changes, read_feed
from services.booking.models import Advisor, Calendar, CalendarAccount, CalendarObject
from services.booking.usecases.busy_store import stored, write_objects, write_times
from services.booking.usecases.reach import MARGIN, needed_until
from shared.clock import machine_now
from shared.security import cipher
from shared.settings import Settings

log = logging.getLogger(__name__)

# Working out one calendar may take so long, beside the time that its source has to answer; both fit the lease.
WORK_S = 30.0
# What is over by now takes nobody's time; a buffer is at most a day.
BEFORE = timedelta(days=2)
# What is wrong with the account or its server is wrong with all its calendars. A password that is refused for each of
# them gets the account locked.
OF_THE_ACCOUNT = {Trouble.PASSWORD, Trouble.UNREACHABLE, Trouble.UNKNOWN_HOST, Trouble.NO_ANSWER, Trouble.BUSY_SERVER}

# The gateway that asks a source what is new.
AskSource = Callable[[Source], FeedAnswer | Changes | Failed]


@dataclass(frozen=True)
class Ticket:
    """A calendar in a worker's hands.

    `asks` when its source is to be asked; `source` is that, or why it cannot be. `stored` are the objects to be worked
    out anew, by address, up to `until`.
    """

    row: UUID
    claim: UUID
    asks: bool
    source: Source | Failed | None = None
    clocks: Clocks = field(default_factory=lambda: Clocks("UTC", ""))
    own: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    stored: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Outcome:
    """What came of it: what was read, or why not; and what was worked out anew, or None when that was too much."""

    reading: Reading | None
    trouble: Trouble | None
    anew: Mapping[str, Busy] | None


def claim(session: Session, *, settings: Settings, now: datetime) -> Sequence[Ticket]:
    """Lease the calendar that has waited longest, if one is due."""
    machine, claim_id = machine_now(), uuid4()
    asks = _is_to_be_asked(settings, machine)
    query = (
        select(Calendar, asks)
        .join(CalendarAccount, CalendarAccount.id == Calendar.account_id)
        .join(Advisor, true())
        .where(Calendar.is_read, or_(Calendar.claim_id.is_(None), Calendar.lease_until <= machine))
        .where(or_(asks, _is_to_be_expanded(session, now=now, machine=machine)))
        .order_by(Calendar.tried_at.asc().nulls_first(), Calendar.id)
        .limit(1)
        .with_for_update(of=Calendar, skip_locked=True, key_share=True)
    )
    tickets = []
    for row, is_asked in session.execute(query):
        row.claim_id, row.lease_until = claim_id, machine + timedelta(seconds=settings.timings.calendar_lease)
        tickets.append(Ticket(row.id, claim_id, is_asked))
    return tickets


def begin(session: Session, tickets: Sequence[Ticket], *, settings: Settings, now: datetime) -> Sequence[Ticket]:
    """Those that are still ours, with all that is needed to read them, and the try counted."""
    return [begun for ticket in tickets if (begun := _begun(session, ticket, settings=settings, now=now)) is not None]


def act(ask: AskSource, tickets: Sequence[Ticket]) -> Iterable[tuple[Ticket, Outcome]]:
    """Ask each source, and work out what it said and what was stored."""
    for ticket in tickets:
        answer = ask(ticket.source) if isinstance(ticket.source, Source) else ticket.source
        yield ticket, _worked_out(ticket, answer)


def record(session: Session, ticket: Ticket, outcome: Outcome) -> None:
    """Write what came of it, if the calendar is still ours: what changed, and nothing else."""
    row = session.scalar(_ours(ticket))
    if row is None:
        return
    row.claim_id, row.lease_until = None, None
    if outcome.reading is not None:
        _note_reading(session, row, outcome.reading)
    if outcome.anew is not None:
        write_times(session, row.id, {href: busy.spans for href, busy in outcome.anew.items()})
        row.expanded_until, row.expanded_in = ticket.until, str(ticket.clocks)
    if outcome.trouble is not None:
        _note_trouble(session, row, outcome.trouble)


def _is_to_be_asked(settings: Settings, machine: datetime) -> ColumnElement[bool]:
    every = case(
        (CalendarAccount.kind == "ics", literal(timedelta(seconds=settings.timings.calendar_feed_every))),
        else_=literal(timedelta(seconds=settings.timings.calendar_every)),
    )
    is_old = or_(Calendar.tried_at.is_(None), Calendar.tried_at <= literal(machine) - every)
    # A wish from another machine, whose clock is ahead, waits: it would still be newer than the try that serves it.
    is_wanted = and_(Calendar.wanted_at > Calendar.tried_at, Calendar.wanted_at <= machine)
    return and_(may_be_tried(machine), or_(is_old, is_wanted))


def may_be_tried(machine: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether the pause after a failure is over."""
    return or_(Calendar.retry_at.is_(None), Calendar.retry_at <= machine)


def _is_to_be_expanded(session: Session, *, now: datetime, machine: datetime) -> ColumnElement[bool]:
    """Read before, and its times do not reach far enough any more, or were worked out by other clocks."""
    clocks = case(
        (Calendar.zone == "", Advisor.zone),
        else_=Advisor.zone + " " + Calendar.zone,
    )
    too_short = or_(Calendar.expanded_until.is_(None), Calendar.expanded_until < needed_until(session, now=now))
    # What was too much to work out is so again, until something else comes of its source.
    worth_it = or_(may_be_tried(machine), Calendar.error.is_distinct_from(Trouble.TOO_MUCH.value))
    return and_(Calendar.read_at.is_not(None), worth_it, or_(too_short, Calendar.expanded_in != clocks))


def _ours(ticket: Ticket) -> Select[Any]:
    """Locked so that whoever notes an entry in it, while all others wait for them, need not wait for us."""
    ours = select(Calendar).where(Calendar.id == ticket.row, Calendar.claim_id == ticket.claim)
    return ours.with_for_update(key_share=True)


def _begun(session: Session, ticket: Ticket, *, settings: Settings, now: datetime) -> Ticket | None:
    row = session.scalar(_ours(ticket))
    if row is None:
        return None
    machine, advisor = machine_now(), session.scalars(select(Advisor)).one()
    account = session.get_one(CalendarAccount, row.account_id)
    row.lease_until = machine + timedelta(seconds=settings.timings.calendar_lease)
    if ticket.asks:
        row.tried_at, row.failures = machine, row.failures + 1
        row.retry_at = machine + timedelta(seconds=pause_after(Trouble.NO_ANSWER, row.failures))
    clocks, needed = Clocks(advisor.zone, row.zone), needed_until(session, now=now)
    is_good = row.expanded_until is not None and row.expanded_until >= needed and row.expanded_in == str(clocks)
    return Ticket(
        row.id,
        ticket.claim,
        ticket.asks,
        source=_source(session, settings, row, account) if ticket.asks else None,
        clocks=clocks,
        own=frozenset(one.lower() for one in (advisor.email, account.username) if "@" in one),
        since=now - BEFORE,
        until=row.expanded_until if is_good else needed + MARGIN,
        stored={} if is_good else stored(session, row.id),
    )


def _source(session: Session, settings: Settings, row: Calendar, account: CalendarAccount) -> Source | Failed:
    secrets = cipher(settings, "calendar")
    try:
        url, home, password = (
            secrets.decrypt(text.encode()).decode() if text else "" for text in (row.url, account.url, account.password)
        )
    except InvalidToken:
        return Failed(Trouble.KEY)
    etags = select(CalendarObject.href, CalendarObject.etag).where(CalendarObject.calendar_id == row.id)
    known = {href: etag for href, etag in session.execute(etags)}  # noqa: C416 - a result is no mapping
    return Source(
        "ics" if account.kind == "ics" else "caldav",
        Login(home, account.username, password),
        url,
        etag=row.etag,
        last_modified=row.last_modified,
        token=row.sync_token,
        known=known,
    )


def _worked_out(ticket: Ticket, answer: FeedAnswer | Changes | Failed | None) -> Outcome:
    if ticket.since is None or ticket.until is None:
        raise ValueError("a calendar is worked out once it is begun")
    until = time.monotonic() + WORK_S
    within = Within(ticket.since, ticket.until, lambda: time.monotonic() > until)
    reading: Reading | None = None
    trouble: Trouble | None = None
    try:
        match answer:
            case Failed():
                trouble = answer.trouble
            case FeedAnswer():
                reading = read_feed(answer, own=ticket.own, clocks=ticket.clocks, within=within)
            case Changes():
                reading = read_changes(answer, own=ticket.own, clocks=ticket.clocks, within=within)
    except SourceFailed as error:
        trouble = error.trouble
    replaced = {one.href for one in reading.objects if one.busy} | reading.gone if reading else set()
    rest = {href: content for href, content in ticket.stored.items() if href not in replaced}
    try:
        anew: Mapping[str, Busy] | None = read_anew(rest, clocks=ticket.clocks, within=within)
    except SourceFailed as error:
        anew, trouble = None, error.trouble
    return Outcome(reading, trouble, anew)


def _note_reading(session: Session, row: Calendar, reading: Reading) -> None:
    write_objects(session, row.id, reading)
    row.etag, row.last_modified, row.sync_token = reading.etag, reading.last_modified, reading.token
    row.read_at, row.failures, row.retry_at, row.error = row.tried_at, 0, None, None


def _note_trouble(session: Session, row: Calendar, trouble: Trouble) -> None:
    """Say what is wrong and wait, also for the others of the account when it is wrong with them too."""
    log.warning("calendar not read", extra={"calendar": str(row.id), "trouble": trouble.value, "tries": row.failures})
    row.failures = max(row.failures, 1)
    row.error = trouble.value
    row.retry_at = machine_now() + timedelta(seconds=pause_after(trouble, row.failures))
    if trouble in OF_THE_ACCOUNT:
        of_account = Calendar.account_id == row.account_id, Calendar.id != row.id, Calendar.claim_id.is_(None)
        # Whoever has one of them in hand may be waiting for ours.
        others = select(Calendar.id).where(*of_account).with_for_update(skip_locked=True, key_share=True)
        same = {"error": row.error, "retry_at": row.retry_at, "failures": row.failures}
        told = update(Calendar).where(Calendar.id.in_(others)).values(same)
        session.execute(told.execution_options(synchronize_session=False))
