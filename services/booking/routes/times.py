"""The page of the times that the advisor proposed: one tap moves the call, or books it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from services.booking.domain.errors import BookingError, InvalidInput, SlotTaken
from services.booking.domain.states import OPEN
from services.booking.models import CallType
from services.booking.routes.calendar import Openings, Page, slot
from services.booking.routes.forms import see_other, shown_errors
from services.booking.routes.inputs import start_of
from services.booking.usecases.availability import from_epoch_minute
from services.booking.usecases.choose import Choice, choice_of, choose_time, proposal_of
from services.booking.usecases.freshness import want_reading
from services.booking.usecases.offers import call_type_with
from shared.clock import machine_now
from shared.web.app import language, this_service
from shared.web.guards import form, guarded, is_open

blueprint = Blueprint("times", __name__)


@blueprint.get("/times/<token>")
@guarded(is_open())
def times(token: str) -> Response | str:
    return _page(token, None)


@blueprint.post("/times/<token>")
@guarded(form("times", most=60, minutes=10))
def choose(token: str) -> Response | tuple[Response | str, int]:
    service = this_service()
    domain, now = service.settings.mail_domain, service.clock.now()
    try:
        start = start_of(request.form)
        with service.sessions.begin() as session:
            call = choose_time(session, token, start, uid_domain=domain, now=now)
            just = "moved" if proposal_of(session, token).call_id else "booked"
    except (InvalidInput, SlotTaken) as error:
        return _page(token, error), 422 if isinstance(error, InvalidInput) else 409
    return see_other(f"/call/{call.token}?just={just}")


def _page(token: str, refused: BookingError | None) -> Response | str:
    service = this_service()
    with service.sessions.begin() as session:
        want_reading(session, machine=machine_now())
        choice = choice_of(session, token, now=service.clock.now())
        state, call = choice.proposal.state, choice.call
        if call is not None and (state == "accepted" or call.state not in OPEN or choice.proposal.call_id is None):
            # Chosen, or gone: the call's own page says how it stands.
            return see_other(f"/call/{call.token}")
        return render_template(
            "times.html",
            **_shown(choice, call_type_with(session, choice.proposal.call_type_id)),
            **_refusal(choice, refused),
        )


def _shown(choice: Choice, call_type: CallType) -> dict[str, Any]:
    page, openings = _page_of(choice), Openings(choice.proposal.starts, choice.length)
    moving = choice.call if choice.proposal.call_id else None
    now = this_service().clock.now()
    state = "over" if choice.over and choice.proposal.state == "open" else choice.proposal.state
    return {
        "name": call_type.name,
        "zone": choice.who.zone,
        "message": choice.proposal.message,
        "state": state,
        "moving": slot(page, Openings((), choice.length), moving.starts_at) if moving else None,
        "call": f"/call/{moving.token}" if moving else "",
        "times": [
            {**slot(page, openings, at), "free": at in choice.free, "passed": at <= now}
            for at in choice.proposal.starts
        ],
        "nearest": [slot(page, openings, at) for at in choice.nearest],
        "action": page.path,
    }


def _refusal(choice: Choice, refused: BookingError | None) -> dict[str, Any]:
    """Why the time that was just chosen is not it, and what is nearest to it."""
    taken = None
    if isinstance(refused, SlotTaken):
        page, openings = _page_of(choice), Openings((), choice.length)
        taken = {
            "wanted": from_epoch_minute(refused.wanted),
            "nearest": [slot(page, openings, at) for at in choice.others(refused.nearest)],
        }
    return {"taken": taken, "errors": shown_errors(refused) if refused else []}


def _page_of(choice: Choice) -> Page:
    return Page(f"/times/{choice.proposal.token}", choice.who.zone, {}, language())
