"""The console's room for calendars: connecting them, what each is for, and how each is reached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, g, render_template, request

from services.booking.domain.calendar_accounts import PROVIDERS, Roles, read_access
from services.booking.domain.calendar_sources import SourceFailed, Trouble, words_of
from services.booking.domain.errors import FieldError, InvalidInput
from services.booking.domain.fields import Whole
from services.booking.domain.forms import Problems
from services.booking.routes.console_entries import unwritten
from services.booking.routes.forms import Form, see_other, shown_errors
from services.booking.routes.said import said
from services.booking.usecases.calendars import By, connect, disconnect, look_again, set_roles
from services.booking.usecases.changing_access import change_access
from services.booking.usecases.connected import Connected, connected, connected_source
from services.booking.usecases.entries import parked_entries
from services.booking.usecases.feeds import feeds
from services.booking.usecases.freshness import CalendarNow, read_again, want_reading
from shared.clock import machine_now
from shared.web.app import this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_calendars", __name__, url_prefix="/console/calendars")

# What is connected, as addresses of pages name it, and as it is kept.
KINDS = {"address": "ics", "account": "caldav"}
# After how many minutes a calendar is stale, to choose from.
STALE_AFTER = (30, 60, 180, 360, 720, 1440, 4320)
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@blueprint.get("")
@guarded(console())
def calendars() -> str:
    return room(Form.empty())


@blueprint.post("/read")
@guarded(console())
def read() -> Response:
    with this_service().sessions.begin() as session:
        read_again(session, machine=machine_now())
    return see_other("/console/calendars?said=reading")


@blueprint.get("/new/<kind>")
@guarded(console())
def new(kind: str) -> str:
    return _new_page(kind, Form.empty())


@blueprint.post("/new/<kind>")
@guarded(console())
def add(kind: str) -> Response | tuple[str, int]:
    service = this_service()
    settings = service.settings
    if kind not in KINDS:
        abort(404)
    try:
        given = read_access(request.form, kind=KINDS[kind], is_new=True, allow_clear=settings.calendars_allow_private)
        with service.sessions.begin() as session:
            made = connect(session, settings, KINDS[kind], given, by=_by()).id
    except InvalidInput as error:
        return _new_page(kind, _without_password(Form.again(error))), 422
    return see_other(f"/console/calendars/{made}")


@blueprint.get("/<uuid:source_id>")
@guarded(console())
def source(source_id: UUID) -> str:
    return _source_page(source_id, Form.empty())


@blueprint.post("/<uuid:source_id>/roles")
@guarded(console())
def save_roles(source_id: UUID) -> Response | tuple[str, int]:
    try:
        wanted = _roles_of(request.form)
        with this_service().sessions.begin() as session:
            set_roles(session, source_id, wanted, by=_by())
    except InvalidInput as error:
        return _source_page(source_id, Form.again(error)), 422
    return see_other(f"/console/calendars/{source_id}?said=saved")


@blueprint.post("/<uuid:source_id>/access")
@guarded(console())
def save_access(source_id: UUID) -> Response | tuple[str, int]:
    service = this_service()
    settings = service.settings
    with service.sessions() as session:
        kind = connected_source(session, settings, source_id, machine=machine_now()).kind
    try:
        given = read_access(request.form, kind=kind, is_new=False, allow_clear=settings.calendars_allow_private)
        with service.sessions.begin() as session:
            change_access(session, settings, source_id, given, by=_by())
    except InvalidInput as error:
        return _source_page(source_id, _without_password(Form.again(error))), 422
    return see_other(f"/console/calendars/{source_id}?said=saved")


@blueprint.post("/<uuid:source_id>/look")
@guarded(console())
def look(source_id: UUID) -> Response:
    with this_service().sessions.begin() as session:
        look_again(session, source_id, by=_by())
    return see_other(f"/console/calendars/{source_id}")


@blueprint.post("/<uuid:source_id>/disconnect")
@guarded(console())
def drop(source_id: UUID) -> Response:
    with this_service().sessions.begin() as session:
        disconnect(session, source_id, by=_by())
    return see_other("/console/calendars?said=disconnected")


def room(form: Form) -> str:
    """The first page of the room. `form` is that of a new address to subscribe to."""
    service = this_service()
    machine = machine_now()
    with service.sessions.begin() as session:
        want_reading(session, machine=machine)
        return render_template(
            "console/calendars.html",
            sources=[_shown(one) for one in connected(session, service.settings, machine=machine)],
            unwritten=unwritten(parked_entries(session)),
            feeds=feeds(session),
            public_url=service.settings.public_url,
            values=form.values,
            errors=form.errors,
            machine=machine,
            said=request.args.get("said"),
        )


def _by() -> By:
    return By(g.caller.email, this_service().clock.now(), machine_now())


def _new_page(kind: str, form: Form) -> str:
    if kind not in KINDS:
        abort(404)
    return render_template(
        f"console/calendar_{kind}.html",
        values=form.values,
        errors=form.errors,
        providers=[(one.url, said(one.name), said(one.where)) for one in PROVIDERS],
        known=[(one.url, said(one.name)) for one in PROVIDERS],
    )


def _source_page(source_id: UUID, form: Form) -> str:
    service = this_service()
    machine = machine_now()
    with service.sessions() as session:
        found = connected_source(session, service.settings, source_id, machine=machine)
    return render_template(
        "console/calendar.html",
        # What was just sent is shown again, whatever a worker is at.
        source=_shown(found) | ({"waits": False} if form.errors else {}),
        values=_values(found, form),
        errors=form.errors or _errors(found),
        machine=machine,
        said=request.args.get("said"),
    )


def _values(found: Connected, form: Form) -> dict[str, str]:
    """Both forms of the page as they stand, with what was just sent of one of them."""
    stand = {"name": found.name, "url": found.url, "username": found.username}
    # A box that was not ticked is not sent: after a form with boxes, none is ticked but those.
    was_roles = any(name.startswith("stale-") for name in form.values)
    return stand | ({} if was_roles else _ticked(found)) | form.values


def _ticked(found: Connected) -> dict[str, str]:
    """The form of what each calendar is for, as it stands."""
    values: dict[str, str] = {}
    for one in found.calendars:
        values |= {f"read-{one.id}": "yes" if one.is_read else "", f"written-{one.id}": "yes" if one.is_written else ""}
        values[f"stale-{one.id}"] = str(one.stale_minutes)
    return values


def _roles_of(form: Mapping[str, str]) -> dict[UUID, Roles]:
    """What was said of each calendar that the form showed. A box that is not ticked is a no. Raises `InvalidInput`."""
    problems = Problems()
    found = {}
    for shown in (name.removeprefix("stale-") for name in form if name.startswith("stale-")):
        if not _ID.fullmatch(shown):
            abort(400)
        minutes = problems.take(None, Whole(15, 10_080), f"stale-{shown}", form[f"stale-{shown}"])
        is_read, is_written = (bool(form.get(f"{role}-{shown}")) for role in ("read", "written"))
        found[UUID(shown)] = Roles(is_read, is_written, minutes or 0)
    problems.finish()
    return found


def _shown(found: Connected) -> dict[str, Any]:
    """A source as the templates want it, troubles in words. `waits`: for the worker's first answer."""
    first_reading = found.kind == "ics" and any(
        one.is_read and one.read_at is None and not one.trouble for one in found.calendars
    )
    return vars(found) | {
        "trouble": _words(found.trouble),
        "calendars": [_calendar(one) for one in found.calendars],
        "waits": found.is_sought or first_reading,
    }


def _calendar(one: CalendarNow) -> dict[str, Any]:
    words = [said(words) for words in one.words] if one.read_at or one.trouble else []
    return vars(one) | {"words": words, "stale_after": sorted({*STALE_AFTER, one.stale_minutes})}


def _words(trouble: str) -> str:
    """What happened, and what to do."""
    return " ".join(said(words) for words in words_of(trouble)) if trouble else ""


def _errors(found: Connected) -> list[Any]:
    """A trouble stands beside the field that mends it. A feed has one calendar, and its address is all there is."""
    if found.kind == "ics":
        troubles = [words_of(one.trouble) for one in found.calendars if one.trouble]
        return shown_errors(InvalidInput([FieldError("url", *words) for words in troubles]))
    return shown_errors(SourceFailed(Trouble(found.trouble)).of_field()) if found.trouble else []


def _without_password(form: Form) -> Form:
    form.values.pop("password", None)
    return form
