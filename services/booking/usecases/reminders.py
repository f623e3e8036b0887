"""Reminders before a call, and the mail after it: rows that are due later, in the transaction of the change.

A new revision of the call replaces them; at their time they are asked once more whether they still hold
(`render.wanted`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services.booking.models import Call, CallType, Message
from services.booking.usecases.wanting import Addressee, Mail, prospect_of
from shared.mail.row import MailState

# A reminder right after the invitation says nothing new.
SOONEST = timedelta(minutes=5)
# How long the advisor can take back that somebody did not come.
SECOND_THOUGHTS = timedelta(minutes=15)


def reminders(call: Call, call_type: CallType, people: Iterable[Addressee], *, now: datetime) -> Iterator[Mail]:
    """The reminders that are still to come, for each of these people."""
    leads = {minutes: call.starts_at - timedelta(minutes=minutes) for minutes in call_type.reminder_minutes}
    for whom in people:
        for minutes, due in leads.items():
            if due > now + SOONEST:
                yield Mail("reminder", whom, due=due, mark=f":{minutes}")


def follow_up(session: Session, call: Call, call_type: CallType) -> Iterator[Mail]:
    """The mail after a call that was held. Nobody gets it twice, also when a miss was noted and taken back."""
    if call_type.follow_up_minutes is not None and not _left(session, call, "call_follow_up"):
        due = call.ends_at + timedelta(minutes=call_type.follow_up_minutes)
        yield Mail("call_follow_up", prospect_of(call), due=due)


def no_show(session: Session, call: Call, call_type: CallType, *, now: datetime) -> Iterator[Mail]:
    """The mail to somebody who did not come: not before the call's end, for they may still come."""
    if call_type.no_show_follow_up and not _left(session, call, "call_missed"):
        yield Mail("call_missed", prospect_of(call), due=max(call.ends_at, now + SECOND_THOUGHTS))


def _left(session: Session, call: Call, kind: str) -> bool:
    about = exists().where(
        Message.subject_id == call.id,
        Message.kind == kind,
        Message.state.not_in([MailState.QUEUED, MailState.SKIPPED]),
    )
    return bool(session.scalar(select(about)))
