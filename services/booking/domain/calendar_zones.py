"""Which clock a calendar's TZID means: a place by its name, else what the calendar itself says of it.

A name comes first because a VTIMEZONE is a copy of somebody's zone data, of whenever that was. The library would do it
the other way round for Windows names, and would remember one calendar's VTIMEZONE for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vDDDLists, vDDDTypes, vRecur, vUTCOffset
from icalendar.timezone import tzp
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

# What zoneinfo opens although it is no place: the server's own zone, a placeholder, the rules for POSIX strings.
_NO_ZONES = {"localtime", "factory", "posixrules"}
_OBSERVANCES = {"STANDARD": TimezoneStandard, "DAYLIGHT": TimezoneDaylight}
# One observance for each change of a law; IANA itself knows fewer for any place.
MOST_OBSERVANCES = 300
# No name of a place comes near it; every part of a longer one would be looked up.
LONGEST_NAME = 200
# What a rule of an observance may say, and until when it is followed: nobody books later than that. dateutil remembers
# every change since the first one, and looks for 30 February up to the year 9999.
_SAYS = {"FREQ", "INTERVAL", "UNTIL", "WKST", "BYMONTH", "BYDAY", "BYMONTHDAY"}
_LAST = datetime(2101, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Zones:
    """The clocks by which a calendar is read.

    `advisor` is the one of times without a zone; `calendar` the one of whole days: the calendar's own zone if it says
    one, else the advisor's. `described` are the zones that the calendar has a VTIMEZONE for, by TZID.
    """

    advisor: tzinfo
    calendar: tzinfo
    described: dict[str, tzinfo] = field(default_factory=dict)

    def of(self, tzid: str) -> tzinfo | None:
        """The clock that a TZID means, or None when nobody can say."""
        return zone_named(tzid) or self.described.get(tzid)


def zone_named(tzid: str) -> ZoneInfo | None:
    """The place that a TZID names: an IANA name, one behind a vendor's prefix, or a Windows name (CLDR windowsZones).

    >>> [str(zone_named(name)) for name in ("/mozilla.org/20050126_1/Europe/Berlin", "W. Europe Standard Time")]
    ['Europe/Berlin', 'Europe/Berlin']
    """
    return _zone_named(tzid) if len(tzid) <= LONGEST_NAME else None


@lru_cache(maxsize=1024)
def _zone_named(tzid: str) -> ZoneInfo | None:
    name = tzid.strip().strip('"').lower()
    named = next((_places()[one] for one in _readings(name) if one in _places()), None)
    return ZoneInfo(named) if named else None


def zone_described(lines: Sequence[tuple[str, str]]) -> tzinfo | None:
    """The clock of a VTIMEZONE, given as its lines (name, value), or None for one that cannot be worked out.

    Its rules repeat yearly: a VTIMEZONE that changes its offset every second is no zone.
    """
    try:
        zone = Timezone()
        for name, value in lines:
            _add(zone, name, value)
        made: tzinfo = tzp.create_timezone(zone)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError):
        return None
    return made


def _readings(name: str) -> list[str]:
    """What a TZID may mean, in lower case, the likeliest first. A prefix is RFC 5545 §3.8.3.1's, or Exchange's."""
    parts = name.strip("/").split("/")
    prefixed = ["/".join(parts[start:]) for start in range(len(parts))] if _is_prefixed(name) else []
    return [name, *prefixed]


def _is_prefixed(name: str) -> bool:
    return name.startswith("/") or "://" in name


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    """The IANA name for every name we know, by its lower case."""
    iana = {name.lower(): name for name in available_timezones()}
    windows = {name.lower(): iana[place.lower()] for name, place in WINDOWS_TO_OLSON.items() if place.lower() in iana}
    return {name: place for name, place in (windows | iana).items() if name not in _NO_ZONES}


def _add(zone: Timezone, name: str, value: str) -> None:
    if name == "TZID":
        zone["TZID"] = value
    elif name == "BEGIN":
        zone.add_component(_OBSERVANCES[value]())
        if len(zone.subcomponents) > MOST_OBSERVANCES:
            raise ValueError("more observances than a zone can have")
    elif name != "END":
        of = zone.subcomponents[-1]
        of.add(name, _READ[name](value), encode=False)


def _rule(value: str) -> vRecur:
    rule = vRecur.from_ical(value)
    is_yearly = rule["FREQ"] == ["YEARLY"] and min(rule.get("INTERVAL", [1])) >= 1 and set(rule) <= _SAYS
    if not is_yearly or max(len(rule.get(name, ())) for name in ("BYMONTH", "BYDAY")) > 1:
        raise ValueError("a zone's clocks change once a year")
    [until] = rule.get("UNTIL", [_LAST])
    if until.year >= _LAST.year:
        rule["UNTIL"] = [_LAST]
    return vRecur(rule)


_READ: dict[str, Callable[[str], object]] = {
    "DTSTART": lambda value: vDDDTypes(vDDDTypes.from_ical(value)),
    "RDATE": lambda value: vDDDLists(vDDDLists.from_ical(value)),
    "RRULE": _rule,
    "TZOFFSETFROM": lambda value: vUTCOffset(vUTCOffset.from_ical(value)),
    "TZOFFSETTO": lambda value: vUTCOffset(vUTCOffset.from_ical(value)),
}
