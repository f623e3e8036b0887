"""From what was sent to the frozen values that use cases take. The same reading for a form and for the API.

Everything that is wrong is told at once; nothing is stored before all of it is right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.booking.domain.attribution import attribution_of
from services.booking.domain.errors import FieldError, InvalidInput, Message, invalid
from services.booking.domain.forms import NAME_LIMIT, Problems, clean_line, clean_name, clean_text, clipped, wrong_email
from services.booking.domain.questions import Question, answers_of, phone_number
from services.booking.domain.requests import (
    Answer,
    BookingRequest,
    ContactRequest,
    GuestRequest,
    MentorshipRequest,
    Visitor,
)
from services.booking.domain.zones import instant, known_zone
from shared.addresses import BadAddress, EmailAddress, parse_address, parse_mailbox
from shared.i18n import translations

FORMATS = ("one_session", "ongoing")
MOST_ANSWERS = 20
# Far more than may come; a list without an end is not read to its end.
MOST_NAMED = 50
# A key is a token of ours or a program's own; either is short and plain.
KEY_LIMIT = 100

# A few words above a mail of ours, not a letter.
WORDS_LIMIT = 1000

_NOBODY, _NEVER = Visitor("", "", "", "UTC"), datetime.min.replace(tzinfo=UTC)
# What stands between marks; a comma in a quoted name is none.
_PARTS = re.compile(r'(?:"[^"\n]*"|[^,;\n])+')
_NO_GUEST = GuestRequest("", "", "")
Fields = Mapping[str, Any]


def booking_request(fields: Fields, *, questions: Sequence[Question], locale: str) -> BookingRequest:
    """A booking, from `call_type, start, name, email, timezone` and, when there is more to say, `minutes, company,
    phone, guests, answers, form_key, invitation, link`.

    `questions` are the call type's; `answers` answers them.
    """
    problems = Problems()
    start = problems.take(_NEVER, start_of, fields)
    visitor = problems.take(_NOBODY, _visitor, fields, locale=locale)
    answers = problems.take((), _answers, fields.get("answers") or {}, questions, locale)
    call_type = problems.take("", clean_line, _text(fields, "call_type"), "call_type")
    phone = problems.take("", phone_number, _text(fields, "phone"), "phone")
    guests = problems.take([], guest_requests, fields) if fields.get("guests") else []
    problems.finish()
    return BookingRequest(
        call_type=call_type,
        start=start,
        visitor=visitor,
        minutes=length_of(fields),
        answers=answers,
        phone=phone,
        guests=tuple(guests),
        form_key=clipped(_text(fields, "form_key"), KEY_LIMIT) or None,
        invitation=clipped(_text(fields, "invitation"), KEY_LIMIT),
        link=clipped(_text(fields, "link"), KEY_LIMIT),
        attribution=_attribution(fields),
    )


def contact_request(fields: Fields, *, follow_up: str | None, locale: str) -> ContactRequest:
    """A question, from `name, email, message, timezone, phone?, company?`. `follow_up` is the sentence ticked."""
    problems = Problems()
    visitor = problems.take(_NOBODY, _visitor, fields, locale=locale)
    message = problems.take("", clean_text, _text(fields, "message"), "message")
    phone = problems.take("", clean_line, _text(fields, "phone"), "phone", limit=40, required=False)
    problems.finish()
    return ContactRequest(
        visitor=visitor,
        message=message,
        phone=phone,
        follow_up=follow_up,
        form_key=clipped(_text(fields, "form_key"), KEY_LIMIT) or None,
        attribution=_attribution(fields),
    )


def mentorship_request(fields: Fields, *, follow_up: str | None, locale: str) -> MentorshipRequest:
    """A mentorship request, from `name, email, timezone, format, background, goal, preferred_times?`."""
    problems = Problems()
    visitor = problems.take(_NOBODY, _visitor, fields, locale=locale)
    wanted = problems.take("", _format, _text(fields, "format"))
    background = problems.take("", clean_text, _text(fields, "background"), "background")
    goal = problems.take("", clean_text, _text(fields, "goal"), "goal")
    times = problems.take("", clean_text, _text(fields, "preferred_times"), "preferred_times", required=False)
    problems.finish()
    return MentorshipRequest(
        visitor=visitor,
        format=wanted,
        background=background,
        goal=goal,
        preferred_times=times,
        follow_up=follow_up,
        form_key=clipped(_text(fields, "form_key"), KEY_LIMIT) or None,
        attribution=_attribution(fields),
    )


def start_of(fields: Fields) -> datetime:
    """The time chosen. Raises `InvalidInput`."""
    if not _text(fields, "start"):
        missing = FieldError("start", Message("No time is chosen."), Message("Choose one of the free times."))
        raise InvalidInput([missing])
    return instant(_text(fields, "start"))


def minutes_of(fields: Fields, field: str = "minutes") -> int:
    """A number of minutes; what is none is 0, which every use case refuses in its own words."""
    given = fields.get(field)
    text = str(given) if isinstance(given, int) else _text(fields, field)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0


def length_of(fields: Fields) -> int | None:
    """The length that was chosen; None for the usual one."""
    return None if fields.get("minutes") in (None, "") else minutes_of(fields)


def guest_requests(fields: Fields, field: str = "guests") -> list[GuestRequest]:
    """Guests: typed, apart by commas, semicolons or line ends, or from a program as a list. Raises `InvalidInput`.

    An item of a list is an address, or `{name, email}`. An address may have a name before it: `Gil <gil@example.org>`.
    """
    given = fields.get(field)
    if isinstance(given, list):
        return _listed_guests(given, field)
    typed = [part.strip() for part in _PARTS.findall(clean_text(_text(fields, field), field, limit=4000))]
    problems = Problems()
    found = [problems.take(_NO_GUEST, _guest, text, field) for text in typed if text]
    problems.finish()
    return found


def reason_of(fields: Fields) -> str:
    """Why somebody moves or cancels, in their words; may be empty. Raises `InvalidInput`."""
    return clean_text(_text(fields, "reason"), "reason", limit=WORDS_LIMIT, required=False)


def message_of(fields: Fields) -> str:
    """What the advisor adds to times or to a booking of theirs; may be empty. Raises `InvalidInput`."""
    return clean_text(_text(fields, "message"), "message", limit=WORDS_LIMIT, required=False)


def _visitor(fields: Fields, *, locale: str) -> Visitor:
    problems = Problems()
    name = problems.take("", clean_name, _text(fields, "name"))
    address = problems.take(EmailAddress("", ""), _address, _text(fields, "email"))
    zone = problems.take("UTC", known_zone, _text(fields, "timezone"))
    company = problems.take("", clean_line, _text(fields, "company"), "company", required=False)
    problems.finish()
    return Visitor(name, address.mailbox, address.key, zone, locale, company)


def _listed_guests(given: list[Any], field: str) -> list[GuestRequest]:
    if len(given) > MOST_NAMED:
        message = Message("That would be %(count)s guests.", {"count": len(given)})
        raise invalid(field, message, Message("Name fewer of them."))
    problems = Problems()
    found = [problems.take(_NO_GUEST, _guest, guest, f"{field}.{at}") for at, guest in enumerate(given)]
    problems.finish()
    return found


def _guest(given: object, field: str) -> GuestRequest:
    named = given if isinstance(given, Mapping) else {"email": given}
    text = _text(named, "email")
    try:
        own_name, address = parse_mailbox(text)
    except BadAddress:
        raise wrong_email(text, field) from None
    name = clean_line(_text(named, "name") or own_name, field, limit=NAME_LIMIT, required=False)
    return GuestRequest(name, address.mailbox, address.key)


def _address(text: str, field: str = "email") -> EmailAddress:
    try:
        return parse_address(text)
    except BadAddress:
        raise wrong_email(text, field) from None


def _format(text: str) -> str:
    if text not in FORMATS:
        raise invalid(
            "format",
            Message("Nothing is chosen here."),
            Message("Choose one session or an ongoing mentorship."),
        )
    return text


def _answers(given: object, questions: Sequence[Question], locale: str) -> tuple[Answer, ...]:
    if not isinstance(given, Mapping) or len(given) > MOST_ANSWERS:
        message = Message("This is not a set of questions and answers.")
        fix = Message("Send an object of at most %(most)s questions, each with its answer.", {"most": MOST_ANSWERS})
        raise invalid("answers", message, fix)
    return answers_of(questions, given, translate=translations(locale).gettext)


def _attribution(fields: Fields) -> dict[str, str]:
    """A program says it as an object, a form in fields of their own (`shared.web.visit`)."""
    given = fields.get("attribution")
    return attribution_of(given if isinstance(given, Mapping) else fields)


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
