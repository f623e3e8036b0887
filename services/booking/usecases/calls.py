"""One call: finding it and its guests, holding it while it is changed, and putting it into another state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from services.booking.domain.errors import AlreadyCancelled, BookingError, NotFound, NotOpen, NotVerified
from services.booking.domain.states import CallState, may_become
from services.booking.models import Call, Guest
from services.booking.usecases.availability import Offer, offer_for

Side = Literal["prospect", "advisor"]


def call_of(session: Session, token: str) -> Call:
    """The call of this link. Raises `NotFound`."""
    return _found(session.scalar(select(Call).where(Call.token == token)))


def call_with(session: Session, call_id: UUID) -> Call:
    """The call of this id, for the advisor. Raises `NotFound`."""
    return _found(session.get(Call, call_id))


def guests_of(session: Session, call: Call) -> Sequence[Guest]:
    """Who is invited beside the prospect as things stand, in the order in which they were."""
    return session.scalars(_INVITED, {"call": call.id}).all()


_INVITED = select(Guest).where(Guest.call_id == bindparam("call"), Guest.removed_at.is_(None)).order_by(Guest.id)


def locked(session: Session, call: Call) -> tuple[Call, Offer]:
    """The call as it stands now and its offer, at the length it has: nobody else changes it until we are done.

    Whoever takes time or a seat for it locks the advisor's row after it: always this order, so that nobody waits in a
    circle, and who only gives back, answers or writes waits for nobody else's call.
    """
    # Reading it anew would undo what was not written yet.
    session.flush()
    session.refresh(call, with_for_update=True)
    return call, offer_for(session, call.call_type_id, minutes=minutes_of(call))


def minutes_of(call: Call) -> int:
    """How long the call is, as elapsed time."""
    return int((call.ends_at - call.starts_at).total_seconds()) // 60


def become(call: Call, wanted: CallState) -> None:
    """Put the call into another state. Raises `AlreadyCancelled` or `NotOpen` when it may not be put there."""
    if not may_become(call.state, wanted):
        raise refusal(call)
    call.state = wanted


def refusal(call: Call) -> BookingError:
    """Why nothing can be done to a call in this state."""
    return AlreadyCancelled() if call.state == CallState.CANCELLED else NotOpen()


def require_open(call: Call, *, now: datetime) -> None:
    """Only a call that both sides know of and that is not over can be changed.

    Raises `NotVerified`, `AlreadyCancelled` or `NotOpen`.
    """
    if call.state == CallState.UNVERIFIED:
        raise NotVerified
    if call.state not in (CallState.PENDING, CallState.CONFIRMED) or call.ends_at <= now:
        raise refusal(call)


def note_change(call: Call, *, now: datetime) -> None:
    """Count a change of who, when or where. Calendars are only told of calls that were confirmed (SEQUENCE)."""
    call.sequence += call.state == CallState.CONFIRMED
    note_revision(call, now=now)


def note_revision(call: Call, *, now: datetime) -> None:
    """Count a change that is none to calendars."""
    call.revision += 1
    call.changed_at = now


def _found(call: Call | None) -> Call:
    if call is None:
        raise NotFound
    return call
