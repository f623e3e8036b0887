"""Calls whose end has passed are over, without anybody having to say so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from services.booking.domain.states import CallState
from services.booking.models import Call, GroupCall
from services.booking.usecases.availability import offer_for
from services.booking.usecases.calls import become, note_revision
from services.booking.usecases.tell import tell_of_call
from shared.events import CallCompleted

BATCH = 100


def complete_calls(session: Session, *, now: datetime) -> int:
    """Complete a batch of calls that have ended. Returns how many; fewer than a batch means that none is left.

    A group call is completed with the last of its seats. What still waits for a yes or for an address is not: it
    lapses. The iCalendar sequence stays: nothing changed for the calendars.
    """
    ended = select(Call).where(Call.state == CallState.CONFIRMED, Call.ends_at <= now).order_by(Call.starts_at)
    calls = session.scalars(ended.limit(BATCH).with_for_update(skip_locked=True)).all()
    for call in calls:
        become(call, CallState.COMPLETED)
        note_revision(call, now=now)
        tell_of_call(session, call, offer_for(session, call.call_type_id), event=CallCompleted, now=now)
    session.flush()
    return len(calls) + _complete_group_calls(session, now=now)


def _complete_group_calls(session: Session, *, now: datetime) -> int:
    seat = exists().where(Call.group_call_id == GroupCall.id, Call.state == CallState.CONFIRMED).correlate(GroupCall)
    ended = update(GroupCall).where(GroupCall.state == "confirmed", GroupCall.ends_at <= now, ~seat)
    return len(session.scalars(ended.values(state="completed", changed_at=now).returning(GroupCall.id)).all())
