"""What the advisor does with one call. Each act is one use case and one line in the trail, together or not at all.

What is refused is said on the call's page, which shows how the call stands now, with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import BookingError, NotFound
from services.booking.domain.forms import clean_text
from services.booking.routes import console_call
from services.booking.routes.forms import see_other, status_of
from services.booking.routes.inputs import guest_requests, message_of, minutes_of, reason_of
from services.booking.routes.times_typed import start_typed, starts_typed
from services.booking.usecases import call_acts
from services.booking.usecases.call_acts import Act, act_on
from services.booking.usecases.propose import call_of_counter
from shared.web.app import this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_calls", __name__, url_prefix="/console")

# Where an act may lead back to, instead of the call's page.
_ROOMS = {"today": "/console", "calls": "/console/calls"}
Answer = Response | tuple[str, int]
# Reads the form, in the transaction of the act: the advisor's zone says what a typed time is. Raises `InvalidInput`.
Read = Callable[[Session], Act[Any]]


@blueprint.post("/calls/<uuid:call_id>/confirm")
@guarded(console())
def confirm(call_id: UUID) -> Answer:
    return _done(call_id, "confirm", lambda _: call_acts.confirmed())


@blueprint.post("/calls/<uuid:call_id>/decline")
@guarded(console())
def decline(call_id: UUID) -> Answer:
    return _done(call_id, "decline", lambda _: call_acts.declined(reason_of(request.form)))


@blueprint.post("/calls/<uuid:call_id>/paid")
@guarded(console())
def paid(call_id: UUID) -> Answer:
    return _done(call_id, "paid", lambda _: call_acts.paid())


@blueprint.post("/calls/<uuid:call_id>/cancel")
@guarded(console())
def cancel(call_id: UUID) -> Answer:
    return _done(call_id, "cancel", lambda _: call_acts.cancelled(reason_of(request.form)))


@blueprint.post("/calls/<uuid:call_id>/move")
@guarded(console())
def move(call_id: UUID) -> Answer:
    def read(session: Session) -> Act[Any]:
        reason, minutes = reason_of(request.form), minutes_of(request.form) or None
        return call_acts.moved(start_typed(session), minutes, reason)

    return _done(call_id, "move", read)


@blueprint.post("/calls/<uuid:call_id>/times")
@guarded(console())
def propose(call_id: UUID) -> Answer:
    def read(session: Session) -> Act[Any]:
        return call_acts.proposed(starts_typed(session), message_of(request.form))

    return _done(call_id, "times", read)


@blueprint.post("/calls/<uuid:call_id>/guests")
@guarded(console())
def invite(call_id: UUID) -> Answer:
    return _done(call_id, "guests", lambda _: call_acts.invited(guest_requests(request.form)))


@blueprint.post("/calls/<uuid:call_id>/guests/<uuid:guest_id>/remove")
@guarded(console())
def uninvite(call_id: UUID, guest_id: UUID) -> Answer:
    return _done(call_id, "guests", lambda _: call_acts.uninvited(guest_id))


@blueprint.post("/calls/<uuid:call_id>/late")
@guarded(console())
def late(call_id: UUID) -> Answer:
    return _done(call_id, "late", lambda _: call_acts.late(minutes_of(request.form)))


@blueprint.post("/calls/<uuid:call_id>/missed")
@guarded(console())
def missed(call_id: UUID) -> Answer:
    return _done(call_id, "missed", lambda _: call_acts.missed())


@blueprint.post("/calls/<uuid:call_id>/came")
@guarded(console())
def came(call_id: UUID) -> Answer:
    return _done(call_id, "came", lambda _: call_acts.held())


@blueprint.post("/calls/<uuid:call_id>/notes")
@guarded(console())
def notes(call_id: UUID) -> Answer:
    def read(_: Session) -> Act[Any]:
        return call_acts.notes_written(clean_text(request.form.get("notes"), "notes", required=False))

    return _done(call_id, "notes", read)


@blueprint.post("/proposals/<uuid:proposal_id>/accept")
@guarded(console())
def accept(proposal_id: UUID) -> Answer:
    return _done(_call_of(proposal_id), "counter", lambda _: call_acts.counter_accepted(proposal_id))


@blueprint.post("/proposals/<uuid:proposal_id>/refuse")
@guarded(console())
def refuse(proposal_id: UUID) -> Answer:
    return _done(_call_of(proposal_id), "counter", lambda _: call_acts.counter_refused(proposal_id))


def _done(call_id: UUID, form: str, read: Read) -> Answer:
    """Do it, and lead back to where it was done from; or say beside the form why it cannot be done."""
    service = this_service()
    try:
        with service.sessions.begin() as session:
            act = read(session)
            act_on(session, call_id, act, by=g.caller.email, now=service.clock.now())
    except NotFound:
        raise
    except BookingError as error:
        tried = console_call.Tried.now(form, error)
        return console_call.page(call_id, tried), status_of(error)
    back = _ROOMS.get(request.form.get("back", ""), f"/console/calls/{call_id}")
    return see_other(f"{back}?said={act.name}")


def _call_of(proposal_id: UUID) -> UUID:
    with this_service().sessions() as session:
        return call_of_counter(session, proposal_id)
