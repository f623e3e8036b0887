"""Schedules: named weeks, their hours, and dates with hours of their own. All times are the advisor's wall clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from services.booking.domain.errors import Message, invalid
from services.booking.domain.rules import WeeklyWindow, Window, clock_minutes
from services.booking.routes.api.administration.door import blueprint, date_of, whole
from services.booking.routes.api.door import Body
from services.booking.routes.api.once import Act, actor, answering_nothing, once
from services.booking.usecases import hours, hours_room
from shared.web.app import this_service
from shared.web.described import Responses, problems
from shared.web.guards import api as program
from shared.web.guards import guarded

AVAILABILITY = [Tag(name="availability")]
WRITE = program("availability", scope="availability:write")


class SchedulePath(BaseModel):
    schedule_id: UUID


class DatePath(SchedulePath):
    date: str = Field(description="A date such as 2026-12-24.")


class NameBody(Body):
    name: str


class WindowBody(Body):
    start: str = Field(description="09:00")
    end: str = Field(description="17:00; the end of a day is 24:00.")
    crosses_midnight: bool = Field(False, description="Whether `end` is on the next date.")


class WeeklyBody(WindowBody):
    days: list[int] = Field(description="1 is Monday, 7 is Sunday.")


class WeekBody(Body):
    windows: list[WeeklyBody] = Field(description="The whole week; an empty list opens nothing.")


class DatesBody(Body):
    dates: list[str] = Field(description="Up to 400 dates such as 2026-12-24.")
    windows: list[WindowBody] = Field(description="What holds on each of them; an empty list closes them.")


class WindowAnswer(BaseModel):
    start: str
    end: str
    crosses_midnight: bool


class WeeklyAnswer(WindowAnswer):
    day: int


class DateAnswer(BaseModel):
    date: str
    windows: list[WindowAnswer]


class ScheduleAnswer(BaseModel):
    id: str
    name: str
    standard: bool = Field(description="Whether call types go by it that name no schedule.")
    windows: list[WeeklyAnswer]
    dates: list[DateAnswer]


class SchedulesAnswer(BaseModel):
    items: list[ScheduleAnswer]
    next: None


ANSWERS: Responses = {200: ScheduleAnswer, **problems(404)}


@blueprint.get("/schedules", summary="Schedules", tags=AVAILABILITY, responses={200: SchedulesAnswer})
@guarded(program("availability", scope="availability:read"))
def list_schedules() -> dict[str, Any]:
    with this_service().sessions() as session:
        return whole(hours_room.schedules(session), shown=lambda found: _shown(session, found[0].id))


@blueprint.post(
    "/schedules", summary="Make a schedule without hours", tags=AVAILABILITY, responses={201: ScheduleAnswer}
)
@guarded(WRITE)
@once(201)
def add_schedule(body: NameBody) -> Act:
    return lambda session, now: _shown(session, hours.create_schedule(session, body.name, now=now, by=actor()))


@blueprint.patch("/schedules/<schedule_id>", summary="Rename a schedule", tags=AVAILABILITY, responses=ANSWERS)
@guarded(WRITE)
@once()
def rename_schedule(path: SchedulePath, body: NameBody) -> Act:
    def act(session: Session, now: datetime) -> dict[str, Any]:
        hours.rename_schedule(session, path.schedule_id, body.name, now=now, by=actor())
        return _shown(session, path.schedule_id)

    return act


@blueprint.delete(
    "/schedules/<schedule_id>", summary="Delete a schedule", tags=AVAILABILITY, responses={204: None, **problems(404)}
)
@guarded(WRITE)
@once(204)
def drop_schedule(path: SchedulePath) -> Act:
    return answering_nothing(lambda session, now: hours.delete_schedule(session, path.schedule_id, now=now, by=actor()))


@blueprint.put("/schedules/<schedule_id>/hours", summary="Set the week", tags=AVAILABILITY, responses=ANSWERS)
@guarded(WRITE)
@once()
def set_week(path: SchedulePath, body: WeekBody) -> Act:
    windows = [
        WeeklyWindow(tuple(one.days), *_minutes(one, f"windows.{at}"), one.crosses_midnight)
        for at, one in enumerate(body.windows)
    ]

    def act(session: Session, now: datetime) -> dict[str, Any]:
        hours.set_weekly_hours(session, path.schedule_id, windows, now=now, by=actor())
        return _shown(session, path.schedule_id)

    return act


@blueprint.put(
    "/schedules/<schedule_id>/dates",
    summary="Give dates hours of their own",
    tags=AVAILABILITY,
    responses=ANSWERS,
)
@guarded(WRITE)
@once()
def set_dates(path: SchedulePath, body: DatesBody) -> Act:
    dates = [date_of(text, f"dates.{at}") for at, text in enumerate(body.dates)]
    windows = [Window(*_minutes(one, f"windows.{at}"), one.crosses_midnight) for at, one in enumerate(body.windows)]

    def act(session: Session, now: datetime) -> dict[str, Any]:
        hours.set_dates(session, path.schedule_id, dates, windows, now=now, by=actor())
        return _shown(session, path.schedule_id)

    return act


@blueprint.delete(
    "/schedules/<schedule_id>/dates/<date>",
    summary="Let the week hold again on a date",
    tags=AVAILABILITY,
    responses=ANSWERS,
)
@guarded(WRITE)
@once()
def clear_date(path: DatePath) -> Act:
    date = date_of(path.date, "date")

    def act(session: Session, now: datetime) -> dict[str, Any]:
        hours.clear_dates(session, path.schedule_id, [date], now=now, by=actor())
        return _shown(session, path.schedule_id)

    return act


def _minutes(window: WindowBody, field: str) -> tuple[int, int]:
    return _clock(window.start, f"{field}.start"), _clock(window.end, f"{field}.end")


def _clock(text: str, field: str) -> int:
    try:
        return clock_minutes(text)
    except ValueError:
        message, fix = Message("This is not a time of day."), Message("It looks like 09:00; the end of a day is 24:00.")
        raise invalid(field, message, fix) from None


def _shown(session: Session, schedule_id: UUID) -> dict[str, Any]:
    schedule = hours_room.schedule_shown(session, schedule_id)
    week = enumerate(hours_room.week(session, schedule_id), 1)
    return {
        "id": str(schedule.id),
        "name": schedule.name,
        "standard": schedule.standard,
        "windows": [{"day": day, **window} for day, windows in week for window in _windows(windows)],
        "dates": [
            {"date": one.date.isoformat(), "windows": _windows(one.windows)}
            for one in hours_room.dates(session, schedule_id)
        ],
    }


def _windows(windows: Sequence[Window]) -> list[dict[str, Any]]:
    return [
        {"start": _text(one.start_min), "end": _text(one.end_min), "crosses_midnight": one.crosses_midnight}
        for one in windows
    ]


def _text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
