"""The advisor's calendars elsewhere: connecting them, what each is for, and letting go of them.

No server is asked here. What was connected is looked for by a worker (`finding_calendars.py`) and read by another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.domain.calendar_accounts import Access, Roles, host_of
from services.booking.domain.errors import FieldError, InvalidInput, Message, NotFound, invalid
from services.booking.models import Calendar, CalendarAccount
from services.booking.usecases.audit import note
from services.booking.usecases.calendar_access import digest_of, require_usable, sealed
from services.booking.usecases.freshness import read_again
from shared.doorbell import wake
from shared.security import fingerprint
from shared.settings import Settings


@dataclass(frozen=True)
class By:
    """Who does something, and when by product time and by machine time."""

    actor: str
    now: datetime
    machine: datetime


def connect(session: Session, settings: Settings, kind: str, given: Access, *, by: By) -> CalendarAccount:
    """Connect a feed (`ics`), which counts as busy from its first reading on, or an account (`caldav`).

    Of an account nothing counts until its calendars were found and the advisor has said what they are for. Raises
    `InvalidInput`, also for what is connected already.
    """
    require_usable(given.url, settings)
    values = {
        "kind": kind,
        "name": given.name or host_of(given.url),
        "url": sealed(settings, given.url),
        "username": given.username,
        "password": sealed(settings, given.password) if given.password else "",
        "digest": digest_of(kind, given.url, given.username),
        "created_at": by.machine,
    }
    new = insert(CalendarAccount).values(values).on_conflict_do_nothing(index_elements=["digest"])
    account = session.scalars(new.returning(CalendarAccount)).one_or_none()
    if account is None:
        raise connected_already()
    if kind == "ics":
        _add_feed(session, settings, account, given.url, machine=by.machine)
    else:
        search(session, account)
    note(session, by.actor, "calendar_connected", account.id, now=by.now, detail={"name": account.name, "kind": kind})
    return account


def set_roles(session: Session, account_id: UUID, wanted: Mapping[UUID, Roles], *, by: By) -> None:
    """What each of these calendars is for. One that is read from now on is read at once, one that is written to filled.

    What stands in a calendar that is not written to any more stays there until its call changes. Raises `NotFound`, and
    `InvalidInput` for writing into one that can only be read.
    """
    account_of(session, account_id, lock=True)
    query = select(Calendar).where(Calendar.account_id == account_id, Calendar.id.in_(wanted)).order_by(Calendar.id)
    calendars = session.scalars(query.with_for_update(key_share=True)).all()
    if len(calendars) != len(wanted):
        raise NotFound
    newly = [one for one in calendars if wanted[one.id].is_written and not one.is_written]
    if wrong := [_only_read(one) for one in newly if not one.is_writable]:
        raise InvalidInput(wrong)
    for calendar in calendars:
        _set(session, calendar, wanted[calendar.id], by=by)


def look_again(session: Session, account_id: UUID, *, by: By) -> None:
    """Look for the account's calendars once more. What is known of it stays meanwhile. Raises `NotFound`."""
    account = account_of(session, account_id, lock=True)
    if account.kind == "caldav":
        search(session, account)
        note(session, by.actor, "calendars_looked_for", account.id, now=by.now, detail={"name": account.name})


def disconnect(session: Session, account_id: UUID, *, by: By) -> None:
    """Forget the account, its calendars and what was read of them. Nothing is asked of the server.

    Calls that stand there stay as they are: from now on nobody moves or removes them. Raises `NotFound`.
    """
    account = account_of(session, account_id, lock=True)
    note(session, by.actor, "calendar_disconnected", account.id, now=by.now, detail={"name": account.name})
    session.delete(account)
    session.flush()


def account_of(session: Session, account_id: UUID, *, lock: bool = False) -> CalendarAccount:
    """One account. Raises `NotFound`."""
    account = session.get(CalendarAccount, account_id, with_for_update={"key_share": True} if lock else None)
    if account is None:
        raise NotFound
    return account


def search(session: Session, account: CalendarAccount) -> None:
    """Let a worker look for its calendars anew. One that is at it meanwhile, with the old login, loses its claim."""
    account.state, account.attempt, account.retry_at, account.error = "queued", 0, None, None
    account.claim_id, account.lease_until = None, None
    session.flush()
    wake(session, "booking.accounts")


def connected_already() -> InvalidInput:
    """A source cannot be connected twice."""
    message = Message("This one is connected already.")
    return invalid("url", message, Message("It stands in the list of your calendars."))


def _add_feed(session: Session, settings: Settings, account: CalendarAccount, url: str, *, machine: datetime) -> None:
    feed = Calendar(
        account_id=account.id,
        name=account.name,
        url=sealed(settings, url),
        url_digest=fingerprint(url),
        is_read=True,
        is_writable=False,
    )
    session.add(feed)
    session.flush()
    read_again(session, machine=machine, account_id=account.id)


def _set(session: Session, calendar: Calendar, roles: Roles, *, by: By) -> None:
    before = {name: getattr(calendar, name) for name in asdict(roles)}
    changed = {name: [before[name], value] for name, value in asdict(roles).items() if before[name] != value}
    if not changed:
        return
    for name, (_, value) in changed.items():
        setattr(calendar, name, value)
    if "is_read" in changed:
        calendar.wanted_at, calendar.retry_at = (by.machine, None) if roles.is_read else (None, None)
        wake(session, "booking.calendars")
    session.flush()
    if roles.is_written and "is_written" in changed:
        wake(session, "booking.entries")
    detail: dict[str, Any] = {"name": calendar.name, **changed}
    note(session, by.actor, "calendar_roles_set", calendar.id, now=by.now, detail=detail)


def _only_read(calendar: Calendar) -> FieldError:
    message = Message("The server does not let us write into this calendar.")
    return FieldError(
        f"written-{calendar.id}", message, Message("Choose another one, or allow it there and look again.")
    )
