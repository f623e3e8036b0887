"""Wall clocks as integer arithmetic: a zone's changes of offset as a short table that is searched by bisection.

Slots are found and written in epoch minutes: minutes since 1970-01-01T00:00Z, and for wall clocks minutes since
1970-01-01T00:00 on that clock. Asking zoneinfo for each of a year's windows and slots costs more than all the rest, so
it is asked once a day of a zone's year and the answer is kept. From 1973 on every offset is a whole number of minutes
and every change falls on one; earlier years are refused where instants come in.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Span = tuple[int, int]
"""A half-open stretch [start, end) of minutes."""

FIRST_YEAR, LAST_YEAR = 1973, 2199
DAY = 1440
_NEVER = 1 << 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Offsets:
    """The offsets of one zone over some years.

    `minutes[i]` (east of UTC) holds up to `instants[i]`, and for wall times up to `walls[i]`; the last one holds for
    ever. `repeated` are the half-open stretches of wall time that occur twice.
    """

    instants: tuple[int, ...]
    walls: tuple[int, ...]
    minutes: tuple[int, ...]
    repeated: tuple[tuple[int, int], ...]

    def at(self, instant: int) -> int:
        """The offset in minutes at an epoch minute."""
        return self.minutes[bisect_right(self.instants, instant)]

    def instant(self, wall: int) -> int:
        """The epoch minute of a wall minute (RFC 5545 §3.3.5).

        A wall time that is skipped takes the offset before the gap; one that repeats is its first occurrence.
        """
        return wall - self.minutes[bisect_right(self.walls, wall)]

    def steady(self, wall: int) -> tuple[int, int]:
        """The offset that holds at a wall minute, and the wall minute at which the next one begins to hold."""
        index = bisect_right(self.walls, wall)
        return self.minutes[index], self.walls[index] if index < len(self.walls) else _NEVER

    def day_of(self, instant: int) -> int:
        """The date that an epoch minute is in, in days since 1970-01-01, when each begins at its first midnight.

        Where a midnight comes twice the clock shows the old date again for a while; the new one has begun all the same.
        """
        day = (instant + self.at(instant)) // DAY
        return day + 1 if self.instant((day + 1) * DAY) <= instant else day

    def repeats(self, wall: int) -> bool:
        """Whether the clock shows this wall minute twice."""
        return any(first <= wall < end for first, end in self.repeated)

    def until(self, instant: int) -> int | None:
        """When the offset that holds at this epoch minute ends, or None when no change is known."""
        index = bisect_right(self.instants, instant)
        return self.instants[index] if index < len(self.instants) else None


def offsets_between(zone: str, first: int, last: int) -> Offsets:
    """The offsets of `zone` for all epoch minutes from `first` to `last`, and for the wall times near them."""
    return _offsets(zone, _year(first), _year(last))


def minutes_down(at: datetime) -> int:
    """An aware instant as an epoch minute, rounded down."""
    return (at - _EPOCH) // _MINUTE


def minutes_up(at: datetime) -> int:
    """An aware instant as an epoch minute, rounded up."""
    return -((_EPOCH - at) // _MINUTE)


def instant_of(minute: int) -> datetime:
    """An epoch minute as an aware UTC instant.

    >>> instant_of(0).isoformat()
    '1970-01-01T00:00:00+00:00'
    """
    return _EPOCH + minute * _MINUTE


@lru_cache(maxsize=256)
def _offsets(zone: str, first_year: int, last_year: int) -> Offsets:
    changes = [change for year in range(first_year, last_year + 1) for change in _changes(zone, year)]
    begins = _offset_at(ZoneInfo(zone), _new_year(first_year))
    return Offsets(
        instants=tuple(at for at, _, _ in changes),
        # A gap [at + before, at + after) belongs to the offset before it, and so does the first pass of a fold
        # [at + after, at + before): on the wall, the new offset begins at the later of the two ends.
        walls=tuple(at + max(before, after) for at, before, after in changes),
        minutes=(begins, *(after for _, _, after in changes)),
        repeated=tuple((at + after, at + before) for at, before, after in changes if after < before),
    )


@lru_cache(maxsize=1024)
def _changes(zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """(epoch minute, offset before, offset after) of each change in a year.

    Looks at one instant a day, so two changes within a day that undo each other would be missed; tzdata has none.
    """
    info = ZoneInfo(zone)
    days = range(_new_year(year), _new_year(year + 1) + 1, DAY)
    offsets = [_offset_at(info, day) for day in days]
    return tuple(
        (_change_between(info, day, day + DAY), before, after)
        for day, before, after in zip(days, offsets, offsets[1:], strict=False)
        if before != after
    )


def _change_between(info: ZoneInfo, old: int, new: int) -> int:
    before = _offset_at(info, old)
    while new - old > 1:
        middle = (old + new) // 2
        old, new = (middle, new) if _offset_at(info, middle) == before else (old, middle)
    return new


def _offset_at(zone: ZoneInfo, instant: int) -> int:
    shown = instant_of(instant).astimezone(zone).replace(tzinfo=UTC)
    return minutes_down(shown) - instant


def _new_year(year: int) -> int:
    return minutes_down(datetime(year, 1, 1, tzinfo=UTC))


def _year(instant: int) -> int:
    return instant_of(instant).year
