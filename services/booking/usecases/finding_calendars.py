"""Finding the calendars of a CalDAV account: the steps of `shared.drain` for accounts that were connected or changed.

One account at a time, so that every asking ends within its lease, however slow the server. It only reads: an account
whose worker died, or whose password was changed meanwhile, is asked once more and no harm is done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from cryptography.fernet import InvalidToken
from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.domain.calendar_accounts import PASSING, Finding
from services.booking.domain.calendar_sources import FoundCalendar, Login, Trouble
from services.booking.domain.entries import pause_s
from services.booking.domain.forms import clipped
from services.booking.models import Calendar, CalendarAccount, CalendarEntry
from shared.clock import machine_now
from shared.doorbell import wake
from shared.security import cipher, fingerprint
from shared.settings import Settings

log = logging.getLogger(__name__)

# More than anybody has; a server that tells of more is not believed.
MOST_CALENDARS = 200
LONGEST_URL = 2048
# Doubling ends here; the pause has long reached its longest.
MOST_DOUBLINGS = 20

# The gateway that asks a server.
Find = Callable[[Login], Finding]


@dataclass(frozen=True)
class Ticket:
    """An account in a worker's hands. `login` is a trouble when its secrets cannot be read."""

    account: UUID
    claim: UUID
    login: Login | Trouble | None = None


def claim(session: Session, *, settings: Settings) -> Sequence[Ticket]:
    """Lease the account that has waited longest, if one's time has come."""
    machine, claim_id, row = machine_now(), uuid4(), CalendarAccount
    queued = and_(row.state == "queued", or_(row.retry_at.is_(None), row.retry_at <= machine))
    left_behind = and_(row.state == "claimed", row.lease_until <= machine)
    due = select(row.id).where(or_(queued, left_behind)).order_by(row.retry_at.nulls_first(), row.id).limit(1)
    lease = machine + timedelta(seconds=settings.timings.calendar_lease)
    values = {"state": "claimed", "claim_id": claim_id, "lease_until": lease, "attempt": row.attempt + 1}
    locked = due.with_for_update(skip_locked=True).cte("due")
    taken = update(row).where(row.id == locked.c.id).values(values).returning(row.id)
    return [Ticket(account, claim_id) for account in session.scalars(taken)]


def begin(session: Session, tickets: Sequence[Ticket], *, settings: Settings) -> Sequence[Ticket]:
    """Those that are still ours, with their logins and the lease begun anew."""
    rows = [(ticket, _ours(session, ticket)) for ticket in tickets]
    lease = machine_now() + timedelta(seconds=settings.timings.calendar_lease)
    ours = []
    for ticket, row in rows:
        if row is not None:
            row.lease_until = lease
            ours.append(Ticket(row.id, ticket.claim, _login(settings, row)))
    return ours


def act(find: Find, tickets: Sequence[Ticket]) -> Iterable[tuple[Ticket, Finding]]:
    """Ask each account's server."""
    for ticket in tickets:
        yield ticket, find(ticket.login) if isinstance(ticket.login, Login) else ticket.login or Trouble.KEY


def record(session: Session, ticket: Ticket, finding: Finding, *, settings: Settings) -> None:
    """Write what was found, if the account is still ours: it may have got a new password meanwhile, or be gone."""
    row = _ours(session, ticket)
    if row is None:
        return
    row.claim_id, row.lease_until = None, None
    if isinstance(finding, Trouble):
        log.warning("calendars not found", extra={"account": str(row.id), "trouble": finding.value})
        row.state, row.error = "queued" if finding in PASSING else "parked", finding.value
        pause = pause_s(min(row.attempt, MOST_DOUBLINGS), settings.timings.calendar_backoff)
        row.retry_at = machine_now() + timedelta(seconds=pause)
        return
    row.state, row.attempt, row.retry_at, row.error, row.found_at = "done", 0, None, None, machine_now()
    _keep(session, settings, row.id, [one for one in finding if len(one.url) <= LONGEST_URL][:MOST_CALENDARS])


def lost_accounts(session: Session) -> Sequence[CalendarAccount]:
    """Accounts whose calendars could not be found and that wait for a person: nothing is asked of them any more."""
    query = select(CalendarAccount).where(CalendarAccount.state == "parked")
    return session.scalars(query.order_by(CalendarAccount.name, CalendarAccount.id)).all()


def find_again(session: Session) -> int:
    """Look once more for the calendars of those: what to do once the cause is mended. Returns how many."""
    anew = {"state": "queued", "attempt": 0, "retry_at": None, "error": None}
    again = update(CalendarAccount).where(CalendarAccount.state == "parked").values(anew)
    found = session.scalars(again.returning(CalendarAccount.id)).all()
    if found:
        wake(session, "booking.accounts")
    return len(found)


def _ours(session: Session, ticket: Ticket) -> CalendarAccount | None:
    ours = CalendarAccount.id == ticket.account, CalendarAccount.claim_id == ticket.claim
    query = select(CalendarAccount).where(*ours, CalendarAccount.state == "claimed")
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def _login(settings: Settings, row: CalendarAccount) -> Login | Trouble:
    secrets = cipher(settings, "calendar")
    try:
        url, password = (secrets.decrypt(text.encode()).decode() for text in (row.url, row.password))
    except InvalidToken:
        return Trouble.KEY
    return Login(url, row.username, password)


def _keep(session: Session, settings: Settings, account: UUID, found: Sequence[FoundCalendar]) -> None:
    """A row for each, which counts for nothing until the advisor says what it is for.

    One that the server tells of no more goes, unless something hangs on it: then it stays and is seen to fail.
    """
    secrets = cipher(settings, "calendar")
    rows = {fingerprint(one.url): one for one in found}
    if rows:
        values = [
            {
                "account_id": account,
                "name": clipped(one.name) or clipped(one.url.rstrip("/").rpartition("/")[2]) or "calendar",
                "url": secrets.encrypt(one.url.encode()).decode(),
                "url_digest": digest,
                "zone": clipped(one.zone, 100),
                "is_read": False,
                "is_written": False,
                "is_writable": one.is_writable,
            }
            for digest, one in rows.items()
        ]
        new = insert(Calendar).values(values)
        told = {name: new.excluded[name] for name in ("name", "url", "zone", "is_writable")}
        session.execute(new.on_conflict_do_update(index_elements=["account_id", "url_digest"], set_=told))
    idle = and_(~Calendar.is_read, ~Calendar.is_written, ~exists().where(CalendarEntry.calendar_id == Calendar.id))
    unknown = Calendar.account_id == account, Calendar.url_digest.not_in(rows)
    session.execute(delete(Calendar).where(*unknown, idle).execution_options(synchronize_session=False))
