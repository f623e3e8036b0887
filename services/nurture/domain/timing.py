"""When the next mail of a sequence leaves, in the reader's own week.

One rule, found by looking at local days one after another: never an offset added to a wall time. All instants in and
out are aware UTC. The first mail of a sequence does not come here: it answers a request and leaves at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.nurture.domain.errors import UnknownZone

Window = tuple[time, time]

# ISO weekdays, Monday is 1. A Monday's inbox is full and a Friday's is left for Monday (nurture.md §4.3, rule 4).
WEEKDAYS = frozenset({2, 3, 4})
WINDOWS: tuple[Window, ...] = ((time(8, 30), time(11, 30)), (time(13, 30), time(16, 30)))
# Two letters are never nearer than this, whatever a weekend pushed together.
APART = timedelta(days=2)


def next_send(
    *,
    after: datetime,
    not_before_days: int,
    zone: str,
    weekdays: frozenset[int] = WEEKDAYS,
    windows: Sequence[Window] = WINDOWS,
) -> datetime:
    """The first instant, at least `not_before_days` × 24 h after `after`, that lies in a window on an allowed weekday.

    `after` is aware; `zone` is an IANA name; windows are wall times of that zone, start included, end not, in order,
    none over midnight. Raises UnknownZone. A day that the zone skips and an hour that it repeats are seen as they are.

    >>> next_send(after=datetime(2026, 11, 23, 20, 0, tzinfo=UTC), not_before_days=3, zone="Europe/Berlin").isoformat()
    '2026-12-01T07:30:00+00:00'
    """
    place = zone_named(zone)
    earliest = (after + timedelta(days=not_before_days)).astimezone(UTC)
    for day in _days_from(earliest.astimezone(place).date()):
        if day.isoweekday() in weekdays:
            found = _first_in(windows, day, place, earliest)
            if found:
                return found
    raise AssertionError("a year without a window")  # pragma: no cover


def next_letter(*, start: datetime, delay_days: int, before: datetime, zone: str) -> datetime:
    """When a letter of a sequence leaves: `delay_days` after its start, and two days after the letter `before`.

    Counted from the start, so that weekends do not add up: a sequence of 22 days is over in 28 at most. All aware.
    """
    due = max(start + timedelta(days=delay_days), before + APART)
    return next_send(after=due, not_before_days=0, zone=zone)


def arrivals(start: datetime, delays: Iterable[int], *, zone: str) -> tuple[datetime, ...]:
    """When each letter leaves if each is sent when it is due. The first leaves at once."""
    sent: list[datetime] = []
    for delay in delays:
        sent.append(next_letter(start=start, delay_days=delay, before=sent[-1], zone=zone) if sent else start)
    return tuple(sent)


def zone_named(zone: str) -> ZoneInfo:
    """The zone of that IANA name. Raises UnknownZone for anything else, hostile names included."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(zone) from error


def _days_from(first: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range(400))


def _first_in(windows: Sequence[Window], day: date, place: ZoneInfo, earliest: datetime) -> datetime | None:
    """The first instant of that local day, from `earliest` on, whose wall time is in a window."""
    midnight, next_midnight = (datetime.combine(d, time(), place) for d in (day, day + timedelta(days=1)))
    if midnight.utcoffset() == next_midnight.utcoffset():
        return _first_on_even_day(windows, day, place, earliest)
    return _first_on_odd_day(windows, day, place, earliest)


def _first_on_even_day(windows: Sequence[Window], day: date, place: ZoneInfo, earliest: datetime) -> datetime | None:
    for begin, end in windows:
        starts, ends = (datetime.combine(day, wall, place).astimezone(UTC) for wall in (begin, end))
        if max(starts, earliest) < ends:
            return max(starts, earliest)
    return None


def _first_on_odd_day(windows: Sequence[Window], day: date, place: ZoneInfo, earliest: datetime) -> datetime | None:
    """A day on which the clock changes: look at its minutes one by one, since a window may be cut, doubled or missing.

    `earliest` itself is looked at first. The walk begins a day early and ends a day late, because where such a day's
    own ends lie is the very question.
    """
    noon = datetime.combine(day, time(12), place).astimezone(UTC)
    minutes = (noon + timedelta(minutes=n) for n in range(-36 * 60, 36 * 60))
    for moment in (earliest, *(m for m in minutes if m > earliest)):
        local = moment.astimezone(place)
        if local.date() == day and any(begin <= local.time() < end for begin, end in windows):
            return moment
    return None
