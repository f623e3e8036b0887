"""The occurrences of one series of events, by `recurring-ical-events`, within bounds.

The library is given naive wall times of the series' frame and rules that are known to end: dateutil would count the
seconds from 1601 for whoever asks it to.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from math import prod

from icalendar import Calendar, Event, vDDDLists, vDDDTypes, vRecur
from recurring_ical_events import ComponentsWithName, EventAdapter, Occurrence

from services.booking.domain.busy_values import (
    DAY,
    Doubtful,
    Frame,
    Length,
    Times,
    When,
    dates_of,
    length_of,
    times_of,
    when_of,
    whens_of,
)
from services.booking.domain.calendar_text import Part

# How often a rule may be counted on before the end of what is asked for: every day since 1601, every hour for 20 years.
MOST_STEPS = 200_000
_A_DAY = {"SECONDLY": 86_400, "MINUTELY": 1_440, "HOURLY": 24}
_OF_A_DAY = {"SECONDLY": (), "MINUTELY": ("BYSECOND",), "HOURLY": ("BYMINUTE", "BYSECOND")}
# How many days a set of BYSETPOS may have.
_DAYS = {"WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ALL_OF_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")


class TooOften(Doubtful):
    """A rule with more occurrences than are counted. By `until`, on the clock of its frame, it has ended."""

    def __init__(self, until: datetime) -> None:
        super().__init__("it repeats too often")
        self.until = until


def occurrences(
    series: Sequence[Part], frame: Frame, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The instants of every occurrence near `[start, end)` that takes time and is not free.

    `series` is an event and what was said of its single occurrences. Raises `ValueError` and its like for what cannot
    be understood, and `TooOften` for what would take for ever.
    """
    calendar = Calendar()
    for part in series:
        calendar.add_component(_event(part, frame, end))
    around = (_naive(start, frame) - DAY, _naive(end, frame) + DAY)
    for one in _EVENTS.collect_series_from(calendar, ()):
        for found in one.between(*around):
            if not found.of.is_free:
                yield _span(found, frame)


class _Adapter(EventAdapter):  # type: ignore[misc] # the library ships no types
    """What the library asks of an event, and what we ask of its occurrences."""

    @property
    def is_free(self) -> bool:
        return "TRANSP" in self._component

    @property
    def length(self) -> Length:
        """How long it takes, if nothing else is said of an occurrence."""
        found: Length = self._component["X-LENGTH"]
        return found


class _Occurrence(Occurrence):  # type: ignore[misc] # the library ships no types
    """An occurrence and the event, or the change of it, that it is one of. Copying that for each takes far longer."""

    @property
    def of(self) -> _Adapter:
        found: _Adapter = self._adapter
        return found


_EVENTS = ComponentsWithName("VEVENT", _Adapter, occurrence=_Occurrence)


def _span(found: _Occurrence, frame: Frame) -> tuple[datetime, datetime]:
    start, end = frame.instant(found.start), frame.instant(found.end)
    length = found.of.length
    # An RDATE may have a length of its own.
    return start, length.end(start, end) if found.end - found.start == length.nominal else end


def _event(part: Part, frame: Frame, end: datetime) -> Event:
    times, event = times_of(part, frame.zones), Event()
    begins, length = frame.wall(times.start), length_of(times, frame)
    if length.nominal < timedelta(0):
        raise Doubtful("it ends before it begins")
    event["UID"] = part.text("UID")
    event["DTSTART"] = vDDDTypes(begins)
    event["DTEND"] = vDDDTypes(begins + length.nominal)
    event["X-LENGTH"] = length
    if part.text("TRANSP"):
        event["TRANSP"] = "TRANSPARENT"
    if (sequence := part.text("SEQUENCE")).isdecimal():
        event["SEQUENCE"] = int(sequence[:9])
    if (line := part.first("RECURRENCE-ID")) is not None:
        event["RECURRENCE-ID"] = vDDDTypes(frame.day_or_wall(when_of(line, frame.zones)))
        event["RECURRENCE-ID"].params["RANGE"] = line.params.get("RANGE", "").upper()
        return event
    return _with_recurrence(event, part, times, frame, end)


