"""The door through which each service shows what it keeps about a person: a file for the advisor, JSON for a program.

The address comes in the body, never in the path: paths are written into logs, here and at every proxy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, json, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from shared.addresses import BadAddress, person_key
from shared.export import Gettext
from shared.service import Service
from shared.web.app import this_service
from shared.web.described import ANY_ROUTE
from shared.web.guards import api, console, guarded
from shared.web.problems import FieldProblem, Problem
from shared.web.reader import gettext

# Everything that a service keeps about the person with this key.
Export = Callable[[Service, Session, str, Gettext], dict[str, Any]]


class PersonBody(BaseModel):
    """Who it is about."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(description="Their address.")


class PartAnswer(BaseModel):
    """One kind of thing that is kept."""

    name: str
    about: str
    items: list[dict[str, Any]]


class RecordAnswer(BaseModel):
    """What one service keeps about a person; `kept` counts the parts."""

    service: str
    person: str
    kept: dict[str, int]
    parts: list[PartAnswer]


def record_pages(name: str, export: Export) -> Blueprint:
    """`POST /console/people/<service>`: what this service keeps, as a file."""
    pages = Blueprint("record", __name__, url_prefix=f"/console/people/{name}")

    @pages.post("")
    @guarded(console())
    def download() -> Response:
        answer = Response(json.dumps(_exported(export, request.form.get("email", ""))), mimetype="application/json")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
        return answer

    return pages


def record_api(name: str, export: Export) -> APIBlueprint:
    """`POST /api/v1/people/<service>/export`: the same for a program."""
    programs = APIBlueprint(
        # The operations of the joined document are told apart by this name.
        f"{name}_record_api",
        __name__,
        url_prefix=f"/api/v1/people/{name}",
        abp_tags=[Tag(name="people")],
        abp_responses=ANY_ROUTE,
    )

    @programs.post("/export", summary=f"What {name} keeps about a person", responses={200: RecordAnswer})
    @guarded(api("people", scope="people:read"))
    def show(body: PersonBody) -> dict[str, Any]:
        return _exported(export, body.email)

    return programs


def key_of(email: str) -> str:
    """The key of a person by their address. Raises `Problem` (422)."""
    try:
        return person_key(email)
    except BadAddress:
        _ = gettext
        wrong = FieldProblem("email", _("This is not an address."), _("Write it as it stands in their mails."))
        raise Problem(422, _("Some of this needs another look."), wrong.message, errors=[wrong]) from None


def _exported(export: Export, email: str) -> dict[str, Any]:
    service, key = this_service(), key_of(email)
    with service.sessions() as session:
        return export(service, session, key, gettext)
