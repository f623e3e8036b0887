"""The advisor's yes or no to a call that waits for it, and what becomes of calls that nobody answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from services.booking.domain.errors import NotFound, NotOpen
from services.booking.domain.states import CallState, may_become
from services.booking.models import Call, Claim
from services.booking.usecases.availability import Offer, offer_for
from services.booking.usecases.claims import (
    NotFree,
    change_claim,
    claimed_range,
    claiming,
    lock_advisor,
    own_of,
    require_unclaimed,
)
from services.booking.usecases.release import release
from services.booking.usecases.tell import tell_of_call
from shared.events import CallBooked, CallDeclined

WAITING = (CallState.UNVERIFIED, CallState.PENDING)
# All who want to book wait for a batch to end.
BATCH = 10


def confirm_call(session: Session, call_id: UUID, *, now: datetime) -> Call:
    """Say yes to a pending call. Saying it twice is saying it once.

    Raises `NotFound`, `NotOpen`, or `SlotTaken` when a pending call did not keep its time and somebody took it.
    """
    call, offer = _found(session, call_id)
    if call.state in WAITING:
        require_unclaimed(session, offer, call, now=now)
    with claiming(session, offer, call.starts_at, now=now, own=own_of(call)):
        session.refresh(call, with_for_update=True)
        if call.state == CallState.CONFIRMED:
            return call
        if not may_become(call.state, CallState.CONFIRMED) or call.ends_at <= now:
            raise NotOpen
        settle(session, call, offer, CallState.CONFIRMED, now=now)
    return call


def decline_call(session: Session, call_id: UUID, reason: str, *, now: datetime) -> Call:
    """Say no to a pending call, in the advisor's words. Raises `NotFound`, `NotOpen`."""
    call, offer = _locked(session, call_id)
    if call.state == CallState.DECLINED:
        return call
    if not may_become(call.state, CallState.DECLINED):
        raise NotOpen
    _end(session, call, offer, CallState.DECLINED, by="advisor", reason=reason, now=now)
    return call


def mark_paid(session: Session, call_id: UUID, *, now: datetime) -> Call:
    """Note that a call was paid for; one that waited for that is confirmed. Raises as `confirm_call`."""
    call, _ = _locked(session, call_id)
    call.paid_at = call.paid_at or now
    return confirm_call(session, call_id, now=now) if call.state == CallState.PENDING else call


def settle(session: Session, call: Call, offer: Offer, state: CallState, *, now: datetime) -> None:
    """Let a call that waited count, or wait for the advisor. Called within `claiming`; raises `NotFree`."""
    confirmed = state == CallState.CONFIRMED
    values = {
        "kind": "call" if confirmed else "pending",
        "active": confirmed or offer.call_type.pending_blocks,
        "expires_at": None,
    }
    during = claimed_range(offer.call_type, call.starts_at, call.ends_at)
    if not change_claim(session, offer.advisor.id, Claim.call_id == call.id, during, **values):
        raise NotFree
    call.state, call.changed_at = state, now
    call.verify_by = None
    call.revision += 1
    if confirmed:
        tell_of_call(session, call, offer, event=CallBooked, now=now)


def lapse_calls(session: Session, *, now: datetime, machine: datetime) -> int:
    """End a batch of calls that nobody answered: pending ones that would have begun, addresses that stayed silent."""
    silent = and_(Call.state == CallState.UNVERIFIED, Call.verify_by <= machine)
    waiting = and_(Call.state.in_(WAITING), Call.starts_at <= now)
    found = session.scalars(select(Call.id).where(or_(silent, waiting)).order_by(Call.starts_at).limit(BATCH)).all()
    for call_id in found:
        call, offer = _locked(session, call_id)
        if call.state in WAITING:
            _end(session, call, offer, CallState.LAPSED, by="system", reason="", now=now)
    return len(found)


def _end(session: Session, call: Call, offer: Offer, state: CallState, *, by: str, reason: str, now: datetime) -> None:
    known = call.state != CallState.UNVERIFIED
    release(session, call, now=now)
    call.state, call.cancelled_by, call.reason, call.changed_at = state, by, reason, now
    call.revision += 1
    # Nobody was told of a call whose address never answered, so nobody is told of its end.
    if known:
        tell_of_call(session, call, offer, event=CallDeclined, more={"by": by, "reason": reason}, now=now)


def _locked(session: Session, call_id: UUID) -> tuple[Call, Offer]:
    """The advisor's row first, then the call's: always this order."""
    call, offer = _found(session, call_id)
    lock_advisor(session)
    session.refresh(call, with_for_update=True)
    return call, offer


def _found(session: Session, call_id: UUID) -> tuple[Call, Offer]:
    call = session.get(Call, call_id)
    if call is None:
        raise NotFound
    return call, offer_of_call(session, call)


def offer_of_call(session: Session, call: Call) -> Offer:
    """The offer that a call was booked under, in the length that it has."""
    minutes = int((call.ends_at - call.starts_at).total_seconds()) // 60
    return offer_for(session, call.call_type_id, minutes=minutes)
