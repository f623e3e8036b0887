"""Booking, moving and cancelling by a program, for the person who booked."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from services.booking.domain.zones import instant
from services.booking.models import Call
from services.booking.routes.api.door import Body, TokenPath, blueprint, z
from services.booking.routes.inputs import booking_request, reason_of
from services.booking.routes.people import BOOKED, MOVED, require_measure, require_proof
from services.booking.routes.shown import questions_asked
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call, move_call
from shared.settings import Settings
from shared.web.app import language, this_service
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded


class BookingBody(Body):
    call_type: str
    start: str = Field(description="RFC 3339 with an offset.")
    name: str
    email: str
    timezone: str = "UTC"
    company: str = ""
    answers: dict[str, Any] = Field(
        default_factory=dict,
        description="Answers by the question's key or its words: a string, a number, true or false, a list of strings.",
    )
    form_key: str = Field("", description="The same key and person again: the same booking again.")
    invitation: str = Field("", description="For call types that need an accepted request.")
    attribution: dict[str, str] = Field(default_factory=dict)
    proof: str = Field("", description="ALTCHA's payload for a challenge of `/proof`; not needed with a token.")


class RescheduleBody(Body):
    start: str
    reason: str = ""


class CancelBody(Body):
    reason: str = ""


class CallAnswer(BaseModel):
    id: str
    start: str
    end: str
    state: str
    manage_url: str = Field(description="The call's page, for the person who booked. Its last part is their token.")
    ics_url: str


@blueprint.post("/bookings", summary="Book a call", responses={201: CallAnswer, **problems(404, 409)})
@guarded(program("bookings", most=300))
def book(body: BookingBody) -> tuple[dict[str, Any], int]:
    service = this_service()
    require_proof(body.proof)
    with service.sessions.begin() as session:
        asked = questions_asked(session, body.call_type)
        wanted = booking_request(body.model_dump(), questions=asked, locale=language())
        call = book_call(session, wanted, uid_domain=service.settings.mail_domain, now=service.clock.now())
        require_measure(session, call.person, BOOKED)
    return call_answer(call, service.settings), 201


@blueprint.post(
    "/bookings/<token>/reschedule", summary="Move a call", responses={200: CallAnswer, **problems(404, 409)}
)
@guarded(program("bookings", most=300))
def reschedule(path: TokenPath, body: RescheduleBody) -> dict[str, Any]:
    service = this_service()
    start, change = instant(body.start), Change("prospect", reason_of(body.model_dump()))
    with service.sessions.begin() as session:
        call = move_call(session, path.token, start, change, now=service.clock.now())
        require_measure(session, call.person, MOVED)
    return call_answer(call, service.settings)


@blueprint.post("/bookings/<token>/cancel", summary="Cancel a call", responses={200: CallAnswer, **problems(404, 409)})
@guarded(program("bookings", most=300))
def cancel(path: TokenPath, body: CancelBody) -> dict[str, Any]:
    service = this_service()
    change = Change("prospect", reason_of(body.model_dump()))
    with service.sessions.begin() as session:
        call = cancel_call(session, path.token, change, now=service.clock.now())
    return call_answer(call, service.settings)


def call_answer(call: Call, settings: Settings) -> dict[str, Any]:
    """A call as its person sees it."""
    page = f"{settings.public_url}/call/{call.token}"
    return {
        "id": str(call.id),
        "start": z(call.starts_at),
        "end": z(call.ends_at),
        "state": call.state,
        "manage_url": page,
        "ics_url": f"{page}/invite.ics",
    }
