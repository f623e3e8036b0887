"""How many open calls of one type a person has, and the way to them by mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from services.booking.domain.errors import OpenCallExists
from services.booking.domain.requests import BookingRequest
from services.booking.domain.states import OPEN
from services.booking.models import Call, CallType
from services.booking.usecases.availability import offer_of
from services.booking.usecases.tell import tell_open
from shared.ready import Ready, one_by_one

# Mails to one address about calls that are open, whoever asks for them.
_MOST_SHOWN = 3


def require_no_other(session: Session, call_type: CallType, call: Call) -> None:
    """One person, so many open calls of a type. They come one after the other, so two clicks at once are counted.

    `call` is the one that is being booked. Raises `OpenCallExists`.
    """
    if call_type.most_open is None:
        return
    one_by_one(session, f"booking:{call_type.id}:{call.person}")
    [count] = _COUNT_OPEN.scalars(session, person=call.person, call_type=call_type.id, now=call.created_at)
    # It is among them.
    if count > call_type.most_open:
        raise OpenCallExists


def show_open_calls(session: Session, request: BookingRequest, *, now: datetime) -> None:
    """Who has as many open calls as they may gets the way to them by mail, where only the owner of the address sees it.

    Raises `NotFound` for an unknown call type.
    """
    offer = offer_of(session, request.call_type)
    theirs = {"person": request.visitor.person, "call_type": offer.call_type.id, "now": now}
    for call in session.scalars(_OPEN_CALLS, theirs):
        tell_open(session, call, now=now)


_THEIR_OPEN = (
    (Call.person == bindparam("person"))
    & (Call.call_type_id == bindparam("call_type"))
    & (Call.state == any_(array(OPEN)))
    & (Call.ends_at > bindparam("now"))
)
_OPEN_CALLS = select(Call).where(_THEIR_OPEN).order_by(Call.starts_at).limit(_MOST_SHOWN)
_COUNT_OPEN = Ready(select(func.count()).where(_THEIR_OPEN))
