"""When the advisor can be booked at all: hours and overrides expanded to stretches of epoch minutes.

Everything is in the advisor's zone until it is expanded. The viewer's zone makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from services.booking.domain.offsets import DAY, Span
from services.booking.domain.public_holidays import public_holidays
from services.booking.domain.rules import SlotRules
from services.booking.domain.wall_clock import EPOCH_DAY, WallClock, wall_clock

# How far a chain of touching windows is followed back before each local midnight is an anchor (architecture §8).
_CHAIN_DAYS = 7
CHAIN = (_CHAIN_DAYS - 1) * DAY
"""Minutes that a window lasts at least when it has more anchors than its start: seven dates, one of them short."""
# Windows of this many dates before a minute can be part of its chain: the chain itself, before it one that crosses
# midnight, which ends at most two days after the midnight of its date, and a day that travel can put between two dates.
_REACH_DAYS = _CHAIN_DAYS + 5
# Local dates are not counted back from instants: where a midnight comes twice (Goose Bay until 2011, Cuba), an instant
# after it can show the date before. A date begins at most a day away from the midnight of that date in UTC.
_MARGIN_DAYS = 1


def open_windows(rules: SlotRules, first: int, end: int) -> tuple[list[Span], WallClock]:
    """All windows that a call within [first, end) can lie in, and the advisor's clock there.

    Windows are epoch minutes, sorted, touching and overlapping ones merged.
    """
    days = range(first // DAY - _REACH_DAYS - _MARGIN_DAYS, end // DAY + 1 + _MARGIN_DAYS)
    clock = wall_clock(rules.zone, rules.travel, days)
    return merged(_expanded(rules, days, clock)), clock


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same minutes as sorted spans with gaps between them. Empty and reversed spans are left out.

    >>> merged([(5, 7), (0, 2), (2, 4), (9, 9)])
    [(0, 4), (5, 7)]
    """
    result: list[Span] = []
    begun = reached = None
    for start, end in sorted(spans):
        if end <= start:
            continue
        if reached is None or begun is None:
            begun, reached = start, end
        elif start > reached:
            result.append((begun, reached))
            begun, reached = start, end
        elif end > reached:
            reached = end
    if begun is not None and reached is not None:
        result.append((begun, reached))
    return result


def anchors(window: Span, clock: WallClock) -> Sequence[int]:
    """Where the grid of starts begins inside a merged window, ascending; the first is the window's own start.

    A window that has been open for seven days at a local midnight begins a new grid there. It is asked of each midnight
    by itself and not of a range, so that the answer does not depend on how far back a caller looks.
    """
    start, end = window
    if end - start < CHAIN:
        return (start,)
    days = range(start // DAY - _MARGIN_DAYS, end // DAY + 1 + _MARGIN_DAYS)
    midnights = [clock.midnight(day) for day in days]
    chained = zip(midnights, midnights[_CHAIN_DAYS:], strict=False)
    # Travel from one end of the world to the other can put a date's midnight before that of the date before.
    return sorted({start, *(midnight for week_before, midnight in chained if week_before >= start and midnight < end)})


def _expanded(rules: SlotRules, days: range, clock: WallClock) -> list[Span]:
    weekly: list[list[Span]] = [[] for _ in range(7)]
    for window in rules.weekly:
        for weekday in window.days:
            weekly[weekday - 1].append(window.span)
    special = _special(rules, days)
    spans: list[Span] = []
    offset, until = None, days.start
    for day in days:
        # 1970-01-01 was a Thursday.
        windows = special[day] if day in special else weekly[(day + 3) % 7]
        if not windows:
            continue
        if day >= until:
            offset, until = clock.steady(day)
        if offset is None:
            instant, midnight = clock.on(day).instant, day * DAY
            spans += [(instant(midnight + start), instant(midnight + end)) for start, end in windows]
        else:
            midnight = day * DAY - offset
            for start, end in windows:
                spans.append((midnight + start, midnight + end))
    return spans


def _special(rules: SlotRules, days: range) -> dict[int, list[Span]]:
    """What holds instead of the week: nothing on public holidays, and on both of them and others, overrides."""
    years = range(_year(days.start), _year(days.stop) + 1) if rules.holidays else ()
    closed: dict[int, list[Span]] = {day: [] for year in years for day in public_holidays(rules.holidays, year)}
    return closed | {
        override.date.toordinal() - EPOCH_DAY: [window.span for window in override.windows]
        for override in rules.overrides
    }


def _year(day: int) -> int:
    return date.fromordinal(day + EPOCH_DAY).year
