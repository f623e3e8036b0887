"""What the advisor does with one call. Each act is one use case and one line in the trail, together or not at all.

What is refused is said on the call's page, which shows how the call stands now, with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import BookingError, NotFound
from services.booking.domain.forms import clean_text
from services.booking.models import Call
from services.booking.routes import console_call
from services.booking.routes.forms import see_other
from services.booking.routes.inputs import guest_requests, minutes_of, reason_of
from services.booking.routes.times_typed import start_typed, starts_typed
from services.booking.usecases.audit import note
from services.booking.usecases.calls import call_with, locked
from services.booking.usecases.calls import minutes_of as length_of
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.confirm import confirm_call, decline_call, mark_paid
from services.booking.usecases.guests import add_guests, remove_guest
from services.booking.usecases.late import say_late
from services.booking.usecases.missed import mark_missed, unmark_missed
from services.booking.usecases.notes import write_notes
from services.booking.usecases.propose import accept_counter, call_of_counter, propose_times, refuse_counter
from shared.web.app import this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_calls", __name__, url_prefix="/console")

# Where an act may lead back to, instead of the call's page.
_ROOMS = {"today": "/console", "calls": "/console/calls"}
Answer = Response | tuple[str, int]


@dataclass(frozen=True)
class Act:
    """One act on a call: what the trail calls it, the form that it came by, and what the page says afterwards."""

    name: str
    form: str
    do: Callable[[Session, Call, datetime], Any]
    said: str = ""


@blueprint.post("/calls/<uuid:call_id>/confirm")
@guarded(console())
def confirm(call_id: UUID) -> Answer:
    return _done(call_id, Act("call_confirmed", "confirm", lambda s, call, now: confirm_call(s, call.id, now=now)))


@blueprint.post("/calls/<uuid:call_id>/decline")
@guarded(console())
def decline(call_id: UUID) -> Answer:
    def do(session: Session, call: Call, now: datetime) -> None:
        decline_call(session, call.id, reason_of(request.form), now=now)

    return _done(call_id, Act("call_declined", "decline", do))


@blueprint.post("/calls/<uuid:call_id>/paid")
@guarded(console())
def paid(call_id: UUID) -> Answer:
    return _done(call_id, Act("call_paid", "paid", lambda s, call, now: mark_paid(s, call.id, now=now)))


@blueprint.post("/calls/<uuid:call_id>/cancel")
@guarded(console())
def cancel(call_id: UUID) -> Answer:
    def do(session: Session, call: Call, now: datetime) -> None:
        cancel_call(session, call.token, Change("advisor", reason_of(request.form)), now=now)

    return _done(call_id, Act("call_cancelled", "cancel", do, said="cancelled"))


@blueprint.post("/calls/<uuid:call_id>/move")
@guarded(console())
def move(call_id: UUID) -> Answer:
    def do(session: Session, call: Call, now: datetime) -> None:
        change = Change("advisor", reason_of(request.form), minutes_of(request.form) or None)
        move_call(session, call.token, start_typed(session), change, now=now)

    return _done(call_id, Act("call_moved", "move", do))


@blueprint.post("/calls/<uuid:call_id>/times")
@guarded(console())
def propose(call_id: UUID) -> Answer:
    def do(session: Session, call: Call, now: datetime) -> int:
        message = clean_text(request.form.get("message"), "message", limit=console_call.MOST_MESSAGE, required=False)
        return len(propose_times(session, call.id, starts_typed(session), message, now=now).starts)

    return _done(call_id, Act("times_proposed", "times", do))


@blueprint.post("/calls/<uuid:call_id>/guests")
@guarded(console())
def invite(call_id: UUID) -> Answer:
    def do(session: Session, call: Call, now: datetime) -> int:
        return len(add_guests(session, call.token, guest_requests(request.form), now=now))

    return _done(call_id, Act("guests_invited", "guests", do))


@blueprint.post("/calls/<uuid:call_id>/guests/<uuid:guest_id>/remove")
@guarded(console())
def uninvite(call_id: UUID, guest_id: UUID) -> Answer:
    def do(session: Session, call: Call, now: datetime) -> None:
        remove_guest(session, call.token, guest_id, now=now)

    return _done(call_id, Act("guest_removed", "guests", do))


@blueprint.post("/calls/<uuid:call_id>/late")
@guarded(console())
def late(call_id: UUID) -> Answer:
    def do(session: Session, call: Call, now: datetime) -> None:
        say_late(session, call.token, minutes_of(request.form), by="advisor", now=now)

    return _done(call_id, Act("said_late", "late", do))


@blueprint.post("/calls/<uuid:call_id>/missed")
@guarded(console())
def missed(call_id: UUID) -> Answer:
    return _done(call_id, Act("call_missed", "missed", lambda s, call, now: mark_missed(s, call.id, now=now)))


@blueprint.post("/calls/<uuid:call_id>/came")
@guarded(console())
def came(call_id: UUID) -> Answer:
    return _done(call_id, Act("call_held", "came", lambda s, call, now: unmark_missed(s, call.id, now=now)))


@blueprint.post("/calls/<uuid:call_id>/notes")
@guarded(console())
def notes(call_id: UUID) -> Answer:
    def do(session: Session, call: Call, _now: datetime) -> None:
        write_notes(session, call.id, clean_text(request.form.get("notes"), "notes", required=False))

    return _done(call_id, Act("notes_written", "notes", do))


@blueprint.post("/proposals/<uuid:proposal_id>/accept")
@guarded(console())
def accept(proposal_id: UUID) -> Answer:
    act = Act("proposal_accepted", "counter", lambda s, _call, now: accept_counter(s, proposal_id, now=now))
    return _done(_call_of(proposal_id), act)


@blueprint.post("/proposals/<uuid:proposal_id>/refuse")
@guarded(console())
def refuse(proposal_id: UUID) -> Answer:
    act = Act("proposal_refused", "counter", lambda s, _call, now: refuse_counter(s, proposal_id, now=now))
    return _done(_call_of(proposal_id), act)


def _done(call_id: UUID, act: Act) -> Answer:
    """Do it and note it, and lead back to where it was done from; or say on the call's page why it cannot be done."""
    service = this_service()
    now = service.clock.now()
    try:
        with service.sessions.begin() as session:
            # Held before it is looked at: of two consoles at once, one has changed it and the other finds it so.
            call, _ = locked(session, call_with(session, call_id))
            before = _facts(call)
            made = act.do(session, call, now)
            session.flush()
            _note(session, call, act, before, made, now=now)
    except NotFound:
        raise
    except BookingError as error:
        tried = console_call.Tried.now(act.form, error)
        return console_call.page(call_id, tried), console_call.status_of(error)
    said = act.said or act.name
    back = _ROOMS.get(request.form.get("back", ""), f"/console/calls/{call_id}")
    return see_other(f"{back}?said={said}")


def _note(session: Session, call: Call, act: Act, before: dict[str, Any], made: Any, *, now: datetime) -> None:
    """A line for what changed something; doing it again is no news."""
    after = _facts(call)
    changed = {name: [before[name], value] for name, value in after.items() if before[name] != value}
    counted = {"count": made} if isinstance(made, int) and made else {}
    if changed or counted or act.name in _WITHOUT_A_CHANGE:
        changed.pop("revision", None)
        note(session, g.caller.email, act.name, call.id, now=now, detail={**changed, **counted})


# What changes nothing of the call itself.
_WITHOUT_A_CHANGE = ("said_late", "notes_written", "proposal_refused")


def _facts(call: Call) -> dict[str, Any]:
    """What the trail tells of a call: no words of anybody."""
    return {
        "state": str(call.state),
        "start": call.starts_at.astimezone(UTC).isoformat(timespec="minutes"),
        "minutes": length_of(call),
        "paid": call.paid_at is not None,
        "revision": call.revision,
    }


def _call_of(proposal_id: UUID) -> UUID:
    with this_service().sessions() as session:
        return call_of_counter(session, proposal_id)
