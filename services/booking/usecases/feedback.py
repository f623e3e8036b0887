"""What the provider says of booking's mails, and what nurture publishes: booking's own copies."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.models import Article, DeadAddress, Message
from services.booking.usecases.replies import take_calendar_reply
from shared.events import ArticlePublished, CalendarReplyReceived, MailFeedbackReceived
from shared.inbox import Handlers
from shared.mail.row import MessageColumns
from shared.mail.settle import take_feedback


def handlers() -> Handlers:
    """What booking does with the events it hears."""
    table = Handlers()
    table.on(MailFeedbackReceived, take_mail_feedback)
    table.on(ArticlePublished, take_article)
    table.on(CalendarReplyReceived, take_calendar_reply)
    return table


def take_mail_feedback(session: Session, event: MailFeedbackReceived, now: datetime) -> None:
    """Settle our own mails; an address that bounced for good gets nothing more from booking."""
    take_feedback(session, Message, event.items, now=now)
    for item in event.items:
        if item.kind == "bounced_hard" and item.message is not None:
            row = session.scalar(select(Message).where(Message.id == item.message))
            if row is not None:
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
