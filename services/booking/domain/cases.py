"""A slots case: rules, busy times and a range as one JSON object, the way `./run slots CASE.json` reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from services.booking.domain.errors import InvalidInput
from services.booking.domain.offsets import DAY, FIRST_YEAR, LAST_YEAR
from services.booking.domain.rules import DateOverride, SlotRules, Taken, WeeklyWindow, Window, clock_minutes
from services.booking.domain.slots import busy_span, find_slots
from services.booking.domain.zones import instant, known_zone

T = TypeVar("T")


class CaseError(ValueError):
    """A case that cannot be read. The text has a line for each wrong field: its place and what it should look like."""


@dataclass(frozen=True)
class Case:
    """What `find_slots` needs, and the zone to show the answer in."""

    rules: SlotRules
    taken: Taken
    now: datetime
    range_start: datetime
    range_end: datetime
    output_zone: str

    def slots(self) -> list[int]:
        """The offered starts of this case, as ascending epoch minutes."""
        return find_slots(
            self.rules, taken=self.taken, now=self.now, range_start=self.range_start, range_end=self.range_end
        )


def load_case(given: object) -> Case:
    """Check a case as it comes out of a JSON file. Fields that are not known are left alone.

    Raises `CaseError` naming every wrong field.
    """
    try:
        case = _Case.model_validate(given)
    except ValidationError as error:
        raise CaseError(_report(error)) from None
    return Case(
        rules=_rules(case),
        taken=Taken(busy=tuple(busy_span(busy.start, busy.end) for busy in case.busy)),
        now=case.now,
        range_start=case.range_start,
        range_end=case.range_end,
        output_zone=case.output_timezone or case.organizer_timezone,
    )


def _rules(case: _Case) -> SlotRules:
    return SlotRules(
        zone=case.organizer_timezone,
        weekly=tuple(
            WeeklyWindow(tuple(hours.days), hours.start, hours.end, hours.crosses_midnight)
            for hours in case.working_hours
        ),
        overrides=tuple(DateOverride(override.date, _windows(override.windows)) for override in case.overrides),
        length_min=case.event_length_min,
        interval_min=case.interval_min,
        buffer_before_min=case.buffer_before_min,
        buffer_after_min=case.buffer_after_min,
        notice_min=case.notice_min,
    )


def _windows(windows: Iterable[_Window]) -> tuple[Window, ...]:
    return tuple(Window(window.start, window.end, window.crosses_midnight) for window in windows)


def _report(error: ValidationError) -> str:
    return "\n".join(f"{_place(problem['loc'])}: {_explained(problem)}" for problem in error.errors())


def _place(path: tuple[int | str, ...]) -> str:
    """The path of a field as a reader of the file sees it: `busy[3].end`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).lstrip(".") or "the case"


def _explained(problem: ErrorDetails) -> str:
    if problem["type"] == "missing":
        return "is missing"
    return problem["msg"].removeprefix("Value error, ")


def _clock(text: object) -> int:
    if not isinstance(text, str):
        raise ValueError("is a text like 09:00")  # noqa: TRY004  pydantic reports ValueError only
    return clock_minutes(text)


def _start(text: object) -> int:
    if (minutes := _clock(text)) == DAY:
        raise ValueError("is before 24:00")
    return minutes


def _instant(text: object) -> datetime:
    return _said_by(instant, text)


def _zone(text: object) -> str:
    return _said_by(known_zone, text)


def _said_by(read: Callable[[str], T], text: object) -> T:
    if not isinstance(text, str):
        raise ValueError("is a text")  # noqa: TRY004  pydantic reports ValueError only
    try:
        return read(text)
    except InvalidInput as error:
        raise ValueError(" ".join(f"{wrong.message} {wrong.fix}" for wrong in error.errors)) from None


def _day(text: object) -> date:
    try:
        day = date.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        raise ValueError("looks like 2026-06-01") from None
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise ValueError(f"lies between the years {FIRST_YEAR} and {LAST_YEAR}")
    return day


_Clock = Annotated[int, BeforeValidator(_clock)]
_Start = Annotated[int, BeforeValidator(_start)]
_Instant = Annotated[datetime, BeforeValidator(_instant)]
_Day = Annotated[date, BeforeValidator(_day)]
_Zone = Annotated[str, BeforeValidator(_zone)]
# Strict: thirty minutes are 30, not "30" and not true. A year bounds what is far out, not what is sensible.
_Minutes = Annotated[int, Field(strict=True, ge=0, le=366 * DAY)]
_AtLeastOne = Annotated[int, Field(strict=True, ge=1, le=366 * DAY)]
_Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]


class _Window(BaseModel):
    start: _Start
    end: _Clock
    crosses_midnight: bool = Field(default=False, strict=True)


class _Hours(_Window):
    days: tuple[_Weekday, ...]


class _Override(BaseModel):
    date: _Day
    windows: tuple[_Window, ...]


class _Busy(BaseModel):
    start: _Instant
    end: _Instant

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end < self.start:
            raise ValueError("ends before it starts")
        return self


class _Case(BaseModel):
    """The fields of issue B §3. What is not there is empty, 0 or the advisor's zone; hours and lengths are required."""

    organizer_timezone: _Zone
    output_timezone: _Zone | None = None
    now: _Instant
    working_hours: tuple[_Hours, ...]
    overrides: tuple[_Override, ...] = ()
    busy: tuple[_Busy, ...] = ()
    event_length_min: _AtLeastOne
    interval_min: _AtLeastOne
    buffer_before_min: _Minutes = 0
    buffer_after_min: _Minutes = 0
    notice_min: _Minutes = 0
    range_start: _Instant
    range_end: _Instant

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.range_end < self.range_start:
            raise ValueError("range_end is before range_start")
        days = [override.date for override in self.overrides]
        if twice := sorted({str(day) for day in days if days.count(day) > 1}):
            raise ValueError(f"overrides has two entries for {', '.join(twice)}; one replaces all windows of its date")
        return self
