"""What the advisor does with one call: the yes and the no, moving, cancelling, who came, guests, notes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from services.booking.domain.forms import clean_text
from services.booking.domain.zones import instant
from services.booking.routes.api.administration.calls import CALLS, CallPath
from services.booking.routes.api.administration.door import blueprint
from services.booking.routes.api.administration.shown import WholeCallAnswer, whole_call
from services.booking.routes.api.calls import Guests, Minutes
from services.booking.routes.api.door import Body, Nothing
from services.booking.routes.api.once import Act, actor, once
from services.booking.routes.inputs import guest_requests, length_of, reason_of
from services.booking.usecases import call_acts
from services.booking.usecases.call_acts import act_on
from services.booking.usecases.calls import call_with
from shared.web.described import Responses, problems
from shared.web.guards import api as program
from shared.web.guards import guarded

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
    return _on(path, call_acts.confirmed())


@blueprint.post("/calls/<call_id>/refusal", summary="Say no to a call that waits", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def decline(path: CallPath, body: ReasonBody) -> Act:
    return _on(path, call_acts.declined(reason_of(body.model_dump())))


@blueprint.post("/calls/<call_id>/payment", summary="Note a call as paid", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def pay(path: CallPath, body: Nothing) -> Act:  # noqa: ARG001 - an empty object
    """One that waited for it is confirmed."""
    return _on(path, call_acts.paid())


@blueprint.post("/calls/<call_id>/move", summary="Move a call to another time", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def move(path: CallPath, body: MoveBody) -> Act:
    """No notice and no hours bind you, only what is taken."""
    sent = body.model_dump()
    return _on(path, call_acts.moved(instant(body.start), length_of(sent), reason_of(sent)))


@blueprint.post("/calls/<call_id>/cancellation", summary="Cancel a call", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def cancel(path: CallPath, body: ReasonBody) -> Act:
    return _on(path, call_acts.cancelled(reason_of(body.model_dump())))


@blueprint.post("/calls/<call_id>/delay", summary="Say that you come late", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def delay(path: CallPath, body: DelayBody) -> Act:
    return _on(path, call_acts.late(body.minutes))


@blueprint.post("/calls/<call_id>/no-show", summary="Note that they did not come", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def miss(path: CallPath, body: Nothing) -> Act:  # noqa: ARG001 - an empty object
    return _on(path, call_acts.missed())


@blueprint.delete("/calls/<call_id>/no-show", summary="Note that they came after all", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def came(path: CallPath) -> Act:
    return _on(path, call_acts.held())


@blueprint.put("/calls/<call_id>/notes", summary="Write your notes about a call", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def write(path: CallPath, body: NotesBody) -> Act:
    return _on(path, call_acts.notes_written(clean_text(body.notes, "notes", required=False)))


@blueprint.post("/calls/<call_id>/guests", summary="Invite guests to a call", tags=CALLS, responses=ANSWERS)
@guarded(WRITE)
@once()
def invite(path: CallPath, body: GuestsBody) -> Act:
    return _on(path, call_acts.invited(guest_requests(body.model_dump())))


@blueprint.delete(
    "/calls/<call_id>/guests/<guest_id>",
    summary="Take back the invitation of a guest",
    tags=CALLS,
    responses=ANSWERS,
)
@guarded(WRITE)
@once()
def uninvite(path: GuestPath) -> Act:
    return _on(path, call_acts.uninvited(path.guest_id))


def _on(path: CallPath, wanted: call_acts.Act[Any]) -> Act:
    def act(session: Session, now: datetime) -> dict[str, Any]:
        act_on(session, path.call_id, wanted, by=actor(), now=now)
        return whole_call(session, call_with(session, path.call_id))

    return act
