"""The most calls, or minutes of calls, in a day, a week or a month of the advisor's zone.

A call counts in the period in which it begins. What used the advisor's time counts, and what will: calls that are open,
completed or missed. Calls that were cancelled, declined or never confirmed do not; a group call counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.booking.domain.offsets import DAY, Offsets, Span

_EPOCH_DAY = date(1970, 1, 1).toordinal()


class Per(StrEnum):
    """What is counted in. A week begins on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Unit(StrEnum):
    """What is counted."""

    CALLS = "calls"
    MINUTES = "minutes"


@dataclass(frozen=True)
class Limit:
    """At most `most` of a unit per period: of the call type that is asked for, or of all types together."""

    per: Per
    unit: Unit
    most: int
    every_type: bool = False


@dataclass(frozen=True)
class CountedCall:
    """A call that counts: its start as an epoch minute, its length, and whether it is of the type that is asked for."""

    start: int
    minutes: int
    same_type: bool = True


def full_periods(limit: Limit, calls: Sequence[CountedCall], length: int, home: Offsets) -> list[Span] | None:
    """The periods, in epoch minutes, in which one more call of `length` minutes would be too much.

    None means that it is too much in any period.
    """
    wanted = 1 if limit.unit == Unit.CALLS else length
    if wanted > limit.most:
        return None
    used: Counter[Span] = Counter()
    for call in calls:
        if limit.every_type or call.same_type:
            used[period_of(limit.per, home.day_of(call.start))] += 1 if limit.unit == Unit.CALLS else call.minutes
    full = [days for days, amount in used.items() if amount + wanted > limit.most]
    return [(home.instant(first * DAY), home.instant(end * DAY)) for first, end in full]


def period_of(per: Per, day: int) -> Span:
    """The dates [first, end) of the period that a date is in, all in days since 1970-01-01.

    >>> period_of(Per.WEEK, 0)
    (-3, 4)
    """
    if per == Per.DAY:
        return day, day + 1
    if per == Per.WEEK:
        # 1970-01-01 was a Thursday.
        monday = day - (day + 3) % 7
        return monday, monday + 7
    this = date.fromordinal(day + _EPOCH_DAY).replace(day=1)
    following = this.replace(year=this.year + this.month // 12, month=this.month % 12 + 1)
    return this.toordinal() - _EPOCH_DAY, following.toordinal() - _EPOCH_DAY
