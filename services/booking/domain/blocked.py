"""Which starts something refuses: what is busy, where the advisor is away, and periods that are full.

All of it as half-open spans, in epoch minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from services.booking.domain.limits import CountedCall, Limit, full_periods
from services.booking.domain.offsets import Span
from services.booking.domain.rules import SlotRules, Taken
from services.booking.domain.wall_clock import WallClock


def reach(rules: SlotRules) -> Span:
    """How far something busy reaches: [s, e) refuses the starts [s - after, e + before), given as (after, before).

    [start - before, start + length + after) overlaps [s, e) when start < e + before and start > s - length - after.
    """
    return rules.length_min + rules.buffer_after_min - 1, rules.buffer_before_min


def in_the_way(rules: SlotRules, taken: Taken, clock: WallClock, first: int, last: int) -> list[Span]:
    """All that refuses a start in [first, last], as busy times in the order of their begins. They may overlap.

    Absences and full periods are in it as what would refuse the same starts if it were busy.
    """
    refused = away_starts(rules, clock, first, last) if rules.away else []
    for limit in rules.limits:
        refused += full_starts(rules, limit, taken.calls, clock, (first, last))
    after, before = reach(rules)
    # By their begin alone: comparing pairs takes three times as long.
    return sorted([*taken.busy, *((start + after, end - before) for start, end in refused)], key=itemgetter(0))


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
