"""What the advisor changes about their weeks: named schedules, weekly hours, and dates with hours of their own.

All changes here and in `absences.py` lock the advisor's row: they are held one against another, and bookings wait for
them. Given a name in `by`, a change leaves its line in the trail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.booking.domain.errors import InvalidInput, Message, NotFound, invalid
from services.booking.domain.hours_input import clean_dates, clean_name, clean_windows
from services.booking.domain.rules import WeeklyWindow, Window
from services.booking.models import CallType, DateOverride, Schedule, WeeklyHours
from services.booking.usecases.audit import note
from services.booking.usecases.availability import advisor_of
from shared.events import AvailabilityChanged
from shared.inbox import publish


def create_schedule(session: Session, name: str, *, now: datetime, by: str = "") -> UUID:
    """Make a schedule without hours. Raises `InvalidInput` for a name that is empty, too long or in use."""
    advisor, name = advisor_of(session, lock=True), clean_name(name)
    new = insert(Schedule).values(advisor_id=advisor.id, name=name).on_conflict_do_nothing().returning(Schedule.id)
    made = session.execute(new).scalar_one_or_none()
    if made is None:
        raise _name_in_use(name)
    changed(session, "schedule_made", made, ["", name], now=now, by=by)
    return made


def rename_schedule(session: Session, schedule_id: UUID, name: str, *, now: datetime, by: str = "") -> None:
    """Give a schedule another name. Raises `NotFound`, and `InvalidInput` as `create_schedule`."""
    schedule, name = schedule_of(session, schedule_id), clean_name(name)
    before = schedule.name
    try:
        with session.begin_nested():
            schedule.name = name
            session.flush()
    except IntegrityError:
        raise _name_in_use(name) from None
    changed(session, "schedule_renamed", schedule_id, [before, name], now=now, by=by)


def delete_schedule(session: Session, schedule_id: UUID, *, now: datetime, by: str = "") -> None:
    """Remove a schedule with its hours and dates.

    Raises `NotFound`, and `InvalidInput` for the standard one and for one that call types go by, naming them.
    """
    schedule = schedule_of(session, schedule_id)
    if schedule.standard:
        message = Message("The standard schedule cannot be deleted.")
        raise invalid("schedule", message, Message("Change its hours instead."))
    if used_by := session.scalars(select(CallType.name).where(CallType.schedule_id == schedule_id)).all():
        message = Message("Call types go by this schedule: %(names)s.", {"names": ", ".join(sorted(used_by))})
        raise invalid("schedule", message, Message("Give them another schedule first."))
    session.execute(delete(Schedule).where(Schedule.id == schedule_id))
    changed(session, "schedule_deleted", schedule_id, [schedule.name, ""], now=now, by=by)


def set_weekly_hours(
    session: Session, schedule_id: UUID, windows: Sequence[WeeklyWindow], *, now: datetime, by: str = ""
) -> None:
    """Replace the week of a schedule. Raises `NotFound`, and `InvalidInput` for a window that does not run forward."""
    schedule_of(session, schedule_id)
    clean_windows(windows)
    before = _week(session, schedule_id)
    session.execute(delete(WeeklyHours).where(WeeklyHours.schedule_id == schedule_id))
    session.add_all(_row(schedule_id, day, window) for window in windows for day in sorted(set(window.days)))
    session.flush()
    changed(session, "weekly_hours_set", schedule_id, [before, _week(session, schedule_id)], now=now, by=by)


def set_dates(
    session: Session,
    schedule_id: UUID,
    dates: Sequence[date],
    windows: Sequence[Window],
    *,
    now: datetime,
    by: str = "",
) -> None:
    """Give many dates hours of their own, instead of their week's, of a holiday's, and of what they had before.

    Without windows they are closed. Raises `NotFound`, and `InvalidInput` naming the field.
    """
    schedule_of(session, schedule_id)
    wanted = clean_dates(dates)
    clean_windows(windows)
    before = _on(session, schedule_id, wanted)
    rows = [_window(window) for window in sorted(windows, key=lambda window: window.span)]
    new = insert(DateOverride).values([{"schedule_id": schedule_id, "on_date": day, "windows": rows} for day in wanted])
    keys = ["schedule_id", "on_date"]
    session.execute(new.on_conflict_do_update(index_elements=keys, set_={"windows": new.excluded.windows}))
    changed(session, "dates_set", schedule_id, [before, _on(session, schedule_id, wanted)], now=now, by=by)


def clear_dates(session: Session, schedule_id: UUID, dates: Sequence[date], *, now: datetime, by: str = "") -> None:
    """Let the week hold again on these dates. Those that had no hours of their own are left alone."""
    schedule_of(session, schedule_id)
    wanted = clean_dates(dates)
    before = _on(session, schedule_id, wanted)
    these = (DateOverride.schedule_id == schedule_id, DateOverride.on_date.in_(wanted))
    session.execute(delete(DateOverride).where(*these))
    changed(session, "dates_cleared", schedule_id, [before, ""], now=now, by=by)


def schedule_of(session: Session, schedule_id: UUID) -> Schedule:
    """A schedule to be changed, with the advisor's row locked. Raises `NotFound`."""
    advisor_of(session, lock=True)
    schedule = session.get(Schedule, schedule_id, populate_existing=True)
    if schedule is None:
        raise NotFound
    return schedule


def changed(
    session: Session, what: str, subject: UUID | None, before_and_after: list[str], *, now: datetime, by: str
) -> None:
    """Tell of a change, with what was and what is, once the advisor's row is locked and the change is made."""
    advisor = advisor_of(session, lock=True)
    advisor.revision += 1
    if by:
        note(session, by, what, subject, now=now, detail={what: before_and_after})
    publish(session, AvailabilityChanged(subject=advisor.id, revision=advisor.revision, occurred_at=now, what=what))


def _week(session: Session, schedule_id: UUID) -> str:
    rows = session.scalars(
        select(WeeklyHours)
        .where(WeeklyHours.schedule_id == schedule_id)
        .order_by(WeeklyHours.weekday, WeeklyHours.start_minute)
    )
    return ", ".join(f"{row.weekday} {_clocks(row.start_minute, row.end_minute)}" for row in rows)


def _on(session: Session, schedule_id: UUID, dates: Sequence[date]) -> str:
    these = (DateOverride.schedule_id == schedule_id, DateOverride.on_date.in_(dates))
    rows = session.scalars(select(DateOverride).where(*these).order_by(DateOverride.on_date))
    return ", ".join(f"{row.on_date} {_hours(row.windows)}" for row in rows)


def _hours(windows: Sequence[dict[str, Any]]) -> str:
    return " ".join(_clocks(window["start_minute"], window["end_minute"]) for window in windows) or "closed"


def _clocks(start: int, end: int) -> str:
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def _row(schedule_id: UUID, day: int, window: WeeklyWindow) -> WeeklyHours:
    return WeeklyHours(schedule_id=schedule_id, weekday=day, **_window(window))


def _window(window: Window | WeeklyWindow) -> dict[str, Any]:
    return {
        "start_minute": window.start_min,
        "end_minute": window.end_min,
        "crosses_midnight": window.crosses_midnight,
    }


def _name_in_use(name: str) -> InvalidInput:
    message = Message("There is a schedule called “%(name)s” already.", {"name": name})
    return invalid("name", message, Message("Choose another name."))
