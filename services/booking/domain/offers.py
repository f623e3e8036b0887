"""A call type as the advisor describes it, by a form or by a program: read field by field, all wrongs told at once.

A form sends texts and a program numbers and lists; both are read by the same table. What is not given stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from services.booking.domain.errors import FieldError, InvalidInput, Message
from services.booking.domain.forms import Problems, clean_line
from services.booking.domain.questions import questions_of

Read = Callable[[str, object], Any]

_SLUG = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
YEAR_MIN = 366 * 24 * 60
MOST_LENGTHS, MOST_REMINDERS = 6, 5
YES, NO = frozenset({"true", "on", "yes", "1"}), frozenset({"false", "off", "no", "0", ""})


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
                FieldError("last_date", Message("There is no stretch of dates."), Message("Give a first and a later last date."))
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


@dataclass(frozen=True)
class Whole:
    """A whole number within limits; with `optional`, empty means none."""

    least: int
    most: int
    optional: bool = False

    def __call__(self, field: str, raw: object) -> int | None:
        """The number. Raises `InvalidInput`."""
        if self.optional and raw in (None, ""):
            return None
        text = str(raw).strip() if not isinstance(raw, bool) else ""
        # The length first: converting a number of a million digits takes minutes.
        if len(text) <= 9 and text.isascii() and text.removeprefix("-").isdigit():
            number = int(text)
            if self.least <= number <= self.most:
                return number
        sizes: dict[str, str | int] = {"least": self.least, "most": self.most}
        raise _refusal(
            field,
            Message("This is not a whole number from %(least)s to %(most)s.", sizes),
            Message("Write it in digits, such as %(least)s.", sizes),
        )


@dataclass(frozen=True)
class Several:
    """A list of whole numbers: from a program a list, from a form digits with commas or spaces between them."""

    each: Whole
    most: int

    def __call__(self, field: str, raw: object) -> list[int]:
        """The numbers in ascending order, each once. Raises `InvalidInput`."""
        parts = re.split(r"[\s,;]+", raw.strip()) if isinstance(raw, str) else raw
        if not isinstance(parts, Sequence) or len(parts) > self.most + 1:
            raise _refusal(
                field,
                Message("This is not a list of at most %(most)s numbers.", {"most": self.most}),
                Message("Write them with commas between."),
            )
        numbers = {self.each(field, part) for part in parts if part != ""}
        return sorted(number for number in numbers if number is not None)


@dataclass(frozen=True)
class Line:
    """One line of text."""

    limit: int = 200
    required: bool = False

    def __call__(self, field: str, raw: object) -> str:
        """The text. Raises `InvalidInput`."""
        return clean_line(raw if isinstance(raw, str) else "", field, limit=self.limit, required=self.required)


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def __call__(self, field: str, raw: object) -> str:
        """The word. Raises `InvalidInput`."""
        if isinstance(raw, str) and raw in self.words:
            return raw
        raise _refusal(
            field, Message("This is none of the choices."), Message("Choose one of: %(all)s.", {"all": ", ".join(self.words)})
        )


def _address(field: str, raw: object) -> str:
    text: str = Line(500)(field, raw)
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme == "https" and parts.hostname and text.isprintable() and " " not in text:
        return text
    raise _refusal(
        field, Message("This is not an address on the web."), Message("It begins with https:// and has no spaces.")
    )


def _yes(field: str, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in YES | NO:
        return raw.lower() in YES
    raise _refusal(field, Message("This is neither yes nor no."), Message("Send true or false."))


def _slug(field: str, raw: object) -> str:
    if isinstance(raw, str) and len(raw) <= 60 and _SLUG.fullmatch(raw):
        return raw
    raise _refusal(
        field,
        Message("This cannot stand in an address."),
        Message("Use small letters, digits and hyphens, such as strategy-call."),
    )


def _date(field: str, raw: object) -> date | None:
    if raw in (None, ""):
        return None
    try:
        day = date.fromisoformat(raw if isinstance(raw, str) else "")
    except ValueError:
        day = date.min
    if 2000 <= day.year <= 2100:
        return day
    raise _refusal(field, Message("This is not a date."), Message("It looks like 2026-12-01."))


def _questions(field: str, raw: object) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not all(isinstance(given, Mapping) for given in raw):
        raise _refusal(
            field, Message("This is not a list of questions."), Message("Send a list of objects with key, label and kind.")
        )
    return [asdict(question) for question in questions_of(raw)]


def _unknown(field: str) -> None:
    raise _refusal(field, Message("A call type has no such setting."), Message("Leave it out, or check its spelling."))


def _raise(wrong: FieldError) -> None:
    raise InvalidInput([wrong])


def _refusal(field: str, message: Message, fix: Message) -> InvalidInput:
    return InvalidInput([FieldError(field, message, fix)])


_SPAN = Whole(0, YEAR_MIN)
_LENGTH = Whole(5, 480)

FIELDS: dict[str, Read] = {
    "slug": _slug,
    "way": _slug,
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
    "first_date": _date,
    "last_date": _date,
    "move_notice_minutes": _SPAN,
    "cancel_notice_minutes": _SPAN,
    "most_moves": Whole(0, 100, optional=True),
    "most_open": Whole(1, 100, optional=True),
    "seats": Whole(1, 1000),
    "confirmation": OneOf(("none", "always", "free_mail")),
    "pending_blocks": _yes,
    "verify_email": _yes,
    "location_kind": OneOf(("video", "phone_out", "phone_in", "in_person", "jitsi")),
    "location": Line(500),
    "price_text": Line(120),
    "pay_url": _address,
    "redirect_url": _address,
    "questions": _questions,
    "access": OneOf(("public", "accepted_request", "link")),
    "reminder_minutes": Several(Whole(5, 14 * 1440), MOST_REMINDERS),
    "follow_up_minutes": Whole(0, 14 * 1440, optional=True),
    "no_show_follow_up": _yes,
    "position": Whole(0, 1000),
    "active": _yes,
}
