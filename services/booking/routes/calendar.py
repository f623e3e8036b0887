"""The booking page's calendar: from free starts to a month of days, an open day and its times. Pure: values in and out.

Every address keeps what the page was opened with (`carry`: an invitation, a campaign) and the zone that times are
shown in.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, get_day_names

from services.booking.domain.errors import Message, invalid
from services.booking.domain.zones import instants_of, z
from shared.i18n import locale_of, zone_place

REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@dataclass(frozen=True)
class Page:
    """Where the calendar stands: its path, the zone it shows, what every address keeps, and the language."""

    path: str
    zone: str
    carry: Mapping[str, str]
    language: str

    def href(self, **parameters: str) -> str:
        """This page with these parameters."""
        return f"{self.path}?{urlencode({**self.carry, 'zone': self.zone, **parameters})}"


@dataclass(frozen=True)
class Openings:
    """The free starts of a call type, in order, and how long a call is.

    `seats` is how many a group call of this type has, 1 when it is none; `left` says of those that have begun to fill
    how many seats are left, and of how many.
    """

    starts: Sequence[datetime]
    length: timedelta
    seats: int = 1
    left: Mapping[datetime, tuple[int, int]] = field(default_factory=dict)

    def seats_at(self, start: datetime) -> dict[str, int] | None:
        """The seats that are left of a group call at this start; None when it is none."""
        if self.seats == 1:
            return None
        left, of = self.left.get(start, (self.seats, self.seats))
        return {"left": left, "of": of}


def slot(page: Page, openings: Openings, start: datetime, *, href: str = "") -> dict[str, Any]:
    """One time as the templates take it."""
    value = z(start)
    local = start.astimezone(ZoneInfo(page.zone)).replace(tzinfo=None, fold=0)
    return {
        "start": start,
        "end": start + openings.length,
        "href": href or page.href(start=value),
        "repeats": len(instants_of(page.zone, local)) > 1,
        "value": value,
        "seats": openings.seats_at(start),
    }


def month_view(page: Page, openings: Openings, shown: date, *, now: datetime, last: datetime) -> dict[str, Any]:
    """A month: its weeks, the free days in it, and the months before and after that may have some."""
    days = _by_day(page, openings)
    today, final = _local(now, page).date(), _local(last, page).date()
    weeks = calendar.Calendar().monthdatescalendar(shown.year, shown.month)
    free = [day for day in days if (day.year, day.month) == (shown.year, shown.month)]
    before, after = shown - timedelta(days=1), (shown + timedelta(days=31)).replace(day=1)
    return {
        "title": _said("yMMMM", shown, page),
        # By pattern: as a skeleton a month alone finds its short form ("Nothing free in Jun.").
        "name": format_date(shown, "LLLL", locale=locale_of(page.language)),
        "weekdays": _weekdays(page.language),
        "weeks": [[_day(page, days, day, shown, today) for day in week] for week in weeks],
        "earlier": page.href(month=f"{before:%Y-%m}") if before >= today.replace(day=1) else None,
        "later": page.href(month=f"{after:%Y-%m}") if after <= final else None,
        "empty": not free,
        "first": _first_outside(page, openings, shown) if not free else None,
    }


def day_view(page: Page, openings: Openings, shown: date) -> dict[str, Any]:
    """The open day: its times, and the next free one when it has none."""
    times = _by_day(page, openings).get(shown, [])
    noon = datetime.combine(shown, time(12), ZoneInfo(page.zone)).astimezone(UTC)
    later = next((start for start in openings.starts if start > noon), None)
    return {
        "at": noon,
        "slots": [slot(page, openings, start) for start in times],
        "next": _opening_its_day(page, openings, later) if later and not times else None,
    }


def month_of(text: str, *, default: date) -> date:
    """The first of a month given as 2026-12. Raises `InvalidInput`."""
    return _date(f"{text}-01", "month", "2026-12") if text else default.replace(day=1)


def day_of(text: str) -> date | None:
    """A day given as 2026-12-03, or None. Raises `InvalidInput`."""
    return _date(text, "day", "2026-12-03") if text else None


@cache
def zones_by_region() -> list[tuple[str, list[tuple[str, str]]]]:
    """The zones to choose from, by part of the world: those that countries have today, without their older names."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text()
    names = sorted(line.split("\t")[2] for line in table.splitlines() if not line.startswith("#"))
    regions = [(region, [(n, _place(n)) for n in names if n.startswith(f"{region}/")]) for region in REGIONS]
    return [*regions, ("UTC", [("UTC", "UTC")])]


def _date(text: str, field: str, example: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not 2000 <= found.year <= 2100:
        message = Message("This is not a date that can be shown.")
        raise invalid(field, message, Message("Write it like %(example)s.", {"example": example}))
    return found


def _by_day(page: Page, openings: Openings) -> dict[date, list[datetime]]:
    days: dict[date, list[datetime]] = {}
    for start in openings.starts:
        days.setdefault(_local(start, page).date(), []).append(start)
    return days


def _day(
    page: Page, days: Mapping[date, Sequence[datetime]], day: date, shown: date, today: date
) -> dict[str, Any] | None:
    if day.month != shown.month:
        return None
    free = len(days.get(day, ()))
    return {
        "number": day.day,
        "at": datetime.combine(day, time(12), ZoneInfo(page.zone)).astimezone(UTC),
        "href": page.href(day=day.isoformat()) if free else None,
        "free": free,
        "today": day == today,
    }


def _first_outside(page: Page, openings: Openings, shown: date) -> dict[str, Any] | None:
    """The first free time after an empty month, or else the first of all."""
    after = [start for start in openings.starts if _local(start, page).date() >= shown]
    start = next(iter(after or openings.starts), None)
    return _opening_its_day(page, openings, start) if start else None


def _opening_its_day(page: Page, openings: Openings, start: datetime) -> dict[str, Any]:
    return slot(page, openings, start, href=page.href(day=_local(start, page).date().isoformat()))


def _said(skeleton: str, day: date, page: Page) -> str:
    return format_skeleton(skeleton, datetime.combine(day, time(12)), locale=locale_of(page.language))


@cache
def _weekdays(language: str) -> list[tuple[str, str]]:
    locale = locale_of(language)
    short, long = get_day_names("abbreviated", locale=locale), get_day_names("wide", locale=locale)
    return [(short[day], long[day]) for day in range(7)]


def _local(at: datetime, page: Page) -> datetime:
    return at.astimezone(ZoneInfo(page.zone))


def _place(zone: str) -> str:
    return zone_place(zone) if zone.count("/") == 1 else zone.split("/", 1)[1].replace("_", " ").replace("/", ", ")
