"""Calls whose end has passed are over, without anybody having to say so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.models import Call
from services.booking.usecases.availability import offer_for
from services.booking.usecases.tell import head_of_call
from shared.events import CallCompleted
from shared.inbox import publish

BATCH = 100


def complete_calls(session: Session, *, now: datetime) -> int:
    """Complete a batch of calls that have ended. Returns how many; fewer than a batch means that none is left.

    The iCalendar sequence stays: nothing changed for the calendars.
    """
    query = select(Call).where(Call.state == "confirmed", Call.ends_at <= now).order_by(Call.starts_at).limit(BATCH)
    ended = session.scalars(query.with_for_update(skip_locked=True)).all()
    for call in ended:
        call.state, call.changed_at = "completed", now
        call.revision += 1
        head = head_of_call(call, offer_for(session, call.call_type_id))
        publish(session, CallCompleted(**head, occurred_at=now))
    return len(ended)
