"""What the provider says of booking's mails, and what nurture publishes: booking's own copies."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.models import Article, DeadAddress, Message
from services.booking.usecases.audit import PROGRAM, note
from services.booking.usecases.erase import erase_person
from services.booking.usecases.replies import take_calendar_reply
from shared.erasure import ERASED, Erasure
from shared.events import (
    ArticlePublished,
    CalendarReplyReceived,
    EndpointChanged,
    MailFeedbackReceived,
    PersonErased,
)
from shared.inbox import Handlers
from shared.mail.row import MessageColumns
from shared.mail.settle import take_feedback
from shared.settings import Settings


def handlers(settings: Settings) -> Handlers:
    """What booking does with the events it hears."""
    table = Handlers()
    table.on(MailFeedbackReceived, take_mail_feedback)
    table.on(ArticlePublished, take_article)
    table.on(CalendarReplyReceived, take_calendar_reply)
    table.on(PersonErased, partial(_hear_erasure, settings))
    table.on(EndpointChanged, take_endpoint_change)
    return table


def take_mail_feedback(session: Session, event: MailFeedbackReceived, now: datetime) -> None:
    """Settle our own mails; an address that bounced for good gets nothing more from booking."""
    take_feedback(session, Message, event.items, now=now)
    for item in event.items:
        if item.kind == "bounced_hard" and item.message is not None:
            row = session.scalar(select(Message).where(Message.id == item.message))
            if row is not None and row.person != ERASED:
                note_dead_address(session, row, now, reason=item.reason)


def note_dead_address(session: Session, row: MessageColumns, now: datetime, *, reason: str = "") -> None:
    """Keep that this person's address does not exist. Noting it twice changes nothing."""
    values = {"person": row.person, "reason": (reason or row.error or "bounced")[:500], "since": now}
    session.execute(insert(DeadAddress).values(**values).on_conflict_do_nothing())


def take_article(session: Session, event: ArticlePublished, now: datetime) -> None:  # noqa: ARG001 - a handler's shape
    """Keep a copy of what nurture published. An older revision changes nothing."""
    values = {
        "slug": event.slug,
        "title": event.title,
        "emails": event.emails,
        "revision": event.revision,
        "published_at": event.occurred_at,
    }
    new = insert(Article).values(**values)
    session.execute(
        new.on_conflict_do_update(index_elements=["slug"], set_=values, where=Article.revision <= new.excluded.revision)
    )


def take_endpoint_change(session: Session, event: EndpointChanged, now: datetime) -> None:  # noqa: ARG001
    """An endpoint came or went: webhooks has no trail of its own."""
    note(session, PROGRAM, event.act, event.subject, now=event.occurred_at, detail={"host": event.host})


def _hear_erasure(settings: Settings, session: Session, event: PersonErased, now: datetime) -> None:
    erase_person(session, Erasure.of(settings, event.key, at=event.occurred_at), now=now)
