"""Moving and cancelling a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.booking.domain.errors import TooLate, TooManyMoves
from services.booking.domain.starts import require_aware, require_to_come
from services.booking.domain.states import CallState
from services.booking.models import Call, CallType
from services.booking.usecases.availability import Offer, with_length
from services.booking.usecases.calls import (
    Side,
    become,
    call_of,
    locked,
    minutes_of,
    note_change,
    require_open,
)
from services.booking.usecases.claims import own_of, require_free
from services.booking.usecases.moving import require_unclaimed, settle_proposals, shift
from services.booking.usecases.release import release
from services.booking.usecases.tell import Move, tell_of_call, tell_of_move
from shared.events import CallCancelled


@dataclass(frozen=True)
class Change:
    """What somebody wants done to a call.

    `by` is whose wish it is: the advisor is bound by no notice, no number of moves and no hours, only by what is taken.
    `minutes` is the length a moved call gets; None keeps the one it has.
    """

    by: Side
    reason: str = ""
    minutes: int | None = None


def move_call(session: Session, token: str, start: datetime, change: Change, *, now: datetime) -> Call:
    """Move a call to another start; the calendars are updated under the same UID. A request stays a request.

    Moving it to where it is changes nothing. Raises `NotFound`, `InvalidInput` (a start without its offset, a length
    that is not offered, and for the advisor a time that has passed), `NotVerified`, `AlreadyCancelled`, `NotOpen`,
    `TooLate`, `TooManyMoves`, `SlotTaken`.
    """
    require_aware(start)
    call, offer = locked(session, call_of(session, token))
    require_open(call, now=now)
    offer = _at_length(offer, call, change.minutes)
    if call.starts_at == start and minutes_of(call) == offer.minutes:
        return call
    _require_may_move(session, offer, call, start, change, now=now)
    previous = call.starts_at
    shift(session, offer, call, start, by=change.by, by_rules=change.by == "prospect", now=now)
    call.moves += change.by == "prospect"
    call.reason = change.reason
    tell_of_move(session, call, offer, Move(change.by, previous, change.reason), now=now)
    return call


def cancel_call(session: Session, token: str, change: Change, *, now: datetime) -> Call:
    """Cancel a call, a request, or what waits for an address, and give back all it took. Twice is once.

    Raises `NotFound`, `NotOpen` for a call that is over, or `TooLate`.
    """
    call, offer = locked(session, call_of(session, token))
    if call.state == CallState.CANCELLED:
        return call
    if call.state != CallState.UNVERIFIED:
        require_open(call, now=now)
    # Nobody counts on what waits for an address, so it needs no notice.
    notice = offer.call_type.cancel_notice_minutes if call.state != CallState.UNVERIFIED else 0
    _require_notice(call, change, minutes=notice, now=now)
    release(session, call, now=now)
    settle_proposals(session, call, now=now)
    was = call.state
    note_change(call, now=now)
    become(call, CallState.CANCELLED)
    call.cancelled_by, call.reason = change.by, change.reason
    # Of a call whose address never answered nobody was told.
    if was != CallState.UNVERIFIED:
        more = {"by": change.by, "reason": change.reason}
        tell_of_call(session, call, offer, event=CallCancelled, more=more, now=now)
    return call


def may_move(call: Call, call_type: CallType, *, now: datetime) -> bool:
    """Whether a prospect may still move the call."""
    return _may_change(call, call_type.move_notice_minutes, now=now) and not moved_enough(call, call_type)


def may_cancel(call: Call, call_type: CallType, *, now: datetime) -> bool:
    """Whether a prospect may still cancel the call, or give back the time that waits for their address."""
    waits = call.state == CallState.UNVERIFIED and _in_time(call, 0, now=now)
    return waits or _may_change(call, call_type.cancel_notice_minutes, now=now)


def moved_enough(call: Call, call_type: CallType) -> bool:
    """Whether a prospect has moved the call as often as its type allows."""
    return call_type.most_moves is not None and call.moves >= call_type.most_moves


def _at_length(offer: Offer, call: Call, minutes: int | None) -> Offer:
    return offer if minutes is None or minutes == minutes_of(call) else with_length(offer, minutes)


def _require_may_move(
    session: Session, offer: Offer, call: Call, start: datetime, change: Change, *, now: datetime
) -> None:
    if change.by == "advisor":
        require_to_come(start, now=now)
        require_unclaimed(session, offer, start, now=now, without=call)
        return
    _require_notice(call, change, minutes=offer.call_type.move_notice_minutes, now=now)
    if moved_enough(call, offer.call_type):
        raise TooManyMoves(offer.call_type.most_moves or 0)
    require_free(session, offer, start, now=now, own=own_of(call))


def _may_change(call: Call, minutes: int, *, now: datetime) -> bool:
    known = call.state in (CallState.PENDING, CallState.CONFIRMED)
    return known and _in_time(call, minutes, now=now)


def _require_notice(call: Call, change: Change, *, minutes: int, now: datetime) -> None:
    if change.by == "prospect" and not _in_time(call, minutes, now=now):
        raise TooLate


def _in_time(call: Call, minutes: int, *, now: datetime) -> bool:
    return now <= call.starts_at - timedelta(minutes=minutes)
