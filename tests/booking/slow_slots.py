"""Slots the slow way, minute by minute and with datetimes: nothing to be fast about, so nothing to get wrong.

Shares no code with `services.booking.domain.slots`. Laws are checked against it and speed is measured against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from holidays import country_holidays

from services.booking.domain.limits import CountedCall, Limit
from services.booking.domain.rules import Dates, SlotRules, WeeklyWindow, Window

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def slow_slots(
    rules: SlotRules,
    *,
    busy: Sequence[tuple[datetime, datetime]],
    now: datetime,
    range_start: datetime,
    range_end: datetime,
    calls: Sequence[CountedCall] = (),
    joinable: Sequence[int] = (),
) -> list[datetime]:
    """The offered starts in UTC, by the sentences of issue B §3, read one after the other."""
    length, interval = rules.length_min * MINUTE, rules.interval_min * MINUTE
    grid, is_open = _grid(rules, range_start, range_end)
    of_their_own = [
        start
        for start, anchor in grid.items()
        if (start - anchor) % interval == timedelta(0)
        and all(start + minute * MINUTE in is_open for minute in range(rules.length_min))
        and not any(
            start - rules.buffer_before_min * MINUTE < busy_end
            and busy_start < start + length + rules.buffer_after_min * MINUTE
            for busy_start, busy_end in busy
        )
        and all(_within(limit, rules, start, calls) for limit in rules.limits)
    ]
    joined = [EPOCH + minute * MINUTE for minute in joinable]
    return [
        start
        for start in sorted({*of_their_own, *joined})
        if start >= now + rules.notice_min * MINUTE
        and start >= range_start
        and start + length <= range_end
        and _in_horizon(rules, start, now)
        and not any(_overlaps(rules, dates, start, start + length) for dates in rules.away)
    ]


def _grid(rules: SlotRules, first: datetime, last: datetime) -> tuple[dict[datetime, datetime], set[datetime]]:
    """The anchor of every open minute from `first` to `last`, and all open minutes there and for two weeks before."""
    days = list(_dates(first.date() - 15 * DAY, last.date() + 2 * DAY))
    is_open = {minute for day in days for minute in _open_minutes(rules, day)}
    midnights: dict[datetime, datetime] = {}
    for day in days:
        midnight, week_before = _midnight(rules, day), _midnight(rules, day - 7 * DAY)
        midnights[midnight] = max(week_before, midnights.get(midnight, week_before))
    anchors: dict[datetime, datetime] = {}
    begun = anchor = datetime.max.replace(tzinfo=UTC)
    for minute in sorted(is_open):
        if minute - MINUTE not in is_open:
            begun = anchor = minute
        elif minute in midnights and begun <= midnights[minute]:
            anchor = minute
        anchors[minute] = anchor
    return {minute: anchor for minute, anchor in anchors.items() if first <= minute <= last}, is_open


def _open_minutes(rules: SlotRules, day: date) -> Iterator[datetime]:
    zone = _zone_on(rules, day)
    for window in _windows(rules, day):
        minute = _instant(day, window.start_min, zone)
        end = _instant(day + DAY if window.crosses_midnight else day, window.end_min, zone)
        while minute < end:
            yield minute
            minute += MINUTE


def _windows(rules: SlotRules, day: date) -> Sequence[Window | WeeklyWindow]:
    for override in rules.overrides:
        if override.date == day:
            return override.windows
    country, _, part = rules.holidays.partition("-")
    if country and day in country_holidays(country, subdiv=part or None):
        return ()
    return [window for window in rules.weekly if day.isoweekday() in window.days]


def _overlaps(rules: SlotRules, dates: Dates, start: datetime, end: datetime) -> bool:
    """Whether a call has a minute of those dates, by the clock of the place where the advisor then is."""
    last_zone = _zone_on(rules, dates.last)
    return start < _instant(dates.last + DAY, 0, last_zone) and _midnight(rules, dates.first) < end


def _in_horizon(rules: SlotRules, start: datetime, now: datetime) -> bool:
    horizon, today, on = rules.horizon, _home_date(rules, now), _home_date(rules, start)
    if horizon is None:
        return True
    if horizon.kind == "dates":
        return horizon.first is not None and horizon.last is not None and horizon.first <= on <= horizon.last
    last, left = today, horizon.days
    country, _, part = rules.holidays.partition("-")
    closed = country_holidays(country, subdiv=part or None) if country else {}
    while left:
        last += DAY
        left -= horizon.kind == "days" or (last.isoweekday() <= 5 and last not in closed)
    return today <= on <= last


def _within(limit: Limit, rules: SlotRules, start: datetime, calls: Sequence[CountedCall]) -> bool:
    def period(at: datetime) -> tuple[int, ...]:
        day = _home_date(rules, at)
        return {"day": (day.toordinal(),), "week": day.isocalendar()[:2], "month": (day.year, day.month)}[limit.per]

    counted = [call for call in calls if limit.every_type or call.same_type]
    beside = [call.minutes for call in counted if period(EPOCH + call.start * MINUTE) == period(start)]
    return (len(beside) + 1 if limit.unit == "calls" else sum(beside) + rules.length_min) <= limit.most


def _home_date(rules: SlotRules, at: datetime) -> date:
    """A date begins at its first midnight, even where the clock then goes back to the day before."""
    zone = ZoneInfo(rules.zone)
    day = at.astimezone(zone).date()
    return day + DAY if _instant(day + DAY, 0, zone) <= at else day


def _zone_on(rules: SlotRules, day: date) -> ZoneInfo:
    return ZoneInfo(next((stay.zone for stay in rules.travel if stay.first <= day <= stay.last), rules.zone))


def _midnight(rules: SlotRules, day: date) -> datetime:
    return _instant(day, 0, _zone_on(rules, day))


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """fold=0 is what RFC 5545 asks for: in a gap the offset before it, in a fold the first occurrence (PEP 495)."""
    if minutes == 24 * 60:
        day, minutes = day + DAY, 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)


def _dates(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY
