"""A form as it is shown: empty at first, or again with what was typed and what is wrong beside each field."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Response, redirect, request

from services.booking.domain.errors import (
    BookingError,
    InvalidInput,
    InvitationNeeded,
    NotWelcome,
    TooManyBookings,
    TooManyUnproven,
)
from shared.i18n import translations
from shared.web.app import language
from shared.web.problems import FieldProblem

# What is given back of a field that was far too long: enough to recognise it, not a megabyte.
MOST_SHOWN = 10_000


@dataclass(frozen=True)
class Form:
    """What a template needs: the values by name, the errors, the key that makes sending twice one sending."""

    values: dict[str, str] = field(default_factory=dict)
    errors: list[FieldProblem] = field(default_factory=list)
    key: str = ""
    refused: BookingError | None = None

    @classmethod
    def empty(cls) -> Form:
        """A first visit."""
        return cls()

    @staticmethod
    def typed() -> dict[str, str]:
        """What was typed, as a page can show it again."""
        return {name: _showable(value) for name, value in request.form.items() if name != "csrf_token"}

    @classmethod
    def kept(cls) -> Form:
        """The form as it stands, not sent yet: somebody wants to see more before they do."""
        values = cls.typed()
        return cls(values, key=values.get("form_key", ""))

    @classmethod
    def again(cls, error: BookingError) -> Form:
        """The form that was just sent, with why it was not taken."""
        values = cls.typed()
        return cls(values, shown_errors(error), values.get("form_key", ""), error)


def see_other(path: str) -> Response:
    """Where a form leads once it was taken: a page of its own, so that reloading sends nothing again."""
    answer = redirect(path, 303)
    assert isinstance(answer, Response)  # noqa: S101 - werkzeug's own type is wider
    return answer


def status_of(error: BookingError) -> int:
    """The status of a page that shows a form again, as `app.py` has it for programs."""
    known: dict[type[BookingError], int] = {
        TooManyUnproven: 429,
        InvalidInput: 422,
        NotWelcome: 403,
        InvitationNeeded: 403,
        TooManyBookings: 429,
    }
    return next((status for kind, status in known.items() if isinstance(error, kind)), 409)


def shown_errors(error: BookingError) -> list[FieldProblem]:
    """The errors beside their fields, in the reader's language; one per field, the first that was found."""
    if not isinstance(error, InvalidInput):
        return []
    gettext = translations(language()).gettext
    found = [FieldProblem(e.field, e.message.translated(gettext), e.fix.translated(gettext)) for e in error.errors]
    return list({problem.field: problem for problem in reversed(found)}.values())[::-1]


def _showable(text: str) -> str:
    """Typed text as a page can hold it: no NUL, no halves of surrogate pairs, not endless."""
    return text[:MOST_SHOWN].replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
