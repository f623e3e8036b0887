"""Words and dates in the reader's language.

Every text a person sees goes through gettext; catalogues lie in `locale/` here. English is the source language, so it
has none. Dates and times come from Babel, in the reader's zone. See CONTRIBUTING.md for adding a language.
"""

from __future__ import annotations

import gettext
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, negotiate_locale
from babel.dates import format_date, format_skeleton, format_time, format_timedelta

DOMAIN = "firstcall"
CATALOGUES = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"


@cache
def languages() -> tuple[str, ...]:
    """The languages that can be shown: English and every catalogue there is."""
    found = sorted(path.parent.parent.name for path in CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (SOURCE_LANGUAGE, *found)


def negotiate(wanted: list[str]) -> str:
    """The best language for somebody who wants these, as browsers send them (`de-AT`, `en`)."""
    plain = [tag.replace("-", "_") for tag in wanted]
    return negotiate_locale(plain, list(languages())) or SOURCE_LANGUAGE


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; for an unknown one, the source language."""
    return gettext.translation(DOMAIN, CATALOGUES, languages=[language], fallback=True)


@cache
def locale_of(language: str) -> Locale:
    """Babel's locale for a language of ours."""
    # English here is the international kind: day before month and a clock of 24 hours.
    return Locale.parse("en_GB" if language == "en" else language.replace("-", "_"))


def day(at: datetime, zone: str, language: str = "en") -> str:
    """The day in words: "Tuesday 2 December"."""
    return format_skeleton("MMMMEEEEd", _local(at, zone), locale=locale_of(language)).replace(",", "")


def day_short(at: datetime, zone: str, language: str = "en") -> str:
    """The day where there is little room: "Tue 2 Dec"."""
    return format_skeleton("MMMEd", _local(at, zone), locale=locale_of(language)).replace(",", "")


def day_dated(at: datetime, zone: str, language: str = "en") -> str:
    """The day with its year, where there is little room and it is read long afterwards: "Wed 2 Dec 2026"."""
    return format_skeleton("yMMMEd", _local(at, zone), locale=locale_of(language)).replace(",", "")


def date_words(day: date, language: str = "en") -> str:
    """A date with its year, for what is read long afterwards: "2 December 2026"."""
    return format_date(day, "long", locale=locale_of(language))


def time(at: datetime, zone: str, language: str = "en") -> str:
    """The time of day: "10:00"."""
    return format_time(_local(at, zone).time(), "short", locale=locale_of(language))


def span(start: datetime, end: datetime, zone: str, language: str = "en") -> str:
    """From and to: "10:00–10:30"."""
    return f"{time(start, zone, language)}–{time(end, zone, language)}"


def ago(at: datetime, now: datetime, language: str = "en") -> str:
    """How long ago, in words: "3 hours"."""
    return format_timedelta(now - at, granularity="minute", threshold=1.1, locale=locale_of(language))


def zone_place(zone: str) -> str:
    """The zone as people say it: the town.

    >>> zone_place("America/Argentina/Buenos_Aires")
    'Buenos Aires'
    """
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def comes_twice(at: datetime, zone: str) -> bool:
    """Whether clocks there show this time of day once more, an hour before or after."""
    local = _local(at, zone)
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()


def offset(at: datetime, zone: str) -> str:
    """The zone's offset at that instant: "UTC+1", "UTC+5:45", "UTC"."""
    minutes = int((_local(at, zone).utcoffset() or (at - at)).total_seconds()) // 60
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone))
