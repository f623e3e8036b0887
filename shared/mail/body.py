"""From what a service wants to say to what is stored, and from what is stored to what leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from shared.mail.letter import Letter, as_html, as_text
from shared.mail.outgoing import Outgoing
from shared.mail.row import BodyColumns, MessageColumns
from shared.service import Service

B = TypeVar("B", bound=BodyColumns)


@dataclass(frozen=True)
class Rendered:
    """A mail as its service says it: who writes, the letter, and a calendar object with its method."""

    sender: str
    sender_name: str
    letter: Letter
    reply_to: str = ""
    ics: bytes | None = None
    method: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def store_body(session: Session, table: type[B], message: UUID, rendered: Rendered, *, at: datetime) -> B:
    """Keep the mail as it is now: this is what every retry sends and every view shows."""
    body = table(
        message_id=message,
        sender=rendered.sender,
        sender_name=rendered.sender_name,
        reply_to=rendered.reply_to,
        subject=rendered.letter.subject,
        text=as_text(rendered.letter),
        html=as_html(rendered.letter),
        ics=rendered.ics,
        method=rendered.method,
        headers=[list(header) for header in rendered.headers],
        date=at,
        boundary=f"firstcall-{uuid4().hex}",
    )
    session.add(body)
    session.flush()
    return body


def outgoing(service: Service, row: MessageColumns, body: BodyColumns) -> Outgoing:
    """The stored mail as a transport takes it. The Message-ID is the row's, so every retry has the same."""
    return Outgoing(
        id=row.id,
        service=service.name,
        attempt=row.attempt + 1,
        message_id=f"<{row.id}@{service.settings.mail_domain}>",
        sender=body.sender,
        sender_name=body.sender_name,
        recipient=row.recipient,
        recipient_name=row.recipient_name,
        reply_to=body.reply_to,
        subject=body.subject,
        text=body.text,
        html=body.html,
        ics=body.ics,
        method=body.method,
        headers=tuple((name, value) for name, value in body.headers),
        date=body.date,
        boundary=body.boundary,
    )
