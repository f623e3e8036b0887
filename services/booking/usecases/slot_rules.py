"""A call type's rules for starts, out of the tables: its own row, its schedule, and what the advisor set for all."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Label, ScalarSelect, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from services.booking.domain.horizon import Horizon, HorizonKind
from services.booking.domain.limits import Limit, Per, Unit
from services.booking.domain.rules import DateOverride, Dates, SlotRules, Stay, WeeklyWindow, Window
from services.booking.models import Advisor, Away, CallLimit, CallType, Schedule, Travel, WeeklyHours
from services.booking.models import DateOverride as OverrideRow


class Settings(NamedTuple):
    """What `settings_columns` found: for each table a list of its rows, each row a list of its columns, or None."""

    weekly: list[list[Any]] | None
    overrides: list[list[Any]] | None
    away: list[list[Any]] | None
    travel: list[list[Any]] | None
    limits: list[list[Any]] | None


def settings_columns() -> list[Label[Any]]:
    """Columns to select beside `Advisor` and `CallType`: all settings of a listing in the statement that finds it."""
    standard = select(Schedule.id).where(Schedule.advisor_id == Advisor.id, Schedule.standard).scalar_subquery()
    schedule = func.coalesce(CallType.schedule_id, standard)
    hours = (WeeklyHours.weekday, WeeklyHours.start_minute, WeeklyHours.end_minute, WeeklyHours.crosses_midnight)
    of_type = or_(CallLimit.call_type_id == CallType.id, CallLimit.call_type_id.is_(None))
    limits = (CallLimit.per, CallLimit.unit, CallLimit.most, CallLimit.call_type_id.is_(None))
    return [
        _rows(hours, WeeklyHours.schedule_id == schedule).label("weekly"),
        _rows((OverrideRow.on_date, OverrideRow.windows), OverrideRow.schedule_id == schedule).label("overrides"),
        _rows((Away.first_date, Away.last_date), Away.advisor_id == Advisor.id).label("away"),
        _rows((Travel.first_date, Travel.last_date, Travel.zone), Travel.advisor_id == Advisor.id).label("travel"),
        _rows(limits, CallLimit.advisor_id == Advisor.id, of_type).label("limits"),
    ]


def slot_rules(advisor: Advisor, call_type: CallType, minutes: int, found: Settings) -> SlotRules:
    """The rules for calls of this type and length."""
    return SlotRules(
        zone=advisor.zone,
        weekly=tuple(WeeklyWindow((day,), start, end, crosses) for day, start, end, crosses in found.weekly or ()),
        overrides=tuple(_override(on_date, windows) for on_date, windows in found.overrides or ()),
        length_min=minutes,
        interval_min=call_type.interval_minutes,
        buffer_before_min=call_type.buffer_before_minutes,
        buffer_after_min=call_type.buffer_after_minutes,
        notice_min=call_type.notice_minutes,
        holidays=advisor.holidays,
        travel=tuple(Stay(_date(first), _date(last), zone) for first, last, zone in found.travel or ()),
        away=tuple(Dates(_date(first), _date(last)) for first, last in found.away or ()),
        horizon=Horizon(
            HorizonKind(call_type.horizon_kind), call_type.horizon_days, call_type.first_date, call_type.last_date
        ),
        limits=tuple(Limit(Per(per), Unit(unit), most, every) for per, unit, most, every in found.limits or ()),
    )


def _rows(columns: tuple[Any, ...], *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    rows = aggregate_order_by(func.jsonb_build_array(*columns), columns[0], columns[1])
    return select(func.jsonb_agg(rows)).where(*where).correlate(Advisor, CallType).scalar_subquery()


def _override(on_date: str, windows: list[dict[str, Any]]) -> DateOverride:
    return DateOverride(
        _date(on_date),
        tuple(Window(row["start_minute"], row["end_minute"], row["crosses_midnight"]) for row in windows),
    )


def _date(text: str) -> date:
    return date.fromisoformat(text)
