"""The time of a call put elsewhere: its claim, or its seat in a group call. What is told of it is not done here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from services.booking.domain.errors import OpenCallExists, SlotTaken
from services.booking.domain.states import CallState
from services.booking.models import Call, Claim, GroupCall, Guest, Proposal
from services.booking.usecases.availability import NOBODYS, Offer, is_free
from services.booking.usecases.calls import Side, note_change
from services.booking.usecases.claims import NotFree, change_claim, claimed_range, claiming, own_of, taken
from services.booking.usecases.outside import placed_against
from services.booking.usecases.seats import give_seat_back, has_seat, sit_in, take_seat
from services.booking.usecases.wanting import Seat, want_of_group
from shared.clock import machine_now

NEEDS_ACTION = "needs-action"


def shift(
    session: Session, offer: Offer, call: Call, start: datetime, *, by: Side, by_rules: bool, now: datetime
) -> None:
    """Put a locked call at another time, for the length in `offer`. Everybody is asked anew, and proposals are settled.

    Held against the rules of the listing only when it is `by_rules`; the constraint always decides. Raises `SlotTaken`,
    and `OpenCallExists` for who sits in that group call already.
    """
    own, left = own_of(call), call.group_call_id
    with claiming(session, offer, start, now=now, own=own):
        if by_rules and not is_free(session, offer, start, now=now, own=own):
            raise NotFree
        if not _moved(session, offer, call, start, now=now):
            raise NotFree
    call.starts_at, call.ends_at = start, start + offer.length
    call.placed_against = placed_against(offer, start)
    call.answer = call.advisor_answer = NEEDS_ACTION
    call.answer_stamp = call.advisor_answer_stamp = None
    session.execute(update(Guest).where(Guest.call_id == call.id).values(answer=NEEDS_ACTION, answer_stamp=None))
    settle_proposals(session, call, now=now)
    note_change(call, now=now)
    if left is not None and call.state == CallState.CONFIRMED:
        # Of the one that they leave nobody else hears: what is told of the call is told of the one that they join.
        want_of_group(session, left, offer.advisor, Seat(call, "left", by, start), now=now)


def settle_proposals(session: Session, call: Call, *, now: datetime) -> None:
    """Once a call has moved or is gone, nothing that was proposed for it before can be chosen."""
    still_open = update(Proposal).where(Proposal.call_id == call.id, Proposal.state == "open")
    session.execute(still_open.values(state="replaced", answered_at=now))


def require_unclaimed(
    session: Session, offer: Offer, start: datetime, *, now: datetime, without: Call | None = None
) -> None:
    """Hold a time of the advisor's own choice against what is claimed, and against no other rule.

    Said kindly before anything is promised; the constraint decides. Raises `SlotTaken`.
    """
    if claimed_among(session, offer, [start], without=without):
        raise refused(session, offer, start, now=now, call=without)


def refused(session: Session, offer: Offer, start: datetime, *, now: datetime, call: Call | None) -> SlotTaken:
    """The refusal of a start, with the nearest for this call."""
    return taken(session, offer, start, now=now, own=own_of(call) if call else NOBODYS)


def claimed_among(
    session: Session, offer: Offer, starts: Sequence[datetime], *, without: Call | None = None
) -> set[datetime]:
    """Which of these starts are taken by a claim, buffers included. The call's own claim is not in its way.

    Nor is the claim of a group call that begins there and has a seat left, but for a call that is no seat itself.
    """
    wanted = {start: claimed_range(offer.call_type, start, start + offer.length) for start in starts}
    around = claimed_range(offer.call_type, min(starts), max(starts) + offer.length)
    query = select(Claim.during).where(
        Claim.advisor_id == offer.advisor.id,
        Claim.active,
        Claim.during.op("&&")(around),
        or_(Claim.expires_at.is_(None), Claim.expires_at > machine_now()),
    )
    if without is not None:
        query = query.where(Claim.call_id.is_distinct_from(without.id))
    claims = session.scalars(query).all()
    found = {start for start, during in wanted.items() if any(during.overlaps(claim) for claim in claims)}
    takes_a_seat = offer.is_group and (without is None or without.group_call_id is not None)
    return found - _with_a_seat(session, offer, found) if takes_a_seat and found else found


def _with_a_seat(session: Session, offer: Offer, starts: set[datetime]) -> set[datetime]:
    open_ones = select(GroupCall.starts_at).where(
        GroupCall.call_type_id == offer.call_type.id,
        GroupCall.starts_at.in_(starts),
        GroupCall.state == "confirmed",
        GroupCall.taken < GroupCall.capacity,
    )
    return set(session.scalars(open_ones))


def _moved(session: Session, offer: Offer, call: Call, start: datetime, *, now: datetime) -> bool:
    if call.group_call_id is not None:
        return _move_seat(session, offer, call, call.group_call_id, start, now=now)
    return _move_claim(session, offer, call, start)


def _move_claim(session: Session, offer: Offer, call: Call, start: datetime) -> bool:
    """What kind of claim it is stays: a request that does not block goes on not blocking."""
    during = claimed_range(offer.call_type, start, start + offer.length)
    return change_claim(session, offer.advisor.id, Claim.call_id == call.id, during)


def _move_seat(session: Session, offer: Offer, call: Call, left: UUID, start: datetime, *, now: datetime) -> bool:
    """The seat they had is given back before: a group call of one may move by less than its own length."""
    give_seat_back(session, left, now=now)
    if has_seat(session, offer, start, call.person):
        raise OpenCallExists(known=True)
    place = {"location": call.location, "uid_domain": call.uid.rpartition("@")[2]}
    group = take_seat(session, offer, start, **place, now=now)
    if group is None:
        return False
    sit_in(call, group)
    return True
