"""Hours as an advisor types them, `09:00-12:30, 14:00-18:00`: text in, windows out, and back.

`24:00` is the end of a day; a window that ends before it begins, `22:00-02:00`, runs past midnight.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from services.booking.domain.errors import Message, invalid
from services.booking.domain.forms import Problems
from services.booking.domain.offsets import DAY
from services.booking.domain.rules import WeeklyWindow, Window
from services.booking.domain.zones import shortened

# The fields of a week, in the order of ISO weekdays; an error that names one names the day.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST_TEXT = 300
MOST_A_DAY = 12

_TIME = r"(\d{1,2})(?:[:.](\d{2}))?"
_WINDOW = re.compile(rf"{_TIME}\s*(?:-|–|—|to)\s*{_TIME}", re.ASCII)
_CLOSED = {"", "-", "–", "—", "closed"}
_FIX = Message("Write it like 09:00-12:30, 14:00-18:00. A day ends at 24:00; 22:00-02:00 runs past midnight.")


def windows_of(text: str, field: str) -> tuple[Window, ...]:
    """The windows of one day, in their order; none when it is closed. Raises `InvalidInput`.

    >>> windows_of("14:00-18:00, 9-12.30", "monday")
    (Window(start_min=540, end_min=750, crosses_midnight=False), Window(start_min=840, end_min=1080, \
crosses_midnight=False))
    >>> windows_of("22:00-02:00", "monday")
    (Window(start_min=1320, end_min=120, crosses_midnight=True),)
    """
    # The length first: nothing else is done to a megabyte.
    if len(text) > LONGEST_TEXT:
        raise invalid(field, Message("This is longer than the hours of a day can be."), _FIX)
    if text.strip().lower() in _CLOSED:
        return ()
    found = sorted((_window(part.strip(), field) for part in re.split("[,;\n]", text)), key=lambda one: one.span)
    if len(found) > MOST_A_DAY:
        fix = Message("Join those that touch; a day has at most %(most)s.", {"most": MOST_A_DAY})
        raise invalid(field, Message("These are too many windows for one day."), fix)
    for one, after in pairwise(found):
        if after.span[0] < one.span[1]:
            both: dict[str, str | int] = {"one": hours_text([one]), "other": hours_text([after])}
            raise invalid(field, Message("%(one)s and %(other)s overlap.", both), Message("Join them, or move one."))
    return tuple(found)


def week_of(texts: Mapping[str, str]) -> list[WeeklyWindow]:
    """The week out of a text per day, under the names of `WEEKDAYS`. Raises `InvalidInput` naming each wrong day."""
    problems = Problems()
    week = [
        WeeklyWindow((number,), window.start_min, window.end_min, window.crosses_midnight)
        for number, day in enumerate(WEEKDAYS, 1)
        for window in problems.take((), windows_of, texts.get(day, ""), day)
    ]
    problems.finish()
    return week


def hours_text(windows: Sequence[Window | WeeklyWindow]) -> str:
    """Windows of one day as they are typed; "" for none.

    >>> hours_text([Window(840, 1440), Window(540, 750)])
    '09:00-12:30, 14:00-24:00'
    """
    ordered = sorted(windows, key=lambda window: window.span)
    return ", ".join(f"{_clock(window.start_min)}-{_clock(window.end_min)}" for window in ordered)


def _window(part: str, field: str) -> Window:
    found = _WINDOW.fullmatch(part)
    start, end = (_minutes(found[1], found[2]), _minutes(found[3], found[4])) if found else (None, None)
    if start is None or end is None or start == DAY:
        raise invalid(field, Message("“%(text)s” is not a stretch of hours.", {"text": shortened(part)}), _FIX)
    if start == end:
        raise invalid(
            field,
            Message("%(time)s to %(time)s has no length.", {"time": _clock(start)}),
            Message("A whole day is 00:00-24:00."),
        )
    # Midnight that ends a window is the end of its own day.
    end = end or DAY
    return Window(start, end, crosses_midnight=end < start)


def _minutes(hour: str, minute: str | None) -> int | None:
    at = int(hour) * 60 + int(minute or 0)
    return at if int(minute or 0) < 60 and at <= DAY else None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
