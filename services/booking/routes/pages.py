"""Pages for people: the first page and asking. Read the form, one use case, answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from services.booking.domain.errors import InvalidInput
from services.booking.models import CallType
from services.booking.routes import booker
from services.booking.routes.forms import Form, see_other, status_of
from services.booking.routes.inputs import contact_request, mentorship_request
from services.booking.routes.people import require_person
from services.booking.routes.shown import home_ways, to_book
from services.booking.usecases import ask as asks
from services.booking.usecases.availability import advisor_of, next_free, offer_of
from services.booking.usecases.consent import follow_up_sentence, newest_article
from services.booking.usecases.freshness import want_reading
from services.booking.usecases.offers import public_types, shown_types
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
        return _contact_page(Form.again(error)), status_of(error)
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
        return _mentorship_page(Form.again(error)), status_of(error)
    return see_other(f"/sent/{ask.token}")


@blueprint.get("/sent/<token>")
@guarded(is_open())
def sent(token: str) -> str:
    """After an ask: a page of its own, so that reloading sends nothing again."""
    service = this_service()
    with service.sessions.begin() as session:
        want_reading(session, machine=machine_now())
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
        offered = [row for row in shown_types(session) if row.way == "mentorship"]
        intro = next((row for row in offered if row.access == "public"), None)
        return render_template(
            "mentorship.html",
            values=shown.values,
            errors=shown.errors,
            form_key=shown.key or new_token(),
            zone=shown.values.get("timezone") or advisor_of(session).zone,
            follow_up=follow_up_sentence(newest_article(session), translations(language()).gettext),
            prices={
                "one_session": next((row.price_text for row in offered if row.access == "accepted_request"), ""),
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
