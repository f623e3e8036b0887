"""A call type as the advisor describes it, by a form or by a program: read field by field, all wrongs told at once.

A form sends texts and a program numbers and lists; both are read by the same table. What is not given stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.booking.domain.errors import FieldError, InvalidInput, Message, invalid
from services.booking.domain.fields import Line, OneOf, Several, Whole, day, https_address, slug, yes_or_no
from services.booking.domain.forms import Problems
from services.booking.domain.questions import definition, questions_of
from services.booking.domain.redirects import redirect_address

Read = Callable[[str, object], Any]

YEAR_MIN = 366 * 24 * 60
MOST_LENGTHS, MOST_REMINDERS = 6, 5


def read_offer(given: Mapping[str, object]) -> dict[str, Any]:
    """The columns of a call type that `given` names, clean. Raises `InvalidInput` for all that cannot be taken.

    An unknown name is refused too: a misspelt rule must not be taken for one that is kept.
    """
    problems = Problems()
    for name in sorted(given.keys() - FIELDS.keys()):
        problems.take(None, _unknown, name)
    read = {name: problems.take(None, FIELDS[name], name, given[name]) for name in given if name in FIELDS}
    problems.finish()
    return read


def require_sound(columns: Mapping[str, Any]) -> None:
    """What several fields of a whole call type have to say together. Raises `InvalidInput`."""
    problems = Problems()
    for wrong in _contradictions(columns):
        problems.take(None, _raise, wrong)
    problems.finish()


def _contradictions(columns: Mapping[str, Any]) -> list[FieldError]:
    found = []
    if columns["horizon_kind"] == "dates":
        first, last = columns["first_date"], columns["last_date"]
        if first is None or last is None or last < first:
            found.append(
                FieldError(
                    "last_date",
                    Message("There is no stretch of dates."),
                    Message("Give a first and a later last date."),
                )
            )
    if columns["location_kind"] in ("phone_in", "in_person", "jitsi") and not columns["location"]:
        fixes = {
            "phone_in": Message("Give the number that they call."),
            "in_person": Message("Give the address where you meet."),
            "jitsi": Message("Give the address of your Jitsi server."),
        }
        found.append(FieldError("location", Message("This is empty."), fixes[columns["location_kind"]]))
    if columns["location_kind"] == "jitsi" and not columns["location"].startswith("https://"):
        found.append(
            FieldError("location", Message("This is not an address on the web."), Message("It begins with https://."))
        )
    if columns["seats"] > 1 and (columns["confirmation"] != "none" or columns["verify_email"]):
        found.append(
            FieldError("seats", Message("A seat in a group is taken at once."), Message("Switch the confirmation off."))
        )
    if columns["seats"] > 1 and columns["other_minutes"]:
        found.append(
            FieldError("other_minutes", Message("A group call has one length."), Message("Leave the others out."))
        )
    return found


def _questions(field: str, raw: object) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not all(isinstance(given, Mapping) for given in raw):
        raise invalid(
            field,
            Message("This is not a list of questions."),
            Message("Send a list of objects with key, label and kind."),
        )
    return [definition(question) for question in questions_of(raw)]


def _redirect(field: str, raw: object) -> str:
    return redirect_address(Line(500)(field, raw), field)


def _unknown(field: str) -> None:
    raise invalid(field, Message("A call type has no such setting."), Message("Leave it out, or check its spelling."))


def _raise(wrong: FieldError) -> None:
    raise InvalidInput([wrong])


_SPAN = Whole(0, YEAR_MIN)
_LENGTH = Whole(5, 480)

FIELDS: dict[str, Read] = {
    "slug": slug,
    "way": slug,
    "name": Line(120, required=True),
    "headline": Line(300),
    "minutes": _LENGTH,
    "other_minutes": Several(_LENGTH, MOST_LENGTHS),
    "interval_minutes": _LENGTH,
    "buffer_before_minutes": Whole(0, 1440),
    "buffer_after_minutes": Whole(0, 1440),
    "notice_minutes": _SPAN,
    "horizon_kind": OneOf(("days", "business_days", "dates")),
    "horizon_days": Whole(1, 400),
    "first_date": day,
    "last_date": day,
    "move_notice_minutes": _SPAN,
    "cancel_notice_minutes": _SPAN,
    "most_moves": Whole(0, 100, optional=True),
    "most_open": Whole(1, 100, optional=True),
    "seats": Whole(1, 1000),
    "confirmation": OneOf(("none", "always", "free_mail")),
    "pending_blocks": yes_or_no,
    "verify_email": yes_or_no,
    "location_kind": OneOf(("video", "phone_out", "phone_in", "in_person", "jitsi")),
    "location": Line(500),
    "price_text": Line(120),
    "pay_url": https_address,
    "redirect_url": _redirect,
    "questions": _questions,
    "access": OneOf(("public", "accepted_request", "link")),
    "reminder_minutes": Several(Whole(5, 14 * 1440), MOST_REMINDERS),
    "follow_up_minutes": Whole(0, 14 * 1440, optional=True),
    "no_show_follow_up": yes_or_no,
    "position": Whole(0, 1000),
    "active": yes_or_no,
}
