"""Whether an address is theirs who booked: the link in a mail to it says so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.errors import NotFound, NotOpen
from services.booking.domain.states import OPEN, CallState
from services.booking.models import Call
from services.booking.usecases.availability import offer_for
from services.booking.usecases.calls import minutes_of
from services.booking.usecases.claims import claiming, own_of
from services.booking.usecases.confirm import require_its_time, settle
from services.booking.usecases.new_calls import state_when_known
from services.booking.usecases.tell import tell_of_call
from shared.events import CallRequested


def call_to_verify(session: Session, token: str) -> Call:
    """The call that the link of our mail is about. Raises `NotFound`."""
    call = session.scalar(select(Call).where(Call.verify_token == token))
    if call is None:
        raise NotFound
    return call


def verify_address(session: Session, token: str, *, now: datetime) -> Call:
    """The link of our mail was opened: the call counts, or waits for the advisor's yes. Opening it again is no news.

    Raises `NotFound`, `NotOpen` when it came too late, `SlotTaken` when its time ran out and somebody has it.
    """
    call = call_to_verify(session, token)
    offer = offer_for(session, call.call_type_id, minutes=minutes_of(call))
    require_its_time(session, offer, call, now=now)
    with claiming(session, offer, call.starts_at, now=now, own=own_of(call)):
        session.refresh(call, with_for_update=True)
        if call.state not in OPEN or call.ends_at <= now:
            raise NotOpen
        if call.state == CallState.UNVERIFIED:
            state = state_when_known(offer.call_type, call.person)
            settle(session, call, offer, state, now=now)
            if state == CallState.PENDING:
                tell_of_call(session, call, offer, event=CallRequested, now=now)
    return call
