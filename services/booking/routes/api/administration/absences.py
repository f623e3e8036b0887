"""Dates on which the advisor is away, or somewhere else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from services.booking.domain.rules import Dates, Stay
from services.booking.models import Away, Travel
from services.booking.routes.api.administration.door import IdAnswer, blueprint, date_of, whole
from services.booking.routes.api.administration.schedules import AVAILABILITY, WRITE
from services.booking.routes.api.door import Body
from services.booking.routes.api.once import Act, actor, answering_nothing, once
from services.booking.usecases import absences, hours_room
from shared.web.app import this_service
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded

READ = program("availability", scope="availability:read")


class AbsencePath(BaseModel):
    absence_id: UUID


class StayPath(BaseModel):
    stay_id: UUID


class AbsenceBody(Body):
    first_date: str
    last_date: str = Field(description="Included.")
    message: str = Field("", description="Shown to whoever looks for a time.")


class StayBody(Body):
    first_date: str
    last_date: str = Field(description="Included.")
    zone: str = Field(description="The IANA zone of the place; your hours are its wall time on these dates.")


class AbsenceAnswer(BaseModel):
    id: str
    first_date: str
    last_date: str
    message: str


class AbsencesAnswer(BaseModel):
    items: list[AbsenceAnswer]
    next: None


class StayAnswer(BaseModel):
    id: str
    first_date: str
    last_date: str
    zone: str


class StaysAnswer(BaseModel):
    items: list[StayAnswer]
    next: None


@blueprint.get("/absences", summary="When you are out of office", tags=AVAILABILITY, responses={200: AbsencesAnswer})
@guarded(READ)
def list_absences() -> dict[str, Any]:
    with this_service().sessions() as session:
        return whole(hours_room.absences(session), shown=lambda row: {"message": row.message, **_dates(row)})


@blueprint.post("/absences", summary="Be out of office", tags=AVAILABILITY, responses={201: IdAnswer})
@guarded(WRITE)
@once(201)
def be_away(body: AbsenceBody) -> Act:
    """Calls that stand are not touched."""
    dates = Dates(date_of(body.first_date, "first_date"), date_of(body.last_date, "last_date"))
    return lambda session, now: _id(absences.add_away(session, dates, body.message, now=now, by=actor()))


@blueprint.delete(
    "/absences/<absence_id>",
    summary="Be in the office after all",
    tags=AVAILABILITY,
    responses={204: None, **problems(404)},
)
@guarded(WRITE)
@once(204)
def be_back(path: AbsencePath) -> Act:
    return answering_nothing(lambda session, now: absences.remove_away(session, path.absence_id, now=now, by=actor()))


@blueprint.get("/stays", summary="When you are in another zone", tags=AVAILABILITY, responses={200: StaysAnswer})
@guarded(READ)
def list_stays() -> dict[str, Any]:
    with this_service().sessions() as session:
        return whole(hours_room.stays(session), shown=lambda row: {"zone": row.zone, **_dates(row)})


@blueprint.post("/stays", summary="Be in another zone", tags=AVAILABILITY, responses={201: IdAnswer})
@guarded(WRITE)
@once(201)
def travel(body: StayBody) -> Act:
    stay = Stay(date_of(body.first_date, "first_date"), date_of(body.last_date, "last_date"), body.zone)
    return lambda session, now: _id(absences.add_travel(session, stay, now=now, by=actor()))


@blueprint.delete(
    "/stays/<stay_id>", summary="Stay at home after all", tags=AVAILABILITY, responses={204: None, **problems(404)}
)
@guarded(WRITE)
@once(204)
def stay_home(path: StayPath) -> Act:
    return answering_nothing(lambda session, now: absences.remove_travel(session, path.stay_id, now=now, by=actor()))


def _id(made: UUID) -> dict[str, Any]:
    return {"id": str(made)}


def _dates(row: Away | Travel) -> dict[str, Any]:
    return {"id": str(row.id), "first_date": row.first_date.isoformat(), "last_date": row.last_date.isoformat()}
