"""Giving back what a call took that does not come about: its time, its seat, the use of its private link.

An accepted request needs nothing: the index that lets it open one session does not count calls that are gone.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from services.booking.models import Call, Claim, GroupCall, PrivateLink


def release(session: Session, call: Call, *, now: datetime) -> None:
    """Give everything back. Asked once for a call, with the advisor's row locked."""
    session.execute(update(Claim).where(Claim.call_id == call.id).values(active=False))
    if call.group_call_id is not None:
        _give_seat_back(session, call, now=now)
    if call.link_id is not None:
        back = update(PrivateLink).where(PrivateLink.id == call.link_id, PrivateLink.uses > 0)
        session.execute(back.values(uses=PrivateLink.uses - 1))


def _give_seat_back(session: Session, call: Call, *, now: datetime) -> None:
    """With its last seat a group call is cancelled, and its time is free again."""
    seat = update(GroupCall).where(GroupCall.id == call.group_call_id)
    left = session.scalar(
        seat.values(taken=GroupCall.taken - 1, sequence=GroupCall.sequence + 1, changed_at=now).returning(
            GroupCall.taken
        )
    )
    if not left:
        session.execute(seat.values(state="cancelled"))
        session.execute(update(Claim).where(Claim.group_call_id == call.group_call_id).values(active=False))
