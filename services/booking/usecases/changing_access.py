"""Giving a calendar source that is connected another password, address or name.

A password that is kept goes only to the server that it was given for: whoever sits at the console may use it, and must
not be able to have it sent to themselves.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.booking.domain.calendar_accounts import Access, host_of, server_of
from services.booking.domain.errors import Message, invalid
from services.booking.models import Calendar, CalendarAccount, CalendarEntry
from services.booking.usecases.audit import note
from services.booking.usecases.calendar_access import digest_of, opened, require_usable, sealed
from services.booking.usecases.calendars import By, account_of, connected_already, search
from services.booking.usecases.entries import retry_entries
from services.booking.usecases.freshness import read_again
from shared.security import fingerprint
from shared.settings import Settings


def change_access(session: Session, settings: Settings, account_id: UUID, given: Access, *, by: By) -> None:
    """Reach it in this way from now on; of `given`, what is "" stays. All that failed is tried again at once.

    Raises `NotFound`, and `InvalidInput` for what cannot be taken; then nothing is changed.
    """
    account = account_of(session, account_id, lock=True)
    old = opened(settings, account.url)
    if given.url:
        require_usable(given.url, settings)
    elif old is None:
        raise invalid("url", Message("The address we had cannot be read any more."), Message("Give it once more."))
    url, username = given.url or old or "", given.username or account.username
    changed = [name for name, new, was in (("url", url, old), ("username", username, account.username)) if new != was]
    if account.kind == "caldav":
        _require_password(settings, account, given, is_elsewhere=_server(old) != _server(url) or "username" in changed)
        if old is not None and _server(old) != _server(url):
            _leave_server(session, account)
    _keep(session, settings, account, url, username)
    if given.password:
        account.password = sealed(settings, given.password)
        changed.append("password")
    changed += _rename(session, account, given.name or host_of(url))
    if changed:
        detail = {"name": account.name, "changed": ", ".join(changed)}
        note(session, by.actor, "calendar_access_changed", account.id, now=by.now, detail=detail)
    _try_again(session, account, by=by)


def _server(url: str | None) -> tuple[str, str] | None:
    return server_of(url) if url else None


def _require_password(settings: Settings, account: CalendarAccount, given: Access, *, is_elsewhere: bool) -> None:
    if given.password:
        return
    if is_elsewhere:
        message = Message("The password we have is for the server and the name that you gave it with.")
        raise invalid("password", message, Message("Type it once more."))
    if opened(settings, account.password) is None:
        raise invalid(
            "password", Message("The password we had cannot be read any more."), Message("Type it once more.")
        )


def _leave_server(session: Session, account: CalendarAccount) -> None:
    """Calendars that nothing hangs on go; with others the new password would be sent to the old server."""
    has_entries = exists().where(CalendarEntry.calendar_id == Calendar.id)
    of_account = Calendar.account_id == account.id
    used = select(Calendar.id).where(of_account, or_(Calendar.is_read, Calendar.is_written, has_entries)).limit(1)
    if session.scalar(used) is not None:
        message = Message("This is another server, and calendars of the old one are in use.")
        fix = Message("Connect it as an account of its own, and disconnect this one when that works.")
        raise invalid("url", message, fix)
    session.execute(delete(Calendar).where(of_account).execution_options(synchronize_session=False))


def _keep(session: Session, settings: Settings, account: CalendarAccount, url: str, username: str) -> None:
    account.url, account.username = sealed(settings, url), username
    account.digest = digest_of(account.kind, url, username)
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError:
        raise connected_already() from None
    if account.kind == "ics":
        # What is known of the old address says nothing about the new one. Its busy times stay until that was read.
        # A worker that is reading there just now loses its claim.
        anew = {"url": account.url, "url_digest": fingerprint(url), "etag": "", "last_modified": "", "sync_token": ""}
        anew_of = update(Calendar).where(Calendar.account_id == account.id)
        session.execute(anew_of.values(**anew, claim_id=None, lease_until=None))


def _rename(session: Session, account: CalendarAccount, name: str) -> list[str]:
    if account.name == name:
        return []
    account.name = name
    if account.kind == "ics":
        session.execute(update(Calendar).where(Calendar.account_id == account.id).values(name=name))
    return ["name"]


def _try_again(session: Session, account: CalendarAccount, *, by: By) -> None:
    failed = update(Calendar).where(Calendar.account_id == account.id)
    session.execute(failed.values(error=None, failures=0))
    if account.kind == "caldav":
        search(session, account)
    read_again(session, machine=by.machine, account_id=account.id)
    retry_entries(session, account.id)
