"""Why a time is not offered, for the advisor: the rule that refuses it, and what it is that stands in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import DateTime, Integer, Select, Text, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from services.booking.domain.candidates import candidates
from services.booking.domain.offsets import Span
from services.booking.domain.refusals import Refusal, Rule, why_refused
from services.booking.domain.rules import Dates
from services.booking.domain.slots import busy_span
from services.booking.domain.wall_clock import wall_clock
from services.booking.models import Calendar, CalendarAccount, Call, CallType, Claim, GroupCall, Schedule
from services.booking.usecases.availability import Offer, from_epoch_minute, why_not
from services.booking.usecases.taken import CALENDARS, CLAIMS, Asked, taken_around

Kind = Literal["call", "group", "hold", "calendar"]
Found = tuple[datetime, Refusal | None]


@dataclass(frozen=True)
class Source:
    """What takes a time. `start` and `end` are its own: of a call without what is kept free around it.

    `name` is a call type's, or a calendar's. `who` and `call` (its id) are of a call, `seats` of a group call, and
    `until` is when the hold of somebody who is filling in the form ends (machine time).
    """

    kind: Kind
    name: str
    start: datetime
    end: datetime
    who: str = ""
    call: str = ""
    seats: int = 0
    until: datetime | None = None


@dataclass(frozen=True)
class Judged:
    """A start, and what refuses it; without a refusal it is offered. `source` is what is busy there or near."""

    start: datetime
    refusal: Refusal | None
    source: Source | None = None


def judge(session: Session, offer: Offer, start: datetime, *, now: datetime) -> Judged:
    """One start, by the function that lists."""
    refusal = why_not(session, offer, start, now=now)
    [judged] = _with_sources(session, _asked(offer, start, start + offer.length), [(start, refusal)])
    return judged


def judge_day(session: Session, offer: Offer, day: date, *, now: datetime) -> list[Judged]:
    """All starts that a date of the advisor's clock could offer, each by the function that lists."""
    first, end = day_span(offer, day)
    asked = _asked(offer, from_epoch_minute(first), from_epoch_minute(end) + offer.length)
    taken = taken_around(session, asked)
    starts = [from_epoch_minute(at) for at in candidates(offer.rules, (first, end), taken)]
    found = [(start, why_refused(offer.rules, start, taken=taken, now=now)) for start in starts]
    return _with_sources(session, asked, found)


def day_span(offer: Offer, day: date) -> Span:
    """A date of the advisor's clock in epoch minutes, wherever they are then."""
    dates = Dates(day, day)
    return wall_clock(offer.rules.zone, offer.rules.travel, range(*dates.days)).span(dates)


def schedule_of_type(session: Session, call_type: CallType) -> Schedule:
    """The schedule that a call type goes by."""
    named = Schedule.id == call_type.schedule_id
    return session.scalars(select(Schedule).where(named if call_type.schedule_id else Schedule.standard)).one()


def _asked(offer: Offer, start: datetime, end: datetime) -> Asked:
    return Asked(offer.advisor.id, offer.call_type, offer.rules, start, end)


def _with_sources(session: Session, asked: Asked, found: Sequence[Found]) -> list[Judged]:
    """What refuses each start, with what is busy: looked up once for all, and only when something is."""
    sources = _sources(session, asked) if any(_is_busy(refusal) for _, refusal in found) else {}
    return [
        Judged(start, refusal, sources.get(refusal.span) if refusal and refusal.span and _is_busy(refusal) else None)
        for start, refusal in found
    ]


def _is_busy(refusal: Refusal | None) -> bool:
    return refusal is not None and refusal.rule in (Rule.BUSY, Rule.BUFFER)


def _sources(session: Session, asked: Asked) -> Mapping[Span, Source]:
    """What is busy around the range, by the stretch that it is busy for. Of several for one stretch a claim counts."""
    rows = session.execute(union_all(_of_claims(), _of_calendars()), asked.values).all()
    found: dict[Span, Source] = {}
    for _, begins, ends, kind, *rest in sorted(rows, key=lambda row: row[3] == "calendar"):
        found.setdefault(busy_span(begins, ends), _source(kind, begins, ends, *rest))
    return found


def _source(kind: str, begins: datetime, ends: datetime, *rest: Any) -> Source:
    name, who, call, seats, start, end, until = rest
    known: Kind = "calendar" if kind == "calendar" else "hold" if kind == "hold" else "group" if seats else "call"
    return Source(known, name or "", start or begins, end or ends, who or "", call or "", seats or 0, until)


def _of_claims() -> Select[Any]:
    return (
        CLAIMS.outerjoin(Call, Call.id == Claim.call_id)
        .outerjoin(GroupCall, GroupCall.id == Claim.group_call_id)
        .outerjoin(CallType, or_(CallType.id == Call.call_type_id, CallType.id == GroupCall.call_type_id))
        .add_columns(Claim.kind, CallType.name, Call.name, Call.id.cast(Text), GroupCall.taken)
        .add_columns(func.coalesce(Call.starts_at, GroupCall.starts_at), func.coalesce(Call.ends_at, GroupCall.ends_at))
        .add_columns(Claim.expires_at)
    )


def _of_calendars() -> Select[Any]:
    words, instant = null().cast(Text), null().cast(DateTime(timezone=True))
    name = func.coalesce(func.nullif(Calendar.name, ""), CalendarAccount.name)
    return CALENDARS.join(CalendarAccount, CalendarAccount.id == Calendar.account_id).add_columns(
        literal("calendar"), name, words, words, null().cast(Integer), instant, instant, instant
    )
