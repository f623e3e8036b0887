"""From what was kept of a calendar to the times at which the advisor is busy.

Most events happen once and are read off; what repeats goes through `recurring-ical-events`, a series at a time and in
wall times of one zone (`busy_values.py`). Where something is unclear it is taken for busy: two events of one UID both
count, a rule that cannot be read leaves the first occurrence, one that repeats too often takes all its time, an unknown
zone is the calendar's own. How many events were unclear is told. What would take for ever is not begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from icalendar import vPeriod

from services.booking.domain.busy_series import TooOften, occurrences
from services.booking.domain.busy_values import Doubtful, Frame, When, is_placed, span_of, times_of, when_of
from services.booking.domain.calendar_lines import Line
from services.booking.domain.calendar_sources import SourceFailed, Trouble
from services.booking.domain.calendar_text import Part, parts_of
from services.booking.domain.calendar_zones import Zones, zone_described, zone_named
from services.booking.domain.feeds import merged

MOST_SPANS = 50_000
FOR_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
# Everything that values of somebody else's making can do to code that trusts them.
BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, AssertionError, RecursionError)


class BusySpan(NamedTuple):
    """A time that is taken, by the event of this UID. Half-open, aware UTC, whole minutes rounded outward."""

    uid: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Busy:
    """The times that are taken, in order and merged for each UID, and how many events could not be quite understood."""

    spans: tuple[BusySpan, ...]
    doubtful: int


@dataclass(frozen=True)
class Within:
    """What is asked for: times that overlap `[start, end)`. `out_of_time` says when to give up."""

    start: datetime
    end: datetime
    out_of_time: Callable[[], bool]


def busy_times(content: str, *, advisor: str, calendar: str, within: Within) -> Busy:
    """The busy times of what was kept of a calendar (`calendar_text.kept_of`).

    `advisor` is the advisor's IANA zone and `calendar` the one that the calendar is said to have, or "".
    Raises `SourceFailed` for more than can be worked out.
    """
    parts = list(parts_of(content))
    zones = _zones(parts, advisor, calendar, within)
    found: list[BusySpan] = []
    doubtful = 0
    for uid, series in _series(parts):
        spans, is_clear = _of_series(series, zones, within)
        doubtful += not is_clear
        found += _outward(uid, spans)
        if len(found) > MOST_SPANS:
            raise SourceFailed(Trouble.TOO_MUCH)
    return Busy(tuple(sorted(set(found))), doubtful)


def _in_time(parts: Iterable[Part], within: Within) -> Iterator[Part]:
    """The parts one by one, as long as there is time. Raises `SourceFailed`."""
    for part in parts:
        if within.out_of_time():
            raise SourceFailed(Trouble.TOO_MUCH)
        yield part


def _zones(parts: Sequence[Part], advisor: str, calendar: str, within: Within) -> Zones:
    home = zone_named(advisor)
    if home is None:
        raise ValueError(f"{advisor!r} is not the advisor's zone")
    named = [calendar, *(part.text("X-WR-TIMEZONE") for part in parts if not part.kind)]
    described = {
        part.text("TZID"): zone
        for part in _in_time(parts, within)
        if part.kind == "VTIMEZONE" and (zone := zone_described([(line.name, line.value) for line in part.lines]))
    }
    own = next(filter(None, (zone_named(name) or described.get(name) for name in named)), home)
    return Zones(home, own, described)


def _series(parts: Sequence[Part]) -> Iterator[tuple[str, list[Part]]]:
    """The events and free/busy objects by UID. Those without one stand alone."""
    timed = [part for part in parts if part.kind in ("VEVENT", "VFREEBUSY")]
    keyed = sorted(
        ((part.text("UID"), 0 if part.text("UID") else number, part) for number, part in enumerate(timed)),
        key=lambda one: one[:2],
    )
    for (uid, _), members in groupby(keyed, key=lambda one: one[:2]):
        yield uid, [part for _, _, part in members]


def _of_series(series: Sequence[Part], zones: Zones, within: Within) -> tuple[list[tuple[datetime, datetime]], bool]:
    """The times of everything with one UID, and whether all of it was clear."""
    # Everything with one UID may be everything there is, so time is looked at here: what follows grows with its square.
    is_clear = all(is_placed(part, zones) for part in _in_time(series, within))
    spans: list[tuple[datetime, datetime]] = []
    for part in (part for part in series if part.kind == "VFREEBUSY"):
        told, is_whole = _free_busy(part)
        spans, is_clear = spans + told, is_clear and is_whole
    events = [part for part in series if part.kind == "VEVENT"]
    masters, changed = _newest(events), [part for part in events if part.first("RECURRENCE-ID")]
    if not any(_repeats(part) for part in masters):
        told, is_whole = _each(_standing(masters, changed, zones, within), zones)
        return _near([*spans, *told], within), is_clear and is_whole
    for master in _in_time(masters, within):
        told, is_whole = _repeated(master, changed, zones, within)
        spans, is_clear = spans + told, is_clear and is_whole
    return _near(spans, within), is_clear


def _newest(events: Iterable[Part]) -> list[Part]:
    """The events themselves, without what changes single occurrences; of several only those revised last."""
    masters = [part for part in events if not part.first("RECURRENCE-ID")]
    newest = max(map(_sequence, masters), default=0)
    return [part for part in masters if _sequence(part) == newest]


def _standing(masters: Sequence[Part], changed: Sequence[Part], zones: Zones, within: Within) -> list[Part]:
    """Events that happen once, and what was said of single occurrences, in place of the event that it is about."""
    about = {when for part in _in_time(changed, within) if (when := _when(part.first("RECURRENCE-ID"), zones))}
    left = [part for part in _in_time(masters, within) if _when(part.first("DTSTART"), zones) not in about]
    return left + _latest(changed)


def _when(line: Line | None, zones: Zones) -> When | None:
    try:
        return None if line is None else when_of(line, zones)
    except Doubtful:
        return None


def _latest(changed: Sequence[Part]) -> list[Part]:
    """Of several changes to one occurrence the one that was revised last."""
    newest: dict[str, Part] = {}
    for part in sorted(changed, key=_sequence):
        newest[str(part.first("RECURRENCE-ID"))] = part
    return list(newest.values())


def _repeated(
    master: Part, changed: Sequence[Part], zones: Zones, within: Within
) -> tuple[list[tuple[datetime, datetime]], bool]:
    try:
        frame = Frame.of(times_of(master, zones).start, zones)
        return list(occurrences([master, *changed], frame, within.start, within.end)), True
    except TooOften as error:
        whole = _as_one(master, _last(master, error.until, frame, within), zones)
        return whole + _each(_latest(changed), zones)[0], False
    except BROKEN:
        # What can be read of it one by one stays taken.
        return _each([master, *_latest(changed)], zones)[0], False


def _as_one(master: Part, until: datetime, zones: Zones) -> list[tuple[datetime, datetime]]:
    """All the time in which an event repeats that is not worked out: none of it is known to be free."""
    first, _ = _each([master], zones)
    # Nothing is after the last minute that there is.
    return [(start, max(end, until + min(end - start, FOR_EVER[1] - until))) for start, end in first]


def _last(master: Part, until: datetime, frame: Frame, within: Within) -> datetime:
    """When a rule has ended that ends by `until` on its clock. An event may have other rules, and dates behind it."""
    if master.first("RDATE") or master.all("RRULE")[1:]:
        return within.end
    try:
        return frame.instant(until)
    except BROKEN:
        return within.end


def _each(events: Iterable[Part], zones: Zones) -> tuple[list[tuple[datetime, datetime]], bool]:
    spans, is_clear = [], True
    for part in events:
        try:
            start, end = span_of(times_of(part, zones), zones)
        except BROKEN:
            is_clear = False
            continue
        if not part.text("TRANSP"):
            spans.append((min(start, end), max(start, end)))
        is_clear = is_clear and start <= end
    return spans, is_clear


def _free_busy(part: Part) -> tuple[list[tuple[datetime, datetime]], bool]:
    """The periods of a VFREEBUSY (RFC 5545 §3.8.2.6), which are UTC."""
    spans, is_clear = [], True
    for line in part.all("FREEBUSY"):
        if line.params.get("FBTYPE", "BUSY").upper() == "FREE":
            continue
        for text in line.value.split(","):
            try:
                period = vPeriod(vPeriod.from_ical(text.strip()))
                spans.append((period.start.astimezone(UTC), period.end.astimezone(UTC)))
            except BROKEN:
                is_clear = False
    return spans, is_clear


def _near(spans: Iterable[tuple[datetime, datetime]], within: Within) -> list[tuple[datetime, datetime]]:
    """Those that reach into what is asked for, and take any time at all."""
    return [(start, end) for start, end in spans if start < end and start < within.end and end > within.start]


def _outward(uid: str, spans: Iterable[tuple[datetime, datetime]]) -> list[BusySpan]:
    whole = ((start.replace(second=0, microsecond=0), _minute_up(end)) for start, end in spans)
    return [BusySpan(uid, start, end) for start, end in merged(whole, *FOR_EVER)]


def _minute_up(at: datetime) -> datetime:
    down = at.replace(second=0, microsecond=0)
    # Nothing is after the last minute that there is.
    return down if down == at else down + min(timedelta(minutes=1), FOR_EVER[1] - down)


def _repeats(part: Part) -> bool:
    return any(part.first(name) for name in ("RRULE", "RDATE", "EXDATE"))


def _sequence(part: Part) -> int:
    text = part.text("SEQUENCE")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
