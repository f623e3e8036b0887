"""Reading one field of a form or of a program's body: numbers, lists, words, dates, addresses.

A form sends texts and a program numbers and lists; both are read alike. Each reader takes the field's name and the raw
value, and gives the clean one or raises `InvalidInput`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from services.booking.domain.errors import Message, invalid
from services.booking.domain.forms import clean_line

_SLUG = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
YES, NO = frozenset({"true", "on", "yes", "1"}), frozenset({"false", "off", "no", "0", ""})


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
        raise invalid(
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
            raise invalid(
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
        raise invalid(
            field,
            Message("This is none of the choices."),
            Message("Choose one of: %(all)s.", {"all": ", ".join(self.words)}),
        )


def https_address(field: str, raw: object) -> str:
    text: str = Line(500)(field, raw)
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        fits = parts.scheme == "https" and bool(parts.hostname) and text.isprintable() and " " not in text
    except ValueError:
        fits = False
    if fits:
        return text
    raise invalid(
        field, Message("This is not an address on the web."), Message("It begins with https:// and has no spaces.")
    )


def yes_or_no(field: str, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in YES | NO:
        return raw.lower() in YES
    raise invalid(field, Message("This is neither yes nor no."), Message("Send true or false."))


def slug(field: str, raw: object) -> str:
    if isinstance(raw, str) and len(raw) <= 60 and _SLUG.fullmatch(raw):
        return raw
    raise invalid(
        field,
        Message("This cannot stand in an address."),
        Message("Use small letters, digits and hyphens, such as strategy-call."),
    )


def day(field: str, raw: object) -> date | None:
    if raw in (None, ""):
        return None
    try:
        day = date.fromisoformat(raw if isinstance(raw, str) else "")
    except ValueError:
        day = date.min
    if 2000 <= day.year <= 2100:
        return day
    raise invalid(field, Message("This is not a date."), Message("It looks like 2026-12-01."))
