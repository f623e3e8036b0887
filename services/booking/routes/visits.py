"""Somebody at the calendar of an offer: which offer, in which length, and what every address of theirs keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import request
from sqlalchemy.orm import Session

from services.booking.domain.forms import clipped
from services.booking.domain.questions import Question, prefilled, questions_of
from services.booking.models import Call
from services.booking.routes.forms import Form
from services.booking.routes.inputs import KEY_LIMIT, minutes_of
from services.booking.usecases.availability import Offer, lengths_of, offer_for, offer_of
from services.booking.usecases.calls import minutes_of as length_of
from services.booking.usecases.links import opened_by
from shared.web.visit import carried

# What an address may bring along besides answers; the form shows it, and every link until then keeps it.
PREFILLED = ("name", "email", "phone")
# What opens a call type to its visitor: the token of an accepted request, that of a private link.
KEYS = ("invitation", "link")


@dataclass(frozen=True)
class Visit:
    """Somebody at the calendar of an offer in one of its lengths; `moving` is the call they want at another time."""

    offer: Offer
    path: str
    usual: int
    lengths: tuple[int, ...]
    moving: Call | None = None

    @classmethod
    def to_book(cls, session: Session, slug: str, form: Form, *, now: datetime) -> Visit:
        """For a new call. A length from an old link opens the usual one.

        Raises `NotFound`, and `LinkNeeded` or `LinkSpent` for who has no link that opens it.
        """
        offer = offer_of(session, slug)
        opened_by(session, named("link", form), offer.call_type, now=now)
        lengths = tuple(lengths_of(offer.call_type))
        wanted = _wanted(form, offer.minutes, lengths)
        chosen = offer if wanted == offer.minutes else offer_of(session, slug, minutes=wanted)
        return cls(chosen, f"/book/{slug}", offer.minutes, lengths)

    @classmethod
    def to_move(cls, session: Session, call: Call, form: Form) -> Visit:
        """For a call that exists. It may keep its length also where that is no longer offered."""
        usual = length_of(call)
        offer = offer_for(session, call.call_type_id, minutes=usual)
        lengths = tuple(lengths_of(offer.call_type, usual))
        if offer.is_group:
            lengths = (usual,)
        wanted = _wanted(form, usual, lengths)
        chosen = offer if wanted == usual else offer_for(session, call.call_type_id, minutes=wanted)
        return cls(chosen, f"/call/{call.token}/move", usual, lengths, call)

    @property
    def shares(self) -> bool:
        """Whether a time is a seat among several. A call from before its type was a group keeps its time to itself."""
        return self.offer.is_group and (self.moving is None or self.moving.group_call_id is not None)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the form asks. Who moves a call has answered before."""
        return questions_of(self.offer.call_type.questions) if self.moving is None else ()


def named(name: str, form: Form) -> str:
    """What the form that was sent says, else the address."""
    return clipped(form.values.get(name) or request.args.get(name), KEY_LIMIT)


def kept_of(visit: Visit, form: Form) -> dict[str, str]:
    """What every address of the page keeps: what opens it, the way here, the length, what the address has answered."""
    keys = {name: named(name, form) for name in KEYS} if visit.moving is None else {}
    length = {} if visit.offer.minutes == visit.usual else {"minutes": str(visit.offer.minutes)}
    brought = brought_by_address(visit.questions) if visit.moving is None else {}
    return {name: value for name, value in {**carried(), **keys, **length, **brought}.items() if value}


def brought_by_address(asked: Sequence[Question]) -> dict[str, str]:
    """The fields that the address of the page has filled in."""
    given = {name: clipped(request.args.get(name)) for name in PREFILLED}
    answered = {
        one.key: ",".join(request.args.getlist(one.key)[: None if one.kind == "several" else 1]) for one in asked
    }
    return {name: value for name, value in {**prefilled(asked, answered), **given}.items() if value}


def _wanted(form: Form, usual: int, lengths: Sequence[int]) -> int:
    minutes = minutes_of({"minutes": named("minutes", form)})
    return minutes if minutes in lengths else usual
