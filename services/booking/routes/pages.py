"""Pages for people: the first page, asking, booking, and a call. Read the form, one use case, answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy import select

from services.booking.domain.errors import BookingError, InvalidInput, SlotTaken, TooManyUnproven
from services.booking.models import CallType
from services.booking.routes import booker, call_page, sending
from services.booking.routes.forms import Form, see_other
from services.booking.routes.holding import who_books
from services.booking.routes.inputs import contact_request, mentorship_request, reason_of, start_of
from services.booking.routes.people import BOOKED, MOVED, require_measure, require_person
from services.booking.routes.shown import home_ways, public_types, to_book
from services.booking.usecases import ask as asks
from services.booking.usecases.availability import advisor_of, next_free, offer_of
from services.booking.usecases.book import book_call
from services.booking.usecases.calls import call_of
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.consent import follow_up_sentence, newest_article
from services.booking.usecases.freshness import want_reading
from shared.clock import machine_now
from shared.i18n import translations
from shared.security import new_token
from shared.web.app import language, this_service
from shared.web.guards import form, guarded, is_open

blueprint = Blueprint("booking", __name__)


@blueprint.get("/")
@guarded(is_open())
def home() -> str:
    with this_service().sessions() as session:
        types = public_types(session)
        article, advisor = newest_article(session), advisor_of(session)
        first = types[0] if types else None
        return render_template(
            "home.html",
            headline=advisor.headline,
            ways=home_ways(session, advisor),
            first_step=to_book(first) if first else None,
            article={"title": article.title, "href": f"/articles/{article.slug}"} if article else None,
        )


@blueprint.get("/contact")
@guarded(is_open())
def contact() -> str:
    return _contact_page(Form.empty())


@blueprint.post("/contact")
@guarded(form("contact", most=30, minutes=10))
def send_contact() -> Response | tuple[str, int]:
    service = this_service()
    try:
        require_person()
        with service.sessions.begin() as session:
            wanted = contact_request(request.form, follow_up=_ticked(session), locale=language())
            ask = asks.ask_by_contact(session, wanted, now=service.clock.now())
    except InvalidInput as error:
        return _contact_page(Form.again(error)), _status(error)
    return see_other(f"/sent/{ask.token}")


@blueprint.get("/mentorship")
@guarded(is_open())
def mentorship() -> str:
    return _mentorship_page(Form.empty())


@blueprint.post("/mentorship")
@guarded(form("mentorship", most=30, minutes=10))
def send_mentorship() -> Response | tuple[str, int]:
    service = this_service()
    try:
        require_person()
        with service.sessions.begin() as session:
            wanted = mentorship_request(request.form, follow_up=_ticked(session), locale=language())
            ask = asks.ask_for_mentorship(session, wanted, now=service.clock.now())
    except InvalidInput as error:
        return _mentorship_page(Form.again(error)), _status(error)
    return see_other(f"/sent/{ask.token}")


@blueprint.get("/sent/<token>")
@guarded(is_open())
def sent(token: str) -> str:
    """After an ask: a page of its own, so that reloading sends nothing again."""
    service = this_service()
    with service.sessions() as session:
        ask = asks.ask_of(session, token)
        article, types = newest_article(session), public_types(session)
        return render_template(
            "sent.html",
            kind=ask.kind,
            email=ask.email,
            answer_by=None,
            zone=ask.zone,
            follow_up=ask.follow_up is not None,
            times=_three_times(session, types, ask.zone),
            book={"name": types[0].name, "href": f"/book/{types[0].slug}"} if types else None,
            article={"title": article.title, "href": f"/articles/{article.slug}"} if article else None,
        )


@blueprint.get("/book/<slug>")
@guarded(is_open())
def book(slug: str) -> str:
    with this_service().sessions.begin() as session:
        want_reading(session, machine=machine_now())
        return booker.render(session, booker.Visit.to_book(session, slug), Form.empty())


@blueprint.post("/book/<slug>")
@guarded(form("book", most=60, minutes=10))
def send_booking(slug: str) -> Response | tuple[str, int]:
    service = this_service()
    try:
        require_person()
        with service.sessions.begin() as session:
            wanted = sending.request_of(session, slug)
            call = book_call(session, wanted, **who_books(request), now=service.clock.now())
            require_measure(session, call.person, BOOKED)
            then = sending.led_to(session, call)
    except (InvalidInput, SlotTaken) as error:
        with service.sessions() as session:
            visit = booker.Visit.to_book(session, slug)
            return booker.render(session, visit, Form.again(sending.as_shown(error))), _status(error)
    return see_other(then)


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
    with this_service().sessions.begin() as session:
        moving = call_of(session, token)
        want_reading(session, machine=machine_now())
        if not call_page.may_move(session, moving):
            return see_other(f"/call/{token}")
        return booker.render(session, booker.Visit.to_move(session, moving), Form.empty())


@blueprint.post("/call/<token>/move")
@guarded(form("move", most=60, minutes=10))
def send_move(token: str) -> Response | tuple[str, int]:
    service = this_service()
    try:
        start, change = start_of(request.form), Change("prospect", reason_of(request.form))
        with service.sessions.begin() as session:
            moved = move_call(session, token, start, change, now=service.clock.now())
            require_measure(session, moved.person, MOVED)
    except (InvalidInput, SlotTaken) as error:
        with service.sessions() as session:
            visit = booker.Visit.to_move(session, call_of(session, token))
            return booker.render(session, visit, Form.again(error)), _status(error)
    return see_other(f"/call/{token}?just=moved")


@blueprint.post("/call/<token>/cancel")
@guarded(form("cancel", most=60, minutes=10))
def send_cancel(token: str) -> Response | tuple[str, int]:
    service = this_service()
    try:
        change = Change("prospect", reason_of(request.form))
        with service.sessions.begin() as session:
            cancel_call(session, token, change, now=service.clock.now())
    except BookingError as error:
        with service.sessions() as session:
            return call_page.render(session, call_of(session, token), refused=error), _status(error)
    return see_other(f"/call/{token}?just=cancelled")


def _contact_page(shown: Form) -> str:
    with this_service().sessions() as session:
        types = public_types(session)
        return render_template(
            "contact.html",
            values=shown.values,
            errors=shown.errors,
            form_key=shown.key or new_token(),
            zone=shown.values.get("timezone") or advisor_of(session).zone,
            follow_up=follow_up_sentence(newest_article(session), translations(language()).gettext),
            book=to_book(types[0]) if types else None,
        )


def _mentorship_page(shown: Form) -> str:
    with this_service().sessions() as session:
        offered = session.scalars(
            select(CallType).where(CallType.way == "mentorship", CallType.active).order_by(CallType.position)
        ).all()
        intro = next((row for row in offered if row.access == "public"), None)
        return render_template(
            "mentorship.html",
            values=shown.values,
            errors=shown.errors,
            form_key=shown.key or new_token(),
            zone=shown.values.get("timezone") or advisor_of(session).zone,
            follow_up=follow_up_sentence(newest_article(session), translations(language()).gettext),
            prices={
                "one_session": next((row.price_text for row in offered if row.access != "public"), ""),
                "ongoing": "",
            },
            intro=to_book(intro) if intro else None,
        )


def _three_times(session: Any, types: list[CallType], zone: str) -> list[dict[str, Any]]:
    if not types:
        return []
    offer = offer_of(session, types[0].slug)
    starts = next_free(session, offer, now=this_service().clock.now(), count=3)
    return booker.chips(types[0], starts, zone, language())


def _ticked(session: Any) -> str | None:
    """The sentence beside the box when it was ticked: exactly what the page showed."""
    if not request.form.get("follow_up"):
        return None
    return follow_up_sentence(newest_article(session), translations(language()).gettext)


def _status(error: BookingError) -> int:
    if isinstance(error, InvalidInput):
        return 429 if isinstance(error, TooManyUnproven) else 422
    return 409
