"""What the advisor does with one call: the yes and the no, moving, cancelling, who came, guests, notes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from services.booking.domain.forms import clean_text
from services.booking.domain.zones import instant, z
from services.booking.models import Call
from services.booking.routes.api.administration.calls import CALLS, CallPath
from services.booking.routes.api.administration.door import blueprint
from services.booking.routes.api.administration.shown import WholeCallAnswer, whole_call
from services.booking.routes.api.calls import Guests, Minutes
from services.booking.routes.api.door import Body, Nothing
from services.booking.routes.api.once import Act, actor, once
from services.booking.routes.inputs import guest_requests, length_of, reason_of
from services.booking.usecases.audit import note
from services.booking.usecases.calls import call_with, locked, minutes_of
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.confirm import confirm_call, decline_call, mark_paid
from services.booking.usecases.find import guest_count
from services.booking.usecases.guests import add_guests, remove_guest
from services.booking.usecases.late import say_late
from services.booking.usecases.missed import mark_missed, unmark_missed
from services.booking.usecases.notes import write_notes
from shared.web.described import Responses, problems
from shared.web.guards import api as program
from shared.web.guards import guarded

Do = Callable[[Session, Call, datetime], object]
WRITE = program("calls", scope="calls:write")
ANSWERS: Responses = {200: WholeCallAnswer, **problems(404, 409)}


class GuestPath(CallPath):
    guest_id: UUID


class ReasonBody(Body):
    reason: str = Field("", description="In your words; they read it.")


class MoveBody(ReasonBody):
    start: str = Field(description="RFC 3339 with an offset; any time to come that is not taken.")
    minutes: Minutes = Field(None, description="Another of the call type's lengths; the call keeps its own without.")


class DelayBody(Body):
    minutes: Literal[5, 10]


class NotesBody(Body):
    notes: str = Field(description="Nobody else reads them.")


class GuestsBody(Body):
    guests: Guests


@blueprint.post("/calls/<call_id>/confirmation", summary="Say yes to a call", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def confirm(path: CallPath, body: Nothing) -> Act:  # noqa: ARG001 - an empty object
    return _on("call_confirmed", path.call_id, lambda s, call, now: confirm_call(s, call.id, now=now))


@blueprint.post("/calls/<call_id>/refusal", summary="Say no to a call that waits", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def decline(path: CallPath, body: ReasonBody) -> Act:
    reason = reason_of(body.model_dump())
    return _on("call_declined", path.call_id, lambda s, call, now: decline_call(s, call.id, reason, now=now))


@blueprint.post("/calls/<call_id>/payment", summary="Note a call as paid", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def pay(path: CallPath, body: Nothing) -> Act:  # noqa: ARG001 - an empty object
    """One that waited for it is confirmed."""
    return _on("call_paid", path.call_id, lambda s, call, now: mark_paid(s, call.id, now=now))


@blueprint.post("/calls/<call_id>/move", summary="Move a call to another time", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def move(path: CallPath, body: MoveBody) -> Act:
    """No notice and no hours bind you, only what is taken."""
    start, sent = instant(body.start), body.model_dump()
    change = Change("advisor", reason_of(sent), length_of(sent))
    return _on("call_moved", path.call_id, lambda s, call, now: move_call(s, call.token, start, change, now=now))


@blueprint.post("/calls/<call_id>/cancellation", summary="Cancel a call", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def cancel(path: CallPath, body: ReasonBody) -> Act:
    change = Change("advisor", reason_of(body.model_dump()))
    return _on("call_cancelled", path.call_id, lambda s, call, now: cancel_call(s, call.token, change, now=now))


@blueprint.post("/calls/<call_id>/delay", summary="Say that you come late", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def delay(path: CallPath, body: DelayBody) -> Act:
    def late(session: Session, call: Call, now: datetime) -> None:
        say_late(session, call.token, body.minutes, by="advisor", now=now)

    return _on("said_late", path.call_id, late, also={"minutes": body.minutes})


@blueprint.post("/calls/<call_id>/no-show", summary="Note that they did not come", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def miss(path: CallPath, body: Nothing) -> Act:  # noqa: ARG001 - an empty object
    return _on("call_missed", path.call_id, lambda s, call, now: mark_missed(s, call.id, now=now))


@blueprint.delete("/calls/<call_id>/no-show", summary="Note that they came after all", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def came(path: CallPath) -> Act:
    return _on("call_held", path.call_id, lambda s, call, now: unmark_missed(s, call.id, now=now))


@blueprint.put("/calls/<call_id>/notes", summary="Write your notes about a call", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def write(path: CallPath, body: NotesBody) -> Act:
    notes = clean_text(body.notes, "notes", required=False)
    kept = {"characters": len(notes)}
    return _on("notes_written", path.call_id, lambda s, call, _: write_notes(s, call.id, notes), also=kept)


@blueprint.post("/calls/<call_id>/guests", summary="Invite guests to a call", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def invite(path: CallPath, body: GuestsBody) -> Act:
    guests = guest_requests(body.model_dump())
    return _on("guests_invited", path.call_id, lambda s, call, now: add_guests(s, call.token, guests, now=now))


@blueprint.delete(
    "/calls/<call_id>/guests/<guest_id>",
    summary="Take back the invitation of a guest",
    tags=CALLS,
    responses=ANSWERS,
)
@guarded(WRITE)
@once()
def uninvite(path: GuestPath) -> Act:
    guest = path.guest_id
    return _on("guest_removed", path.call_id, lambda s, call, now: remove_guest(s, call.token, guest, now=now))


def _on(act: str, call_id: UUID, do: Do, *, also: dict[str, Any] | None = None) -> Act:
    """Do something with a call, and write what it changed into the trail; what changed nothing leaves no line.

    `also` is what the trail tells of an act that changes none of the facts.
    """

    def acting(session: Session, now: datetime) -> dict[str, Any]:
        # Locked before the facts are read: of two at once only one changes them.
        call, _ = locked(session, call_with(session, call_id))
        before = _facts(session, call)
        do(session, call, now)
        session.flush()
        after = _facts(session, call)
        changed: dict[str, Any] = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        if changed or also:
            note(session, actor(), act, call.id, now=now, detail=changed | (also or {}))
        return whole_call(session, call)

    return acting


def _facts(session: Session, call: Call) -> dict[str, Any]:
    return {
        "state": call.state,
        "start": z(call.starts_at),
        "minutes": minutes_of(call),
        "guests": guest_count(session, call.id),
        "paid": call.paid_at is not None,
    }
