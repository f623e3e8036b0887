"""A CalDAV server (RFC 4791): finding an account's calendars, reading what changed, writing single entries.

For whoever writes calls into a calendar: `CalDav.put(url, content, etag=…)`, `CalDav.get(url)`, `CalDav.delete(url,
etag=…)`, with `calendar_sources.entry_url(calendar, uid)` as the address. All addresses are whole URLs.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from services.booking.domain.calendar_sources import (
    Changes,
    EntryConflict,
    FoundCalendar,
    Login,
    Resource,
    SourceFailed,
    Trouble,
)
from services.booking.gateways.dav import NAMESPACES, C, D, Dav, Found, door_to_calendars, trouble_of
from services.booking.gateways.discovery import calendars_of
from shared.http import HttpDoor
from shared.settings import Settings

# Objects asked for in one request, and what is read of one calendar at most.
BATCH = 200
MOST_OBJECTS = 50_000
MOST_CONTENT = 64_000_000


class CalDav:
    """One account on one server. Everything done with an instance has to be over within `deadline_s`."""

    def __init__(self, door: HttpDoor, login: Login, *, deadline_s: float, allow_clear: bool = False) -> None:
        self._dav = Dav(door, login, time.monotonic() + deadline_s, allow_clear)

    @classmethod
    def of(cls, settings: Settings, login: Login) -> CalDav:
        """The account, by this installation's settings."""
        private = settings.calendars_allow_private
        deadline_s = settings.timings.calendar_deadline
        return cls(door_to_calendars(private), login, deadline_s=deadline_s, allow_clear=private)

    def calendars(self) -> list[FoundCalendar]:
        """The account's calendars that hold events. Raises `SourceFailed`."""
        return calendars_of(self._dav)

    def changes(self, calendar: str, *, token: str, known: Mapping[str, str]) -> Changes:
        """What changed in a calendar since `token`, judged by the etags that are `known` by address.

        Without a token, or when the server does not take it any more, everything is compared. Raises `SourceFailed`.
        """
        listed, gone, token = self._listed(calendar, token, known)
        changed = [url for url, etag in listed.items() if not etag or known.get(url) != etag]
        if len(known) + len(changed) > MOST_OBJECTS:
            raise SourceFailed(Trouble.TOO_MUCH)
        found = tuple(self._read(calendar, changed))
        # What vanished between listing and reading comes back without content, and is gone.
        missing = set(changed) - {one.href for one in found}
        return Changes(found, frozenset(gone | (missing & known.keys())), token)

    def get(self, url: str) -> Resource | None:
        """One entry, or None when there is none. Raises `SourceFailed`."""
        answer = self._dav.send("GET", url, {"Accept": "text/calendar"})
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            raise _failed(trouble_of(answer.status))
        return Resource(url, answer.headers.get("etag", ""), answer.body.decode("utf-8", "replace"))

    def find(self, calendar: str, uid: str) -> Resource | None:
        """The entry of a calendar that has this UID, wherever it stands in it. Raises `SourceFailed`."""
        found, _ = self._dav.multistatus("REPORT", calendar, _OF_UID.format(uid=escape(uid)), depth=1)
        for one in found:
            if content := one.text(f"{C}calendar-data"):
                return Resource(one.url, one.text(f"{D}getetag"), content)
        return None

    def put(self, url: str, content: str, *, etag: str | None = None) -> str:
        """Write an entry: a new one, or with `etag` in place of the one that has it. Returns the new etag.

        Raises `EntryConflict` when there is an entry already, or it is not that one any more; and `SourceFailed`,
        with `may_have_happened` when it may have been written all the same (look with `get`).
        """
        condition = {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
        headers = {"Content-Type": "text/calendar; charset=utf-8", **condition}
        answer = self._dav.send("PUT", url, headers, content.encode())
        # 409 and 403 with a body are CalDAV's own preconditions, above all that the UID stands elsewhere already.
        if answer.status == 412 or (answer.status in (403, 409) and b"no-uid-conflict" in answer.body):
            raise EntryConflict
        if answer.status not in (200, 201, 204):
            raise _failed(trouble_of(answer.status), may_have_happened=answer.status >= 500)
        # A server that changes what it stores need not answer with an etag (RFC 4791 §5.3.4).
        return answer.headers.get("etag") or self._etag(url)

    def delete(self, url: str, *, etag: str = "") -> None:
        """Remove an entry; one that is not there is removed. With `etag`, only if it is still that one.

        Raises `EntryConflict` and `SourceFailed`, as `put`.
        """
        answer = self._dav.send("DELETE", url, {"If-Match": etag} if etag else {})
        if answer.status == 412:
            # Radicale answers 412, and not 404, for an entry that is not there and an If-Match.
            if self.get(url) is None:
                return
            raise EntryConflict
        if answer.status not in (200, 202, 204, 404, 410):
            raise _failed(trouble_of(answer.status), may_have_happened=answer.status >= 500)

    def _etag(self, url: str) -> str:
        found = self.get(url)
        return found.etag if found else ""

    def _listed(self, calendar: str, token: str, known: Mapping[str, str]) -> tuple[dict[str, str], set[str], str]:
        """Addresses with their etags that may have changed, addresses that are gone, and the new token."""
        if token:
            try:
                return self._synced(calendar, token)
            except SourceFailed as error:
                # A token that is too old is answered by 403, 409, 412 or worse (RFC 6578 §3.8 names only one).
                if error.trouble in (Trouble.PASSWORD, Trouble.NO_ANSWER, Trouble.UNREACHABLE):
                    raise
        try:
            listed, _, token = self._synced(calendar, "")
        except SourceFailed as error:
            if error.trouble in (Trouble.PASSWORD, Trouble.NO_ANSWER, Trouble.UNREACHABLE):
                raise
            listed, token = self._all(calendar), ""
        return listed, set(known) - set(listed), token

    def _synced(self, calendar: str, token: str) -> tuple[dict[str, str], set[str], str]:
        """RFC 6578. An answer may be cut by the server, with 507 for the collection itself: then it is asked on."""
        listed: dict[str, str] = {}
        gone: set[str] = set()
        while True:
            found, root = self._dav.multistatus("REPORT", calendar, _SYNC.format(token=escape(token)))
            listed |= _etags(calendar, found)
            gone |= {one.url for one in found if one.status == 404}
            if len(gone) > MOST_OBJECTS:
                raise SourceFailed(Trouble.TOO_MUCH)
            before, token = token, root.findtext(f"{D}sync-token") or ""
            cut = any(one.status == 507 for one in found)
            if len(listed) > MOST_OBJECTS or (cut and token == before):
                raise SourceFailed(Trouble.TOO_MUCH)
            if not cut:
                return listed, gone - set(listed), token

    def _all(self, calendar: str) -> dict[str, str]:
        found, _ = self._dav.multistatus("PROPFIND", calendar, _ETAGS, depth=1)
        return _etags(calendar, found)

    def _read(self, calendar: str, urls: Sequence[str]) -> Iterator[Resource]:
        """What stands at these addresses, as long as it can be held. Raises `SourceFailed`."""
        size = 0
        for start in range(0, len(urls), BATCH):
            for one in self._several(calendar, urls[start : start + BATCH]):
                size += len(one.content)
                if size > MOST_CONTENT:
                    raise SourceFailed(Trouble.TOO_MUCH)
                yield one

    def _several(self, calendar: str, urls: Sequence[str]) -> Iterable[Resource]:
        hrefs = "".join(f"<D:href>{escape(_path(url))}</D:href>" for url in urls)
        found, _ = self._dav.multistatus("REPORT", calendar, _MULTIGET.format(hrefs=hrefs), depth=1)
        for one in found:
            if content := one.text(f"{C}calendar-data"):
                yield Resource(one.url, one.text(f"{D}getetag"), content)


def _failed(trouble: Trouble | None, *, may_have_happened: bool = False) -> SourceFailed:
    return SourceFailed(trouble or Trouble.NOT_CALDAV, may_have_happened=may_have_happened)


def _etags(calendar: str, found: Iterable[Found]) -> dict[str, str]:
    """Etags by address: of what lies in the calendar on the calendar's own server, the calendar itself left out."""
    origin, itself = urlsplit(calendar)[:2], calendar.rstrip("/")
    return {
        one.url: one.text(f"{D}getetag")
        for one in found
        if one.status == 200 and one.url.rstrip("/") != itself and urlsplit(one.url)[:2] == origin
    }


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


_SYNC = (
    f"<D:sync-collection {NAMESPACES}><D:sync-token>{{token}}</D:sync-token><D:sync-level>1</D:sync-level>"
    "<D:prop><D:getetag/></D:prop></D:sync-collection>"
)
_ETAGS = f"<D:propfind {NAMESPACES}><D:prop><D:getetag/></D:prop></D:propfind>"
_MULTIGET = (
    f"<C:calendar-multiget {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>{{hrefs}}</C:calendar-multiget>"
)
_OF_UID = (
    f"<C:calendar-query {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter>"
    '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:prop-filter name="UID">'
    '<C:text-match collation="i;octet">{uid}</C:text-match>'
    "</C:prop-filter></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
)
