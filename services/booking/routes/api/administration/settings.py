"""What holds for all schedules: the advisor's zone, public holidays, and limits."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from services.booking.domain.limits import Limit, Per, Unit
from services.booking.routes.api.administration.absences import READ
from services.booking.routes.api.administration.door import blueprint
from services.booking.routes.api.administration.schedules import AVAILABILITY, WRITE
from services.booking.routes.api.door import Body
from services.booking.routes.api.offers import CallTypePath
from services.booking.routes.api.once import Act, actor, once
from services.booking.usecases import absences
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.hours_room import limits_of
from services.booking.usecases.offers import call_type_of
from shared.web.app import this_service
from shared.web.described import problems
from shared.web.guards import guarded


class LimitBody(Body):
    per: Per
    unit: Unit
    most: int


class ZoneBody(Body):
    zone: str = Field(description="An IANA zone. Booked calls keep their instants; hours are read in the new zone.")


class HolidaysBody(Body):
    region: str = Field(description='A country ("DE") or a part of one ("DE-BE"); empty closes no holidays.')


class LimitsBody(Body):
    limits: list[LimitBody] = Field(description="All of them; an empty list takes the limits away.")


class LimitAnswer(BaseModel):
    per: str
    unit: str
    most: int


class LimitsAnswer(BaseModel):
    limits: list[LimitAnswer]


class AvailabilityAnswer(LimitsAnswer):
    zone: str
    holidays: str


class ZoneAnswer(AvailabilityAnswer):
    calls_ahead: int = Field(description="Calls that are still to come, at the instants at which they were.")


@blueprint.get(
    "/settings/availability",
    summary="Zone, holidays, and limits of all call types together",
    tags=AVAILABILITY,
    responses={200: AvailabilityAnswer},
)
@guarded(READ)
def show_availability() -> dict[str, Any]:
    with this_service().sessions() as session:
        return _shown(session)


@blueprint.put("/settings/zone", summary="Live in another zone", tags=AVAILABILITY, responses={200: ZoneAnswer})
@guarded(WRITE)
@once()
def set_zone(body: ZoneBody) -> Act:
    def act(session: Session, now: datetime) -> dict[str, Any]:
        ahead = absences.set_zone(session, body.zone, now=now, by=actor())
        return {**_shown(session), "calls_ahead": ahead}

    return act


@blueprint.put(
    "/settings/holidays", summary="Close public holidays", tags=AVAILABILITY, responses={200: AvailabilityAnswer}
)
@guarded(WRITE)
@once()
def set_holidays(body: HolidaysBody) -> Act:
    def act(session: Session, now: datetime) -> dict[str, Any]:
        absences.set_holidays(session, body.region, now=now, by=actor())
        return _shown(session)

    return act


@blueprint.put(
    "/settings/limits",
    summary="Limit all call types together",
    tags=AVAILABILITY,
    responses={200: AvailabilityAnswer},
)
@guarded(WRITE)
@once()
def set_limits(body: LimitsBody) -> Act:
    def act(session: Session, now: datetime) -> dict[str, Any]:
        absences.set_limits(session, None, _limits(body), now=now, by=actor())
        return _shown(session)

    return act


@blueprint.get(
    "/settings/call-types/<slug>/limits",
    summary="The limits of one call type",
    tags=AVAILABILITY,
    responses={200: LimitsAnswer, **problems(404)},
)
@guarded(READ)
def show_limits_of(path: CallTypePath) -> dict[str, Any]:
    with this_service().sessions() as session:
        return {"limits": _kept(session, call_type_of(session, path.slug).id)}


@blueprint.put(
    "/settings/call-types/<slug>/limits",
    summary="Limit one call type",
    tags=AVAILABILITY,
    responses={200: LimitsAnswer, **problems(404)},
)
@guarded(WRITE)
@once()
def set_limits_of(path: CallTypePath, body: LimitsBody) -> Act:
    def act(session: Session, now: datetime) -> dict[str, Any]:
        call_type = call_type_of(session, path.slug)
        absences.set_limits(session, call_type.id, _limits(body), now=now, by=actor())
        return {"limits": _kept(session, call_type.id)}

    return act


def _limits(body: LimitsBody) -> list[Limit]:
    return [Limit(one.per, one.unit, one.most) for one in body.limits]


def _shown(session: Session) -> dict[str, Any]:
    advisor = advisor_of(session)
    return {"zone": advisor.zone, "holidays": advisor.holidays, "limits": _kept(session, None)}


def _kept(session: Session, call_type_id: UUID | None) -> list[dict[str, Any]]:
    limits = limits_of(session, call_type_id)
    return [{"per": limit.per, "unit": limit.unit, "most": limit.most} for limit in limits]
