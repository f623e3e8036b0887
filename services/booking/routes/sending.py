"""The booking form as it was sent: what it asks for, why it was refused, and where it leads once it was taken."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from sqlalchemy.orm import Session

from services.booking.domain.attribution import as_parameters
from services.booking.domain.errors import BookingError, InvalidInput, TooManyUnproven
from services.booking.domain.redirects import with_parameters
from services.booking.domain.requests import BookingRequest
from services.booking.domain.zones import z
from services.booking.models import Call
from services.booking.routes.inputs import booking_request
from services.booking.usecases.offers import call_type_with, questions_asked
from shared.web.app import language


def request_of(session: Session, slug: str) -> BookingRequest:
    """What the booking form asks for. Raises `InvalidInput`."""
    sent, asked = request.form, questions_asked(session, slug)
    answers = {one.key: sent.getlist(one.key) if one.kind == "several" else sent.get(one.key, "") for one in asked}
    fields = {**sent.to_dict(), "call_type": slug, "answers": answers}
    return booking_request(fields, questions=asked, locale=language())


def led_to(session: Session, call: Call) -> str:
    """The page after booking: the advisor's own once the call stands, else the call's."""
    offered = call_type_with(session, call.call_type_id)
    if not offered.redirect_url or call.state != "confirmed":
        return f"/call/{call.token}?just=booked"
    who = {"email": call.email, "name": call.name}
    facts = {"call": str(call.id), "call_type": offered.slug, "start": z(call.starts_at), **who}
    return with_parameters(offered.redirect_url, {**facts, **as_parameters(call.attribution)})


def as_shown(error: BookingError) -> BookingError:
    """The page's own fields have shorter names than the API's."""
    if not isinstance(error, InvalidInput) or isinstance(error, TooManyUnproven):
        return error
    return InvalidInput([replace(one, field=one.field.removeprefix("answers.")) for one in error.errors])
