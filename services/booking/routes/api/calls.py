"""Booking, looking at, moving and cancelling a call by a program, for the person who booked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Annotated, Any

from flask import g
from pydantic import BaseModel, Field, WithJsonSchema
from sqlalchemy.orm import Session

from services.booking.domain.errors import NotFound, OpenCallExists
from services.booking.domain.forms import clipped
from services.booking.domain.questions import questions_of
from services.booking.domain.requests import BookingRequest
from services.booking.domain.zones import instant, z
from services.booking.models import Call
from services.booking.routes.api.door import Body, TokenPath, Zone, blueprint, in_a_zone
from services.booking.routes.api.once import Act, once
from services.booking.routes.inputs import booking_request, length_of, reason_of
from services.booking.routes.people import BOOKED, MOVED, require_measure, require_measure_for_guests
from services.booking.usecases.availability import Offer, offer_of
from services.booking.usecases.book import book_call
from services.booking.usecases.calls import call_of
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.open_calls import show_open_calls
from shared.web.app import language, this_service
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded

_NAMED = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "email": {"type": "string"}},
    "required": ["email"],
}
# Wide, because the words for people in the domain say what is wrong with which guest.
Guest = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "string"}, _NAMED]})]
Minutes = Annotated[int | None, Field(description="One of the lengths of the call type; its usual one when left out.")]
Guests = Annotated[list[Guest], Field(description="At most ten: an address each, or a name and an address.")]
Answers = Annotated[
    dict[str, Any],
    Field(description="By the question's key or its words: a string, a number, true or false, a list of strings."),
]


class CallBody(Body):
    call_type: str
    start: str = Field(description="RFC 3339 with an offset.")
    minutes: Minutes = None
    name: str
    email: str
    timezone: Zone = ""
    company: str = ""
    phone: str = ""
    guests: Guests = Field(default_factory=list)
    answers: Answers = Field(default_factory=dict)


class BookingBody(CallBody):
    form_key: str = Field("", description="The same key and person again: the same booking again.")
    invitation: str = Field("", description="For call types that need an accepted request.")
    link: str = Field("", description="The token of a private link.")
    attribution: dict[str, str] = Field(default_factory=dict)
    proof: str = Field("", description="ALTCHA's payload for a challenge of `/proof`; not needed with a token.")


class RescheduleBody(Body):
    start: str = Field(description="RFC 3339 with an offset.")
    minutes: Minutes = Field(None, description="Another of the call type's lengths; the call keeps its own without.")
    reason: str = ""


class CancelBody(Body):
    reason: str = ""


class BookingAnswer(BaseModel):
    id: str
    start: str
    end: str
    state: str = Field(description="unverified, pending, confirmed, declined, lapsed, cancelled, completed or missed")
    manage_url: str = Field(description="The call's page, for the person who booked. Its last part is their token.")
    ics_url: str = Field(description="The call as a file for a calendar. 404 until it is confirmed.")


def _showing_open_calls(view: Callable[..., Any]) -> Callable[..., Any]:
    """As on the page: who has such a call gets the way to it by mail, and only a program with a token hears of it."""

    @wraps(view)
    def shown(body: BookingBody) -> Any:
        service = this_service()
        try:
            return view(body=body)
        except OpenCallExists as error:
            with service.sessions.begin() as session:
                show_open_calls(session, _wanted(session, body)[1], now=service.clock.now())
            raise OpenCallExists(known=g.caller is not None) from error

    return shown


@blueprint.post("/bookings", summary="Book a call", responses={201: BookingAnswer, **problems(404, 409)})
@guarded(program("bookings", most=300))
@_showing_open_calls
@once(201, proof=True)
def book(body: BookingBody) -> Act:
    """409 when the time is not free, with the nearest that are in `nearest`."""

    def act(session: Session, now: datetime) -> dict[str, Any]:
        offer, wanted = _wanted(session, body)
        call = book_call(session, wanted, uid_domain=this_service().settings.mail_domain, now=now, offer=offer)
        require_measure(session, call.person, BOOKED)
        require_measure_for_guests(session, (guest.person for guest in wanted.guests))
        return booking_answer(call)

    return act


def _wanted(session: Session, body: BookingBody) -> tuple[Offer, BookingRequest]:
    fields = in_a_zone(session, body)
    try:
        offer = offer_of(session, clipped(body.call_type))
    except NotFound:
        # Why there is no such call type may be what is wrong with its name.
        booking_request(fields, questions=(), locale=language())
        raise
    return offer, booking_request(fields, questions=questions_of(offer.call_type.questions), locale=language())


@blueprint.get("/bookings/<token>", summary="A call", responses={200: BookingAnswer, **problems(404)})
@guarded(program("bookings", most=300))
def show(path: TokenPath) -> dict[str, Any]:
    with this_service().sessions() as session:
        return booking_answer(call_of(session, path.token))


@blueprint.post(
    "/bookings/<token>/reschedule", summary="Move a call", responses={200: BookingAnswer, **problems(404, 409)}
)
@guarded(program("bookings", most=300))
@once()
def reschedule(path: TokenPath, body: RescheduleBody) -> Act:
    start, sent = instant(body.start), body.model_dump()
    change = Change("prospect", reason_of(sent), length_of(sent))

    def act(session: Session, now: datetime) -> dict[str, Any]:
        call = move_call(session, path.token, start, change, now=now)
        require_measure(session, call.person, MOVED)
        return booking_answer(call)

    return act


@blueprint.post(
    "/bookings/<token>/cancel", summary="Cancel a call", responses={200: BookingAnswer, **problems(404, 409)}
)
@guarded(program("bookings", most=300))
@once()
def cancel(path: TokenPath, body: CancelBody) -> Act:
    change = Change("prospect", reason_of(body.model_dump()))
    return lambda session, now: booking_answer(cancel_call(session, path.token, change, now=now))


def booking_answer(call: Call) -> dict[str, Any]:
    """A call as its person sees it."""
    page = f"{this_service().settings.public_url}/call/{call.token}"
    return {
        "id": str(call.id),
        "start": z(call.starts_at),
        "end": z(call.ends_at),
        "state": call.state,
        "manage_url": page,
        "ics_url": f"{page}/invite.ics",
    }
