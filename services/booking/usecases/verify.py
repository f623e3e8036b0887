"""Whether an address is theirs who booked: the link in a mail to it says so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.errors import NotFound, NotOpen
from services.booking.domain.states import OPEN, CallState
from services.booking.models import Call
from services.booking.usecases.calls import locked
from services.booking.usecases.confirm import settle
from services.booking.usecases.new_calls import state_when_known


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
    call, offer = locked(session, call_to_verify(session, token))
    if call.state not in OPEN or call.ends_at <= now:
        raise NotOpen
    if call.state == CallState.UNVERIFIED:
        settle(session, call, offer, state_when_known(offer.call_type, call.person), now=now)
    return call
