"""What of the advisor's time is taken: claims, calendars that are read, calls that limits count, seats that are free.

One statement for all of it, because a booking asks while others wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Select, case, exists, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, aliased

from services.booking.domain.limits import CountedCall, Per
from services.booking.domain.offsets import minutes_down
from services.booking.domain.rules import SlotRules, Taken
from services.booking.domain.slots import busy_span
from services.booking.domain.states import OPEN, CallState
from services.booking.models import BusyTime, Calendar, Call, CallType, Claim, GroupCall
from shared.clock import machine_now

# How far from a start the period can reach that it counts in, whatever the zone.
_REACH = {Per.DAY: timedelta(days=3), Per.WEEK: timedelta(days=9), Per.MONTH: timedelta(days=33)}
_BUSY, _SAME_TYPE, _OTHER_TYPE, _JOINABLE = "busy", "same", "other", "joinable"
# What took the advisor's time counts for limits, and what will.
_COUNTED = (*OPEN, CallState.COMPLETED, CallState.MISSED)


@dataclass(frozen=True)
class Asked:
    """The range of a listing, and by whose rules it is made. `call` and `holder` are who asks: see `Own`."""

    advisor: UUID
    call_type: CallType
    rules: SlotRules
    start: datetime
    end: datetime
    call: UUID | None = None
    holder: str | None = None


def taken_around(session: Session, asked: Asked) -> Taken:
    """All that can refuse a start within the range, or offer one. Holds whose time is up do not count."""
    parts = [claims_around(asked), calendars_around(asked)]
    if asked.rules.limits:
        parts += [_calls(asked), _group_calls(asked)]
    if asked.call_type.seats > 1:
        parts.append(_joinable(asked))
    found: dict[str, list[tuple[datetime, datetime]]] = {_BUSY: [], _SAME_TYPE: [], _OTHER_TYPE: [], _JOINABLE: []}
    for kind, start, end in session.execute(union_all(*parts)):
        found[kind].append((start, end))
    counted = [(kind, span) for kind in (_SAME_TYPE, _OTHER_TYPE) for span in found[kind]]
    return Taken(
        busy=[busy_span(start, end) for start, end in found[_BUSY]],
        calls=[_counted(start, end, same_type=kind == _SAME_TYPE) for kind, (start, end) in counted],
        joinable=[minutes_down(start) for start, _ in found[_JOINABLE]],
    )


def _counted(start: datetime, end: datetime, *, same_type: bool) -> CountedCall:
    return CountedCall(minutes_down(start), int((end - start) / timedelta(minutes=1)), same_type)


def claims_around(asked: Asked) -> Select[Any, Any, Any]:
    """The claims that can refuse a start within the range: kind, start, end."""
    query = _during(Claim.during).where(
        Claim.advisor_id == asked.advisor,
        Claim.active,
        Claim.during.op("&&")(_around(asked)),
        or_(Claim.expires_at.is_(None), Claim.expires_at > machine_now()),
    )
    if asked.call is not None:
        query = query.where(Claim.call_id.is_distinct_from(asked.call), ~_alone_in(Claim.group_call_id, asked.call))
    if asked.holder is not None:
        query = query.where(Claim.holder.is_distinct_from(asked.holder))
    return query


def calendars_around(asked: Asked) -> Select[Any, Any, Any]:
    """Busy times of calendars, as `claims_around`, without our own entries there: of those the claims tell."""
    ours = exists().where(Call.uid == BusyTime.uid) | exists().where(GroupCall.uid == BusyTime.uid)
    around = BusyTime.during.op("&&")(_around(asked))
    return _during(BusyTime.during).join(Calendar).where(Calendar.is_read, around, ~ours)


def _calls(asked: Asked) -> Select[Any, Any, Any]:
    return (
        _counting(asked, Call)
        .where(Call.state.in_(_COUNTED), Call.group_call_id.is_(None))
        .where(Call.id.is_distinct_from(asked.call))
    )


def _group_calls(asked: Asked) -> Select[Any, Any, Any]:
    query = _counting(asked, GroupCall).where(GroupCall.state.in_(("confirmed", "completed")))
    return query if asked.call is None else query.where(~_alone_in(GroupCall.id, asked.call))


def _joinable(asked: Asked) -> Select[Any, Any, Any]:
    return select(literal(_JOINABLE), GroupCall.starts_at, GroupCall.ends_at).where(
        GroupCall.call_type_id == asked.call_type.id,
        GroupCall.state == "confirmed",
        GroupCall.taken < GroupCall.capacity,
        GroupCall.starts_at.between(asked.start, asked.end),
        GroupCall.ends_at - GroupCall.starts_at == timedelta(minutes=asked.rules.length_min),
    )


def _during(column: Any) -> Select[Any, Any, Any]:
    instant = DateTime(timezone=True)
    bounds = func.lower(column, type_=instant), func.upper(column, type_=instant)
    # The table is named: whoever asks for more columns joins others to it.
    return select(literal(_BUSY), *bounds).select_from(column.class_)


def _around(asked: Asked) -> Range[datetime]:
    before, after = asked.rules.buffer_before_min, asked.rules.buffer_after_min
    return Range(asked.start - timedelta(minutes=before), asked.end + timedelta(minutes=after))


def _counting(asked: Asked, table: type[Call] | type[GroupCall]) -> Select[Any, Any, Any]:
    reach = max(_REACH[limit.per] for limit in asked.rules.limits)
    kind = case((table.call_type_id == asked.call_type.id, _SAME_TYPE), else_=_OTHER_TYPE)
    near = table.starts_at.between(asked.start - reach, asked.end + reach)
    return select(kind, table.starts_at, table.ends_at).where(near)


def _alone_in(group_id: Any, call: UUID) -> ColumnElement[bool]:
    """Whether this call is the only seat of a group call, which then goes when the call does."""
    group = aliased(GroupCall)
    only = (Call.id == call) & (Call.group_call_id == group_id) & (group.id == group_id) & (group.taken == 1)
    return exists().where(only)
