"""The shapes of an advisor's hours and of a call type's rules for starts. What they mean: `windows.py`, `slots.py`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.booking.domain.horizon import Horizon
from services.booking.domain.limits import CountedCall, Limit
from services.booking.domain.offsets import DAY, Span

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


@dataclass(frozen=True)
class Window:
    """A stretch of one local date, in minutes after midnight on the wall clock.

    `end_min` may be 1440 (24:00). With `crosses_midnight` it is on the next date.
    """

    start_min: int
    end_min: int
    crosses_midnight: bool = False

    @property
    def span(self) -> Span:
        """Start and end in minutes after the midnight of the date that the window belongs to."""
        return self.start_min, self.end_min + DAY * self.crosses_midnight


@dataclass(frozen=True)
class WeeklyWindow:
    """A window on some days of every week. `days` are ISO: 1 is Monday, 7 is Sunday. Minutes as in `Window`."""

    days: tuple[int, ...]
    start_min: int
    end_min: int
    crosses_midnight: bool = False

    @property
    def span(self) -> Span:
        """Start and end in minutes after the midnight of the date that the window belongs to."""
        return self.start_min, self.end_min + DAY * self.crosses_midnight


@dataclass(frozen=True)
class DateOverride:
    """What holds on one local date instead of all weekly windows; without windows the date is closed.

    A window belongs to the local date it starts on: an override does not cut what reaches into its date from the
    evening before.
    """

    date: date
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True)
class Dates:
    """Whole local dates, both included: when the advisor is away."""

    first: date
    last: date

    @property
    def days(self) -> Span:
        """The dates [first, end) in days since 1970-01-01."""
        return self.first.toordinal() - _EPOCH_DAY, self.last.toordinal() - _EPOCH_DAY + 1


@dataclass(frozen=True)
class Stay(Dates):
    """Dates on which the advisor's hours are wall time of another IANA zone. The dates are that zone's."""

    zone: str


@dataclass(frozen=True)
class SlotRules:
    """What decides which starts a call type offers. Durations are minutes of elapsed time.

    `zone` is the advisor's IANA zone. Weekly windows, overrides and `away` are wall time there, and on dates of
    `travel` wall time of the place. `horizon` and `limits` count in dates of `zone`, wherever the advisor is.
    `holidays` is the region whose public holidays are closed; an override of the same date wins.
    """

    zone: str
    weekly: tuple[WeeklyWindow, ...]
    overrides: tuple[DateOverride, ...]
    length_min: int
    interval_min: int
    buffer_before_min: int = 0
    buffer_after_min: int = 0
    notice_min: int = 0
    holidays: str = ""
    travel: tuple[Stay, ...] = ()
    away: tuple[Dates, ...] = ()
    horizon: Horizon | None = None
    limits: tuple[Limit, ...] = ()

    def __post_init__(self) -> None:
        if self.length_min < 1 or self.interval_min < 1:
            raise ValueError("a call and the interval between starts take at least a minute")
        if min(self.buffer_before_min, self.buffer_after_min, self.notice_min) < 0:
            raise ValueError("buffers and notice are not negative")


@dataclass(frozen=True)
class Taken:
    """What of the advisor's time is used already.

    `busy` are half-open epoch minutes in any order, overlapping or not. `calls` are what limits count; they have to be
    there for the whole of each period that is asked about. `joinable` are the starts of group calls of this length
    with a free seat: they are offered although the group call itself is busy.
    """

    busy: Sequence[Span] = ()
    calls: Sequence[CountedCall] = ()
    joinable: Sequence[int] = ()


def clock_minutes(text: str) -> int:
    """Minutes after midnight of a wall time, 24:00 included. Raises `ValueError` for anything else.

    >>> clock_minutes("09:30"), clock_minutes("24:00")
    (570, 1440)
    """
    if not (found := _CLOCK.fullmatch(text)):
        raise ValueError("looks like 09:00; the end of a day is 24:00")
    return DAY if found[1] is None else int(found[1]) * 60 + int(found[2])
