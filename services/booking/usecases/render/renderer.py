"""Which kind of mail is written by what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from services.booking.usecases.availability import advisor_of
from services.booking.usecases.render.ask import OF_ASKS
from services.booking.usecases.render.between import BETWEEN
from services.booking.usecases.render.call import OF_CALLS
from services.booking.usecases.render.readers import Desk
from services.booking.usecases.render.reminders import AROUND
from shared.mail.body import Rendered
from shared.mail.row import MessageColumns
from shared.settings import Settings

KINDS: dict[str, Callable[[Desk], Rendered]] = {**OF_ASKS, **OF_CALLS, **BETWEEN, **AROUND}


@dataclass(frozen=True)
class Renderer:
    """Writes booking's mails for one installation."""

    settings: Settings

    def __call__(self, session: Session, row: MessageColumns, now: datetime) -> Rendered:
        """The mail of this row, as things stand now."""
        return KINDS[row.kind](Desk(self.settings, session, advisor_of(session), row, now))
