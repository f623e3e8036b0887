"""Which starts something refuses: what is busy, where the advisor is away, and periods that are full.

All of it as half-open spans of starts, in epoch minutes.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.booking.domain.limits import CountedCall, Limit, full_periods
from services.booking.domain.offsets import Span
from services.booking.domain.rules import SlotRules, Taken
from services.booking.domain.wall_clock import WallClock


def blocked_starts(rules: SlotRules, taken: Taken, clock: WallClock, first: int, last: int) -> list[Span]:
    """All starts in [first, last] that are refused, as sorted spans that may overlap."""
    blocked = busy_starts(rules, taken.busy, first, last)
    if rules.away:
        blocked += away_starts(rules, clock, first, last)
    for limit in rules.limits:
        blocked += full_starts(rules, limit, taken.calls, clock, (first, last))
    return sorted(blocked)


def busy_starts(rules: SlotRules, busy: Sequence[Span], first: int, last: int) -> list[Span]:
    """The starts in [first, last] that something busy refuses.

    [start - before, start + length + after) overlaps [s, e) when start < e + before and start > s - length - after.
    """
    before, after = rules.buffer_before_min, rules.length_min + rules.buffer_after_min - 1
    return [(start - after, end + before) for start, end in busy if start - after <= last and end + before > first]


def away_starts(rules: SlotRules, clock: WallClock, first: int, last: int) -> list[Span]:
    """The starts in [first, last] at which a call would reach into dates when the advisor is away.

    Only the call itself counts: a buffer may reach into such a date, as it may reach out of a window.
    """
    after = rules.length_min - 1
    spans = [clock.span(dates) for dates in rules.away]
    return [(start - after, end) for start, end in spans if start - after <= last and end > first]


def full_starts(
    rules: SlotRules, limit: Limit, calls: Sequence[CountedCall], clock: WallClock, within: Span
) -> list[Span]:
    """The starts from the first to the last of `within` at which one more call would be more than a limit allows."""
    first, last = within
    full = full_periods(limit, calls, rules.length_min, clock.home)
    if full is None:
        return [(first, last + 1)]
    return [(start, end) for start, end in full if start <= last and end > first]
