"""Which times are free: what the pages list and what a booking is held against, by one function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from services.booking.domain.errors import Message, NotFound, invalid
from services.booking.domain.offsets import DAY, minutes_down, minutes_up
from services.booking.domain.refusals import Refusal, why_refused
from services.booking.domain.rules import Dates, SlotRules, Stay, Taken
from services.booking.domain.slots import find_slots, is_offered, startable
from services.booking.domain.wall_clock import wall_clock
from services.booking.models import Advisor, Away, CallType, Travel
from services.booking.usecases.slot_rules import Settings, settings_columns, slot_rules
from services.booking.usecases.taken import Asked, taken_around
from shared.db import table_of
from shared.ready import Ready

# A search for the next free time never looks further than this, whatever the horizon.
LONGEST_LOOK = timedelta(days=120)


@dataclass(frozen=True)
class Own:
    """What does not stand in somebody's way: the call they are moving, and the time they hold themselves."""

    call: UUID | None = None
    holder: str | None = None


NOBODYS = Own()

# A taken stretch in epoch minutes, and the group call whose it is.
Busy = tuple[tuple[int, int], UUID | None]


@dataclass(frozen=True)
class Offer:
    """A call type, in one of its lengths, with the advisor who offers it and the rules of its slots.

    Its rows are as they were read, to look at: the session does not know of them.
    """

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

    def first_start(self, now: datetime) -> datetime:
        """The first instant that notice and horizon leave."""
        return from_epoch_minute(startable(self.rules, now)[0])

    def last_start(self, now: datetime) -> datetime:
        """The last minute that the horizon leaves."""
        return from_epoch_minute(startable(self.rules, now)[1] - 1)


@dataclass(frozen=True)
class OutOfOffice:
    """Dates on which the advisor is away without a day between, both included, and what they say about it.

    `ends` is the instant at which they are back: when the last date is over, wherever they are then.
    """

    first: date
    last: date
    message: str
    ends: datetime


def advisor_of(session: Session, *, lock: bool = False) -> Advisor:
    """The advisor. With `lock`, nobody comes in between who counts or changes claims, until this transaction ends."""
    query = select(Advisor)
    return session.scalars(query.with_for_update(key_share=True) if lock else query).one()


def offer_of(session: Session, slug: str, *, minutes: int | None = None) -> Offer:
    """What is offered under this slug, in one of its lengths. Raises `NotFound`, `InvalidInput` for another length."""
    advisor, call_type, found = _found(session, _OFFERED, slug=slug)
    length = offered_length(call_type, minutes)
    return Offer(advisor, call_type, length, slot_rules(advisor, call_type, length, found))


def with_length(offer: Offer, minutes: int | None) -> Offer:
    """The same in another of its lengths, None for its usual one. Raises `InvalidInput`."""
    length = offered_length(offer.call_type, minutes)
    if length == offer.minutes:
        return offer
    return replace(offer, minutes=length, rules=replace(offer.rules, length_min=length))


def offer_for(session: Session, call_type_id: UUID, *, minutes: int | None = None) -> Offer:
    """The offer that an existing call was booked under, also when it is no longer offered to others."""
    advisor, call_type, found = _found(session, _BOOKED_UNDER, id=call_type_id)
    length = minutes or call_type.minutes
    return Offer(advisor, call_type, length, slot_rules(advisor, call_type, length, found))


def free_starts(
    session: Session, offer: Offer, *, now: datetime, start: datetime, end: datetime, own: Own = NOBODYS
) -> list[datetime]:
    """The free starts with start ≥ `start` and end ≤ `end`, in order, as aware UTC instants."""
    found = free_minutes(session, offer, now=now, start=start, end=end, own=own)
    return [from_epoch_minute(minute) for minute in found]


def free_minutes(
    session: Session, offer: Offer, *, now: datetime, start: datetime, end: datetime, own: Own = NOBODYS
) -> list[int]:
    """The same as epoch minutes, the unit in which they are found.

    A group call with a free seat is free at its own start, and at no other.
    """
    start, end = max(start, offer.first_start(now)), min(end, offer.last_start(now) + offer.length)
    if end <= start:
        return []
    taken = _taken(session, offer, start, end, own)
    return find_slots(offer.rules, taken=taken, now=now, range_start=start, range_end=end)


def is_free(session: Session, offer: Offer, start: datetime, *, now: datetime, own: Own = NOBODYS) -> bool:
    """Whether `free_starts` lists this start: by the same rules and what is taken now."""
    taken = _taken(session, offer, start, start + offer.length, own)
    return is_offered(offer.rules, start, taken=taken, now=now)


