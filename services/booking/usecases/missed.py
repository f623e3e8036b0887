"""They did not come: noted by the advisor, and taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from services.booking.domain.errors import NotYet
from services.booking.domain.states import CallState
from services.booking.models import Call, Message
from services.booking.usecases.calls import become, call_with, locked, note_revision, refusal
from services.booking.usecases.render.wanted import outdated
from services.booking.usecases.tell import tell_of_call
from shared.events import CallCompleted, CallMissed
from shared.mail.row import MailState


def mark_missed(session: Session, call_id: UUID, *, now: datetime) -> Call:
    """Note that they did not come. Noting it twice is noting it once.

    Raises `NotFound`, `NotYet` before the call begins, and `NotOpen` or `AlreadyCancelled` for a call that was neither
    going to be held nor held.
    """
    call, offer = locked(session, call_with(session, call_id))
    if call.state == CallState.MISSED:
        return call
    if call.state == CallState.CONFIRMED and now < call.starts_at:
        raise NotYet
    become(call, CallState.MISSED)
    note_revision(call, now=now)
    tell_of_call(session, call, offer, event=CallMissed, now=now)
    _skip_untrue(session, call)
    return call


def unmark_missed(session: Session, call_id: UUID, *, now: datetime) -> Call:
    """They came after all. Taking back what was not noted changes nothing.

    Before its end the call just goes on, and is completed by itself as every call. After its end it is completed:
    whoever heard that it was missed hears of a newer revision that it was held. Raises as `mark_missed`.
    """
    call, offer = locked(session, call_with(session, call_id))
    if call.state in (CallState.CONFIRMED, CallState.COMPLETED):
        return call
    if call.state != CallState.MISSED:
        raise refusal(call)
    over = call.ends_at <= now
    become(call, CallState.COMPLETED if over else CallState.CONFIRMED)
    note_revision(call, now=now)
    if over:
        tell_of_call(session, call, offer, event=CallCompleted, now=now)
    _skip_untrue(session, call)
    return call


def _skip_untrue(session: Session, call: Call) -> None:
    """The mail after a call leaves much later: until then no list may say that the wrong one will be sent."""
    session.flush()
    untrue = (
        update(Message)
        .where(Message.subject_id == call.id, Message.state.in_([MailState.QUEUED, MailState.CLAIMED]), outdated())
        .values(state=MailState.SKIPPED, skip_reason="superseded")
    )
    session.execute(untrue.execution_options(synchronize_session=False))
