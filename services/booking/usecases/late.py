""" "I'm 5 minutes late": one tap, and the other side reads it at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.booking.domain.errors import Message, NotOpen, NotYet, invalid
from services.booking.domain.states import CallState
from services.booking.models import Call
from services.booking.usecases.calls import Side, call_of, locked, require_open
from services.booking.usecases.tell import tell_late

MINUTES = (5, 10)
# Earlier than this nobody is late yet; they move the call.
FROM = timedelta(minutes=60)


def say_late(session: Session, token: str, minutes: int, *, by: Side, now: datetime) -> Call:
    """Tell the other side, and the guests, that somebody comes so many minutes late. Saying it twice is once.

    Nothing about the call changes. Raises `NotFound`, `InvalidInput` (`minutes`), `NotYet` until an hour before it
    begins, and what `require_open` raises; `NotOpen` for a call that waits for a yes.
    """
    if minutes not in MINUTES:
        message = Message("Only 5 or 10 minutes can be said here.")
        raise invalid("minutes", message, Message("For more, move the call or write to me."))
    call, _ = locked(session, call_of(session, token))
    require_open(call, now=now)
    if call.state != CallState.CONFIRMED:
        raise NotOpen
    if now < call.starts_at - FROM:
        raise NotYet
    tell_late(session, call, minutes=minutes, by=by, now=now)
    return call


def may_be_late(call: Call, *, now: datetime) -> bool:
    """Whether it can be said of the call now."""
    return call.state == CallState.CONFIRMED and call.starts_at - FROM <= now < call.ends_at
