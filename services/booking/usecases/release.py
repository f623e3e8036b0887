"""What a call that does not come about gives back: its time or its seat, and the private link it was booked with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from services.booking.models import Call, Claim
from services.booking.usecases.links import give_back
from services.booking.usecases.seats import give_seat_back


def release(session: Session, call: Call, *, now: datetime) -> None:
    """Free what the call had taken. Called once, with the change of state, by whoever holds the advisor's row.

    An accepted request gives itself back: its index counts only calls that come about.
    """
    session.execute(update(Claim).where(Claim.call_id == call.id).values(active=False))
    if call.group_call_id is not None:
        give_seat_back(session, call.group_call_id, now=now)
    if call.link_id is not None:
        give_back(session, call.link_id)
