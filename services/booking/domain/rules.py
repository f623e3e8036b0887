"""The shapes of an advisor's hours and of a call type's rules for starts. What they mean: `windows.py`, `slots.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from services.booking.domain.offsets import DAY, Span

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
        return Window(self.start_min, self.end_min, self.crosses_midnight).span


@dataclass(frozen=True)
class DateOverride:
    """What holds on one local date instead of all weekly windows; without windows the date is closed.

    A window belongs to the local date it starts on: an override does not cut what reaches into its date from the
    evening before.
    """

    date: date
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True)
class SlotRules:
    """What decides which starts a call type offers. Durations are minutes of elapsed time.

    `zone` is the advisor's IANA zone; weekly windows and overrides are wall time there.
    """

    zone: str
    weekly: tuple[WeeklyWindow, ...]
    overrides: tuple[DateOverride, ...]
    length_min: int
    interval_min: int
    buffer_before_min: int = 0
    buffer_after_min: int = 0
    notice_min: int = 0

    def __post_init__(self) -> None:
        if self.length_min < 1 or self.interval_min < 1:
            raise ValueError("a call and the interval between starts take at least a minute")
        if min(self.buffer_before_min, self.buffer_after_min, self.notice_min) < 0:
            raise ValueError("buffers and notice are not negative")


def clock_minutes(text: str) -> int:
    """Minutes after midnight of a wall time, 24:00 included. Raises `ValueError` for anything else.

    >>> clock_minutes("09:30"), clock_minutes("24:00")
    (570, 1440)
    """
    if not (found := _CLOCK.fullmatch(text)):
        raise ValueError("looks like 09:00; the end of a day is 24:00")
    return DAY if found[1] is None else int(found[1]) * 60 + int(found[2])
