"""The advisor books for somebody: any kind of call, at any time that is not taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import BookingError, NotFound
from services.booking.domain.forms import Problems, clean_text, clipped
from services.booking.domain.questions import Question, questions_of
from services.booking.domain.requests import BookingRequest
from services.booking.domain.zones import is_zone, z
from services.booking.models import CallType
from services.booking.routes.calendar import zones_by_region
from services.booking.routes.console_call import length_options, slots_shown, taken_as_field
from services.booking.routes.forms import Form, see_other, status_of
from services.booking.routes.inputs import booking_request, message_of
from services.booking.routes.said import said
from services.booking.routes.times_typed import start_typed
from services.booking.usecases.availability import Offer, lengths_of, offer_of
from services.booking.usecases.call_acts import book_for
from services.booking.usecases.calls import call_with
from services.booking.usecases.freshness import want_reading
from services.booking.usecases.offers import call_types
from services.booking.usecases.whole_call import free_for
from shared.clock import machine_now
from shared.erasure import ERASED
from shared.security import new_token
from shared.web.app import language, this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_book", __name__, url_prefix="/console")

_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
_FIELDS = ("name", "email", "timezone", "company", "phone", "guests", "minutes", "form_key")


@blueprint.get("/calls/new")
@guarded(console())
def new_call() -> str:
    with this_service().sessions.begin() as session:
        want_reading(session, machine=machine_now())
        return _page(session, _offer(session, request.args), Form(_brought(session)))


@blueprint.post("/calls/new")
@guarded(console())
def book() -> Response | tuple[str, int]:
    service = this_service()
    now, domain = service.clock.now(), service.settings.mail_domain
    try:
        with service.sessions.begin() as session:
            wanted, notes = _wanted(session)
            call = book_for(session, wanted, notes=notes, uid_domain=domain, by=g.caller.email, now=now)
    except NotFound:
        raise
    except BookingError as error:
        with service.sessions() as session:
            return _page(session, _offer(session, request.form), Form.again(error)), status_of(error)
    return see_other(f"/console/calls/{call.id}?said=call_booked")


def _wanted(session: Session) -> tuple[BookingRequest, str]:
    """What the form asks for, and the advisor's notes. No question must be answered. Raises `InvalidInput`."""
    form, problems = request.form, Problems()
    slug = clipped(form.get("call_type"))
    asked = [replace(one, required=False) for one in _asked(offer_of(session, slug).call_type)]
    start = problems.take(_NEVER, start_typed, session)
    fields = {
        **{name: form.get(name, "") for name in _FIELDS},
        "call_type": slug,
        "start": z(start),
        "answers": {one.key: _answer(one) for one in asked},
    }
    wanted = problems.take(None, booking_request, fields, questions=asked, locale=language())
    message = problems.take("", message_of, form)
    notes = problems.take("", clean_text, form.get("notes"), "notes", required=False)
    problems.finish()
    if wanted is None:
        raise NotFound
    return replace(wanted, message=message), notes


def _answer(question: Question) -> Any:
    name = f"answers.{question.key}"
    return request.form.getlist(name) if question.kind == "several" else request.form.get(name, "")


def _offer(session: Session, asked: Any) -> Offer:
    """The kind of call and its length that the form stands at: those named, or the first there is."""
    named = clipped(asked.get("call_type"))
    first = next((one.slug for one in call_types(session) if one.active), "")
    offer = offer_of(session, named or first)
    minutes = asked.get("minutes", "")
    lengths = {str(one): one for one in lengths_of(offer.call_type)}
    return offer_of(session, offer.call_type.slug, minutes=lengths.get(minutes))


def _page(session: Session, offer: Offer, form: Form) -> str:
    now, zone = this_service().clock.now(), offer.advisor.zone
    errors = taken_as_field(form.refused, "start", zone) if form.refused else []
    asked = _asked(offer.call_type)
    values = {"timezone": zone, **form.values}
    if not is_zone(values["timezone"]):
        values["timezone"] = zone
    return render_template(
        "console/book.html",
        call_types=[(one.slug, one.name) for one in call_types(session) if one.active],
        call_type=offer.call_type,
        minutes=offer.minutes,
        lengths=length_options(lengths_of(offer.call_type)),
        zone=zone,
        zones=zones_by_region(),
        free=slots_shown(offer, free_for(session, offer, None, now=now)),
        values=values,
        errors=errors,
        problem="" if errors or form.refused is None else said(form.refused.message),
        key=form.key or new_token(),
        questions=asked,
        choices={one.key: [(choice.key, choice.label) for choice in one.choices] for one in asked},
        ticked={one.key: request.form.getlist(f"answers.{one.key}") for one in asked if one.kind == "several"},
        answered=any(name.startswith("answers.") and value for name, value in form.values.items()),
        is_group=offer.is_group,
    )


def _asked(call_type: CallType) -> list[Question]:
    return [one for one in questions_of(call_type.questions) if one.kind != "hidden"]


def _brought(session: Session) -> dict[str, str]:
    """Who it is for, when the page was opened from another call of theirs (`?for=`)."""
    try:
        before = call_with(session, UUID(request.args.get("for", "")))
    except (ValueError, NotFound):
        return {}
    if before.person == ERASED:
        return {}
    who = {"name": before.name, "email": before.email, "company": before.company, "phone": before.phone}
    return {**who, "timezone": before.zone}
