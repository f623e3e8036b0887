"""The record: what is kept about a person, forgetting them, and the trail of what was changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from flask import Blueprint, g, render_template, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel
from sqlalchemy.orm import Session

from services.booking.domain.errors import BookingError, StillBooked
from services.booking.models import Audit
from services.booking.routes.api.administration.door import PAGE, NewestQuery, page
from services.booking.routes.api.once import Act, actor, once
from services.booking.routes.call_words import moment
from services.booking.routes.forms import Form
from services.booking.routes.said import said
from services.booking.routes.trail_shown import Reader, line_shown
from services.booking.usecases.audit import note, trail
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.erase import Left, ask_to_erase
from services.booking.usecases.export import export_person
from services.booking.usecases.offers import call_types
from services.booking.usecases.trail_subjects import subjects_of
from shared.addresses import BadAddress, person_key
from shared.erasure import Erasure
from shared.export import Gettext
from shared.i18n import translations, zone_place
from shared.service import Service
from shared.settings import SERVICES
from shared.web.app import language, this_service
from shared.web.described import ANY_ROUTE, problems
from shared.web.guards import api as program
from shared.web.guards import console, guarded
from shared.web.problems import FieldProblem, Problem
from shared.web.records import PersonBody, key_of

blueprint = Blueprint("people", __name__, url_prefix="/console")
programs = APIBlueprint(
    "people_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="people")], abp_responses=ANY_ROUTE
)

# Why somebody was erased, as the trail keeps it: a choice, because free words would say again who it was.
Reason = Literal["asked", "not_needed", "other"]
REASONS: tuple[Reason, ...] = ("asked", "not_needed", "other")


class EraseBody(PersonBody):
    """Whom to erase, and why."""

    reason: Reason = "asked"


class ErasedAnswer(BaseModel):
    """What was forgotten, and how many entries of it lie in the advisor's own calendars."""

    asks: int
    calls: int
    entries: int


class LineAnswer(BaseModel):
    """One line of the trail."""

    id: str
    at: str
    actor: str
    act: str
    subject: str | None
    detail: dict[str, Any]


class TrailAnswer(BaseModel):
    """A page of the trail."""

    items: list[LineAnswer]
    next: str | None


@blueprint.get("/people")
@guarded(console())
def people() -> str:
    return _page({})


@blueprint.post("/people")
@guarded(console())
def look_up() -> str | tuple[str, int]:
    """What booking keeps about somebody; the others answer for themselves."""
    email = request.form.get("email", "")
    try:
        key = key_of(email)
    except Problem as problem:
        return _page({"email": _typed()}, errors=problem.errors), 422
    return _page({"email": key}, kept=_kept(key))


@blueprint.post("/people/erase")
@guarded(console())
def erase() -> str | tuple[str, int]:
    service, reason = this_service(), request.form.get("reason", "")
    try:
        key = key_of(request.form.get("email", ""))
        if not _typed_again(key):
            return _page({**Form.typed(), "email": key}, kept=_kept(key), errors=[_another_address(key)]), 422
        why: Reason = next((one for one in REASONS if one == reason), "other")
        with service.sessions.begin() as session:
            left = _forget(session, key, why, actor=g.caller.email, now=service.clock.now())
    except Problem as problem:
        return _page({"email": _typed()}, errors=problem.errors), 422
    except StillBooked as error:
        # As the console tells every time: in words, on the advisor's clock.
        when = {"when": moment(error.start, error.zone), "zone": zone_place(error.zone)}
        return _page({"email": _typed()}, refused=said(replace(error.message, params=when))), 409
    except BookingError as error:
        return _page({"email": _typed()}, refused=said(error.message)), 409
    return _page({}, left=left)


@blueprint.get("/audit")
@guarded(console())
def audit() -> str:
    try:
        after = UUID(request.args["after"]) if "after" in request.args else None
    except ValueError:
        after = None
    with this_service().sessions() as session:
        found = trail(session, after=after, limit=PAGE + 1)
        names = {one.slug: one.name for one in call_types(session)}
        reader = Reader(subjects_of(session, found), names, advisor_of(session).zone)
    lines = [line_shown(line, reader) for line in found[:PAGE]]
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return render_template("console/audit.html", lines=lines, older=older, zone=reader.zone)


@programs.get("/audit", summary="What was changed, newest first", responses={200: TrailAnswer})
@guarded(program("audit", scope="audit:read"))
def list_audit(query: NewestQuery) -> dict[str, Any]:
    with this_service().sessions() as session:
        lines = trail(session, after=query.after, limit=query.limit + 1)
    return page(lines, query.limit, shown=_line_shown, place=lambda line: str(line.id))


@programs.post(
    "/people/erase", summary="Erase a person in all services", responses={202: ErasedAnswer, **problems(409)}
)
@guarded(program("people", scope="people:write"))
@once(202)
def erase_by_program(body: EraseBody) -> Act:
    """202: booking has forgotten them, the others do so at once. 409 while a call with them is ahead."""
    key = key_of(body.email)
    return lambda session, now: vars(_forget(session, key, body.reason, actor=actor(), now=now))


def export(service: Service, session: Session, key: str, gettext: Gettext) -> dict[str, Any]:  # noqa: ARG001 - one shape
    """What booking keeps about a person."""
    return export_person(session, key, gettext=gettext)


def _line_shown(line: Audit) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "at": line.at.isoformat().replace("+00:00", "Z"),
        "actor": line.actor,
        "act": line.act,
        "subject": str(line.subject) if line.subject else None,
        "detail": line.detail,
    }


def _forget(session: Session, key: str, reason: Reason, *, actor: str, now: datetime) -> Left:
    left = ask_to_erase(session, Erasure.of(this_service().settings, key, at=now))
    note(session, actor, "person_erased", None, now=now, detail={"reason": reason, **vars(left)})
    return left


def _kept(key: str) -> dict[str, int]:
    """How much booking keeps about a person, by its parts."""
    with this_service().sessions() as session:
        kept: dict[str, int] = export(this_service(), session, key, translations(language()).gettext)["kept"]
    return kept


def _typed_again(key: str) -> bool:
    """An erasure cannot be undone, so a click is not enough: the address is typed, as at the command line."""
    try:
        return person_key(request.form.get("again", "")) == key
    except BadAddress:
        return False


def _another_address(key: str) -> FieldProblem:
    gettext = translations(language()).gettext
    message = gettext("This is not the address above, so nothing was erased.")
    return FieldProblem("again", message, gettext("Type %s.") % key)


def _page(values: dict[str, str], **more: Any) -> str:
    nothing = {"errors": (), "kept": None, "left": None, "refused": None}
    return render_template("console/people.html", values=values, services=SERVICES, **(nothing | more))


def _typed() -> str:
    return Form.typed().get("email", "")
