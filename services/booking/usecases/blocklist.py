"""Whom the advisor wants nothing from: addresses, and whole domains. What was agreed before stays as it is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from services.booking.domain.errors import Message, NotFound, NotWelcome, invalid
from services.booking.domain.forms import clean_line
from services.booking.models import Blocked
from services.booking.usecases.audit import note as write_down
from shared.addresses import BadAddress, person_key
from shared.ready import Ready


def block(session: Session, pattern: str, note: str, *, actor: str, now: datetime) -> Blocked:
    """Block an address, or with `@example.com` a domain and all below it. Blocking again changes the note.

    Raises `InvalidInput` for `pattern` or `note`.
    """
    values = {"pattern": _pattern(pattern), "note": clean_line(note, "note", required=False), "created_at": now}
    stated = insert(Blocked).values(**values)
    stated = stated.on_conflict_do_update(index_elements=["pattern"], set_={"note": stated.excluded.note})
    blocked = session.scalars(stated.returning(Blocked), execution_options={"populate_existing": True}).one()
    write_down(session, actor, "address_blocked", blocked.id, now=now)
    return blocked


def unblock(session: Session, blocked_id: UUID, *, actor: str, now: datetime) -> None:
    """Let them in again. Raises `NotFound`."""
    gone = session.execute(delete(Blocked).where(Blocked.id == blocked_id).returning(Blocked.id)).scalar_one_or_none()
    if gone is None:
        raise NotFound
    write_down(session, actor, "address_unblocked", blocked_id, now=now)


def blocklist(session: Session) -> list[Blocked]:
    """Everything that is blocked, newest first."""
    return list(session.scalars(select(Blocked).order_by(Blocked.created_at.desc(), Blocked.id)))


def require_welcome(session: Session, *emails: str) -> None:
    """Refuse when one of these addresses, or its domain, is blocked. Raises `NotWelcome`."""
    patterns = {pattern for email in emails for pattern in _matching(email)}
    if _AMONG.rows(session, patterns=list(patterns)):
        raise NotWelcome


_AMONG = Ready(select(Blocked.id).where(Blocked.pattern == any_(bindparam("patterns", type_=ARRAY(Text)))).limit(1))


def _pattern(text: str) -> str:
    """How an address or a domain is kept: as the key of the person, the domain in its ASCII form."""
    trimmed = text.strip()
    try:
        # A domain is read as part of an address, so that both are judged and written in the same way.
        return person_key(f"x{trimmed}")[1:] if trimmed.startswith("@") else person_key(trimmed)
    except BadAddress:
        message = Message("This is neither an address nor a domain.")
        fix = Message("Write ana@example.org for one person, or @example.org for everybody there.")
        raise invalid("pattern", message, fix) from None


def _matching(email: str) -> list[str]:
    """The patterns that would block an address: itself, its domain, and the domains above.

    >>> _matching("Ana@mail.example.org")
    ['ana@mail.example.org', '@mail.example.org', '@example.org', '@org']
    """
    key = person_key(email)
    labels = key.rpartition("@")[2].split(".")
    return [key, *("@" + ".".join(labels[start:]) for start in range(len(labels)))]
