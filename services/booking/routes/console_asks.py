"""Answering an ask with times: the advisor proposes, and who asked books by choosing."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import BookingError, NotFound
from services.booking.domain.forms import Problems, clean_line, clipped
from services.booking.routes.console_call import (
    MOST_TYPED,
    Tried,
    slots_shown,
    taken_as_field,
)
from services.booking.routes.forms import see_other, status_of
from services.booking.routes.inputs import message_of
from services.booking.routes.said import said
from services.booking.routes.times_typed import starts_typed
from services.booking.usecases.ask import ask_with
from services.booking.usecases.availability import offer_of
from services.booking.usecases.freshness import want_reading
from services.booking.usecases.offers import call_types
from services.booking.usecases.propose import offer_times
from services.booking.usecases.render.words import words_of_ask
from services.booking.usecases.whole_call import free_for
from shared.clock import machine_now
from shared.web.app import this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_asks", __name__, url_prefix="/console")


@blueprint.get("/asks/<uuid:ask_id>/times")
@guarded(console())
def times(ask_id: UUID) -> str:
    with this_service().sessions.begin() as session:
        want_reading(session, machine=machine_now())
        return _page(session, ask_id, request.args.get("call_type", ""), Tried())


@blueprint.post("/asks/<uuid:ask_id>/times")
@guarded(console())
def offer(ask_id: UUID) -> Response | tuple[str, int]:
    service, form, now = this_service(), request.form, this_service().clock.now()
    try:
        with service.sessions.begin() as session:
            problems = Problems()
            slug = problems.take("", clean_line, form.get("call_type"), "call_type")
            message = problems.take("", message_of, form)
            starts = problems.take([], starts_typed, session)
            problems.finish()
            offer_times(session, ask_id, slug, starts, message, now=now, by=g.caller.email)
    except NotFound:
        raise
    except BookingError as error:
        with service.sessions() as session:
            return _page(session, ask_id, form.get("call_type", ""), Tried.now("times", error)), status_of(error)
    return see_other("/console?said=times_offered")


def _page(session: Session, ask_id: UUID, named: str, tried: Tried) -> str:
    ask = ask_with(session, ask_id)
    kinds = [one for one in call_types(session) if one.active]
    slug = next((one.slug for one in kinds if one.slug == clipped(named)), kinds[0].slug if kinds else "")
    offer = offer_of(session, slug)
    zone = offer.advisor.zone
    errors = taken_as_field(tried.refused, "starts", zone) if tried.refused else []
    return render_template(
        "console/ask_times.html",
        ask=ask,
        words=words_of_ask(ask),
        call_types=[(one.slug, one.name) for one in kinds],
        call_type=offer.call_type,
        zone=zone,
        free=slots_shown(offer, free_for(session, offer, None, now=this_service().clock.now())),
        typed=tried.values,
        typed_starts=tried.starts,
        fields_shown=3 if len(tried.starts) <= 3 else MOST_TYPED,
        errors=errors,
        problem="" if errors or tried.refused is None else said(tried.refused.message),
    )
