"""Taking the advisor's time. The exclusion constraint decides; what is here asks it so that nobody waits for long.

A claim that is inserted waits at most for another booking of the same time to end, and needs no lock (`take`). Where
something is counted over many calls, or a claim changes, the advisor's row is locked before (`claiming`), so that one
comes after the other: plain racing changes under an exclusion constraint deadlock and wait for seconds. All that can be
written without that lock is written before it, because the others wait from there to the end of the commit. ADR 13.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.errors import ExclusionViolation
from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.booking.domain.errors import SlotTaken
from services.booking.domain.slots import nearest
from services.booking.models import Advisor, Call, CallType, Claim
from services.booking.usecases.availability import NOBODYS, Offer, Own, epoch_minute, free_starts, is_free
from shared.clock import machine_now
from shared.ready import Ready

# How far around a taken time we look for others to offer.
NEARBY = timedelta(days=14)


class NotFree(Exception):
    """Under the lock, a start turned out to be taken. Never leaves `claiming`, which makes it a `SlotTaken`."""


@contextmanager
def claiming(session: Session, offer: Offer, start: datetime, *, now: datetime, own: Own = NOBODYS) -> Iterator[None]:
    """Lock the advisor's row: from here to the end of the commit all others wait. `NotFree` becomes `SlotTaken`.

    A refusal lets go of the lock before it looks for the nearest free times, which takes longer than all the rest: a
    savepoint that is rolled back to gives up the row locks taken since. Nothing may be written after a refusal.
    """
    session.flush()
    session.execute(text("SAVEPOINT before_the_lock"))
    lock_advisor(session)
    try:
        yield
    except NotFree:
        session.execute(text("ROLLBACK TO SAVEPOINT before_the_lock"))
        raise taken(session, offer, start, now=now, own=own) from None


def lock_advisor(session: Session) -> None:
    """Let nobody else claim time until this transaction ends."""
    _LOCK.rows(session)


_LOCK = Ready(select(Advisor.id).with_for_update(key_share=True))


def require_free(session: Session, offer: Offer, start: datetime, *, now: datetime, own: Own = NOBODYS) -> None:
    """Hold one start against the same rules and the same busy times as the listing. Raises `SlotTaken`."""
    if not is_free(session, offer, start, now=now, own=own):
        raise taken(session, offer, start, now=now, own=own)


def taken(session: Session, offer: Offer, start: datetime, *, now: datetime, own: Own = NOBODYS) -> SlotTaken:
    """The refusal of a start, with the three nearest that are free now."""
    around = min(max(start, now), offer.last_start(now))
    free = free_starts(session, offer, now=now, start=max(now, around - NEARBY), end=around + NEARBY, own=own)
    near = nearest([epoch_minute(at) for at in free], epoch_minute(around))
    return SlotTaken(epoch_minute(start), near)


def claimed_range(call_type: CallType, start: datetime, end: datetime) -> Range[datetime]:
    """A call's time with its own buffers: two claims overlap exactly when the buffers of both would be cut."""
    return Range(
        start - timedelta(minutes=call_type.buffer_before_minutes),
        end + timedelta(minutes=call_type.buffer_after_minutes),
    )


def take(session: Session, offer: Offer, during: Range[datetime], **whose: object) -> bool:
    """Take the time, or find it taken, if only by a hold that is over. Needs no lock.

    `ON CONFLICT DO NOTHING` cannot deadlock by itself; whoever holds claims that others may wait for waits for nothing
    after it. `whose` are columns of `Claim`: its kind and its call, group call or holder, and whether it is active.
    """
    return bool(_NEW.rows(session, advisor_id=offer.advisor.id, during=during, **(_NOBODYS | whose)))


def claim(session: Session, offer: Offer, during: Range[datetime], **whose: object) -> bool:
    """Take the time, also from a hold that is over. Within `claiming`; `whose` as in `take`."""
    return take(session, offer, during, **whose) or (
        free_expired(session, offer.advisor.id, during) and take(session, offer, during, **whose)
    )


_NOBODYS = {"active": True, "call_id": None, "group_call_id": None, "holder": None, "network": None, "expires_at": None}
_NEW = Ready(
    insert(Claim).on_conflict_do_nothing().returning(Claim.id), columns=("advisor_id", "during", "kind", *_NOBODYS)
)


def change_claim(
    session: Session, advisor_id: UUID, whose: ColumnElement[bool], during: Range[datetime], **values: object
) -> bool:
    """Move or wake a claim; False when the time is taken. In a savepoint: ON CONFLICT cannot help an UPDATE."""
    free_expired(session, advisor_id, during)
    try:
        with session.begin_nested():
            session.execute(update(Claim).where(whose).values(during=during, **values))
    except IntegrityError as error:
        if isinstance(error.orig, ExclusionViolation):
            return False
        raise
    return True


def free_expired(session: Session, advisor_id: UUID, during: Range[datetime]) -> bool:
    """Let go of claims in the way whose time is up; the constraint cannot know the clock. False when there are none."""
    over = update(Claim).where(
        Claim.advisor_id == advisor_id,
        Claim.active,
        Claim.during.op("&&")(during),
        Claim.expires_at <= machine_now(),
    )
    return bool(session.scalars(over.values(active=False).returning(Claim.id)).all())


def own_of(call: Call) -> Own:
    """What is in a call's own way when it moves: nothing of its own."""
    return Own(call=call.id)
