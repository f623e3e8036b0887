"""The row of a call that is just being booked: what it is made of, and what it meets at the indexes of its table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, make_transient_to_detached

from services.booking.domain.free_mail import is_free_mail
from services.booking.domain.requests import BookingRequest, sending_key
from services.booking.domain.states import OPEN, CallState
from services.booking.models import Call, CallType
from services.booking.usecases.availability import Offer
from services.booking.usecases.outside import placed_against
from services.booking.usecases.places import place_of
from shared.clock import machine_now
from shared.db import table_of
from shared.ready import Ready
from shared.security import new_token

# How long an address has to answer our mail (machine time); its time is kept for as long.
VERIFY_WITHIN = timedelta(minutes=30)


@dataclass(frozen=True)
class Booker:
    """Who books. `holder` is the visitor who may hold the time; `uid_domain` the right side of iCalendar UIDs."""

    uid_domain: str
    holder: str | None
    by_advisor: bool


def new_call(offer: Offer, request: BookingRequest, booker: Booker, *, now: datetime) -> dict[str, Any]:
    """The columns of a call as it is asked for."""
    visitor, state = request.visitor, _state(offer.call_type, request, booker)
    waits = state == CallState.UNVERIFIED
    return {
        "id": uuid4(),
        "token": new_token(),
        "uid": f"{uuid4()}@{booker.uid_domain}",
        "form_key": _key(request),
        "call_type_id": offer.call_type.id,
        "state": state,
        "starts_at": request.start,
        "ends_at": request.start + offer.length,
        **vars(visitor),
        "phone": request.phone,
        "location": place_of(offer.call_type, request.phone),
        "answers": [answer.kept() for answer in request.answers],
        "attribution": request.attribution,
        "placed_against": placed_against(offer, request.start) if booker.by_advisor else "",
        "verify_token": new_token() if waits else None,
        "verify_by": machine_now() + VERIFY_WITHIN if waits else None,
        "created_at": now,
        "changed_at": now,
    }


def _state(call_type: CallType, request: BookingRequest, booker: Booker) -> CallState:
    if booker.by_advisor:
        return CallState.CONFIRMED
    if call_type.verify_email:
        return CallState.UNVERIFIED
    return state_when_known(call_type, request.visitor.person)


def state_when_known(call_type: CallType, person: str) -> CallState:
    """Where a call begins once the address is known to be theirs."""
    asks = call_type.confirmation == "always"
    asks = asks or (call_type.confirmation == "free_mail" and is_free_mail(person.rpartition("@")[2]))
    return CallState.PENDING if asks else CallState.CONFIRMED


def stored(session: Session, values: dict[str, Any]) -> Call | None:
    """The new call; None when the same form, or the same invitation, has been booked with in this very moment."""
    rows = _insertion(tuple(values)).rows(session, **values)
    if not rows:
        return None
    call = Call(**dict(zip(_COLUMNS, rows[0], strict=True)))
    make_transient_to_detached(call)
    session.add(call)
    return call


_COLUMNS = [column.key for column in table_of(Call).c]


@cache
def _insertion(columns: tuple[str, ...]) -> Ready:
    return Ready(insert(Call).on_conflict_do_nothing().returning(*table_of(Call).c), columns=columns)


def sent_before(session: Session, request: BookingRequest) -> Call | None:
    """The call that this very form has booked, as long as it stands."""
    key = _key(request)
    if key is None:
        return None
    return session.scalar(select(Call).where(Call.form_key == key, Call.state.in_(OPEN)))


def _key(request: BookingRequest) -> str | None:
    more = (request.minutes, request.phone, request.guests, request.message)
    return sending_key(request.form_key, request.call_type, request.start, request.visitor, request.answers, *more)
