"""The room Calls: what is coming, what waits for the advisor's yes, what was called off, and what is over, by pages.

A group call is one entry with its seats. What can be done with one call: `whole_call.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from services.booking.domain.states import GONE, CallState
from services.booking.models import Call, CallType, GroupCall
from services.booking.usecases.find import Place

# More is no list any more: what lies behind is found by searching.
MOST = 200


@dataclass(frozen=True)
class Entry:
    """One line: a call, or the seats of a group call (`group`) in the order in which they were taken."""

    call_type: CallType
    calls: Sequence[Call]
    group: GroupCall | None = None

    @property
    def first(self) -> Call:
        """The call itself, or the seat that was taken first."""
        return self.calls[0]


@dataclass(frozen=True)
class Found:
    """A page of entries, and where the next one begins behind: an entry's start and its id, the call's or the group's.

    None on the last page.
    """

    entries: Sequence[Entry]
    last: Place | None


def coming(session: Session, *, now: datetime, most: int = MOST) -> Sequence[Entry]:
    """What is booked and not over yet, by time."""
    return _ahead(session, Call.state.not_in((*GONE, CallState.PENDING)) & (Call.ends_at > now), most)


def waiting(session: Session, *, now: datetime) -> Sequence[tuple[Call, CallType]]:
    """What waits for a yes and can still get it, by time."""
    query = select(Call, CallType).join(CallType, CallType.id == Call.call_type_id)
    open_ones = query.where(Call.state == CallState.PENDING, Call.ends_at > now)
    rows = session.execute(open_ones.order_by(Call.starts_at, Call.id).limit(MOST))
    return [(call, call_type) for call, call_type in rows]


def called_off(session: Session, *, now: datetime) -> Sequence[Entry]:
    """What would be coming and will not take place, by time."""
    return _ahead(session, Call.state.in_(GONE) & (Call.ends_at > now), MOST)


def past(session: Session, *, now: datetime, after: Place | None, limit: int) -> Found:
    """What is over, also what did not come about, newest first."""
    return _page(session, Call.ends_at <= now, after=after, limit=limit)


def search(session: Session, words: str, state: str, *, after: Place | None, limit: int) -> Found:
    """All calls in a state ("" for any) with somebody whose name, address or company holds the words, newest first."""
    fits = Call.state == state if state else Call.id.is_not(None)
    if words:
        columns = (Call.name, Call.email, Call.company)
        fits &= or_(*(column.icontains(words, autoescape=True) for column in columns))
    return _page(session, fits, after=after, limit=limit)


def _ahead(session: Session, fits: ColumnElement[bool], most: int) -> Sequence[Entry]:
    keys = session.execute(_keys(fits).order_by(Call.starts_at, _ENTRY).limit(most)).all()
    return _entries(session, [key.entry for key in keys], fits)


def _page(session: Session, fits: ColumnElement[bool], *, after: Place | None, limit: int) -> Found:
    keys = _keys(fits)
    if after is not None:
        keys = keys.where(tuple_(Call.starts_at, _ENTRY) < after)
    found = session.execute(keys.order_by(Call.starts_at.desc(), _ENTRY.desc()).limit(limit + 1)).all()
    shown = found[:limit]
    last = Place(shown[-1].starts_at, shown[-1].entry) if len(found) > limit else None
    return Found(_entries(session, [key.entry for key in shown], fits), last)


def _keys(fits: ColumnElement[bool]) -> Select[datetime, UUID]:
    return select(Call.starts_at, _ENTRY.label("entry")).where(fits).group_by(Call.starts_at, _ENTRY)


def _entries(session: Session, ids: Sequence[UUID], fits: ColumnElement[bool]) -> list[Entry]:
    """The entries of these ids in their order, with the calls that fit."""
    rows = session.execute(
        select(_ENTRY, Call, CallType, GroupCall)
        .join(CallType, CallType.id == Call.call_type_id)
        .outerjoin(GroupCall, GroupCall.id == Call.group_call_id)
        .where(_ENTRY.in_(ids), fits)
        .order_by(Call.created_at, Call.id)
    ).all()
    entries: dict[UUID, Entry] = {}
    for entry, call, call_type, group in rows:
        before = entries.get(entry)
        entries[entry] = Entry(call_type, (*(before.calls if before else ()), call), group)
    return [entries[one] for one in ids]


# The seats of one group call are one entry.
_ENTRY = func.coalesce(Call.group_call_id, Call.id)
