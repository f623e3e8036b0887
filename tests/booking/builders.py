"""Builders of booking's domain values, with defaults that a test need not mention."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from services.booking.domain.offsets import minutes_down
from services.booking.domain.rules import DateOverride, SlotRules, WeeklyWindow, Window, clock_minutes

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


def some_rules(*weekly: WeeklyWindow, **changes: Any) -> SlotRules:
    """Rules in UTC, half an hour every half hour, Mondays 9 to 11 unless told otherwise."""
    given: dict[str, Any] = {
        "zone": "UTC",
        "weekly": weekly or (hours("09:00", "11:00", days=(1,)),),
        "overrides": (),
        "length_min": 30,
        "interval_min": 30,
    }
    return SlotRules(**(given | changes))


def hours(start: str, end: str, *, days: tuple[int, ...] = EVERY_DAY, crosses: bool = False) -> WeeklyWindow:
    """A weekly window from wall times."""
    return WeeklyWindow(days, clock_minutes(start), clock_minutes(end), crosses)


def on(day: str, *windows: tuple[str, str]) -> DateOverride:
    """An override of one date; closed without windows."""
    spans = tuple(Window(clock_minutes(start), clock_minutes(end)) for start, end in windows)
    return DateOverride(date.fromisoformat(day), spans)


def utc(text: str) -> datetime:
    """`2026-06-01 09:30` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def busy(day: str, start: str, end: str) -> tuple[int, int]:
    """A busy time of one UTC day, in epoch minutes."""
    return minutes_down(utc(f"{day} {start}")), minutes_down(utc(f"{day} {end}"))
