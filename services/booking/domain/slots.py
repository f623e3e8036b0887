"""Which starts are offered: one pure function for listing and for booking (issue B §3).

A start is offered when it stands on the grid of an open window (`windows.py`), the call ends within that window and
within the range, the notice is kept, and nothing busy overlaps the call with its buffers. All of it in epoch minutes;
every duration is elapsed time. Instants may have seconds: `now` and the start of a range are rounded up, the end of a
range down and busy times outward (`busy_span`), which for starts on whole minutes changes no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.booking.domain.offsets import Offsets, Span, minutes_down, minutes_up
from services.booking.domain.rules import SlotRules
from services.booking.domain.windows import anchors, open_windows

# Later than any instant: what follows the last blocked span.
_NEVER = (1 << 62, 1 << 62)


def find_slots(
    rules: SlotRules, *, busy: Sequence[Span], now: datetime, range_start: datetime, range_end: datetime
) -> list[int]:
    """The offered starts within a range, as ascending epoch minutes.

    `busy` are half-open epoch minutes in any order, overlapping or not; `now` and the range are aware instants.
    """
    first = max(earliest_start(rules, now), minutes_up(range_start))
    return starts_between(rules, busy, first, minutes_down(range_end) - rules.length_min)


def is_offered(rules: SlotRules, start: datetime, *, busy: Sequence[Span], now: datetime) -> bool:
    """Whether a call may begin at this aware instant. The range that was listed is the caller's to keep."""
    at = minutes_up(start)
    return at == minutes_down(start) and starts_between(rules, busy, max(at, earliest_start(rules, now)), at) == [at]


def nearest(slots: Sequence[int], wanted: int, count: int = 3) -> list[int]:
    """The `count` starts nearest to a wanted one, in the order of time.

    >>> nearest([480, 600, 630, 690, 2000], 615)
    [600, 630, 690]
    """
    return sorted(sorted(slots, key=lambda slot: abs(slot - wanted))[:count])


def busy_span(start: datetime, end: datetime) -> Span:
    """A busy time between two aware instants as epoch minutes, rounded outward."""
    return minutes_down(start), minutes_up(end)


def earliest_start(rules: SlotRules, now: datetime) -> int:
    """The first epoch minute that the notice allows."""
    return minutes_up(now) + rules.notice_min


def starts_between(rules: SlotRules, busy: Sequence[Span], first: int, last: int) -> list[int]:
    """The starts from `first` to `last`, both included. Every answer about slots comes from here."""
    if last < first:
        return []
    windows, offsets = open_windows(rules, first, last + rules.length_min)
    stretches = [
        stretch for window in windows if window[1] > first for stretch in _stretches(window, offsets, rules, last)
    ]
    return _sweep(stretches, blocked_starts(rules, busy, first, last), rules.interval_min, first)


def _stretches(window: Span, offsets: Offsets, rules: SlotRules, last: int) -> Iterable[Span]:
    """(anchor, last start) of each grid in a window. A call may run over the next anchor, not over the window's end."""
    begins = anchors(window, offsets)
    latest = min(window[1] - rules.length_min, last)
    if len(begins) == 1:
        return ((begins[0], latest),)
    return [(begin, min(after - 1, latest)) for begin, after in zip(begins, (*begins[1:], window[1]), strict=True)]


def blocked_starts(rules: SlotRules, busy: Sequence[Span], first: int, last: int) -> list[Span]:
    """The starts in [first, last] that something busy refuses, as sorted spans that may overlap.

    [start - before, start + length + after) overlaps [s, e) when start < e + before and start > s - length - after.
    """
    before, after = rules.buffer_before_min, rules.length_min + rules.buffer_after_min - 1
    return sorted(
        [(start - after, end + before) for start, end in busy if start - after <= last and end + before > first]
    )


def _sweep(stretches: Iterable[Span], blocked: list[Span], step: int, first: int) -> list[int]:
    """The grid points from `first` on that lie in a stretch and in no blocked span, in one pass over both."""
    # Comparisons instead of max() and min(): they are a fifth of the time that a listing takes.
    starts: list[int] = []
    spans = iter(blocked)
    blocked_from, blocked_to = next(spans, _NEVER)
    clear = first
    for anchor, last in stretches:
        at = anchor if anchor >= clear else clear + (anchor - clear) % step
        while at <= last:
            while blocked_from <= at:
                if blocked_to > clear:  # noqa: PLR1730
                    clear = blocked_to
                blocked_from, blocked_to = next(spans, _NEVER)
            if clear <= at:
                clear = blocked_from if blocked_from <= last else last + 1
                starts.extend(range(at, clear, step))
            at = clear + (anchor - clear) % step
    return starts
