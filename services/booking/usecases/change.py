"""Moving and cancelling a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.booking.domain.errors import AlreadyCancelled, NotFound, NotOpen, TooLate
from services.booking.models import Call, Claim
from services.booking.usecases.availability import Offer, offer_for
from services.booking.usecases.claims import change_claim, claimed_range, own_of, require_free, taken
from services.booking.usecases.tell import tell_of_call
from shared.events import CallCancelled, CallRescheduled

Side = Literal["prospect", "advisor"]


@dataclass(frozen=True)
class Change:
    """What somebody wants done to a call. `by` is whose wish it is: the advisor is not bound by notice."""

    by: Side
    reason: str = ""


def call_of(session: Session, token: str) -> Call:
    """The call of this link. Raises `NotFound`."""
    call = session.scalar(select(Call).where(Call.token == token))
    if call is None:
        raise NotFound
    return call


def move_call(session: Session, token: str, start: datetime, change: Change, *, now: datetime) -> Call:
    """Move a call to another start; both calendars are updated under the same UID.

    Moving it to where it is changes nothing. Raises `NotFound`, `AlreadyCancelled`, `NotOpen`, `TooLate`, `SlotTaken`.
    """
    call, offer = _locked(session, token)
    if call.starts_at == start and call.state == "confirmed":
        return call
    _require_open(call, now=now)
    _require_notice(call, change, minutes=offer.call_type.move_notice_minutes, now=now)
    require_free(session, offer, start, now=now, own=own_of(call))
    previous = call.starts_at
    _move_claim(session, offer, call, start, now=now)
    call.starts_at, call.ends_at = start, start + (call.ends_at - previous)
    call.moves += 1
    _next_sequence(call, now=now)
    call.reason = change.reason
    more = {"by": change.by, "previous_start": previous, "reason": change.reason}
    tell_of_call(session, call, offer, event=CallRescheduled, more=more, now=now)
    return call


def cancel_call(session: Session, token: str, change: Change, *, now: datetime) -> Call:
    """Cancel a call and free its time. Cancelling twice is cancelling once.

    Raises `NotFound`, `NotOpen` for a call that is over, or `TooLate`.
    """
    call, offer = _locked(session, token)
    if call.state == "cancelled":
        return call
    _require_open(call, now=now)
    _require_notice(call, change, minutes=offer.call_type.cancel_notice_minutes, now=now)
    session.execute(update(Claim).where(Claim.call_id == call.id).values(active=False))
    call.state, call.cancelled_by, call.reason = "cancelled", change.by, change.reason
    _next_sequence(call, now=now)
    tell_of_call(session, call, offer, event=CallCancelled, more={"by": change.by, "reason": change.reason}, now=now)
    return call


def may_change(call: Call, minutes: int, *, now: datetime) -> bool:
    """Whether a prospect may still change the call, given the notice it needs."""
    return call.state == "confirmed" and now <= call.starts_at - timedelta(minutes=minutes)


def _locked(session: Session, token: str) -> tuple[Call, Offer]:
    """The call and its offer, with the advisor's row locked first and the call's row after it: always this order."""
    offer = offer_for(session, call_of(session, token).call_type_id, lock=True)
    query = select(Call).where(Call.token == token).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one(), offer


def _require_open(call: Call, *, now: datetime) -> None:
    if call.state == "cancelled":
        raise AlreadyCancelled
    if call.state != "confirmed" or call.ends_at <= now:
        raise NotOpen


def _require_notice(call: Call, change: Change, *, minutes: int, now: datetime) -> None:
    if change.by == "prospect" and not may_change(call, minutes, now=now):
        raise TooLate


def _move_claim(session: Session, offer: Offer, call: Call, start: datetime, *, now: datetime) -> None:
    during = claimed_range(offer.call_type, start, start + (call.ends_at - call.starts_at))
    if not change_claim(session, offer.advisor.id, Claim.call_id == call.id, during):
        raise taken(session, offer, start, now=now, own=own_of(call))


def _next_sequence(call: Call, *, now: datetime) -> None:
    call.sequence += 1
    call.revision += 1
    call.changed_at = now
