"""What an advisor types about their hours, held against sense. What fails is an `InvalidInput` with field and fix."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.booking.domain.errors import Message, invalid
from services.booking.domain.forms import clean_line, clean_text
from services.booking.domain.limits import Limit
from services.booking.domain.offsets import DAY, FIRST_YEAR, LAST_YEAR
from services.booking.domain.rules import Dates, WeeklyWindow, Window

LONGEST_NAME = 80
LONGEST_MESSAGE = 500
MOST_DATES = 400
MOST_WINDOWS = 100
LARGEST_LIMIT = 100_000


def clean_name(text: str) -> str:
    """The name of a schedule, trimmed, on one line."""
    return " ".join(clean_line(text, "name", limit=LONGEST_NAME).split())


def clean_message(text: str) -> str:
    """What visitors read while the advisor is away, trimmed; it may be empty."""
    return clean_text(text, "message", limit=LONGEST_MESSAGE, required=False)


def clean_dates(dates: Sequence[date]) -> list[date]:
    """Dates in order, each once: at least one of them, and none out of reach."""
    wanted = sorted(set(dates))
    if not wanted or len(wanted) > MOST_DATES:
        message = Message("Choose between one and %(most)s dates.", {"most": MOST_DATES})
        raise invalid("dates", message, Message("A date looks like 2026-12-24."))
    for day in wanted:
        _require_in_reach("dates", day)
    return wanted


def require_forward(dates: Dates) -> None:
    """Refuse dates that end before they begin or lie out of reach."""
    _require_in_reach("first_date", dates.first)
    _require_in_reach("last_date", dates.last)
    if dates.last < dates.first:
        raise invalid(
            "last_date", Message("This is before the first date."), Message("Choose a later date, or the same.")
        )


def clean_windows(windows: Sequence[Window | WeeklyWindow]) -> None:
    """Refuse windows that open nothing: those that end when or before they begin, and those on no day."""
    if len(windows) > MOST_WINDOWS:
        message = Message("That is more than %(most)s windows.", {"most": MOST_WINDOWS})
        raise invalid("windows", message, Message("Join those that touch."))
    for number, window in enumerate(windows):
        _require_open(f"windows[{number}]", window)


def clean_limits(limits: Sequence[Limit]) -> None:
    """Refuse limits that allow nothing, and two for the same."""
    kinds = [(limit.per, limit.unit) for limit in limits]
    for number, limit in enumerate(limits):
        if not 1 <= limit.most <= LARGEST_LIMIT:
            message = Message("A limit lies between 1 and %(most)s.", {"most": LARGEST_LIMIT})
            raise invalid(f"limits[{number}].most", message, Message("Leave it out when there is none."))
        if kinds.index((limit.per, limit.unit)) != number:
            message = Message("There are two limits for the same period and unit.")
            raise invalid(f"limits[{number}]", message, Message("Keep one of them."))


def _require_open(field: str, window: Window | WeeklyWindow) -> None:
    in_range = 0 <= window.start_min < DAY and 0 <= window.end_min <= DAY
    start, end = window.span
    if not in_range or end <= start or end - start > DAY:
        message = Message("This window does not end after it begins, or is longer than a day.")
        raise invalid(field, message, Message("A window looks like 09:00 to 17:00, or 22:00 to 02:00 of the next day."))
    if isinstance(window, WeeklyWindow) and (not window.days or not set(window.days) <= set(range(1, 8))):
        message = Message("This window is on no day of the week.")
        raise invalid(field, message, Message("Choose days from 1 (Monday) to 7 (Sunday)."))


def _require_in_reach(field: str, day: date) -> None:
    if not FIRST_YEAR < day.year < LAST_YEAR:
        message = Message("That year is out of reach.")
        raise invalid(field, message, Message("Choose a date in this century."))
