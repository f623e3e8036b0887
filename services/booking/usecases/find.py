"""Calls and asks as lists, page by page, for who works with all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from services.booking.models import Ask, Call, CallType


class Place(NamedTuple):
    """Where a page ends: the instant that the list is ordered by, and the id, of its last row."""

    at: datetime
    row: UUID


@dataclass(frozen=True)
class Wanted:
    """Which calls or asks. `state`, `kind` and `person` (a person's key) hold when given; times are `start <= t < end`.

    Of calls `start` and `end` are about when they begin.
    """

    state: str | None = None
    kind: str | None = None
    person: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def calls_page(session: Session, wanted: Wanted, after: Place | None, limit: int) -> Sequence[Call]:
    """Calls in the order in which they begin."""
    query = select(Call).where(*_of(Call, wanted)).order_by(Call.starts_at, Call.id).limit(limit)
    if wanted.start is not None:
        query = query.where(Call.starts_at >= wanted.start)
    if wanted.end is not None:
        query = query.where(Call.starts_at < wanted.end)
    return session.scalars(query if after is None else query.where(tuple_(Call.starts_at, Call.id) > after)).all()


def asks_page(session: Session, wanted: Wanted, after: Place | None, limit: int) -> Sequence[Ask]:
    """Asks, the newest first."""
    query = select(Ask).where(*_of(Ask, wanted)).order_by(Ask.created_at.desc(), Ask.id.desc()).limit(limit)
    if wanted.kind is not None:
        query = query.where(Ask.kind == wanted.kind)
    return session.scalars(query if after is None else query.where(tuple_(Ask.created_at, Ask.id) < after)).all()


def slugs(session: Session) -> dict[UUID, str]:
    """The slug of each call type, those that are switched off too."""
    return {found.id: found.slug for found in session.execute(select(CallType.id, CallType.slug))}


def _of(table: type[Call] | type[Ask], wanted: Wanted) -> list[ColumnElement[bool]]:
    given: dict[str, Any] = {"state": wanted.state, "person": wanted.person}
    return [getattr(table, name) == value for name, value in given.items() if value is not None]
