"""The trail of what the advisor changed: who, what, to what, when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking.models import Audit


def note(session: Session, actor: str, act: str, subject: UUID | None, *, now: datetime) -> None:
    """Write one line into the trail, in the transaction of the act."""
    session.add(Audit(actor=actor, act=act, subject=subject, detail={}, at=now))
