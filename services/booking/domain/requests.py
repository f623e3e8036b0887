"""What people send us, once it has been cleaned: frozen values that the use cases take."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


def sending_key(form_key: str | None, *content: object) -> str | None:
    """What makes two sendings one: the form's key and all that was sent. None without a key.

    With the key alone, a corrected question would be taken for a repeated one and lost, and who guesses a program's
    key would be shown somebody else's call.
    """
    if not form_key:
        return None
    return hashlib.sha256(repr((form_key, *content)).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Visitor:
    """Who is writing. `person` is their key (architecture §8); `zone` an IANA zone that is known to exist."""

    name: str
    email: str
    person: str
    zone: str
    locale: str = "en"
    company: str = ""


@dataclass(frozen=True)
class Answer:
    """A question as they saw it, and what they wrote. `hidden`: the page's address brought it, and they saw neither."""

    question: str
    answer: str
    hidden: bool = False

    def kept(self) -> dict[str, Any]:
        """As it stands with the call."""
        return {"question": self.question, "answer": self.answer} | ({"hidden": True} if self.hidden else {})


@dataclass(frozen=True)
class GuestRequest:
    """Somebody else who should come. `person` is their key, as a visitor's."""

    name: str
    email: str
    person: str


@dataclass(frozen=True)
class BookingRequest:
    """A call that somebody wants. `start` is an aware instant; `minutes` one of the type's lengths, None for its usual.

    `form_key` was given by the form when it was shown, so that sending it twice books once. `invitation` is the token
    of an accepted mentorship request and `link` that of a private link, for call types that need one. `message` is what
    the advisor, who books for somebody, says to them in the invitation.
    """

    call_type: str
    start: datetime
    visitor: Visitor
    minutes: int | None = None
    answers: tuple[Answer, ...] = ()
    phone: str = ""
    guests: tuple[GuestRequest, ...] = ()
    form_key: str | None = None
    invitation: str = ""
    link: str = ""
    message: str = ""
    attribution: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ContactRequest:
    """A question. `follow_up` is the sentence beside the box when they ticked it."""

    visitor: Visitor
    message: str
    phone: str = ""
    follow_up: str | None = None
    form_key: str | None = None
    attribution: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MentorshipRequest:
    """A wish to be mentored. `format` is `one_session` or `ongoing`; `goal` is what they want to reach."""

    visitor: Visitor
    format: str
    background: str
    goal: str
    preferred_times: str = ""
    follow_up: str | None = None
    form_key: str | None = None
    attribution: dict[str, str] = field(default_factory=dict)
