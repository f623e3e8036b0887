"""Which times are free: what the pages list and what a booking is held against, by one function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.booking.domain.errors import FieldError, InvalidInput, Message, NotFound
from services.booking.domain.rules import SlotRules, WeeklyWindow
from services.booking.domain.slots import busy_span, find_slots
from services.booking.models import Advisor, CallType, Claim, Schedule, WeeklyHours
from shared.clock import machine_now

# A search for the next free time never looks further than this, whatever the horizon.
LONGEST_LOOK = timedelta(days=120)


@dataclass(frozen=True)
class Own:
    """What does not stand in somebody's way: the call they are moving, and the time they hold themselves."""

    call: UUID | None = None
    holder: str | None = None


NOBODYS = Own()


@dataclass(frozen=True)
class Offer:
    """A call type with the advisor who offers it and the rules of its slots."""

    advisor: Advisor
    call_type: CallType
    minutes: int
    rules: SlotRules

    @property
    def length(self) -> timedelta:
        """How long the call takes."""
        return timedelta(minutes=self.minutes)

    @property
    def is_group(self) -> bool:
        """Whether several people share one time."""
        return self.call_type.seats > 1

    def last_start(self, now: datetime) -> datetime:
        """The instant after which nothing is offered yet."""
        return now + timedelta(days=self.call_type.horizon_days)


def advisor_of(session: Session, *, lock: bool = False) -> Advisor:
    """The advisor. With `lock`, nobody else can claim time until this transaction ends.

    Every path that writes claims locks first: racing inserts into an exclusion constraint deadlock (architecture §6).
    """
    query = select(Advisor)
    return session.scalars(query.with_for_update(key_share=True) if lock else query).one()


def offer_of(session: Session, slug: str, *, minutes: int | None = None, lock: bool = False) -> Offer:
    """What is offered under this slug, in one of its lengths. Raises `NotFound`, `InvalidInput` for another length."""
    advisor = advisor_of(session, lock=lock)
    call_type = session.scalar(select(CallType).where(CallType.slug == slug, CallType.active))
    if call_type is None:
        raise NotFound
    return _offer(session, advisor, call_type, _length(call_type, minutes))


def offer_for(session: Session, call_type_id: UUID, *, minutes: int | None = None, lock: bool = False) -> Offer:
    """The offer that an existing call was booked under, also when it is no longer offered to others."""
    advisor = advisor_of(session, lock=lock)
    call_type = session.get_one(CallType, call_type_id)
    return _offer(session, advisor, call_type, minutes or call_type.minutes)


def free_starts(
    session: Session, offer: Offer, *, now: datetime, start: datetime, end: datetime, own: Own = NOBODYS
) -> list[datetime]:
    """The free starts with start ≥ `start` and end ≤ `end`, in order, as aware UTC instants."""
    end = min(end, offer.last_start(now) + offer.length)
    if end <= start:
        return []
    busy = busy_times(session, offer, start=start, end=end, own=own)
    found = find_slots(offer.rules, busy=busy, now=now, range_start=start, range_end=end)
    return [from_epoch_minute(minute) for minute in found]


def from_epoch_minute(minute: int) -> datetime:
    """The aware UTC instant of an epoch minute, the unit in which slots are found."""
    return datetime.fromtimestamp(minute * 60, UTC)


def epoch_minute(at: datetime) -> int:
    """The epoch minute of an aware instant on a whole minute."""
    return int(at.timestamp()) // 60


def busy_times(
    session: Session, offer: Offer, *, start: datetime, end: datetime, own: Own = NOBODYS
) -> Sequence[tuple[int, int]]:
    """The advisor's taken time around a range, in epoch minutes. Holds whose time is up do not count."""
    call_type = offer.call_type
    around = Range(
        start - timedelta(minutes=call_type.buffer_before_minutes),
        end + timedelta(minutes=call_type.buffer_after_minutes),
    )
    query = select(Claim.during).where(
        Claim.advisor_id == offer.advisor.id,
        Claim.active,
        Claim.during.op("&&")(around),
        or_(Claim.expires_at.is_(None), Claim.expires_at > machine_now()),
    )
    if own.call is not None:
        query = query.where(or_(Claim.call_id.is_(None), Claim.call_id != own.call))
    if own.holder is not None:
        query = query.where(or_(Claim.holder.is_(None), Claim.holder != own.holder))
    return [busy_span(during.lower, during.upper) for during in session.scalars(query)]


def next_free(
    session: Session, offer: Offer, *, now: datetime, count: int, after: datetime | None = None
) -> list[datetime]:
    """The first free starts from `after` (or now) on."""
    start = after or now
    return free_starts(session, offer, now=now, start=start, end=start + LONGEST_LOOK)[:count]


def _length(call_type: CallType, minutes: int | None) -> int:
    if minutes is None or minutes in (call_type.minutes, *call_type.other_minutes):
        return minutes or call_type.minutes
    lengths = ", ".join(str(one) for one in sorted({call_type.minutes, *call_type.other_minutes}))
    message = Message("This call is not offered in that length.")
    raise InvalidInput([FieldError("minutes", message, Message("Choose one of: %(all)s.", {"all": lengths}))])


def _offer(session: Session, advisor: Advisor, call_type: CallType, minutes: int) -> Offer:
    of_type = Schedule.id == call_type.schedule_id if call_type.schedule_id else Schedule.standard
    hours = session.scalars(select(WeeklyHours).join(Schedule).where(of_type)).all()
    return Offer(advisor, call_type, minutes, _rules(advisor, call_type, hours, minutes))


def _rules(advisor: Advisor, call_type: CallType, hours: Sequence[WeeklyHours], minutes: int) -> SlotRules:
    return SlotRules(
        zone=advisor.zone,
        weekly=tuple(
            WeeklyWindow((row.weekday,), row.start_minute, row.end_minute, row.crosses_midnight) for row in hours
        ),
        overrides=(),
        length_min=minutes,
        interval_min=call_type.interval_minutes,
        buffer_before_min=call_type.buffer_before_minutes,
        buffer_after_min=call_type.buffer_after_minutes,
        notice_min=call_type.notice_minutes,
    )
