"""Slots the slow way, minute by minute and with datetimes: nothing to be fast about, so nothing to get wrong.

Shares no code with `services.booking.domain.slots`. Laws are checked against it and speed is measured against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.booking.domain.rules import SlotRules

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def slow_slots(
    rules: SlotRules,
    *,
    busy: Sequence[tuple[datetime, datetime]],
    now: datetime,
    range_start: datetime,
    range_end: datetime,
) -> list[datetime]:
    """The offered starts in UTC, by the sentences of issue B §3, read one after the other."""
    length, interval = rules.length_min * MINUTE, rules.interval_min * MINUTE
    grid, is_open = _grid(rules, range_start, range_end)
    return [
        start
        for start, anchor in grid.items()
        if (start - anchor) % interval == timedelta(0)
        and start >= now + rules.notice_min * MINUTE
        and start >= range_start
        and start + length <= range_end
        and all(start + minute * MINUTE in is_open for minute in range(rules.length_min))
        and not any(
            start - rules.buffer_before_min * MINUTE < busy_end
            and busy_start < start + length + rules.buffer_after_min * MINUTE
            for busy_start, busy_end in busy
        )
    ]


def _grid(rules: SlotRules, first: datetime, last: datetime) -> tuple[dict[datetime, datetime], set[datetime]]:
    """The anchor of every open minute from `first` to `last`, and all open minutes of that time and ten days before."""
    zone = ZoneInfo(rules.zone)
    days = list(_dates(first.astimezone(zone).date() - 12 * DAY, last.astimezone(zone).date() + DAY))
    is_open = {minute for day in days for minute in _open_minutes(rules, day, zone)}
    midnights = {_instant(day, 0, zone): _instant(day - 7 * DAY, 0, zone) for day in days}
    anchors: dict[datetime, datetime] = {}
    begun = anchor = datetime.max.replace(tzinfo=UTC)
    for minute in sorted(is_open):
        if minute - MINUTE not in is_open:
            begun = anchor = minute
        elif minute in midnights and begun <= midnights[minute]:
            anchor = minute
        anchors[minute] = anchor
    return {minute: anchor for minute, anchor in anchors.items() if first <= minute <= last}, is_open


def _open_minutes(rules: SlotRules, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    overrides = [override for override in rules.overrides if override.date == day]
    windows = overrides[0].windows if overrides else [w for w in rules.weekly if day.isoweekday() in w.days]
    for window in windows:
        minute = _instant(day, window.start_min, zone)
        end = _instant(day + DAY if window.crosses_midnight else day, window.end_min, zone)
        while minute < end:
            yield minute
            minute += MINUTE


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """fold=0 is what RFC 5545 asks for: in a gap the offset before it, in a fold the first occurrence (PEP 495)."""
    if minutes == 24 * 60:
        day, minutes = day + DAY, 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)


def _dates(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY
