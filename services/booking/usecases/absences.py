"""What the advisor changes for all schedules: absences, travel, public holidays, limits and their own zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.domain.errors import Message, NotFound, invalid
from services.booking.domain.hours_input import clean_limits, clean_message, require_forward
from services.booking.domain.limits import Limit
from services.booking.domain.public_holidays import known_region
from services.booking.domain.rules import Dates, Stay
from services.booking.domain.states import OPEN
from services.booking.domain.zones import known_zone
from services.booking.models import Away, Call, CallLimit, CallType, Travel
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.hours import changed
from services.booking.usecases.hours_room import limits_of
from services.booking.usecases.set_up import profile_event
from shared.doorbell import wake
from shared.inbox import publish

Row = TypeVar("Row", Away, Travel)


def add_away(session: Session, dates: Dates, message: str, *, now: datetime, by: str = "") -> UUID:
    """Be out of office on whole dates; `message` is shown to who looks for a time. Calls that stand are not touched.

    The same dates with the same message are one absence: a form that is sent twice adds nothing. Raises
    `InvalidInput` naming the field.
    """
    advisor = advisor_of(session, lock=True)
    require_forward(dates)
    values = {"first_date": dates.first, "last_date": dates.last, "message": clean_message(message)}
    new = insert(Away).values(advisor_id=advisor.id, **values).on_conflict_do_nothing().returning(Away)
    row = session.scalar(new)
    if row is None:
        return session.scalars(select(Away.id).filter_by(**values)).one()
    changed(session, "away_added", row.id, ["", _dates(row)], now=now, by=by)
    return row.id


def remove_away(session: Session, away_id: UUID, *, now: datetime, by: str = "") -> Away:
    """Be in the office after all. Returns what was taken away. Raises `NotFound`."""
    advisor_of(session, lock=True)
    row = _gone(session, session.get(Away, away_id))
    changed(session, "away_removed", away_id, [_dates(row), ""], now=now, by=by)
    return row


def add_travel(session: Session, stay: Stay, *, now: datetime, by: str = "") -> UUID:
    """Let the hours of some dates be wall time of another zone. The same stay said twice is one.

    Raises `InvalidInput` naming the field.
    """
    advisor = advisor_of(session, lock=True)
    require_forward(stay)
    known_zone(stay.zone, "zone")
    meets = (Travel.first_date <= stay.last, Travel.last_date >= stay.first)
    if (other := session.scalar(select(Travel).where(*meets).limit(1))) is not None:
        if Stay(other.first_date, other.last_date, other.zone) == stay:
            return other.id
        params = {"zone": other.zone, "first": other.first_date.isoformat(), "last": other.last_date.isoformat()}
        message = Message("You are in %(zone)s from %(first)s to %(last)s.", params)
        raise invalid("first_date", message, Message("Choose dates that do not overlap, or remove that stay first."))
    row = Travel(advisor_id=advisor.id, first_date=stay.first, last_date=stay.last, zone=stay.zone)
    session.add(row)
    session.flush()
    changed(session, "travel_added", row.id, ["", _stay(row)], now=now, by=by)
    return row.id


def remove_travel(session: Session, travel_id: UUID, *, now: datetime, by: str = "") -> Travel:
    """Stay at home after all. Returns what was taken away. Raises `NotFound`."""
    advisor_of(session, lock=True)
    row = _gone(session, session.get(Travel, travel_id))
    changed(session, "travel_removed", travel_id, [_stay(row), ""], now=now, by=by)
    return row


def set_holidays(session: Session, region: str, *, now: datetime, by: str = "") -> None:
    """Close the public holidays of a country ("DE") or a part of one ("DE-BE"); "" closes none."""
    advisor = advisor_of(session, lock=True)
    before, advisor.holidays = advisor.holidays, known_region(region)
    changed(session, "holidays_set", advisor.id, [before, region], now=now, by=by)


def set_limits(
    session: Session, call_type_id: UUID | None, limits: Sequence[Limit], *, now: datetime, by: str = ""
) -> None:
    """Replace the limits of a call type, or with None those for all types together.

    Raises `NotFound`, and `InvalidInput` naming the limit.
    """
    advisor = advisor_of(session, lock=True)
    if call_type_id is not None and session.get(CallType, call_type_id) is None:
        raise NotFound
    clean_limits(limits)
    before = _limits(session, call_type_id)
    session.execute(delete(CallLimit).where(CallLimit.call_type_id.is_not_distinct_from(call_type_id)))
    head = {"advisor_id": advisor.id, "call_type_id": call_type_id}
    if limits:
        rows = [head | {"per": limit.per, "unit": limit.unit, "most": limit.most} for limit in limits]
        session.execute(insert(CallLimit).values(rows))
    changed(session, "limits_set", call_type_id, [before, _limits(session, call_type_id)], now=now, by=by)


def set_zone(session: Session, zone: str, *, now: datetime, by: str = "") -> int:
    """Live in another zone from now on. Booked calls keep their instants: returns how many are still to come.

    Hours, dates and limits are read in the new zone. Raises `InvalidInput` for a name that is no zone.
    """
    advisor = advisor_of(session, lock=True)
    before, advisor.zone = advisor.zone, known_zone(zone, "zone")
    changed(session, "zone_set", advisor.id, [before, zone], now=now, by=by)
    session.flush()
    publish(session, profile_event(session, advisor, now=now))
    # Whole days and floating times of calendars are elsewhere now.
    wake(session, "booking.calendars")
    return coming_calls(session, now=now)


def coming_calls(session: Session, *, now: datetime) -> int:
    """How many calls are still to come: they keep their instants whatever happens to hours and zone."""
    coming = select(func.count()).select_from(Call).where(Call.state.in_(OPEN), Call.starts_at > now)
    return session.scalars(coming).one()


def _gone(session: Session, row: Row | None) -> Row:
    if row is None:
        raise NotFound
    session.delete(row)
    session.flush()
    return row


def _dates(row: Away | Travel) -> str:
    return f"{row.first_date} to {row.last_date}"


def _stay(row: Travel) -> str:
    return f"{row.zone}, {_dates(row)}"


def _limits(session: Session, call_type_id: UUID | None) -> str:
    return ", ".join(f"{one.most} {one.unit} a {one.per}" for one in limits_of(session, call_type_id))
