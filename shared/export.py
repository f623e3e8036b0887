"""What a service keeps about one person, as plain JSON that the person can read.

A service's `usecases/export.py` gathers the parts; how a row becomes JSON and what is left out is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.orm import DeclarativeBase, Session

from shared.inbox import InboxColumns
from shared.mail.row import BodyColumns, MessageColumns

Gettext = Callable[[str], str]
# Links that open something, how we work a row off, and digests of forms: no words about anybody.
_OURS = frozenset({"token", "form_key", "verify_token", "digest", "claim_id", "lease_until", "retry_at", "holder"})
_OURS |= {"network", "dedupe_key", "ordering_key", "unknown_since", "provider_id", "context", "subject_id"}
# Where an event lists others: they are counted, not named.
_OTHERS = frozenset({"guests", "attendees", "participants"})


@dataclass(frozen=True)
class Part:
    """One kind of thing that is kept: its name, what it is and why it is there, and the things."""

    name: str
    about: str
    items: Sequence[dict[str, Any]]


def as_json(service: str, person: str, parts: Sequence[Part]) -> dict[str, Any]:
    """All parts, the counts first; also the empty ones, so that it is said what is not there."""
    return {
        "service": service,
        "person": person,
        "kept": {part.name: len(part.items) for part in parts},
        "parts": [{"name": part.name, "about": part.about, "items": list(part.items)} for part in parts],
    }


def rows(found: Iterable[DeclarativeBase]) -> list[dict[str, Any]]:
    """Table rows as JSON values by column, without what only we have a use for."""
    return [
        {
            column.key: plain(getattr(row, column.key))
            for column in inspect(type(row)).columns
            if column.key not in _OURS
        }
        for row in found
    ]


def plain(value: Any) -> Any:
    """A column's value as JSON has it: instants in RFC 3339, ids as text, other people as a number."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | bytes):
        return str(value) if isinstance(value, UUID) else value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {name: _count(one) if name in _OTHERS else plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def _count(value: Any) -> Any:
    return len(value) if isinstance(value, list | tuple) else None


def mails_to(
    session: Session, message: type[MessageColumns], body: type[BodyColumns], person: str
) -> list[dict[str, Any]]:
    """The mails to a person, with their text as long as it is kept."""
    texts = select(message, body.subject, body.text).outerjoin(body, body.message_id == message.id)
    return [
        {**rows([row])[0], "subject": subject, "text": text}
        for row, subject, text in session.execute(texts.where(message.person == person).order_by(message.created_at))
    ]


def events_about(session: Session, inbox: type[InboxColumns], person: str) -> list[dict[str, Any]]:
    """What other services told this one about a person, as long as it lies in the inbox."""
    query = select(inbox).where(inbox.person == person).order_by(inbox.received_at)
    return [
        {"name": row.name, "occurred_at": plain(row.occurred_at), "payload": plain(row.payload)}
        for row in session.scalars(query)
    ]
