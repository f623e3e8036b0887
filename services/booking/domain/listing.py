"""Offered starts as text: UTC instants, and wall times grouped by the viewer's dates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from services.booking.domain.offsets import DAY, Offsets, Span, offsets_between

_CLOCK = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(DAY)]
_UTC_CLOCK = [f"T{clock}:00Z" for clock in _CLOCK]
_EPOCH = date(1970, 1, 1)


def utc_texts(slots: Sequence[int]) -> list[str]:
    """Ascending epoch minutes as RFC 3339 instants in UTC.

    >>> utc_texts([0, 1439])
    ['1970-01-01T00:00:00Z', '1970-01-01T23:59:00Z']
    """
    texts: list[str] = []
    index = 0
    while index < len(slots):
        day = slots[index] // DAY
        until = bisect_left(slots, (day + 1) * DAY, index)
        begin, on = day * DAY, _date_text(day)
        texts += [on + _UTC_CLOCK[slot - begin] for slot in slots[index:until]]
        index = until
    return texts


def by_date(slots: Sequence[int], zone: str) -> dict[str, list[str]]:
    """Ascending epoch minutes as wall times of `zone` under its dates, both in the order of time.

    A wall time that the clock shows twice is labelled with its offset, both times.

    >>> by_date([29_881_470, 29_881_530], "Europe/Berlin")
    {'2026-10-25': ['02:30+02:00', '02:30+01:00']}
    """
    dates: dict[str, list[str]] = {}
    for on, midnight, part, offsets in _parts(slots, zone):
        dates.setdefault(on, []).extend(_labels(part, midnight, offsets))
    return dates


def split_by_date(slots: Sequence[int], zone: str) -> dict[str, list[int]]:
    """Ascending epoch minutes under the dates that they have in `zone`, both in the order of time.

    >>> split_by_date([29_881_470, 29_881_530, 29_882_000], "Europe/Berlin")
    {'2026-10-25': [29881470, 29881530, 29882000]}
    """
    dates: dict[str, list[int]] = {}
    for on, _, part, _ in _parts(slots, zone):
        dates.setdefault(on, []).extend(part)
    return dates


def wall_label(instant: int, offsets: Offsets) -> str:
    """The wall time of an epoch minute, followed by its offset when the clock shows that time twice."""
    offset = offsets.at(instant)
    clock = _CLOCK[(instant + offset) % DAY]
    return clock + _offset_text(offset) if offsets.repeats(instant + offset) else clock


def _parts(slots: Sequence[int], zone: str) -> Iterator[tuple[str, int, Sequence[int], Offsets]]:
    """The slots by date and offset: a date on which the clock changes comes in two parts. With the midnight of each."""
    if not slots:
        return
    offsets = offsets_between(zone, slots[0], slots[-1])
    index = 0
    while index < len(slots):
        midnight, until = _day_of(slots[index], offsets)
        next_index = bisect_left(slots, until, index)
        yield _date_text((midnight + offsets.at(slots[index])) // DAY), midnight, slots[index:next_index], offsets
        index = next_index


def _day_of(instant: int, offsets: Offsets) -> Span:
    """The midnight that the offset of this instant counts from, and where its day or its offset ends."""
    midnight = instant - (instant + offsets.at(instant)) % DAY
    change = offsets.until(instant)
    return midnight, midnight + DAY if change is None else min(midnight + DAY, change)


def _labels(slots: Sequence[int], midnight: int, offsets: Offsets) -> list[str]:
    wall = midnight + offsets.at(slots[0])
    if any(first < wall + DAY and wall < end for first, end in offsets.repeated):
        return [wall_label(slot, offsets) for slot in slots]
    return [_CLOCK[slot - midnight] for slot in slots]


def _offset_text(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _date_text(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()
