"""What the advisor sees first: who waits for them, whom they speak with, and what is stuck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.models import Ask, Call, CallType, Inbox, Message, MessageBody
from shared.mail.row import MailState

MOST = 50
STUCK = (MailState.UNKNOWN, MailState.PARKED, MailState.FAILED)


@dataclass(frozen=True)
class Today:
    """The first page of the console, in reading order."""

    asks: Sequence[Ask]
    calls: Sequence[tuple[Call, CallType]]
    stuck: Sequence[Message]
    parked_events: Sequence[Inbox]


def today(session: Session, *, now: datetime) -> Today:
    """What is open now: asks by age, calls by time, and whatever needs a person to look at it."""
    calls = select(Call, CallType).join(CallType, CallType.id == Call.call_type_id)
    coming = calls.where(Call.state == "confirmed", Call.ends_at > now).order_by(Call.starts_at).limit(MOST)
    return Today(
        asks=session.scalars(select(Ask).where(Ask.state == "open").order_by(Ask.created_at).limit(MOST)).all(),
        calls=[(call, call_type) for call, call_type in session.execute(coming)],
        stuck=session.scalars(
            select(Message).where(Message.state.in_(STUCK)).order_by(Message.created_at.desc()).limit(MOST)
        ).all(),
        parked_events=session.scalars(select(Inbox).where(Inbox.parked_at.is_not(None)).limit(MOST)).all(),
    )


def stored_mail(session: Session, message_id: UUID) -> tuple[Message, MessageBody | None]:
    """One mail as it was or will be sent. The body is missing until its first claim, and after its retention."""
    return session.get_one(Message, message_id), session.get(MessageBody, message_id)
