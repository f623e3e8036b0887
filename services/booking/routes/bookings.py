"""Booking a call on its page, and opening the link that an address must answer first."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from services.booking.domain.errors import (
    BookingError,
    LinkNeeded,
    LinkSpent,
    NotFound,
    NotOpen,
    OpenCallExists,
    SlotTaken,
)
from services.booking.domain.states import CallState
from services.booking.routes import booker, call_page, sending
from services.booking.routes.forms import Form, see_other, status_of
from services.booking.routes.holding import who_books
from services.booking.routes.people import BOOKED, require_measure, require_measure_for_guests, require_person
from services.booking.routes.said import said
from services.booking.routes.visits import Visit
from services.booking.usecases.book import book_call
from services.booking.usecases.freshness import want_reading
from services.booking.usecases.offers import public_types
from services.booking.usecases.open_calls import show_open_calls
from services.booking.usecases.verify import call_to_verify, verify_address
from shared.clock import machine_now
from shared.web.app import this_service
from shared.web.guards import form, guarded, is_open

blueprint = Blueprint("bookings", __name__)


@blueprint.get("/book/<slug>")
@guarded(is_open())
def book(slug: str) -> str:
    return _page(slug, Form.empty())


@blueprint.post("/book/<slug>")
@guarded(form("book", most=60, minutes=10))
def send_booking(slug: str) -> Response | str | tuple[str, int]:
    service = this_service()
    if request.form.get("another"):
        # Without scripts: other times, and all that was typed stays in the form.
        return _page(slug, Form.kept())
    try:
        require_person()
        with service.sessions.begin() as session:
            wanted = sending.request_of(session, slug)
            call = book_call(session, wanted, **who_books(request), now=service.clock.now())
            require_measure(session, call.person, BOOKED)
            require_measure_for_guests(session, (guest.person for guest in wanted.guests))
            then = sending.led_to(session, call)
    except OpenCallExists as error:
        with service.sessions.begin() as session:
            show_open_calls(session, sending.request_of(session, slug), now=service.clock.now())
        return _page(slug, Form.again(error)), status_of(error)
    except (NotFound, LinkNeeded, LinkSpent):
        raise
    except BookingError as error:
        return _page(slug, Form.again(sending.as_shown(error))), status_of(error)
    return see_other(then)


@blueprint.errorhandler(LinkNeeded)
@blueprint.errorhandler(LinkSpent)
def closed(error: LinkNeeded | LinkSpent) -> tuple[str, int]:
    """The page of a call type that does not open: why, and what to do."""
    slug = (request.view_args or {}).get("slug", "")
    why = said(error.message)
    used = isinstance(error, LinkSpent) and error.why == "used"
    with this_service().sessions() as session:
        is_public = any(row.slug == slug for row in public_types(session))
    page = render_template("book/closed.html", why=why, used=used, all=f"/book/{slug}" if is_public else "")
    return page, 409 if isinstance(error, LinkSpent) else 403


@blueprint.get("/verify/<token>")
@guarded(is_open())
def verify(token: str) -> Response | str:
    """Only a page with a button: mail servers open the links of a mail to look at what is behind them."""
    return _to_verify(token, None)


@blueprint.post("/verify/<token>")
@guarded(form("verify", most=30, minutes=10))
def send_verify(token: str) -> Response | tuple[Response | str, int]:
    service = this_service()
    try:
        with service.sessions.begin() as session:
            call = verify_address(session, token, now=service.clock.now())
            then = sending.led_to(session, call)
    except (NotOpen, SlotTaken) as error:
        return _to_verify(token, error), 409
    return see_other(then)


def _page(slug: str, shown: Form) -> str:
    service = this_service()
    with service.sessions.begin() as session:
        want_reading(session, machine=machine_now())
        return booker.render(session, Visit.to_book(session, slug, shown, now=service.clock.now()), shown)


def _to_verify(token: str, refused: BookingError | None) -> Response | str:
    with this_service().sessions() as session:
        call = call_to_verify(session, token)
        if call.state not in (CallState.UNVERIFIED, CallState.LAPSED):
            # Confirmed, or taken back: the call's own page says how it stands.
            return see_other(f"/call/{call.token}")
        return render_template("verify.html", **call_page.to_verify(session, call, refused))
