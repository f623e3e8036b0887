"""Which starts are offered: one pure function for listing and for booking (issue B §3).

A start is offered when it stands on the grid of an open window (`windows.py`), the call ends within that window and
within the range, notice and horizon are kept, and neither something busy nor an absence nor a limit is in its way
(`blocked.py`). All of it in epoch minutes; every duration is elapsed time. Instants may have seconds: `now` and the
start of a range are rounded up, the end of a range down and busy times outward (`busy_span`), which for starts on whole
minutes changes no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.booking.domain.blocked import away_starts, in_the_way, reach
from services.booking.domain.offsets import DAY, Span, minutes_down, minutes_up, offsets_between
from services.booking.domain.rules import SlotRules, Taken
from services.booking.domain.wall_clock import WallClock
from services.booking.domain.windows import CHAIN, anchors, open_windows

# Later than any instant: what follows the last stretch and the last busy time, and where no horizon ends.
_NEVER = (1 << 62, 1 << 62)
_ALWAYS = (-1 << 62, 1 << 62)


def find_slots(
    rules: SlotRules, *, taken: Taken, now: datetime, range_start: datetime, range_end: datetime
) -> list[int]:
    """The offered starts within a range, as ascending epoch minutes. `now` and the range are aware instants."""
    earliest, after = startable(rules, now)
    first = max(earliest, minutes_up(range_start))
    return starts_between(rules, taken, first, min(after - 1, minutes_down(range_end) - rules.length_min))


def is_offered(rules: SlotRules, start: datetime, *, taken: Taken, now: datetime) -> bool:
    """Whether a call may begin at this aware instant. The range that was listed is the caller's to keep."""
    at = minutes_up(start)
    earliest, after = startable(rules, now)
    return at == minutes_down(start) and earliest <= at < after and starts_between(rules, taken, at, at) == [at]


def nearest(slots: Sequence[int], wanted: int, count: int = 3) -> list[int]:
    """The `count` starts nearest to a wanted one, in the order of time.

    >>> nearest([480, 600, 630, 690, 2000], 615)
    [600, 630, 690]
    """
    return sorted(sorted(slots, key=lambda slot: abs(slot - wanted))[:count])


def busy_span(start: datetime, end: datetime) -> Span:
    """A busy time between two aware instants as epoch minutes, rounded outward."""
    return minutes_down(start), minutes_up(end)


def startable(rules: SlotRules, now: datetime) -> Span:
    """The half-open epoch minutes that notice and horizon leave to starts."""
    opens, closes = horizon_span(rules, now)
    return max(earliest_start(rules, now), opens), closes


def earliest_start(rules: SlotRules, now: datetime) -> int:
    """The first epoch minute that the notice allows."""
    return minutes_up(now) + rules.notice_min


def horizon_span(rules: SlotRules, now: datetime) -> Span:
    """The half-open epoch minutes of the dates that the horizon opens."""
    if rules.horizon is None:
        return _ALWAYS
    at = minutes_down(now)
    first, end = rules.horizon.dates(offsets_between(rules.zone, at, at).day_of(at), rules.holidays)
    return _midnight(rules.zone, first), _midnight(rules.zone, end)


def starts_between(rules: SlotRules, taken: Taken, first: int, last: int) -> list[int]:
    """The starts from `first` to `last`, both included. Every answer about slots comes from here."""
    if last < first:
        return []
    windows, clock = open_windows(rules, first, last + rules.length_min)
    busy = in_the_way(rules, taken, clock, first, last)
    found = _sweep(rules, _stretches(windows, clock, rules, first, last), busy, first)
    return sorted({*found, *_joined(rules, taken, clock, first, last)}) if taken.joinable else found


def _midnight(zone: str, day: int) -> int:
    return offsets_between(zone, (day - 1) * DAY, (day + 1) * DAY).instant(day * DAY)


def _stretches(windows: Iterable[Span], clock: WallClock, rules: SlotRules, first: int, last: int) -> Iterable[Span]:
    """(anchor, last start) of each grid. A call may run over the next anchor, not over its window's end."""
    for start, end in windows:
        if end <= first:
            continue
        latest = end - rules.length_min
        if latest > last:  # noqa: PLR1730
            latest = last
        if end - start < CHAIN:
            yield start, latest
            continue
        begins = anchors((start, end), clock)
        for begin, after in zip(begins, (*begins[1:], end), strict=True):
            yield begin, min(after - 1, latest)


def _joined(rules: SlotRules, taken: Taken, clock: WallClock, first: int, last: int) -> Iterable[int]:
    """The group calls that can be joined. They take place anyhow: hours, busy times and limits have had their say."""
    away = away_starts(rules, clock, first, last)
    inside = (at for at in taken.joinable if first <= at <= last)
    return (at for at in inside if not any(begin <= at < end for begin, end in away))


def _sweep(rules: SlotRules, stretches: Iterable[Span], busy: Iterable[Span], first: int) -> list[int]:
    """The grid points from `first` on that lie in a stretch and that nothing busy refuses, in one pass over both.

    Up to `clear` all is decided. What lies between it and the next busy time is free, stretch by stretch.
    """
    starts: list[int] = []
    (after, before), step = reach(rules), rules.interval_min
    ahead, clear = iter(stretches), first
    anchor, last = next(ahead, _NEVER)
    # Comparisons instead of max() and min(): calling them would be a third of the time that a listing takes.
    for begin, end in [*busy, _NEVER]:
        until = begin - after
        if clear < until:
            while last < until:
                if clear <= last:
                    starts += range(anchor if clear <= anchor else clear + (anchor - clear) % step, last + 1, step)
                anchor, last = next(ahead, _NEVER)
            if anchor < until:
                starts += range(anchor if clear <= anchor else clear + (anchor - clear) % step, until, step)
            clear = until
        if clear < end + before:  # noqa: PLR1730
            clear = end + before
    return starts
