"""Many dates at once, as an advisor chooses them: from one to another on some weekdays, and a list of others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.booking.domain.errors import InvalidInput, Message, invalid
from services.booking.domain.fields import day
from services.booking.domain.forms import Problems
from services.booking.domain.hours_input import MOST_DATES
from services.booking.domain.rules import DateOverride, Dates, Window
from services.booking.domain.zones import shortened

# A range may be thinned out by weekdays, so it is longer than what may be chosen.
LONGEST_RANGE = 7 * MOST_DATES
LONGEST_TEXT = 12 * MOST_DATES
_DAY = timedelta(days=1)
_EXAMPLE = Message("Write them like 2026-12-24, 2026-12-31, or take a range: 2026-12-27 to 2026-12-30.")


@dataclass(frozen=True)
class Fields:
    """What the fields are called in which dates are chosen; errors name them."""

    first: str = "first_date"
    last: str = "last_date"
    more: str = "dates"


def chosen_dates(first: str, last: str, more: str, weekdays: Collection[int], fields: Fields) -> list[date]:
    """The dates from `first` to `last` that fall on `weekdays` (ISO; none means all), and those listed in `more`.

    In order, each once. Without a last date a range is its first one. Raises `InvalidInput` naming the field.

    >>> [str(one) for one in chosen_dates("2026-12-04", "2026-12-14", "2026-12-24", [5], Fields())]
    ['2026-12-04', '2026-12-11', '2026-12-24']
    """
    problems = Problems()
    begins = problems.take(None, day, fields.first, first)
    ends = problems.take(None, day, fields.last, last)
    listed = problems.take([], listed_dates, more, fields.more)
    problems.finish()
    if begins is None and (ends is not None or not listed):
        raise invalid(fields.first, Message("No date is chosen."), Message("Choose one, or list some below."))
    ranged = list(_between(begins, ends or begins, fields)) if begins else []
    kept = [one for one in ranged if not weekdays or one.isoweekday() in weekdays]
    if ranged and not kept:
        raise invalid(
            fields.last, Message("None of these dates is on such a weekday."), Message("Choose other weekdays.")
        )
    return sorted({*kept, *listed})


def listed_dates(text: str, field: str) -> list[date]:
    """Dates and ranges with commas or line ends between: `2026-12-24, 2026-12-27 to 2026-12-30`. As they come.

    Raises `InvalidInput`.
    """
    if len(text) > LONGEST_TEXT:
        raise invalid(field, Message("These are too many dates at once."), Message("Set some of them first."))
    parts = [part.strip() for part in re.split("[,;\n]", text) if part.strip()]
    return [one for part in parts for one in _part(part, field)]


def grouped(overrides: Sequence[DateOverride]) -> list[tuple[Dates, tuple[Window, ...]]]:
    """Overrides in order as stretches of dates: consecutive ones with the same windows are one line.

    >>> days = [DateOverride(date(2026, 12, number)) for number in (24, 25, 27)]
    >>> [(dates.first.day, dates.last.day) for dates, _ in grouped(days)]
    [(24, 25), (27, 27)]
    """
    stretches: list[tuple[Dates, tuple[Window, ...]]] = []
    for override in sorted(overrides, key=lambda one: one.date):
        if stretches and stretches[-1][1] == override.windows and override.date - stretches[-1][0].last == _DAY:
            stretches[-1] = Dates(stretches[-1][0].first, override.date), override.windows
        else:
            stretches.append((Dates(override.date, override.date), override.windows))
    return stretches


def _part(part: str, field: str) -> Iterator[date]:
    ends = re.split(r"\s+to\s+|\.\.|–|—|\s-\s", part)
    if len(ends) > 2:
        raise invalid(field, Message("This is not a list of dates."), _EXAMPLE)
    found = [_date(text.strip(), field) for text in ends]
    return _between(found[0], found[-1], Fields(field, field, field))


def _date(text: str, field: str) -> date:
    try:
        found = day(field, text)
    except InvalidInput:
        found = None
    if found is None:
        raise invalid(field, Message("“%(text)s” is not a date.", {"text": shortened(text)}), _EXAMPLE)
    return found


def _between(first: date, last: date, fields: Fields) -> Iterator[date]:
    if last < first:
        raise invalid(
            fields.last, Message("This is before the first date."), Message("Choose a later date, or the same.")
        )
    if (last - first).days >= LONGEST_RANGE:
        raise invalid(fields.last, Message("These are too many dates at once."), Message("Set some of them first."))
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
