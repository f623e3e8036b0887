"""The web service of booking: blueprints, and what each domain error means to who asked. No logic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from services.booking.domain import errors
from services.booking.domain.errors import BookingError
from services.booking.domain.listing import utc_texts
from services.booking.routes import (
    api,
    bookings,
    call_steps,
    console,
    console_absences,
    console_advisor,
    console_asks,
    console_blocked,
    console_book,
    console_calendars,
    console_call,
    console_calls,
    console_entries,
    console_feeds,
    console_hours,
    console_offers,
    console_room,
    console_why,
    feeds,
    holding,
    pages,
    people,
    record,
    shown,
    times,
)
from shared.i18n import translations
from shared.service import Service
from shared.web.app import ErrorMap, language, make_app
from shared.web.problems import FieldProblem, Problem, for_program
from shared.web.records import record_api, record_pages

HERE = Path(__file__).parent


def create_app(service: Service) -> Flask:
    """Booking's pages, console and API."""
    app = make_app(service, package=__name__, folder=HERE, errors=ERRORS)
    app.register_api(api.blueprint)
    app.register_api(api.administration.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(bookings.blueprint)
    app.register_blueprint(call_steps.blueprint)
    app.register_blueprint(times.blueprint)
    app.register_blueprint(people.blueprint)
    app.register_blueprint(api.document.pages)
    app.register_blueprint(console.blueprint)
    for calls in (console_room, console_book, console_call, console_calls, console_asks):
        app.register_blueprint(calls.blueprint)
    app.register_blueprint(console_offers.blueprint)
    app.register_blueprint(console_entries.blueprint)
    app.register_blueprint(console_calendars.blueprint)
    app.register_blueprint(console_feeds.blueprint)
    app.register_blueprint(console_blocked.blueprint)
    app.register_blueprint(console_hours.blueprint)
    app.register_blueprint(console_absences.blueprint)
    app.register_blueprint(console_advisor.blueprint)
    app.register_blueprint(console_why.blueprint)
    app.register_blueprint(feeds.blueprint)
    app.register_blueprint(holding.blueprint)
    app.register_blueprint(record.blueprint)
    app.register_api(record.programs)
    app.register_blueprint(record_pages("booking", record.export))
    app.register_api(record_api("booking", record.export))
    app.context_processor(shown.advisor_context)
    return app


def _plain(status: int, title: str, program: str = "") -> Callable[[BookingError], Problem]:
    """`program` is what a program reads where the words for people speak of a page or of a link."""

    def problem(error: BookingError) -> Problem:
        gettext = translations(language()).gettext
        detail = gettext(program) if program and for_program() else error.message.translated(gettext)
        return Problem(status, gettext(title), detail)

    return problem


def _invalid(error: errors.InvalidInput) -> Problem:
    gettext = translations(language()).gettext
    fields = [FieldProblem(e.field, e.message.translated(gettext), e.fix.translated(gettext)) for e in error.errors]
    return Problem(422, error.message.translated(gettext), errors=fields)


def _unproven(error: errors.TooManyUnproven) -> Problem:
    known, gettext = _invalid(error), translations(language()).gettext
    if for_program():
        message, fix = gettext("Too many requests without a proof have arrived."), gettext("Send one, or use a token.")
        return Problem(429, known.title, errors=[FieldProblem("proof", message, fix)], retry_after=600)
    return Problem(429, known.title, errors=known.errors, retry_after=600)


def _taken(error: errors.SlotTaken) -> Problem:
    problem = _plain(409, "Taken", "This start is not free. The nearest that are free are in `nearest`.")(error)
    problem.more["nearest"] = utc_texts(error.nearest)
    return problem


ERRORS: ErrorMap = {
    errors.InvalidInput: _invalid,
    errors.TooManyUnproven: _unproven,
    errors.TooManyBookings: _plain(429, "Too many at once"),
    errors.TooManyHolds: _plain(429, "Too many at once"),
    errors.NotWelcome: _plain(403, "This cannot be taken"),
    errors.SlotTaken: _taken,
    errors.TooLate: _plain(409, "Too late"),
    errors.TooManyMoves: _plain(409, "Moved often enough"),
    errors.NotYet: _plain(409, "Too early"),
    errors.NotVerified: _plain(409, "Not verified yet"),
    errors.TimesOver: _plain(409, "Over"),
    errors.AlreadyCancelled: _plain(409, "Cancelled already"),
    errors.NotOpen: _plain(409, "Settled already"),
    errors.InvitationNeeded: _plain(403, "By invitation", "Send the token of an accepted request in `invitation`."),
    errors.LinkNeeded: _plain(403, "By a link of its own", "Send the token of a private link in `link`."),
    errors.LinkSpent: _plain(409, "Used up"),
    errors.OpenCallExists: _plain(409, "Not booked"),
    errors.KeyReused: _plain(422, "Another request had this key"),
    errors.InvitationUsed: _plain(409, "Booked already"),
    errors.WrongPassword: _plain(403, "Not signed in"),
    errors.StillBooked: _plain(409, "A call is ahead"),
    errors.YourOwnAddress: _plain(409, "Your own address"),
    errors.NotFound: _plain(404, "There is nothing at this address", "Nothing is known by this name, id or token."),
}
