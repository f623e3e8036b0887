"""What nurture keeps for how long. Leads go with the people they are: booking says who was silent for too long."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists
from sqlalchemy.orm import Session

from services.nurture.models import Inbox, Message, MessageBody
from shared.mail.row import ENDED
from shared.retention import Outlived, drop_batch
from shared.settings import Settings


def retain(session: Session, settings: Settings, *, now: datetime, machine: datetime) -> int:
    """Drop a batch of what was kept long enough. Fewer than a batch means that nothing is left to drop."""
    keep = settings.keep
    ended = exists().where(Message.id == MessageBody.message_id, Message.state.in_(ENDED))
    return drop_batch(
        session,
        [
            Outlived(MessageBody, (MessageBody.date < now - timedelta(days=keep.bodies_days)) & ended),
            Outlived(Inbox, Inbox.handled_at < machine - timedelta(days=keep.events_days)),
        ],
    )
