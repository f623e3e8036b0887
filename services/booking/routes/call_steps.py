"""The page of a call, and what a prospect does from it: move it, cancel it, say that they are late, invite guests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import BookingError, InvalidInput, SlotTaken
from services.booking.routes import booker, call_page
from services.booking.routes.forms import Form, see_other, status_of
from services.booking.routes.inputs import guest_requests, minutes_of, reason_of, start_of
from services.booking.routes.people import MOVED, require_measure, require_measure_for_guests
from services.booking.routes.visits import Visit
from services.booking.usecases.calls import call_of
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.freshness import want_reading
from services.booking.usecases.guests import add_guests, remove_guest
from services.booking.usecases.late import say_late
from shared.clock import machine_now
from shared.web.app import this_service
from shared.web.guards import form, guarded, is_open

blueprint = Blueprint("call_steps", __name__)

Act = Callable[[Session, datetime], object]


@blueprint.get("/call/<token>")
@guarded(is_open())
def call(token: str) -> str:
    with this_service().sessions() as session:
        return call_page.render(session, call_of(session, token), just=request.args.get("just", ""))


@blueprint.get("/call/<token>/invite.ics")
@guarded(is_open())
def call_calendar(token: str) -> Response:
    with this_service().sessions() as session:
        data = call_page.calendar_file(session, call_of(session, token))
    headers = {"Content-Disposition": 'attachment; filename="call.ics"'}
    return Response(data, content_type="text/calendar; charset=utf-8", headers=headers)


@blueprint.get("/call/<token>/move")
@guarded(is_open())
def move(token: str) -> Response | str:
    with this_service().sessions() as session:
        if not call_page.may_move(session, call_of(session, token)):
            return see_other(f"/call/{token}")
    return _moving(token, Form.empty())


@blueprint.post("/call/<token>/move")
@guarded(form("move", most=60, minutes=10))
def send_move(token: str) -> Response | str | tuple[str, int]:
    service = this_service()
    if request.form.get("another"):
        return _moving(token, Form.kept())
    try:
        change = Change("prospect", reason_of(request.form), _length())
        start = start_of(request.form)
        with service.sessions.begin() as session:
            moved = move_call(session, token, start, change, now=service.clock.now())
            require_measure(session, moved.person, MOVED)
    except (InvalidInput, SlotTaken) as error:
        return _moving(token, Form.again(error)), status_of(error)
    except BookingError as error:
        return _refused(token, error)
    return see_other(f"/call/{token}?just=moved")


@blueprint.post("/call/<token>/cancel")
@guarded(form("cancel", most=60, minutes=10))
def send_cancel(token: str) -> Response | tuple[str, int]:
    return _done(token, "cancelled", _cancel(token))


@blueprint.post("/call/<token>/late")
@guarded(form("late", most=30, minutes=10))
def late(token: str) -> Response | tuple[str, int]:
    minutes = minutes_of(request.form)
    return _done(token, "late", lambda s, now: say_late(s, token, minutes, by="prospect", now=now))


@blueprint.post("/call/<token>/guests")
@guarded(form("guests", most=30, minutes=10))
def guests(token: str) -> Response | tuple[str, int]:
    def invite(session: Session, now: datetime) -> None:
        added = add_guests(session, token, guest_requests(request.form), now=now)
        require_measure_for_guests(session, (guest.person for guest in added))

    return _done(token, "guests", invite)


@blueprint.post("/call/<token>/guests/<uuid:guest_id>/remove")
@guarded(form("guests", most=30, minutes=10))
def remove(token: str, guest_id: UUID) -> Response | tuple[str, int]:
    return _done(token, "guests", lambda s, now: remove_guest(s, token, guest_id, now=now))


def _cancel(token: str) -> Act:
    return lambda s, now: cancel_call(s, token, Change("prospect", reason_of(request.form)), now=now)


def _length() -> int | None:
    """The length that a moved call gets; None keeps the one it has."""
    return minutes_of(request.form) if request.form.get("minutes") else None


def _moving(token: str, shown: Form) -> str:
    with this_service().sessions.begin() as session:
        want_reading(session, machine=machine_now())
        return booker.render(session, Visit.to_move(session, call_of(session, token), shown), shown)


def _done(token: str, just: str, do: Act) -> Response | tuple[str, int]:
    """One step, and the page again: as it stands now, or with why the step was not taken."""
    service = this_service()
    try:
        with service.sessions.begin() as session:
            do(session, service.clock.now())
    except BookingError as error:
        return _refused(token, error)
    return see_other(f"/call/{token}?just={just}")


def _refused(token: str, error: BookingError) -> tuple[str, int]:
    with this_service().sessions() as session:
        return call_page.render(session, call_of(session, token), refused=error), status_of(error)
