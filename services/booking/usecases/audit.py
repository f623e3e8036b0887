"""The trail of what was changed: who, what, to what, when, and from what to what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.models import Audit

# Who acts when no person is signed in.
PROGRAM, COMMAND_LINE, THE_SWEEP = "a program", "the command line", "retention"


def program(label: str) -> str:
    """A program as an actor, by what its token is for.

    >>> program("of the CRM"), program("")
    ('a program: of the CRM', 'a program')
    """
    return f"{PROGRAM}: {label}" if label else PROGRAM


def note(
    session: Session,
    actor: str,
    act: str,
    subject: UUID | None,
    *,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one line into the trail, in the transaction of the act.

    `detail` says what changed, as `{"state": ["open", "answered"]}` (before, after) or as plain values: ids, states,
    numbers and the advisor's own words; never a secret, and nothing that a visitor wrote.
    """
    session.add(Audit(actor=actor, act=act, subject=subject, detail=dict(detail or {}), at=now))


def is_noted(session: Session, act: str, subject: UUID) -> bool:
    """Whether the trail has this act on this subject already."""
    return session.scalar(select(Audit.id).where(Audit.act == act, Audit.subject == subject).limit(1)) is not None


def trail(session: Session, *, after: UUID | None, limit: int) -> Sequence[Audit]:
    """The newest lines, or those that come after (are older than) the line `after`."""
    newest = select(Audit).order_by(Audit.id.desc()).limit(limit)
    return session.scalars(newest if after is None else newest.where(Audit.id < after)).all()
