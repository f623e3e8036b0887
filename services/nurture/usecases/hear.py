"""What nurture does with the events it hears."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.nurture.domain.states import ExitReason
from services.nurture.models import KnownAdvisor, Message
from services.nurture.usecases.enrol import take_ask
from services.nurture.usecases.erase import erase_person
from services.nurture.usecases.leave import leave, suppress, take_call
from shared.erasure import ERASED, Erasure
from shared.events import AskEvent, CallEvent, ErasureAsked, MailFeedbackReceived, ProfileChanged
from shared.inbox import Handlers
from shared.mail.row import MessageColumns
from shared.mail.settle import take_feedback
from shared.security import suppression_hash
from shared.settings import Settings

# Events that end a lead's letters for good. A soft bounce or a full mailbox does not: the provider tries again.
ENDINGS = {
    "bounced_hard": ExitReason.BOUNCED,
    "complained": ExitReason.COMPLAINED,
    "unsubscribed": ExitReason.STOPPED,
}


def handlers(settings: Settings) -> Handlers:
    """The table of events and what they do here."""
    table = Handlers()
    table.on(AskEvent, partial(_hear_ask, settings))
    table.on(CallEvent, take_call)
    table.on(ProfileChanged, take_profile)
    table.on(MailFeedbackReceived, partial(_hear_feedback, settings))
    table.on(ErasureAsked, partial(_hear_erasure, settings))
    return table


def take_profile(session: Session, event: ProfileChanged, now: datetime) -> None:  # noqa: ARG001 - a handler's shape
    """Keep the advisor's public facts. An older revision changes nothing."""
    values = {
        "revision": event.revision,
        "name": event.advisor,
        "email": event.email,
        "zone": event.zone,
        "title": event.title,
        "photo_url": event.photo_url,
        "signature": list(event.signature),
        "postal_address": event.postal_address,
        "call_types": [offered.model_dump() for offered in event.call_types],
    }
    new = insert(KnownAdvisor).values(id=event.subject, **values)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["id"], set_=values, where=KnownAdvisor.revision < new.excluded.revision
        )
    )


def _hear_ask(settings: Settings, session: Session, event: AskEvent, now: datetime) -> None:
    take_ask(session, event, now, digest=suppression_hash(settings, event.person.key))


def _hear_feedback(settings: Settings, session: Session, event: MailFeedbackReceived, now: datetime) -> None:
    """Settle our own letters; a dead address and a complaint end the sequence and suppress the person."""
    take_feedback(session, Message, event.items, now=now)
    for item in event.items:
        reason = ENDINGS.get(item.kind)
        if reason is None or item.message is None:
            continue
        row = session.scalar(select(Message).where(Message.id == item.message))
        if row is not None and row.person != ERASED:
            end_for_good(session, row, now, reason=reason, settings=settings)


def _hear_erasure(settings: Settings, session: Session, event: ErasureAsked, now: datetime) -> None:  # noqa: ARG001
    erase_person(session, Erasure.of(settings, event.key, at=event.occurred_at))


def end_for_good(
    session: Session, row: MessageColumns, now: datetime, *, reason: ExitReason, settings: Settings
) -> None:
    """Nothing more to the person of this letter."""
    suppress(session, suppression_hash(settings, row.person), reason, now=now)
    leave(session, row.person, reason, now=now)
