"""What the lines of the trail are about: their ids as names, and the page on which each is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal, select
from sqlalchemy.orm import Session

from services.booking.models import (
    Ask,
    Audit,
    Blocked,
    Calendar,
    CalendarAccount,
    Call,
    CallType,
    Feed,
    Message,
    PrivateLink,
    Schedule,
)


@dataclass(frozen=True)
class Subject:
    """What a line is about: its `kind`, its `name`, and what its page in the console is found by ("" for none)."""

    kind: str
    name: str
    page: str


def subjects_of(session: Session, lines: Sequence[Audit]) -> dict[UUID, Subject]:
    """By their ids. What is gone by now has no name any more, and is left out."""
    ids = {line.subject for line in lines if line.subject is not None}
    found = {}
    for kind, named in _named():
        for key, name, page in session.execute(named.where(named.selected_columns[0].in_(ids))):
            found[key] = Subject(kind, name, str(page))
    return found


def _named() -> Iterator[tuple[str, Select[UUID, str, Any]]]:
    """For each kind its rows as (id, name, what its page is found by)."""
    yield "call", select(Call.id, Call.name, Call.id)
    yield "ask", select(Ask.id, Ask.name, literal(""))
    yield "call_type", select(CallType.id, CallType.name, CallType.slug)
    yield "link", select(PrivateLink.id, PrivateLink.label, CallType.slug).join(CallType)
    yield "schedule", select(Schedule.id, Schedule.name, Schedule.id)
    yield "calendars", select(CalendarAccount.id, CalendarAccount.name, CalendarAccount.id)
    yield "calendars", select(Calendar.id, Calendar.name, Calendar.account_id)
    yield "feed", select(Feed.id, Feed.label, literal(""))
    yield "blocked", select(Blocked.id, Blocked.pattern, literal(""))
    yield "mail", select(Message.id, Message.kind, Message.id)
