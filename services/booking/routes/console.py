"""The advisor's console: signing in, what is owed today, and the acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, abort, g, render_template, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import FieldError, InvalidInput, Message, WrongPassword, invalid
from services.booking.domain.happenings import MAILS
from services.booking.domain.states import CallState
from services.booking.models import Ask
from services.booking.routes.call_words import counter_of, entry_of, event_in_words, late_in_words, line_of, mail_of
from services.booking.routes.console_entries import failing, lost, unwritten
from services.booking.routes.forms import Form, see_other
from services.booking.routes.said import done, said
from services.booking.usecases.ask import answer_ask
from services.booking.usecases.audit import note
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.freshness import want_reading
from services.booking.usecases.late import late_now
from services.booking.usecases.offers import public_types
from services.booking.usecases.render import answers_of, location_of
from services.booking.usecases.room import Entry
from services.booking.usecases.sign_in import change_password, must_change, sign_in, sign_out
from services.booking.usecases.today import send_again, stored_mail, today
from shared.clock import machine_now
from shared.web.app import this_service
from shared.web.guards import SESSION_COOKIE, console, form, guarded, is_open

blueprint = Blueprint("console", __name__, url_prefix="/console")

# An answer is promised within two working days; from then on a line is late.
LATE_AFTER = timedelta(days=2)
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200


@blueprint.get("/signin")
@guarded(is_open())
def signin() -> str:
    return render_template("console/signin.html", values={}, wrong=None, next=_next())


@blueprint.post("/signin")
@guarded(form("signin", most=10, minutes=5))
def open_session() -> Response | tuple[str, int]:
    service = this_service()
    # The database refuses to be asked for a NUL; with another letter in its place it is nobody's address.
    email = request.form.get("email", "")[:320].replace("\0", "\ufffd")
    password = request.form.get("password", "")[:LONGEST_PASSWORD]
    try:
        with service.sessions.begin() as session:
            cookie = sign_in(session, email, password, machine=machine_now())
    except WrongPassword as error:
        wrong = said(error.message)
        values = {"email": Form.again(error).values.get("email", "")}
        return render_template("console/signin.html", values=values, wrong=wrong, next=_next()), 403
    return _with_cookie(see_other(_next()), cookie)


@blueprint.post("/signout")
@guarded(console())
def close_session() -> Response:
    with this_service().sessions.begin() as session:
        sign_out(session, request.cookies.get(SESSION_COOKIE, ""))
    answer = see_other("/")
    answer.delete_cookie(SESSION_COOKIE, path="/console")
    return answer


@blueprint.get("")
@guarded(console())
def show_today() -> str:
    service = this_service()
    now = service.clock.now()
    with service.sessions.begin() as session:
        want_reading(session, machine=machine_now())
        found, advisor = today(session, now=now), advisor_of(session)
        late = late_now(session, [call for entry in found.calls for call in entry.calls], now=now)
        return render_template(
            "console/today.html",
            now=now,
            zone=advisor.zone,
            said=done(request.args.get("said", "")),
            first_password=must_change(session, g.caller.account),
            waiting=[line_of(call, row, now=now) for call, row in found.waiting],
            counters=[
                {**line_of(call, row, now=now), **counter_of(call, proposal, advisor.zone)}
                for call, row, proposal in found.counters
            ],
            calls=[_call(entry, location_of(advisor, entry.call_type), late, now=now) for entry in found.calls],
            asks=[_ask(ask, late=ask.created_at < now - LATE_AFTER) for ask in found.asks if ask.kind == "contact"],
            requests=[_ask(a, late=a.created_at < now - LATE_AFTER) for a in found.asks if a.kind == "mentorship"],
            stuck=[mail_of(mail, "") for mail in found.stuck],
            parked=[{"event": event_in_words(row.name), "error": row.error or ""} for row in found.parked_events],
            unwritten=unwritten(found.parked_entries),
            book=_first_page(session),
            lost=lost(session),
            failing=failing(session),
            answer_href="/console/asks/{id}/{answer}",
        )


@blueprint.post("/asks/<uuid:ask_id>/<answer>")
@guarded(console())
def answer(ask_id: UUID, answer: str) -> Response:
    service = this_service()
    with service.sessions.begin() as session:
        answer_ask(session, ask_id, answer, now=service.clock.now(), by=g.caller.email)
    return see_other(f"/console?said={answer}")


@blueprint.get("/mails/<uuid:mail_id>")
@guarded(console())
def mail(mail_id: UUID) -> str:
    with this_service().sessions() as session:
        found = stored_mail(session, mail_id)
        if found is None:
            abort(404)
        subject = found["subject"] or said(MAILS[found["kind"]])
        return render_template("console/mail.html", mail={**found, "subject": subject}, zone=advisor_of(session).zone)


@blueprint.post("/mails/<uuid:mail_id>/again")
@guarded(console())
def mail_again(mail_id: UUID) -> Response:
    service = this_service()
    with service.sessions.begin() as session:
        if not send_again(session, mail_id):
            abort(404)
        note(session, g.caller.email, "mail_sent_again", mail_id, now=service.clock.now())
    return see_other(f"/console/mails/{mail_id}")


@blueprint.get("/password")
@guarded(console())
def password() -> str:
    return _password_page([])


@blueprint.post("/password")
@guarded(console())
def set_password() -> Response | tuple[str, int]:
    service = this_service()
    new = request.form.get("new", "")
    try:
        _require_length(new)
        with service.sessions.begin() as session:
            old = request.form.get("old", "")[:LONGEST_PASSWORD]
            cookie = change_password(session, g.caller.account, old, new, machine=machine_now())
            note(session, g.caller.email, "password_changed", g.caller.account, now=service.clock.now())
    except WrongPassword:
        wrong = FieldError("old", Message("This is not your password."), Message("Type the one you signed in with."))
        return _password_page(Form.again(InvalidInput([wrong])).errors), 422
    except InvalidInput as error:
        return _password_page(Form.again(error).errors), 422
    return _with_cookie(see_other("/console?said=password"), cookie)


def _password_page(errors: list[Any]) -> str:
    with this_service().sessions() as session:
        first = must_change(session, g.caller.account)
    return render_template("console/password.html", must_change=first, errors=errors, shortest=SHORTEST_PASSWORD)


def _require_length(new: str) -> None:
    if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
        message = Message("A password has 12 to 200 characters.")
        raise invalid("new", message, Message("A few words in a row are easy to remember."))


def _call(entry: Entry, location: str, late: Mapping[UUID, dict[str, int]], *, now: datetime) -> dict[str, Any]:
    call, line = entry.first, entry_of(entry, now=now)
    for seat, one in zip(line["seats"], entry.calls, strict=False):
        seat["late"] = late_in_words(late.get(one.id, {}))
    place = (entry.group.location if entry.group else call.location) or location
    stands = any(one.state == CallState.CONFIRMED for one in entry.calls)
    facts = {"email": call.email, "location": place if stands else "", "answers": answers_of(call), "stands": stands}
    return line | facts | {"late": [] if entry.group else late_in_words(late.get(call.id, {}))}


def _first_page(session: Session) -> str:
    """The page that the advisor can pass on to be booked, or ""."""
    types = public_types(session)
    return f"/book/{types[0].slug}" if types else ""


def _ask(ask: Ask, *, late: bool) -> dict[str, Any]:
    return {
        "id": ask.id,
        "who": ask.name,
        "email": ask.email,
        "company": ask.company,
        "phone": ask.phone,
        "words": ask.message,
        "at": ask.created_at,
        "late": late,
        "follow_up": ask.follow_up is not None,
        "format": ask.format,
        "background": ask.background,
        "preferred_times": ask.preferred_times,
    }


def _next() -> str:
    """Where to go after signing in: a page of the console, and no other place."""
    wanted = request.values.get("next", "")
    return quote(wanted, safe="/?=&-") if wanted.startswith("/console") and "signin" not in wanted else "/console"


def _with_cookie(answer: Response, cookie: str) -> Response:
    secure = this_service().settings.public_url.startswith("https:")
    answer.set_cookie(
        SESSION_COOKIE, cookie, max_age=14 * 86400, httponly=True, samesite="Lax", secure=secure, path="/console"
    )
    return answer
