"""What a prospect does from the page of their call beside moving and cancelling it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import BookingError, InvalidInput
from services.booking.routes import call_page
from services.booking.routes.forms import see_other
from services.booking.routes.inputs import guest_requests, minutes_of
from services.booking.usecases.calls import call_of
from services.booking.usecases.guests import add_guests, remove_guest
from services.booking.usecases.late import say_late
from shared.web.app import this_service
from shared.web.guards import form, guarded

blueprint = Blueprint("call_steps", __name__)

Act = Callable[[Session, datetime], object]


@blueprint.post("/call/<token>/late")
@guarded(form("late", most=30, minutes=10))
def late(token: str) -> Response | tuple[str, int]:
    minutes = minutes_of(request.form)
    return _done(token, "late", lambda s, now: say_late(s, token, minutes, by="prospect", now=now))


@blueprint.post("/call/<token>/guests")
@guarded(form("guests", most=30, minutes=10))
def guests(token: str) -> Response | tuple[str, int]:
    return _done(token, "guests", lambda s, now: add_guests(s, token, guest_requests(request.form), now=now))


@blueprint.post("/call/<token>/guests/<uuid:guest_id>/remove")
@guarded(form("guests", most=30, minutes=10))
def remove(token: str, guest_id: UUID) -> Response | tuple[str, int]:
    return _done(token, "guests", lambda s, now: remove_guest(s, token, guest_id, now=now))


def _done(token: str, just: str, do: Act) -> Response | tuple[str, int]:
    """One step, and the page again: as it stands now, or with why the step was not taken."""
    service = this_service()
    try:
        with service.sessions.begin() as session:
            do(session, service.clock.now())
    except BookingError as error:
        with service.sessions() as session:
            page = call_page.render(session, call_of(session, token), refused=error)
            return page, 422 if isinstance(error, InvalidInput) else 409
    return see_other(f"/call/{token}?just={just}")
