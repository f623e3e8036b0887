"""The console's rooms for what can be booked: the list of settings, a call type, and private links to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import InvalidInput
from services.booking.domain.fields import Line, Whole
from services.booking.domain.forms import Problems
from services.booking.domain.questions import MOST_QUESTIONS
from services.booking.models import CallType
from services.booking.routes.forms import Form, see_other
from services.booking.routes.offer_form import KINDS_IN_WORDS, beside_rows, filled, given_of, question_rows
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.hours_room import schedules
from services.booking.usecases.links import links_page, make_link, revoke_link
from services.booking.usecases.offers import (
    NO_WAY,
    call_type_of,
    call_type_with,
    call_types,
    change_call_type,
    make_call_type,
)
from shared.i18n import translations
from shared.web.app import language, this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_offers", __name__, url_prefix="/console")


@blueprint.get("/settings")
@guarded(console())
def settings() -> str:
    with this_service().sessions() as session:
        return render_template("console/settings.html", call_types=call_types(session), said=request.args.get("said"))


@blueprint.get("/call-types/new")
@guarded(console())
def new_call_type() -> str:
    with this_service().sessions() as session:
        return _page(session, None, Form.empty())


@blueprint.post("/call-types/new")
@guarded(console())
def add_call_type() -> Response | tuple[str, int]:
    service = this_service()
    try:
        with service.sessions.begin() as session:
            made = make_call_type(session, given_of(request.form), actor=g.caller.email, now=service.clock.now())
    except InvalidInput as error:
        with service.sessions() as session:
            return _page(session, None, Form.again(beside_rows(error, request.form))), 422
    return see_other(f"/console/call-types/{made.slug}?said=made")


@blueprint.get("/call-types/<slug>")
@guarded(console())
def call_type(slug: str) -> str:
    with this_service().sessions() as session:
        return _page(session, call_type_of(session, slug), Form.empty())


@blueprint.post("/call-types/<slug>")
@guarded(console())
def save_call_type(slug: str) -> Response | tuple[str, int]:
    service = this_service()
    try:
        with service.sessions.begin() as session:
            given = given_of(request.form)
            saved = change_call_type(session, slug, given, actor=g.caller.email, now=service.clock.now())
    except InvalidInput as error:
        with service.sessions() as session:
            return _page(session, call_type_of(session, slug), Form.again(beside_rows(error, request.form))), 422
    return see_other(f"/console/call-types/{saved.slug}?said=saved")


@blueprint.post("/call-types/<slug>/links")
@guarded(console())
def add_link(slug: str) -> Response | tuple[str, int]:
    service = this_service()
    now = service.clock.now()
    try:
        wanted = _link_of(request.form)
        with service.sessions.begin() as session:
            days = wanted.pop("days")
            wanted |= {"expires_at": now + timedelta(days=days) if days else None}
            make_link(session, call_type_of(session, slug).id, **wanted, now=now, by=g.caller.email)
    except InvalidInput as error:
        with service.sessions() as session:
            return _page(session, call_type_of(session, slug), Form.again(error)), 422
    return see_other(f"/console/call-types/{slug}?said=link#links")


@blueprint.post("/links/<uuid:link_id>/revoke")
@guarded(console())
def drop_link(link_id: UUID) -> Response:
    service = this_service()
    with service.sessions.begin() as session:
        link = revoke_link(session, link_id, now=service.clock.now(), by=g.caller.email)
        slug = call_type_with(session, link.call_type_id).slug
    return see_other(f"/console/call-types/{slug}?said=revoked#links")


def _link_of(form: Mapping[str, str]) -> dict[str, Any]:
    problems = Problems()
    label = problems.take("", Line(120), "label", form.get("label"))
    most = problems.take(None, Whole(1, 10_000, optional=True), "most_uses", form.get("most_uses"))
    days = problems.take(None, Whole(1, 400, optional=True), "days", form.get("days"))
    problems.finish()
    return {"label": label, "most_uses": most, "days": days}


def _page(session: Session, call_type: CallType | None, form: Form) -> str:
    named = [row for row, _ in schedules(session) if not row.standard]
    values = form.values or filled(session, call_type)
    _ = translations(language()).gettext
    return render_template(
        "console/call_type.html",
        call_type=call_type,
        values=values,
        errors=form.errors,
        schedules=[("", _("the standard one")), *((row.name, row.name) for row in named)],
        ways=_ways(session, values.get("way", "")),
        kinds=[(kind, _(words)) for kind, words in KINDS_IN_WORDS.items()],
        rows=question_rows(values),
        row_labels={f"q{at}_label": _("Question %s") % (at + 1) for at in range(MOST_QUESTIONS)},
        choice_labels={f"q{at}_choices": _("Answers to question %s") % (at + 1) for at in range(MOST_QUESTIONS)},
        links=links_page(session, call_type.id, None, None) if call_type else (),
        now=this_service().clock.now(),
        public_url=this_service().settings.public_url,
        said=request.args.get("said"),
    )


def _ways(session: Session, chosen: str) -> list[tuple[str, str]]:
    """The ways of working to choose from. What belongs to none of them stands on no list: its address is passed on."""
    ways = {way["slug"]: way["name"] for way in advisor_of(session).ways}
    other = chosen if chosen not in ("", *ways) else NO_WAY
    return [*ways.items(), (other, translations(language()).gettext("none: who has its address finds it"))]
