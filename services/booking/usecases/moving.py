"""The time of a call put elsewhere: its claim, or its seat in a group call. What is told to whom is the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg.errors import ExclusionViolation
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.booking.domain.errors import NotOpen
from services.booking.models import Call, Claim, Guest, Proposal
from services.booking.usecases.availability import Offer
from services.booking.usecases.book import claimed_range, free_expired_holds, taken
from services.booking.usecases.calls import note_change
from shared.clock import machine_now

NEEDS_ACTION = "needs-action"


def shift(session: Session, offer: Offer, call: Call, start: datetime, *, now: datetime) -> None:
    """Put a call at another time, for the length in `offer`. Everybody is asked anew, and proposals are settled.

    The rules of the listing are the caller's; here only the constraint decides. Raises `SlotTaken`.
    """
    end = start + timedelta(minutes=offer.minutes)
    if call.group_call_id is None:
        _move_claim(session, offer, call, start, now=now)
    else:
        _move_seat()
    call.starts_at, call.ends_at = start, end
    call.answer = call.advisor_answer = NEEDS_ACTION
    call.answer_stamp = call.advisor_answer_stamp = None
    session.execute(update(Guest).where(Guest.call_id == call.id).values(answer=NEEDS_ACTION, answer_stamp=None))
    settle_proposals(session, call, now=now)
    note_change(call, now=now)


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
        raise taken(session, offer, start, now=now, without=without)


def claimed_among(
    session: Session, offer: Offer, starts: Sequence[datetime], *, without: Call | None = None
) -> set[datetime]:
    """Which of these starts are taken by a claim, buffers included. The call's own claim is not in its way."""
    length = timedelta(minutes=offer.minutes)
    wanted = {start: claimed_range(offer, start, start + length) for start in starts}
    query = select(Claim.during).where(
        Claim.advisor_id == offer.advisor.id,
        Claim.active,
        Claim.during.op("&&")(claimed_range(offer, min(starts), max(starts) + length)),
        or_(Claim.expires_at.is_(None), Claim.expires_at > machine_now()),
    )
    if without is not None:
        query = query.where(Claim.call_id.is_distinct_from(without.id))
    claims = session.scalars(query).all()
    return {start for start, during in wanted.items() if any(during.overlaps(claim) for claim in claims)}


def _move_claim(session: Session, offer: Offer, call: Call, start: datetime, *, now: datetime) -> None:
    """Move the claim. In a savepoint, because ON CONFLICT cannot help an UPDATE.

    What kind of claim it is stays: a request that does not block goes on not blocking.
    """
    during = claimed_range(offer, start, start + timedelta(minutes=offer.minutes))
    free_expired_holds(session, offer, during)
    try:
        with session.begin_nested():
            session.execute(update(Claim).where(Claim.call_id == call.id).values(during=during))
    except IntegrityError as error:
        if isinstance(error.orig, ExclusionViolation):
            raise taken(session, offer, start, now=now, without=call) from None
        raise


def _move_seat() -> None:
    raise NotOpen
