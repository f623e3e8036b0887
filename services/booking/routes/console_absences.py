"""The console's room of hours, what holds in all schedules: absences, travel, public holidays, limits, the zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask import Blueprint, g, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import Message, invalid
from services.booking.domain.fields import Whole, day
from services.booking.domain.forms import Problems
from services.booking.domain.hours_input import LARGEST_LIMIT
from services.booking.domain.limits import Limit, Per, Unit
from services.booking.domain.rules import Dates, Stay
from services.booking.models import Away, Travel
from services.booking.routes.hours_acts import Answer, done, now
from services.booking.routes.hours_page import limit_field
from services.booking.routes.undo import undo_parameter
from services.booking.usecases.absences import (
    add_away,
    add_travel,
    remove_away,
    remove_travel,
    set_holidays,
    set_limits,
    set_zone,
)
from services.booking.usecases.offers import call_type_of
from shared.web.app import this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_absences", __name__, url_prefix="/console")

ROOM = "/console/hours"
_LIMIT = Whole(1, LARGEST_LIMIT, optional=True)


@blueprint.post("/away")
@guarded(console())
def go_away() -> Answer:
    def act(session: Session) -> str:
        first, last = _dates("away")
        add_away(session, Dates(first, last), request.form.get("away_message", ""), now=now(), by=g.caller.email)
        return f"{ROOM}?said=away"

    return done("away", act, fields=_fields("away", "message"))


@blueprint.post("/away/<uuid:away_id>/removal")
@guarded(console())
def stay_here(away_id: UUID) -> Answer:
    def act(session: Session) -> str:
        row = remove_away(session, away_id, now=now(), by=g.caller.email)
        return _removed("back", "away", row, message=row.message)

    return done("away", act)


@blueprint.post("/travel")
@guarded(console())
def travel() -> Answer:
    def act(session: Session) -> str:
        first, last = _dates("travel")
        stay = Stay(first, last, request.form.get("travel_zone", "").strip())
        add_travel(session, stay, now=now(), by=g.caller.email)
        return f"{ROOM}?said=travel"

    return done("travel", act, fields=_fields("travel", "zone"))


@blueprint.post("/travel/<uuid:travel_id>/removal")
@guarded(console())
def stay_home(travel_id: UUID) -> Answer:
    def act(session: Session) -> str:
        row = remove_travel(session, travel_id, now=now(), by=g.caller.email)
        return _removed("home", "travel", row, zone=row.zone)

    return done("travel", act)


@blueprint.post("/holidays")
@guarded(console())
def save_holidays() -> Answer:
    def act(session: Session) -> str:
        set_holidays(session, request.form.get("holidays", "").strip(), now=now(), by=g.caller.email)
        return f"{ROOM}?said=holidays"

    return done("holidays", act)


@blueprint.post("/limits")
@guarded(console())
def save_limits() -> Answer:
    def act(session: Session) -> str:
        set_limits(session, None, _limits(request.form, ""), now=now(), by=g.caller.email)
        return f"{ROOM}?said=limits"

    return done("limits-", act)


@blueprint.post("/limits/<slug>")
@guarded(console())
def save_limits_of_type(slug: str) -> Answer:
    def act(session: Session) -> str:
        limits = _limits(request.form, slug)
        set_limits(session, call_type_of(session, slug).id, limits, now=now(), by=g.caller.email)
        return f"{ROOM}?said=limits"

    return done(f"limits-{slug}", act)


@blueprint.post("/zone")
@guarded(console())
def save_zone() -> Answer:
    def act(session: Session) -> str:
        set_zone(session, request.form.get("zone", "").strip(), now=now(), by=g.caller.email)
        return f"{ROOM}?said=zone"

    return done("zone", act)


def _limits(form: Mapping[str, str], key: str) -> list[Limit]:
    problems = Problems()
    read = {
        (unit, per): problems.take(
            None, _LIMIT, limit_field(key, unit, per), form.get(limit_field(key, unit, per), "").strip()
        )
        for unit in Unit
        for per in Per
    }
    problems.finish()
    return [Limit(per, unit, most, not key) for (unit, per), most in read.items() if most is not None]


def _dates(form: str) -> tuple[date, date]:
    """The two dates of a form; a last one that is not given is the first."""
    problems, given = Problems(), request.form
    first = problems.take(date.min, _needed_day, f"{form}_first", given.get(f"{form}_first"))
    last = problems.take(None, day, f"{form}_last", given.get(f"{form}_last"))
    problems.finish()
    return first, last or first


def _needed_day(field: str, raw: object) -> date:
    found = day(field, raw)
    if found is None:
        raise invalid(field, Message("No date is chosen."), Message("It looks like 2026-12-24."))
    return found


def _fields(form: str, other: str) -> dict[str, str]:
    """What the use cases call the fields, and what they are called on this page."""
    return {"first_date": f"{form}_first", "last_date": f"{form}_last", other: f"{form}_{other}"}


def _removed(said: str, form: str, row: Away | Travel, **other: str) -> str:
    """The room, where the form can be sent once more as it was."""
    values = {"first": str(row.first_date), "last": str(row.last_date), **other}
    again = {f"{form}_{name}": value for name, value in values.items()}
    return f"{ROOM}?said={said}{undo_parameter(this_service().settings, f'/console/{form}', again)}"
