"""What of the advisor's time is taken: claims, calendars that are read, calls that limits count, seats that are free.

One statement for all of it, because a booking asks while others wait for it. The statements are made once: making one
costs more than running it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Interval,
    Select,
    Uuid,
    any_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range, array
from sqlalchemy.orm import Session, aliased

from services.booking.domain.limits import CountedCall, Per
from services.booking.domain.offsets import minutes_down
from services.booking.domain.rules import SlotRules, Taken
from services.booking.domain.slots import busy_span
from services.booking.domain.states import OPEN, CallState
from services.booking.models import BusyTime, Calendar, Call, CallType, Claim, GroupCall
from shared.clock import machine_now
from shared.ready import Ready

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

    @property
    def values(self) -> dict[str, Any]:
        """What the statements here are run with."""
        before, after = self.rules.buffer_before_min, self.rules.buffer_after_min
        reach = max((_REACH[limit.per] for limit in self.rules.limits), default=timedelta(0))
        return {
            "advisor": self.advisor,
            "call_type": self.call_type.id,
            "around": Range(self.start - timedelta(minutes=before), self.end + timedelta(minutes=after)),
            "first": self.start,
            "last": self.end,
            "counted_from": self.start - reach,
            "counted_to": self.end + reach,
            "length": timedelta(minutes=self.rules.length_min),
            "own_call": self.call or _NOBODYS_CALL,
            "own_holder": self.holder or "",
            "machine": machine_now(),
        }


def taken_around(session: Session, asked: Asked) -> Taken:
    """All that can refuse a start within the range, or offer one. Holds whose time is up do not count."""
    query = _all_of(counted=bool(asked.rules.limits), joinable=asked.call_type.seats > 1)
    found: dict[str, list[tuple[datetime, datetime]]] = {_BUSY: [], _SAME_TYPE: [], _OTHER_TYPE: [], _JOINABLE: []}
    for kind, start, end in query.rows(session, **asked.values):
        found[kind].append((start, end))
    counted = [(kind, span) for kind in (_SAME_TYPE, _OTHER_TYPE) for span in found[kind]]
    return Taken(
        busy=[busy_span(start, end) for start, end in found[_BUSY]],
        calls=[_counted(start, end, same_type=kind == _SAME_TYPE) for kind, (start, end) in counted],
        joinable=[minutes_down(start) for start, _ in found[_JOINABLE]],
    )


def _counted(start: datetime, end: datetime, *, same_type: bool) -> CountedCall:
    return CountedCall(minutes_down(start), int((end - start) / timedelta(minutes=1)), same_type)


@cache
def _all_of(*, counted: bool, joinable: bool) -> Ready:
    """The statement, with its parts that few call types need."""
    parts = [CLAIMS, CALENDARS]
    if counted:
        parts += [_calls(), _group_calls()]
    if joinable:
        parts.append(_joinable())
    return Ready(union_all(*parts))


def _claims() -> Select[Any, Any, Any]:
    return _during(Claim.during).where(
        Claim.advisor_id == bindparam("advisor"),
        Claim.active,
        Claim.during.op("&&")(_AROUND),
        or_(Claim.expires_at.is_(None), Claim.expires_at > bindparam("machine")),
        Claim.call_id.is_distinct_from(_OWN_CALL),
        ~_alone_in(Claim.group_call_id),
        Claim.holder.is_distinct_from(bindparam("own_holder")),
    )


def _calendars() -> Select[Any, Any, Any]:
    # Two conditions, not one: PostgreSQL then looks for all of them at once instead of for each.
    not_ours = (~exists().where(Call.uid == BusyTime.uid), ~exists().where(GroupCall.uid == BusyTime.uid))
    around = BusyTime.during.op("&&")(_AROUND)
    return _during(BusyTime.during).join(Calendar).where(Calendar.is_read, around, *not_ours)


def _calls() -> Select[Any, Any, Any]:
    live = (Call.state == any_(array(_COUNTED))) & Call.group_call_id.is_(None)
    return _counting(Call).where(live, Call.id != _OWN_CALL)


def _group_calls() -> Select[Any, Any, Any]:
    return _counting(GroupCall).where(
        GroupCall.state == any_(array(("confirmed", "completed"))), ~_alone_in(GroupCall.id)
    )


def _joinable() -> Select[Any, Any, Any]:
    """Seats, but not for a call that has a time of its own, from before its type was a group: it cannot take one."""
    alone = exists().where(Claim.call_id == _OWN_CALL)
    return select(literal(_JOINABLE), GroupCall.starts_at, GroupCall.ends_at).where(
        GroupCall.call_type_id == bindparam("call_type"),
        GroupCall.state == "confirmed",
        GroupCall.taken < GroupCall.capacity,
        ~alone,
        GroupCall.starts_at.between(bindparam("first"), bindparam("last")),
        GroupCall.ends_at - GroupCall.starts_at == bindparam("length", type_=Interval),
    )


def _during(column: Any) -> Select[Any, Any, Any]:
    instant = DateTime(timezone=True)
    bounds = func.lower(column, type_=instant), func.upper(column, type_=instant)
    # The table is named: whoever asks for more columns joins others to it.
    return select(literal(_BUSY), *bounds).select_from(column.class_)


def _counting(table: type[Call] | type[GroupCall]) -> Select[Any, Any, Any]:
    kind = case((table.call_type_id == bindparam("call_type"), _SAME_TYPE), else_=_OTHER_TYPE)
    near = table.starts_at.between(bindparam("counted_from"), bindparam("counted_to"))
    return select(kind, table.starts_at, table.ends_at).where(near)


def _alone_in(group_id: Any) -> ColumnElement[bool]:
    """Whether their own call is the only seat of a group call, which then goes when the call does."""
    group = aliased(GroupCall)
    only = (Call.id == _OWN_CALL) & (Call.group_call_id == group_id) & (group.id == group_id) & (group.taken == 1)
    return exists().where(only)


_AROUND = bindparam("around", type_=TSTZRANGE)
_OWN_CALL = bindparam("own_call", type_=Uuid)
# No call has it: nothing is anybody's own then.
_NOBODYS_CALL = UUID(int=0)

CLAIMS = _claims()
"""The claims that can refuse a start within a range: kind, start, end. Run with `Asked.values`."""

CALENDARS = _calendars()
"""Busy times of calendars, as `CLAIMS`, without our own entries there: of those the claims tell."""
