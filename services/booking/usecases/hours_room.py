"""The advisor's hours as they stand: reading only. What changes them is in `hours.py` and `absences.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.errors import NotFound
from services.booking.domain.limits import Limit, Per, Unit
from services.booking.domain.rules import DateOverride, Window
from services.booking.models import Away, CallLimit, CallType, Schedule, Travel, WeeklyHours
from services.booking.models import DateOverride as OverrideRow


def schedule_shown(session: Session, schedule_id: UUID | None) -> Schedule:
    """A schedule; the standard one when none is named. Raises `NotFound`."""
    which = Schedule.standard if schedule_id is None else Schedule.id == schedule_id
    found = session.scalars(select(Schedule).where(which)).one_or_none()
    if found is None:
        raise NotFound
    return found


def schedules(session: Session) -> list[tuple[Schedule, list[CallType]]]:
    """All schedules, the standard one first and then by name, each with the call types that go by it."""
    rows = session.scalars(select(Schedule).order_by(Schedule.standard.desc(), Schedule.name)).all()
    types = session.scalars(select(CallType).order_by(CallType.position, CallType.slug)).all()
    return [(row, [one for one in types if _goes_by(one, row)]) for row in rows]


def week(session: Session, schedule_id: UUID) -> list[list[Window]]:
    """The windows of each weekday, from Monday to Sunday."""
    of_schedule = WeeklyHours.schedule_id == schedule_id
    rows = session.scalars(select(WeeklyHours).where(of_schedule).order_by(WeeklyHours.start_minute)).all()
    return [
        [Window(row.start_minute, row.end_minute, row.crosses_midnight) for row in rows if row.weekday == day]
        for day in range(1, 8)
    ]


def dates(session: Session, schedule_id: UUID) -> list[DateOverride]:
    """The dates that have hours of their own, in order."""
    of_schedule = OverrideRow.schedule_id == schedule_id
    rows = session.scalars(select(OverrideRow).where(of_schedule).order_by(OverrideRow.on_date))
    return [
        DateOverride(
            row.on_date,
            tuple(Window(one["start_minute"], one["end_minute"], one["crosses_midnight"]) for one in row.windows),
        )
        for row in rows
    ]


def absences(session: Session, *, since: date = date.min) -> Sequence[Away]:
    """Absences that end on a date or after it, in order."""
    return session.scalars(select(Away).where(Away.last_date >= since).order_by(Away.first_date, Away.last_date)).all()


def stays(session: Session, *, since: date = date.min) -> Sequence[Travel]:
    """Stays in other zones that end on a date or after it, in order."""
    return session.scalars(select(Travel).where(Travel.last_date >= since).order_by(Travel.first_date)).all()


def limits(session: Session) -> Mapping[UUID | None, list[Limit]]:
    """The limits of each call type that has some, and under None those for all types together."""
    found: dict[UUID | None, list[Limit]] = {}
    for row in session.scalars(select(CallLimit).order_by(CallLimit.unit, CallLimit.per)):
        limit = Limit(Per(row.per), Unit(row.unit), row.most, row.call_type_id is None)
        found.setdefault(row.call_type_id, []).append(limit)
    return found


def limits_of(session: Session, call_type_id: UUID | None) -> list[Limit]:
    """The limits of one call type, or with None those for all types together."""
    return sorted(limits(session).get(call_type_id, ()), key=lambda limit: (limit.per, limit.unit))


def _goes_by(call_type: CallType, schedule: Schedule) -> bool:
    return call_type.schedule_id == schedule.id or (call_type.schedule_id is None and schedule.standard)
