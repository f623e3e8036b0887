"""What webhooks keeps for how long. All of it was written by machine time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.webhooks.models import Attempt, Delivery, Inbox, ProviderEvent, RawEvent
from shared.retention import Outlived, drop_batch
from shared.settings import Settings


def retain(session: Session, settings: Settings, *, machine: datetime) -> int:
    """Drop a batch of what was kept long enough. Fewer than a batch means that nothing is left to drop.

    A request that nobody could translate goes too: it says things about people. An event's id is known for as long as
    its request is; no provider repeats one for that long.
    """
    keep = settings.keep
    raw, attempts = machine - timedelta(days=keep.raw_days), machine - timedelta(days=keep.attempts_days)
    return drop_batch(
        session,
        [
            Outlived(RawEvent, (RawEvent.received_at < raw) & RawEvent.state.in_(["translated", "parked"])),
            Outlived(ProviderEvent, ProviderEvent.seen_at < raw),
            Outlived(Delivery, Delivery.settled_at < machine - timedelta(days=keep.bodies_days)),
            Outlived(Attempt, Attempt.at < attempts),
            Outlived(Inbox, Inbox.handled_at < machine - timedelta(days=keep.events_days)),
        ],
    )
