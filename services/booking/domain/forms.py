"""What may stand in a field: the same for a form of the pages and for the API.

Each reader takes the raw value and gives the clean one, or raises `InvalidInput` with what is wrong and how to put it
right. Nothing is repaired that a person could miss: control characters are refused, not dropped. Left out silently are
only white space around a value and invisible marks that turn the text near them around. Addresses are read by
`shared.addresses`, zones and instants by `zones.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from unicodedata import category, normalize

from services.booking.domain.errors import FieldError, InvalidInput, Message, invalid

P = ParamSpec("P")
T = TypeVar("T")

NAME_LIMIT = 120
LINE_LIMIT = 200
TEXT_LIMIT = 5000

# Embeddings, overrides and isolates of direction, zero-width space, byte order mark. The joiners stay: Persian and
# emoji are written with them.
_UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\ufeff]")
# Control characters (C0, DEL, C1), the two separators that many readers take for line ends, and halves of surrogate
# pairs, which no database and no mail can hold.
_REFUSED_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_REFUSED_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Problems:
    """Collects what is wrong with several fields, so that a person is told everything at once.

    problems = Problems()
    name = problems.take("", clean_name, form.get("name"))
    message = problems.take("", clean_text, form.get("message"), field="message")
    problems.finish()
    """

    def __init__(self) -> None:
        self._errors: list[FieldError] = []

    def take(self, default: T, read: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What `read` gives, or `default` when it refuses; the refusal is kept."""
        try:
            return read(*args, **kwargs)
        except InvalidInput as refused:
            self._errors.extend(refused.errors)
            return default

    def finish(self) -> None:
        """Raise `InvalidInput` with all refusals, if there was any."""
        if self._errors:
            raise InvalidInput(self._errors)


def clean_name(raw: str | None, field: str = "name") -> str:
    """A person's name, on one line."""
    return clean_line(raw, field, limit=NAME_LIMIT)


def clean_line(raw: str | None, field: str, *, limit: int = LINE_LIMIT, required: bool = True) -> str:
    """One line of text in NFC. "" when nothing is given and nothing is required."""
    return _clean((raw or "").strip(), field, refused=_REFUSED_IN_LINE, limit=limit, required=required)


def clean_text(raw: str | None, field: str, *, limit: int = TEXT_LIMIT, required: bool = True) -> str:
    """Several lines of text in NFC, with bare line feeds. "" when nothing is given and nothing is required."""
    return _clean(_lines(raw).strip(), field, refused=_REFUSED_IN_TEXT, limit=limit, required=required)


def clipped(raw: str | None, limit: int = LINE_LIMIT) -> str:
    """What a browser said about itself (referrer, campaign): cut short and cleaned, never refused."""
    return _clipped(raw or "", _REFUSED_IN_LINE, limit)


def clipped_text(raw: str | None, limit: int = TEXT_LIMIT) -> str:
    """The same for several lines."""
    return _clipped(_lines(raw), _REFUSED_IN_TEXT, limit)


def wrong_email(given: str, field: str = "email") -> InvalidInput:
    """What the edge raises when `shared.addresses` refuses an address; `given` is what was typed."""
    fix = Message("Check it for a slip of the finger; it looks like ana@example.org.")
    if not given.strip():
        return invalid(field, Message("This is empty."), Message("Write an address; it looks like ana@example.org."))
    if field == "email":
        return invalid(field, Message("Mail cannot reach this address as it stands."), fix)
    # One of several: which it is must be said.
    return invalid(field, Message("Mail cannot reach “%(given)s” as it stands.", {"given": clipped(given, 60)}), fix)


def _lines(raw: str | None) -> str:
    """Every line ended as we end them."""
    return re.sub("\r\n?|[\u2028\u2029]", "\n", raw or "")


def _clipped(text: str, refused: re.Pattern[str], limit: int) -> str:
    return _UNSEEN.sub("", refused.sub(" ", text)[: 4 * limit]).strip()[:limit]


def _clean(text: str, field: str, *, refused: re.Pattern[str], limit: int, required: bool) -> str:
    # The length first: nothing else is done to a megabyte. And last, because composing can make a text longer.
    _require_length(text, field, limit)
    if found := refused.search(text):
        raise invalid(field, *_unwanted(found[0]))
    clean = normalize("NFC", _UNSEEN.sub("", text)).strip()
    _require_length(clean, field, limit)
    if any(category(char)[0] in "LNPS" for char in clean):
        return clean
    if required:
        raise invalid(field, Message("This is empty."), Message("Write something here."))
    return ""


def _require_length(text: str, field: str, limit: int) -> None:
    if len(text) > limit:
        sizes: dict[str, str | int] = {"count": len(text), "limit": limit}
        raise invalid(
            field,
            Message("This is too long: %(count)s characters.", sizes),
            Message("Shorten it to %(limit)s.", sizes),
        )


def _unwanted(char: str) -> tuple[Message, Message]:
    if char in "\r\n\u2028\u2029":
        return Message("This has a line break in it."), Message("Write it on one line.")
    code = {"code": f"U+{ord(char):04X}"}
    return (
        Message("This has a character in it that cannot be shown (%(code)s).", code),
        Message("Type it again; it may have come along when you pasted."),
    )