def why_not(session: Session, offer: Offer, start: datetime, *, now: datetime) -> Refusal | None:
    """The rule that refuses this start, for the advisor; None when it is offered."""
    taken = _taken(session, offer, start, start + offer.length, NOBODYS)
    return why_refused(offer.rules, start, taken=taken, now=now)


def next_free(
    session: Session, offer: Offer, *, now: datetime, count: int, after: datetime | None = None
) -> list[datetime]:
    """The first free starts from `after` (or now) on."""
    start = max(after or now, offer.first_start(now))
    return free_starts(session, offer, now=now, start=start, end=start + LONGEST_LOOK)[:count]


def away_at(session: Session, *, now: datetime, until: datetime | None = None) -> OutOfOffice | None:
    """The first stretch of dates, between `now` and `until`, on which the advisor is away; without `until`, today's.

    Absences that touch or overlap are one stretch: it lasts until the last of them ends. What is said about it is the
    message of the absence that comes first, or of the first after it that has one.
    """
    advisor = advisor_of(session)
    first, last = minutes_down(now), minutes_up(until or now)
    query = select(Away).where(Away.advisor_id == advisor.id).order_by(Away.first_date, Away.last_date)
    rows = session.scalars(query).all()
    stays = _stays(session)
    clock = wall_clock(advisor.zone, stays, range(first // DAY - 2, last // DAY + 3))
    for number, row in enumerate(rows):
        begins, ends = clock.span(Dates(row.first_date, row.last_date))
        if begins <= last and first < ends:
            return _stretch(rows[number:], advisor.zone, stays)
    return None


def from_epoch_minute(minute: int) -> datetime:
    """The aware UTC instant of an epoch minute, the unit in which slots are found."""
    return datetime.fromtimestamp(minute * 60, UTC)


def lengths_of(call_type: CallType, *more: int) -> list[int]:
    """The lengths in minutes that a call may have, and `more` that one has already, from short to long."""
    return sorted({call_type.minutes, *call_type.other_minutes, *more})


def offered_length(call_type: CallType, minutes: int | None) -> int:
    """A length that was asked for, the usual one for None. Raises `InvalidInput` (`minutes`) for another length."""
    lengths = lengths_of(call_type)
    if minutes is None or minutes in lengths:
        return minutes or call_type.minutes
    message = Message("This call is not offered in that length.")
    raise invalid("minutes", message, Message("Choose one of: %(all)s.", {"all": ", ".join(map(str, lengths))}))


def epoch_minute(at: datetime) -> int:
    """The epoch minute of an aware instant on a whole minute."""
    return int(at.timestamp()) // 60


def _offers(which: ColumnElement[bool]) -> Ready:
    """Everything that a listing's rules are made of, in one statement."""
    columns = (*table_of(Advisor).c, *table_of(CallType).c, *settings_columns())
    return Ready(select(*columns).select_from(Advisor).join(CallType, which))


_OFFERED = _offers((CallType.slug == bindparam("slug")) & CallType.active)
_BOOKED_UNDER = _offers(CallType.id == bindparam("id"))
_ADVISOR = [column.key for column in table_of(Advisor).c]
_CALL_TYPE = [column.key for column in table_of(CallType).c]


def _found(session: Session, query: Ready, **values: object) -> tuple[Advisor, CallType, Settings]:
    rows = query.rows(session, **values)
    if not rows:
        raise NotFound
    columns = iter(rows[0])
    advisor = Advisor(**dict(zip(_ADVISOR, columns, strict=False)))
    call_type = CallType(**dict(zip(_CALL_TYPE, columns, strict=False)))
    return advisor, call_type, Settings(*columns)


def _taken(session: Session, offer: Offer, start: datetime, end: datetime, own: Own) -> Taken:
    asked = Asked(offer.advisor.id, offer.call_type, offer.rules, start, end, own.call, own.holder)
    return taken_around(session, asked)


def _stretch(rows: Sequence[Away], zone: str, stays: Sequence[Stay]) -> OutOfOffice:
    """The first of some absences, which are in order, and those after it that leave no day between."""
    last, messages = rows[0].last_date, [rows[0].message]
    for row in rows[1:]:
        if row.first_date <= last + timedelta(days=1):
            last, messages = max(last, row.last_date), [*messages, row.message]
    dates = Dates(rows[0].first_date, last)
    day = dates.days[1]
    _, ends = wall_clock(zone, stays, range(day - 1, day + 1)).span(Dates(last, last))
    message = next((text for text in messages if text), "")
    return OutOfOffice(dates.first, last, message, from_epoch_minute(ends))


def _stays(session: Session) -> Sequence[Stay]:
    rows = session.scalars(select(Travel).order_by(Travel.first_date))
    return [Stay(row.first_date, row.last_date, row.zone) for row in rows]
