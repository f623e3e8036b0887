"""What the advisor does with one call: propose other times, move it, note who did not come, say that they are late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, g, request
from sqlalchemy.orm import Session

from services.booking.domain.forms import clean_line, clean_text
from services.booking.domain.zones import instant, wall_time
from services.booking.routes.forms import see_other
from services.booking.routes.inputs import minutes_of, reason_of, start_of
from services.booking.usecases.audit import note
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.calls import call_with
from services.booking.usecases.change import Change, move_call
from services.booking.usecases.late import say_late
from services.booking.usecases.missed import mark_missed, unmark_missed
from services.booking.usecases.notes import write_notes
from services.booking.usecases.propose import accept_counter, offer_times, propose_times, refuse_counter
from shared.web.app import this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_calls", __name__, url_prefix="/console")

MESSAGE_LIMIT = 1000
SAID = {
    "times_proposed": "Sent. The call stays where it is until they choose.",
    "proposal_accepted": "Moved. Both calendars are updated.",
    "proposal_refused": "It stays as it is; they know.",
    "call_moved": "Moved. Both calendars are updated.",
    "said_late": "They know that you come a little later.",
    "call_missed": "Noted that they did not come.",
    "call_held": "Noted that you spoke.",
    "notes_written": "Your notes are kept.",
}
Act = Callable[[Session, datetime], object]


@blueprint.post("/calls/<uuid:call_id>/times")
@guarded(console())
def propose(call_id: UUID) -> Response:
    message = _message()
    return _done("times_proposed", call_id, lambda s, now: propose_times(s, call_id, _starts(s), message, now=now))


@blueprint.post("/asks/<uuid:ask_id>/times")
@guarded(console())
def offer(ask_id: UUID) -> Response:
    message, slug = _message(), clean_line(request.form.get("call_type"), "call_type")
    return _done("times_proposed", ask_id, lambda s, now: offer_times(s, ask_id, slug, _starts(s), message, now=now))


@blueprint.post("/proposals/<uuid:proposal_id>/accept")
@guarded(console())
def accept(proposal_id: UUID) -> Response:
    return _done("proposal_accepted", proposal_id, lambda s, now: accept_counter(s, proposal_id, now=now))


@blueprint.post("/proposals/<uuid:proposal_id>/refuse")
@guarded(console())
def refuse(proposal_id: UUID) -> Response:
    return _done("proposal_refused", proposal_id, lambda s, now: refuse_counter(s, proposal_id, now=now))


@blueprint.post("/calls/<uuid:call_id>/move")
@guarded(console())
def move(call_id: UUID) -> Response:
    change = Change("advisor", reason_of(request.form), minutes_of(request.form) or None)

    def act(session: Session, now: datetime) -> None:
        call = call_with(session, call_id)
        move_call(session, call.token, _instant(session, request.form.get("start", "")), change, now=now)

    return _done("call_moved", call_id, act)


@blueprint.post("/calls/<uuid:call_id>/late")
@guarded(console())
def late(call_id: UUID) -> Response:
    minutes = minutes_of(request.form)
    return _done(
        "said_late", call_id, lambda s, now: say_late(s, call_with(s, call_id).token, minutes, by="advisor", now=now)
    )


@blueprint.post("/calls/<uuid:call_id>/missed")
@guarded(console())
def missed(call_id: UUID) -> Response:
    return _done("call_missed", call_id, lambda s, now: mark_missed(s, call_id, now=now))


@blueprint.post("/calls/<uuid:call_id>/came")
@guarded(console())
def came(call_id: UUID) -> Response:
    return _done("call_held", call_id, lambda s, now: unmark_missed(s, call_id, now=now))


@blueprint.post("/calls/<uuid:call_id>/notes")
@guarded(console())
def notes(call_id: UUID) -> Response:
    text = clean_text(request.form.get("notes"), "notes", required=False)
    return _done("notes_written", call_id, lambda s, _now: write_notes(s, call_id, text))


def _done(act: str, subject: UUID, do: Act) -> Response:
    """One act and its line in the trail, together or not at all."""
    service = this_service()
    now = service.clock.now()
    with service.sessions.begin() as session:
        do(session, now)
        note(session, g.caller.email, act, subject, now=now)
    return see_other(f"/console?said={act}")


def _message() -> str:
    return clean_text(request.form.get("message"), "message", limit=MESSAGE_LIMIT, required=False)


def _starts(session: Session) -> list[datetime]:
    return [_instant(session, text) for text in request.form.getlist("start") if text]


def _instant(session: Session, text: str) -> datetime:
    """An instant with its offset, or what the advisor's own clock shows (`2026-12-08T10:00`). Raises `InvalidInput`."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return start_of({"start": text})
    return instant(text) if local.tzinfo else wall_time(advisor_of(session).zone, local)