def _with_recurrence(event: Event, part: Part, times: Times, frame: Frame, end: datetime) -> Event:
    event["EXDATE"] = [
        vDDDLists([_excluded(when, frame) for when in whens_of(line, frame.zones)]) for line in part.all("EXDATE")
    ]
    event["RDATE"] = [
        vDDDLists([_added(when, length, frame) for when, length in dates_of(line, frame.zones)])
        for line in part.all("RDATE")
    ]
    rules = [_rule(line.value, times, frame, end) for line in part.all("RRULE")]
    event["RRULE"] = [rule for rule in rules if rule is not None]
    return event


def _excluded(when: When, frame: Frame) -> When:
    # A whole day takes out whatever is on it, also of a series of times: so programs show it.
    return when if not isinstance(when, datetime) else frame.day_or_wall(when)


def _added(when: When, length: timedelta | None, frame: Frame) -> When | tuple[When, timedelta]:
    wall = frame.day_or_wall(when)
    return wall if length is None else (wall, length)


def _rule(text: str, times: Times, frame: Frame, end: datetime) -> vRecur | None:
    """The rule with its UNTIL on the frame's clock; None when nothing comes of it until then.

    Raises `ValueError` and `TooOften`.
    """
    rule = vRecur(vRecur.from_ical(text))
    start = _naive_of(frame.wall(times.start))
    last = _naive(end, frame) + DAY
    if "UNTIL" in rule:
        rule["UNTIL"] = [_until(rule["UNTIL"][0], frame)]
        last = min(last, _naive_of(rule["UNTIL"][0]))
    if min(rule.get("INTERVAL", [1])) < 1:
        raise Doubtful("an interval of nothing")
    if _steps(rule, start, last) > MOST_STEPS:
        raise TooOften(last)
    return rule if _ever(rule, start, last) else None


def _until(until: When, frame: Frame) -> When:
    """The last moment of a rule; a day is meant to its end."""
    wall = frame.wall(until) if isinstance(until, datetime) else until
    if frame.is_days:
        return wall.date() if isinstance(wall, datetime) else wall
    return wall if isinstance(wall, datetime) else datetime.combine(wall, time(23, 59, 59))


def _steps(rule: vRecur, start: datetime, last: datetime) -> float:
    """How often the rule is counted on from its start to then, at most."""
    [frequency], interval = rule["FREQ"], min(rule.get("INTERVAL", [1]))
    days = max((last - start) / DAY, 0) + 1
    if frequency not in _A_DAY:
        a_day = prod(len(rule.get(name, [0])) for name in _ALL_OF_A_DAY)
        return days * a_day / (interval if frequency == "DAILY" else 1)
    a_day = _A_DAY[frequency] * prod(len(rule.get(name, [0])) for name in _OF_A_DAY[frequency])
    is_plain = not any(name.startswith("BY") for name in rule)
    most: float = min(rule["COUNT"]) if is_plain and "COUNT" in rule else float("inf")
    steps: float = days * a_day / interval
    return min(steps, most)


def _ever(rule: vRecur, start: datetime, last: datetime) -> bool:
    """Whether a day in reach may be meant by the rule. Looking for 30 February takes dateutil to the year 9999."""
    a_set = prod(len(rule.get(name, [0])) for name in _ALL_OF_A_DAY) * _DAYS.get(rule["FREQ"][0], 1)
    if any(abs(position) > a_set for position in rule.get("BYSETPOS", [])):
        return False
    months, days = rule.get("BYMONTH"), rule.get("BYMONTHDAY")
    weekdays = {str(day)[-2:] for day in rule.get("BYDAY", [])}
    step = min(rule.get("INTERVAL", [1])) if rule["FREQ"] == ["DAILY"] else 1
    dates = (start.date() + timedelta(days=number) for number in range(0, (last - start).days + 2, step))
    return any(
        (not months or day.month in months)
        and (not days or day.day in days or day.day - monthrange(day.year, day.month)[1] - 1 in days)
        and (not weekdays or _WEEKDAYS[day.weekday()] in weekdays)
        for day in dates
    )


def _naive(at: datetime, frame: Frame) -> datetime:
    return at.astimezone(frame.zone).replace(tzinfo=None)


def _naive_of(when: date) -> datetime:
    return when if isinstance(when, datetime) else datetime.combine(when, time())
