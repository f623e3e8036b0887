"""Group calls: one time, one claim, several seats. Never oversold: the number is raised by a conditional UPDATE."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.booking.domain.states import OPEN
from services.booking.models import Call, Claim, GroupCall
from services.booking.usecases.availability import Offer
from services.booking.usecases.claims import claim, claimed_range
from services.booking.usecases.entries import want_group_entry


def take_seat(
    session: Session, offer: Offer, start: datetime, *, location: str, uid_domain: str, now: datetime
) -> GroupCall | None:
    """A seat in the group call of this start, which is made with its first one; None when there is none.

    The advisor's row is locked by the caller. Whoever has the last seat in mind at once meets at the UPDATE.
    """
    group = _open_at(session, offer.call_type.id, start)
    if group is None:
        return _first(session, offer, start, location=location, uid_domain=uid_domain, now=now)
    same_length = GroupCall.ends_at == start + offer.length
    raised = (
        update(GroupCall)
        .where(GroupCall.id == group.id, GroupCall.taken < GroupCall.capacity, same_length)
        .values(taken=GroupCall.taken + 1, sequence=GroupCall.sequence + 1, changed_at=now)
        .returning(GroupCall)
        .execution_options(populate_existing=True)
    )
    return session.scalars(raised).one_or_none()


def sit_in(call: Call, group: GroupCall) -> None:
    """The call is a seat of this group call now. All meet in one room; who is called has a number of their own."""
    call.group_call_id = group.id
    if not (call.location.startswith("tel:") or group.location.startswith("tel:")):
        call.location = group.location


def give_seat_back(session: Session, group_id: UUID, *, now: datetime) -> GroupCall:
    """One seat fewer is taken. With the last one the group call is cancelled and its time is free."""
    lowered = (
        update(GroupCall)
        .where(GroupCall.id == group_id)
        .values(taken=GroupCall.taken - 1, sequence=GroupCall.sequence + 1, changed_at=now)
        .returning(GroupCall)
        .execution_options(populate_existing=True)
    )
    group = session.scalars(lowered).one()
    if group.taken == 0:
        group.state = "cancelled"
        session.execute(update(Claim).where(Claim.group_call_id == group.id).values(active=False))
    want_group_entry(session, group)
    return group


def seats_left(session: Session, offer: Offer, *, now: datetime) -> dict[datetime, tuple[int, int]]:
    """Of each group call to come that somebody has booked: how many seats are left, and of how many."""
    query = select(GroupCall.starts_at, GroupCall.capacity - GroupCall.taken, GroupCall.capacity).where(
        GroupCall.call_type_id == offer.call_type.id, GroupCall.state == "confirmed", GroupCall.starts_at > now
    )
    return {start.astimezone(UTC): (left, of) for start, left, of in session.execute(query)}


def has_seat(session: Session, offer: Offer, start: datetime, person: str) -> bool:
    """Whether this person sits in the group call of this start already."""
    group = _open_at(session, offer.call_type.id, start)
    if group is None:
        return False
    theirs = select(Call.id).where(Call.group_call_id == group.id, Call.person == person, Call.state.in_(OPEN))
    return session.scalar(theirs) is not None


def _open_at(session: Session, call_type_id: UUID, start: datetime) -> GroupCall | None:
    open_ones = select(GroupCall).where(
        GroupCall.call_type_id == call_type_id, GroupCall.starts_at == start, GroupCall.state == "confirmed"
    )
    return session.scalars(open_ones.execution_options(populate_existing=True)).one_or_none()


def _first(
    session: Session, offer: Offer, start: datetime, *, location: str, uid_domain: str, now: datetime
) -> GroupCall | None:
    end = start + offer.length
    group = GroupCall(
        id=uuid4(),
        uid=f"{uuid4()}@{uid_domain}",
        call_type_id=offer.call_type.id,
        state="confirmed",
        starts_at=start,
        ends_at=end,
        capacity=offer.call_type.seats,
        taken=1,
        sequence=0,
        location=location,
        created_at=now,
        changed_at=now,
    )
    session.add(group)
    session.flush()
    during = claimed_range(offer.call_type, start, end)
    return group if claim(session, offer, during, kind="call", group_call_id=group.id) else None
