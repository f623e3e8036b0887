"""The advisor's yes or no to a call that waits for it, and what becomes of calls that nobody answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from services.booking.domain.states import CallState
from services.booking.models import Call, Claim
from services.booking.usecases.availability import Offer, offer_for
from services.booking.usecases.calls import become, call_with, locked, minutes_of, note_revision, refusal
from services.booking.usecases.claims import NotFree, change_claim, claimed_range, claiming, own_of
from services.booking.usecases.moving import require_unclaimed, settle_proposals
from services.booking.usecases.release import release
from services.booking.usecases.tell import tell_of_call
from shared.events import CallBooked, CallDeclined, CallRequested

WAITING = (CallState.UNVERIFIED, CallState.PENDING)


def confirm_call(session: Session, call_id: UUID, *, now: datetime) -> Call:
    """Say yes to a pending call. Saying it twice is saying it once.

    Raises `NotFound`, `NotOpen`, or `SlotTaken` when a pending call did not keep its time and somebody took it.
    """
    call, offer = locked(session, call_with(session, call_id))
    if call.state == CallState.CONFIRMED:
        return call
    if call.state not in WAITING or call.ends_at <= now:
        raise refusal(call)
    settle(session, call, offer, CallState.CONFIRMED, now=now)
    return call


def decline_call(session: Session, call_id: UUID, reason: str, *, now: datetime) -> Call:
    """Say no to a pending call, in the advisor's words. Raises `NotFound`, `NotOpen`."""
    call, offer = locked(session, call_with(session, call_id))
    if call.state == CallState.DECLINED:
        return call
    _end(session, call, offer, CallState.DECLINED, by="advisor", reason=reason, now=now)
    return call


def mark_paid(session: Session, call_id: UUID, *, now: datetime) -> Call:
    """Note that a call was paid for; one that waited for that is confirmed. Raises as `confirm_call`."""
    call, _ = locked(session, call_with(session, call_id))
    call.paid_at = call.paid_at or now
    return confirm_call(session, call_id, now=now) if call.state == CallState.PENDING else call


def settle(session: Session, call: Call, offer: Offer, state: CallState, *, now: datetime) -> None:
    """Let a call that waited, and is locked, count or wait for the advisor. Raises `SlotTaken`.

    What it has claimed it keeps as it is: buffers that were raised since then would find its neighbours in the way.
    """
    confirmed = state == CallState.CONFIRMED
    if call.group_call_id is None and not _keeps_its_time(session, call):
        # A look before the door: who comes late is refused without keeping anybody waiting.
        require_unclaimed(session, offer, call.starts_at, now=now, without=call)
    become(call, state)
    call.verify_by = None
    note_revision(call, now=now)
    tell_of_call(session, call, offer, event=CallBooked if confirmed else CallRequested, now=now)
    values = {
        "kind": "call" if confirmed else "pending",
        "active": confirmed or offer.call_type.pending_blocks,
        "expires_at": None,
    }
    during = claimed_range(offer.call_type, call.starts_at, call.ends_at)
    with claiming(session, offer, call.starts_at, now=now, own=own_of(call)):
        kept = _keeps_its_time(session, call, **values)
        if not kept and not change_claim(session, offer.advisor.id, Claim.call_id == call.id, during, **values):
            raise NotFree


def _keeps_its_time(session: Session, call: Call, **values: object) -> bool:
    """Whether its time is claimed for it; what that claim is from now on is written in the same breath."""
    own = (Claim.call_id == call.id) & Claim.active
    found = update(Claim).where(own).values(**values).returning(Claim.id) if values else select(Claim.id).where(own)
    return session.scalar(found) is not None


def lapse_call(session: Session, *, now: datetime, machine: datetime) -> bool:
    """End one call that nobody answered: it would have begun, or its address stayed silent. False when none is left.

    Who is just being answered is passed over, and is looked at again with the next sweep.
    """
    silent = and_(Call.state == CallState.UNVERIFIED, Call.verify_by <= machine)
    waiting = and_(Call.state.in_(WAITING), Call.starts_at <= now)
    over = select(Call).where(or_(silent, waiting)).order_by(Call.starts_at).limit(1)
    call = session.scalar(over.with_for_update(skip_locked=True))
    if call is None:
        return False
    offer = offer_for(session, call.call_type_id, minutes=minutes_of(call))
    _end(session, call, offer, CallState.LAPSED, by="system", reason="", now=now)
    return True


def _end(session: Session, call: Call, offer: Offer, state: CallState, *, by: str, reason: str, now: datetime) -> None:
    known = call.state != CallState.UNVERIFIED
    become(call, state)
    release(session, call, now=now)
    settle_proposals(session, call, now=now)
    call.cancelled_by, call.reason = by, reason
    note_revision(call, now=now)
    # Nobody was told of a call whose address never answered, so nobody is told of its end.
    if known:
        tell_of_call(session, call, offer, event=CallDeclined, more={"by": by, "reason": reason}, now=now)
