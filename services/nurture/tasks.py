"""Queue in: what nurture looks at when its bell rings, and anyway every so often."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy.orm import Session

from services.nurture.domain.states import ExitReason
from services.nurture.models import Erased, Inbox, Message, MessageBody
from services.nurture.usecases.advance import BATCH, advance
from services.nurture.usecases.hear import end_for_good, handlers
from services.nurture.usecases.render import Renderer
from services.nurture.usecases.retain import retain
from services.nurture.usecases.wanted import unwanted, waits
from shared.celery import Work
from shared.clock import machine_now
from shared.inbox import Desk, handle_inbox
from shared.mail.dispatch import Sender, send_due
from shared.mail.row import MessageColumns
from shared.mail.settle import sweep
from shared.mail.transports import transport_of
from shared.retention import BATCH as RETAINED
from shared.service import Service

_transport = cache(transport_of)


def hear(service: Service) -> int:
    """Handle what other services told us."""
    return handle_inbox(service, Desk(Inbox, Erased, handlers(service.settings)))


def write_letters(service: Service) -> int:
    """Write the letters that are due, batch after batch."""
    written = 0
    while True:
        with service.sessions.begin() as session:
            batch = advance(session, now=service.clock.now())
        written += batch
        if batch < BATCH:
            return written


def send_mail(service: Service) -> int:
    """Send the letters that were written."""
    return send_due(service, sender_of(service), _transport(service.settings))


def sweep_mail(service: Service) -> int:
    """Move the letters that a dead worker or a silent provider left behind."""
    with service.sessions.begin() as session:
        return sweep(session, Message, service.settings.timings, machine=machine_now())


def let_go(service: Service) -> None:
    """Drop what was kept long enough, batch after batch."""
    dropped = RETAINED
    while dropped == RETAINED:
        with service.sessions.begin() as session:
            dropped = retain(session, service.settings, now=service.clock.now(), machine=machine_now())


def sender_of(service: Service) -> Sender:
    """How letters are sent: never to somebody who booked, left or said stop; an address that is dead ends it."""

    def bounced(session: Session, row: MessageColumns, now: datetime) -> None:
        end_for_good(session, row, now, reason=ExitReason.BOUNCED, settings=service.settings)

    return Sender(
        message=Message,
        body=MessageBody,
        unwanted=unwanted(),
        waits=waits(),
        render=Renderer(service.settings),
        bounced=bounced,
    )


# Looked at often, because a beat that is started anew counts from then; dropping nothing costs a few index look-ups.
WORKS = {
    "nurture.inbox": Work(hear, every=2),
    "nurture.advance": Work(write_letters, every=2),
    "nurture.mail": Work(send_mail),
    "nurture.sweep": Work(sweep_mail, every=5),
    "nurture.retain": Work(let_go, every=900),
}
