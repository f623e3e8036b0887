"""Dates and times of an event as Python values, and the one clock in which a series of events repeats.

A series is worked out in naive wall times of one zone (its frame), because that is how calendars repeat: at nine
o'clock, in summer and in winter. The library can do it with aware times, but then takes 10:00 in UTC and 10:00 in
Berlin for the same occurrence, and one that was moved hides another that was not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from icalendar import vDDDTypes

from services.booking.domain.calendar_lines import Line
from services.booking.domain.calendar_text import Part
from services.booking.domain.calendar_zones import Zones

# A whole day, or a time, which is aware unless it is floating.
When = date | datetime
DAY = timedelta(days=1)


class Doubtful(ValueError):
    """Something in an event cannot be understood."""


@dataclass(frozen=True)
class Times:
    """When a component is, as it says itself: `end` and `length` may both be missing, and are never both there."""

    start: When
    end: When | None = None
    length: timedelta | None = None


@dataclass(frozen=True)
class Length:
    """How long something takes on the wall clock, and in elapsed time.

    The two differ for what goes on while clocks change. RFC 5545 §3.8.5.3 repeats a DTEND exactly and days of a
    DURATION nominally; programs repeat both nominally. Such a night is taken for the longer one. Hours and minutes
    (`is_exact`) are elapsed time for everybody.
    """

    nominal: timedelta
    exact: timedelta
    is_exact: bool = False

    def end(self, start: datetime, on_the_clock: datetime) -> datetime:
        """The end of what starts then, and ends on the wall clock at `on_the_clock`."""
        return start + self.exact if self.is_exact else max(start + self.exact, on_the_clock)


@dataclass(frozen=True)
class Frame:
    """The clock in which a series repeats. `zones` are those of its calendar."""

    zone: tzinfo
    is_days: bool
    zones: Zones

    @classmethod
    def of(cls, start: When, zones: Zones) -> Frame:
        """The frame of a series that begins with this."""
        if not isinstance(start, datetime):
            return cls(zones.calendar, is_days=True, zones=zones)
        return cls(start.tzinfo or zones.advisor, is_days=False, zones=zones)

    def wall(self, when: When) -> When:
        """The value on this clock. Days stay days in a series of days; elsewhere they are their first midnight."""
        if not isinstance(when, datetime):
            return when if self.is_days else self._wall(datetime.combine(when, time(), self.zones.calendar))
        return when if when.tzinfo is None else self._wall(when)

    def day_or_wall(self, when: When) -> When:
        """The same for what names an occurrence: of a series of days that is a day."""
        wall = self.wall(when)
        return wall.date() if self.is_days and isinstance(wall, datetime) else wall

    def instant(self, wall: When) -> datetime:
        """The instant of a value on this clock, by RFC 5545 §3.3.5 where the clock skips or repeats it."""
        at = wall if isinstance(wall, datetime) else datetime.combine(wall, time())
        return at.replace(tzinfo=self.zone).astimezone(UTC)

    def _wall(self, aware: datetime) -> datetime:
        return aware.astimezone(self.zone).replace(tzinfo=None)


def times_of(part: Part, zones: Zones) -> Times:
    """When a VEVENT is. Raises `Doubtful`."""
    start, end, length = (part.first(name) for name in ("DTSTART", "DTEND", "DURATION"))
    if start is None:
        raise Doubtful("no DTSTART")
    begins = when_of(start, zones)
    if end is not None:
        return Times(begins, end=when_of(end, zones))
    return Times(begins, length=duration_of(length.value)) if length is not None else Times(begins)


def span_of(times: Times, zones: Zones) -> tuple[datetime, datetime]:
    """The instants from which and until which it is; the same one twice for what takes no time."""
    frame = Frame.of(times.start, zones)
    start = frame.instant(frame.wall(times.start))
    if isinstance(times.start, datetime) and times.start.tzinfo is not None:
        # As it is said, with no detour: on a wall clock that repeats an hour the second one would be lost.
        start = times.start.astimezone(UTC)
    if isinstance(times.end, datetime) and times.end.tzinfo is not None:
        return start, times.end.astimezone(UTC)
    length = length_of(times, frame)
    return start, length.end(start, frame.instant(frame.wall(times.start) + length.nominal))


def length_of(times: Times, frame: Frame) -> Length:
    """How long it takes."""
    start = frame.wall(times.start)
    if times.length is not None:
        return Length(times.length, times.length, is_exact=times.length < DAY)
    if times.end is None:
        # RFC 5545 §3.6.1: one day, or no time at all.
        length = timedelta(0) if isinstance(times.start, datetime) else DAY
        return Length(length, frame.instant(start + length) - frame.instant(start))
    end = frame.wall(times.end)
    if not isinstance(start, datetime) and not isinstance(end, datetime):
        # A whole day that ends on itself is how some programs write one day.
        end = max(end, start + DAY)
    return Length(_moment(end) - _moment(start), frame.instant(end) - frame.instant(start))


def is_placed(part: Part, zones: Zones) -> bool:
    """Whether every zone that a component names is known. Times of one that is not are read as the calendar's own."""
    return all(zones.of(line.params["TZID"]) is not None for line in part.lines if "TZID" in line.params)


def when_of(line: Line, zones: Zones) -> When:
    """A DATE or DATE-TIME. Raises `Doubtful`."""
    return _when(line.value, line.params.get("TZID", ""), zones)


def whens_of(line: Line, zones: Zones) -> list[When]:
    """The values of an EXDATE. Raises `Doubtful`."""
    return [_when(text, line.params.get("TZID", ""), zones) for text in line.value.split(",") if text.strip()]


def dates_of(line: Line, zones: Zones) -> list[tuple[When, timedelta | None]]:
    """The values of an RDATE; with a length of their own when they are periods. Raises `Doubtful`."""
    found: list[tuple[When, timedelta | None]] = []
    for text in filter(None, line.value.split(",")):
        start, _, end = text.partition("/")
        begins = _when(start, line.params.get("TZID", ""), zones)
        found.append((begins, _length(begins, end, line, zones) if end else None))
    return found


def duration_of(text: str) -> timedelta:
    """A DURATION that does not run backwards. Raises `Doubtful`."""
    length = _read(text)
    if not isinstance(length, timedelta) or length < timedelta(0):
        raise Doubtful(f"{text[:40]!r} is no length")
    return length


def _length(start: When, end: str, line: Line, zones: Zones) -> timedelta:
    if end.strip().upper().lstrip("+-").startswith("P"):
        return duration_of(end.strip())
    ends = _when(end, line.params.get("TZID", ""), zones)
    try:
        return _moment(ends) - _moment(start)
    except TypeError:
        raise Doubtful("a period between two kinds of time") from None


def _when(text: str, tzid: str, zones: Zones) -> When:
    value = _read(text.strip())
    if not isinstance(value, date):
        raise Doubtful(f"{text[:40]!r} is no date")
    if not isinstance(value, datetime) or value.tzinfo is not None or not tzid:
        return value
    return value.replace(tzinfo=zones.of(tzid) or zones.calendar)


def _read(text: str) -> object:
    try:
        value: object = vDDDTypes.from_ical(text)
    except (ValueError, TypeError, OverflowError) as error:
        raise Doubtful(str(error)[:100]) from None
    return value


def _moment(when: When) -> datetime:
    return when if isinstance(when, datetime) else datetime.combine(when, time())
