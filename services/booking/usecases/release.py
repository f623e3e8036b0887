"""What a call that does not come about gives back: its time or its seat, and the private link it was booked with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from services.booking.models import Call, Claim
from services.booking.usecases.claims import lock_advisor
from services.booking.usecases.links import give_back
from services.booking.usecases.seats import give_seat_back


def release(session: Session, call: Call, *, now: datetime) -> None:
    """Free what the call, which is locked, had taken. Called once, with the change of state.

    An accepted request gives itself back: its index counts only calls that come about.
    """
    if call.group_call_id is not None:
        # Its last seat frees the time of all, which somebody may be joining.
        lock_advisor(session)
    # In the order in which a booking takes them.
    if call.link_id is not None:
        give_back(session, call.link_id)
    session.execute(update(Claim).where(Claim.call_id == call.id).values(active=False))
    if call.group_call_id is not None:
        give_seat_back(session, call.group_call_id, now=now)
