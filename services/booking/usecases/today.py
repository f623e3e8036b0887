"""What the advisor sees first: who waits for them, whom they speak with, and what is stuck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.models import Ask, Call, CallType, Inbox, Message, MessageBody
from shared.doorbell import wake
from shared.mail.row import MailState
from shared.mail.settle import retry_parked

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


def stored_mail(session: Session, message_id: UUID) -> dict[str, Any] | None:
    """One mail as it was or will be sent. `text` is missing until its first claim, and after its retention."""
    row, body = session.get(Message, message_id), session.get(MessageBody, message_id)
    if row is None:
        return None
    return {
        "id": row.id,
        "kind": row.kind,
        "recipient": row.recipient,
        "state": row.state,
        "feedback": row.feedback or "",
        "error": row.error or row.skip_reason or "",
        "at": row.accepted_at or row.created_at,
        "provider_id": row.provider_id or "",
        "attempt": row.attempt,
        "subject": body.subject if body else row.kind.replace("_", " "),
        "sender": body.sender if body else "",
        "reply_to": body.reply_to if body else "",
        "text": body.text if body else None,
        "invite": (body.method or "") if body else "",
    }


def send_again(session: Session, message_id: UUID) -> bool:
    """The advisor's "send again" for a parked mail. False when it is not parked."""
    wake(session, "booking.mail")
    return retry_parked(session, Message, message_id)
