"""Zones and times as people and programs write them: names, wall times, instants."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from services.booking.domain.errors import Message, invalid
from services.booking.domain.offsets import FIRST_YEAR, LAST_YEAR

# Names in the database that name no place: abbreviations ("EST" never has summer time, New York does) and offsets.
_ABBREVIATION = re.compile(r"(?!UTC$|PRC$|ROC$|ROK$)([A-Z]{3}([+-]?\d([A-Z]{3})?)?|Zulu)|Etc/GMT[+-]?\d+")
# What zoneinfo opens although it is no zone: the server's own one, a placeholder, the rules for POSIX strings.
_NO_ZONES = {"localtime", "Factory", "posixrules"}

# What browsers still call places by (CLDR keeps a zone's first name for ever), and what people there call them.
_RENAMED = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Catamarca": "America/Argentina/Catamarca",
    "America/Cordoba": "America/Argentina/Cordoba",
    "America/Jujuy": "America/Argentina/Jujuy",
    "America/Mendoza": "America/Argentina/Mendoza",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Louisville": "America/Kentucky/Louisville",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Europe/Kiev": "Europe/Kyiv",
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}


def todays_name(zone: str) -> str:
    """The zone by the name that it has now.

    >>> todays_name("Asia/Katmandu"), todays_name("Europe/Berlin")
    ('Asia/Kathmandu', 'Europe/Berlin')
    """
    return _RENAMED.get(zone, zone)


def is_zone(name: str) -> bool:
    """Whether this is the name of an IANA zone, or an alias of one."""
    return name in _zones()


def known_zone(name: str, field: str = "timezone") -> str:
    """The name itself when it is an IANA zone or an alias of one.

    Raises `InvalidInput` for anything else, abbreviations and offsets included. Membership is asked before any zone
    is opened: `ZoneInfo` treats a name as a path and fails in many ways.
    """
    if is_zone(name):
        return name
    raise invalid(
        field,
        Message("“%(zone)s” is not the name of a time zone.", {"zone": shortened(name)}),
        Message("Choose a place, for example Europe/Berlin or America/New_York."),
    )


def wall_time(zone: str, local: datetime, field: str = "start") -> datetime:
    """The UTC instant at which the clocks of `zone` show the naive `local`.

    Raises `InvalidInput` when they never do, or do so twice; the fix then names both instants.
    """
    found = instants_of(zone, local)
    if len(found) == 1:
        return found[0]
    params = {"time": f"{local:%H:%M}", "date": f"{local:%Y-%m-%d}", "zone": zone}
    if not found:
        raise invalid(
            field,
            Message("%(time)s does not exist on %(date)s in %(zone)s: the clocks go forward past it.", params),
            Message("Choose a time before or after the change."),
        )
    first, second = (at.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes") for at in found)
    raise invalid(
        field,
        Message("%(time)s comes twice on %(date)s in %(zone)s: the clocks go back over it.", params),
        Message("Say which: %(first)s or %(second)s.", {"first": first, "second": second}),
    )


def instants_of(zone: str, local: datetime) -> tuple[datetime, ...]:
    """The UTC instants, none, one or two, at which the clocks of `zone` show the naive `local`.

    >>> [at.isoformat() for at in instants_of("Europe/Berlin", datetime(2026, 10, 25, 2, 30))]
    ['2026-10-25T00:30:00+00:00', '2026-10-25T01:30:00+00:00']
    """
    folds = (local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    return tuple(sorted({at for at in folds if at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local}))


def instant(text: str, field: str = "start") -> datetime:
    """An instant as programs write it (RFC 3339, with Z or an offset), in UTC.

    Raises `InvalidInput` for anything else, a time without an offset included.
    """
    at = _parsed(text)
    if at is None:
        raise invalid(
            field,
            Message("This is not an instant with its offset from UTC."),
            Message("Write it like 2026-06-07T09:30:00Z or 2026-06-07T11:30:00+02:00."),
        )
    if not FIRST_YEAR < at.year < LAST_YEAR:
        years: dict[str, str | int] = {"first": FIRST_YEAR + 1, "last": LAST_YEAR - 1}
        raise invalid(
            field, Message("That year is out of reach."), Message("Choose one from %(first)s to %(last)s.", years)
        )
    return at.astimezone(UTC)


def z(at: datetime) -> str:
    """An instant as answers, forms and addresses carry it: RFC 3339 in UTC, to the second.

    >>> z(datetime(2026, 12, 1, 9, tzinfo=UTC))
    '2026-12-01T09:00:00Z'
    """
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _parsed(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(name for name in available_timezones() - _NO_ZONES if not _ABBREVIATION.fullmatch(name))


def shortened(text: str) -> str:
    """Enough of a text to recognise it, and nothing that cannot be shown."""
    return "".join(char if char.isprintable() else "�" for char in text[:40]) + "…" * (len(text) > 40)
