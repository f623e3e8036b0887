"""Keeping one entry of a CalDAV calendar as it should be, whatever became of the last try.

Every write says what it expects to find (RFC 9110 §13.1), so a writing that arrives late never undoes a newer one, and
one whose answer was lost is found again by its address or its UID: there is one entry, however often we try.
"""

from __future__ import annotations

from services.booking.domain.calendar_sources import EntryConflict, Resource, SourceFailed, Trouble
from services.booking.domain.entries import Entry, Failed, Written, with_alarms_of
from services.booking.gateways.caldav import CalDav
from shared.settings import Settings

# Each conflict is answered by looking again. Somebody who keeps changing the entry meanwhile is waited for.
TRIES = 3


def keep_entry(settings: Settings, entry: Entry) -> Written | Failed:
    """Write or remove the entry. Never raises for anything that the server or the way to it can do."""
    try:
        account = CalDav.of(settings, entry.login)
        return _removed(account, entry) if entry.content is None else _written(account, entry, entry.content)
    except SourceFailed as error:
        return Failed(error.trouble)


def _written(account: CalDav, entry: Entry, content: str) -> Written | Failed:
    """Our text in place of whatever stands there: what the advisor changed in the entry itself is not the call."""
    copy = None if entry.is_new else _copy(account, entry)
    for _ in range(TRIES):
        try:
            if copy is None:
                return Written(entry.href, account.put(entry.href, content))
            etag = account.put(copy.href, with_alarms_of(content, copy.content), etag=copy.etag or "*")
            return Written(copy.href, etag, was_changed=_was_changed(entry, copy))
        except EntryConflict:
            copy = _copy(account, entry)
    return Failed(Trouble.BUSY_SERVER)


def _removed(account: CalDav, entry: Entry) -> Written | Failed:
    for _ in range(TRIES):
        copy = _copy(account, entry)
        if copy is None:
            return Written(entry.href, "")
        try:
            account.delete(copy.href, etag=copy.etag)
            return Written(copy.href, "", was_changed=_was_changed(entry, copy))
        except EntryConflict:
            continue
    return Failed(Trouble.BUSY_SERVER)


def _copy(account: CalDav, entry: Entry) -> Resource | None:
    """The entry on the server: at its address, or where the advisor's own program put it when it took our mail."""
    return account.get(entry.href) or account.find(entry.calendar, entry.uid)


def _was_changed(entry: Entry, copy: Resource) -> bool:
    return bool(entry.etag) and entry.etag != copy.etag
