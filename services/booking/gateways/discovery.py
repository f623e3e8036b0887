"""From what an advisor types to the calendars of their account: RFC 6764 and RFC 4791 §6.

address or /.well-known/caldav → current-user-principal → calendar-home-set → collections that hold VEVENTs.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from services.booking.domain.calendar_sources import FoundCalendar, SourceFailed, Trouble
from services.booking.gateways.dav import NAMESPACES, C, D, Dav, Found


def calendars_of(dav: Dav) -> list[FoundCalendar]:
    """The calendars of the login's account. Raises `SourceFailed`; the first trouble that says something is told."""
    troubles: list[Trouble] = []
    for url in _candidates(dav.login.url):
        try:
            if calendars := _from(dav, url):
                return calendars
            troubles.append(Trouble.NO_CALENDARS)
        except SourceFailed as error:
            # A wrong password is wrong everywhere; asking on would only look like an attack.
            if error.trouble not in (Trouble.NOT_FOUND, Trouble.NOT_CALDAV, Trouble.FORBIDDEN, Trouble.GONE):
                raise
            troubles.append(error.trouble)
    if Trouble.NO_CALENDARS in troubles:
        raise SourceFailed(Trouble.NO_CALENDARS)
    raise SourceFailed(Trouble.FORBIDDEN if Trouble.FORBIDDEN in troubles else Trouble.NOT_CALDAV)


def _candidates(url: str) -> list[str]:
    """The address itself first when it names a place on the server, then where servers announce theirs."""
    given = [url] if urlsplit(url).path.strip("/") else []
    return [*given, urljoin(url, "/.well-known/caldav"), *([] if given else [urljoin(url, "/")])]


def _from(dav: Dav, url: str) -> list[FoundCalendar]:
    found, _ = dav.multistatus("PROPFIND", url, _WHO)
    first = found[0] if found else None
    if first is None:
        raise SourceFailed(Trouble.NOT_CALDAV)
    if first.properties.get(f"{D}resourcetype") is not None and _is_calendar(first):
        return _calendars(dav, first.url, depth=0)
    homes = first.hrefs(f"{C}calendar-home-set")
    for principal in first.hrefs(f"{D}current-user-principal")[:1]:
        of_principal, _ = dav.multistatus("PROPFIND", principal, _HOME)
        homes += [home for one in of_principal for home in one.hrefs(f"{C}calendar-home-set")]
    calendars = [one for home in dict.fromkeys(homes) for one in _calendars(dav, home, depth=1)]
    # An address that leads to no principal may still be a folder of calendars.
    return calendars or ([] if homes else _calendars(dav, url, depth=1))


def _calendars(dav: Dav, url: str, *, depth: int) -> list[FoundCalendar]:
    found, _ = dav.multistatus("PROPFIND", url, _WHICH, depth=depth)
    return [_calendar(one) for one in found if _is_calendar(one) and _holds_events(one)]


def _calendar(one: Found) -> FoundCalendar:
    privileges = one.properties.get(f"{D}current-user-privilege-set")
    rights = None if privileges is None else {element.tag for element in privileges.iter()}
    zone = one.text(f"{C}calendar-timezone-id") or _tzid(one.text(f"{C}calendar-timezone"))
    name = one.text(f"{D}displayname") or one.url.rstrip("/").rpartition("/")[2]
    writable = rights is None or bool(rights & {f"{D}write", f"{D}write-content", f"{D}bind", f"{D}all"})
    return FoundCalendar(one.url, name[:200], zone, writable)


def _is_calendar(one: Found) -> bool:
    kind = one.properties.get(f"{D}resourcetype")
    return kind is not None and kind.find(f"{C}calendar") is not None


def _holds_events(one: Found) -> bool:
    kinds = one.properties.get(f"{C}supported-calendar-component-set")
    return kinds is None or not len(kinds) or any(kind.get("name", "").upper() == "VEVENT" for kind in kinds)


def _tzid(vtimezone: str) -> str:
    found = re.search(r"^TZID[^:\r\n]*:(.+?)\s*$", vtimezone, re.MULTILINE)
    return found[1] if found else ""


_WHO = (
    f"<D:propfind {NAMESPACES}><D:prop><D:current-user-principal/><D:resourcetype/><C:calendar-home-set/>"
    "</D:prop></D:propfind>"
)
_HOME = f"<D:propfind {NAMESPACES}><D:prop><C:calendar-home-set/></D:prop></D:propfind>"
_WHICH = (
    f"<D:propfind {NAMESPACES}><D:prop><D:resourcetype/><D:displayname/><D:current-user-privilege-set/>"
    "<C:supported-calendar-component-set/><C:calendar-timezone/><C:calendar-timezone-id/></D:prop></D:propfind>"
)
