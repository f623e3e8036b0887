"""The console's room of hours as its template takes it: what is set, in words, and the forms that change it.

All forms stand on one page, so each field carries the name of its form; what was typed into one is shown beside what is
set in the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from flask import render_template, request
from sqlalchemy.orm import Session

from services.booking.domain.date_lists import grouped
from services.booking.domain.hours_text import WEEKDAYS, hours_text
from services.booking.domain.limits import Limit, Per, Unit
from services.booking.domain.public_holidays import next_holidays
from services.booking.domain.rules import DateOverride, Dates, Stay, Window
from services.booking.domain.wall_clock import wall_clock
from services.booking.models import Advisor, Away, CallType, Schedule, Travel
from services.booking.routes.calendar import zones_by_region
from services.booking.routes.forms import Form
from services.booking.routes.limit_words import limit_label, limit_words
from services.booking.routes.region_names import region_name, regions_by_name
from services.booking.routes.said import said
from services.booking.routes.undo import undo_of
from services.booking.usecases import hours_room
from services.booking.usecases.absences import coming_calls
from services.booking.usecases.availability import (
    Offer,
    advisor_of,
    away_at,
    from_epoch_minute,
    next_free,
    offer_of,
)
from services.booking.usecases.offers import public_types
from services.booking.usecases.outside import Outside, calls_outside
from services.booking.usecases.why import day_span
from shared.i18n import date_words, locale_of, translations
from shared.web.app import language, this_service

HOLIDAYS_SHOWN = 4


@dataclass(frozen=True)
class Room:
    """Everything that the page is made of, read once."""

    advisor: Advisor
    schedule: Schedule
    week: list[list[Window]]
    dates: list[DateOverride]
    types: list[CallType]
    now: datetime

    @property
    def today(self) -> date:
        """The advisor's date."""
        return self.now.astimezone(ZoneInfo(self.advisor.zone)).date()


def render(session: Session, form: Form, *, schedule_id: UUID | None = None, section: str = "") -> str:
    """The page of a schedule, the standard one when none is named. `section` is the form that was sent, if any."""
    now, settings = this_service().clock.now(), this_service().settings
    advisor, schedule = advisor_of(session), hours_room.schedule_shown(session, schedule_id)
    by_schedule = hours_room.schedules(session)
    types = [one for _, names in by_schedule for one in names]
    week, dates = hours_room.week(session, schedule.id), hours_room.dates(session, schedule.id)
    room = Room(advisor, schedule, week, dates, sorted(types, key=lambda one: (one.position, one.slug)), now)
    return render_template(
        "console/hours.html",
        schedule=schedule,
        schedules=[(row, names, room_path(row)) for row, names in by_schedule],
        here=room_path(schedule),
        base=f"/console/hours/{schedule.id}",
        weekdays=_weekdays(),
        names=dict(_weekdays())
        | {name: label for one in ["", *(one.slug for one in room.types)] for name, label in _limit_fields(one)},
        values=_values(session, room) | form.values,
        errors=form.errors,
        section=section,
        outside=[_outside(one) for one in calls_outside(session, now=now)],
        said=request.args.get("said", ""),
        undo=undo_of(settings, request.args.get("undo", "")),
        **_dates(room),
        **_all_schedules(session, room),
    )


def room_path(schedule: Schedule) -> str:
    """The page of a schedule."""
    return "/console/hours" if schedule.standard else f"/console/hours/{schedule.id}"


def limit_field(key: str, unit: Unit, per: Per) -> str:
    """The field of one limit; `key` is a call type's slug, or "" for all types together."""
    return f"limit-{key}-{unit}-{per}" if key else f"limit-{unit}-{per}"


def dates_text(dates: Dates) -> str:
    """Dates as the form of dates reads them."""
    return f"{dates.first} to {dates.last}" if dates.last > dates.first else str(dates.first)


def _values(session: Session, room: Room) -> dict[str, str]:
    values = {day: hours_text(windows) for day, windows in zip(WEEKDAYS, room.week, strict=True)}
    values |= {"name": room.schedule.name, "holidays": room.advisor.holidays, "zone": room.advisor.zone}
    slugs = {one.id: one.slug for one in room.types}
    for call_type_id, limits in hours_room.limits(session).items():
        key = slugs[call_type_id] if call_type_id else ""
        values |= {limit_field(key, limit.unit, limit.per): str(limit.most) for limit in limits}
    return values


def _dates(room: Room) -> dict[str, list[dict[str, str]]]:
    lines = [(dates, windows) for dates, windows in grouped(room.dates)]
    return {
        "dates_ahead": [_date_line(*line) for line in lines if line[0].last >= room.today],
        "dates_past": [_date_line(*line) for line in lines if line[0].last < room.today],
    }


def _date_line(dates: Dates, windows: Sequence[Window]) -> dict[str, str]:
    return {"words": _words(dates), "dates": dates_text(dates), "hours": hours_text(windows)}


def _all_schedules(session: Session, room: Room) -> dict[str, Any]:
    """What holds in all schedules, which stands on the page of the standard one."""
    if not room.schedule.standard:
        return {}
    region, lang = room.advisor.holidays, language()
    offer = next((offer_of(session, one.slug) for one in public_types(session)), None)
    limits = hours_room.limits(session)
    return {
        "away": [_away(session, offer, row, room) for row in hours_room.absences(session, since=room.today)],
        "travel": [_travel(row, room) for row in hours_room.stays(session, since=room.today)],
        "region": region_name(region, lang) if region else "",
        "regions": regions_by_name(region.partition("-")[0], lang),
        "holidays": [
            (date_words(day, lang), name) for day, name in next_holidays(region, room.today, HOLIDAYS_SHOWN, lang)
        ],
        "limits": [_limits(None, limits), *(_limits(one, limits) for one in room.types)],
        "zones": [zone for _, places in zones_by_region() for zone, _ in places],
        "coming": coming_calls(session, now=room.now),
    }


def _away(session: Session, offer: Offer | None, row: Away, room: Room) -> dict[str, Any]:
    """An absence, and what visitors are told while it lasts: until when, and the next free time."""
    line = {"id": row.id, "words": _words(Dates(row.first_date, row.last_date)), "message": row.message, "told": None}
    if offer is None:
        return line
    begins = from_epoch_minute(day_span(offer, row.first_date)[0])
    told = away_at(session, now=max(begins, room.now))
    if told is None:
        return line
    free = next_free(session, offer, now=room.now, count=1, after=told.ends)
    return line | {
        "told": {"until": date_words(told.last, language()), "message": told.message, "free": next(iter(free), None)}
    }


def _travel(row: Travel, room: Room) -> dict[str, Any]:
    """A stay, and what the first hours of it are at home."""
    stay = Stay(row.first_date, row.last_date, row.zone)
    line = {"id": row.id, "words": _words(stay), "zone": row.zone, "there": "", "here": []}
    for day in range(*stay.days):
        if windows := _windows_on(room, day):
            clock = wall_clock(room.advisor.zone, (stay,), range(day, day + 1)).on(day)
            spans = [tuple(from_epoch_minute(clock.instant(day * 1440 + at)) for at in one.span) for one in windows]
            return line | {"there": hours_text(windows), "here": spans}
    return line


def _windows_on(room: Room, day: int) -> Sequence[Window]:
    on = date.fromordinal(day + date(1970, 1, 1).toordinal())
    own = next((one for one in room.dates if one.date == on), None)
    return own.windows if own else room.week[on.isoweekday() - 1]


def _limits(call_type: CallType | None, limits: Mapping[UUID | None, list[Limit]]) -> dict[str, Any]:
    key = call_type.slug if call_type else ""
    return {
        "name": call_type.name if call_type else translations(language()).gettext("All call types together"),
        "key": key,
        "action": f"/console/limits/{key}" if key else "/console/limits",
        "limits": [limit_words(limit) for limit in limits.get(call_type.id if call_type else None, [])],
        "fields": _limit_fields(key),
    }


def _limit_fields(key: str) -> list[tuple[str, str]]:
    return [(limit_field(key, unit, per), limit_label(unit, per)) for unit in Unit for per in Per]


def _outside(one: Outside) -> dict[str, Any]:
    return {
        "start": one.call.starts_at,
        "end": one.call.ends_at,
        "who": one.call.name,
        "type_name": one.type_name,
        "why": said(one.refusal.message),
        "page": f"/console/calls/{one.call.id}",
    }


def _weekdays() -> list[tuple[str, str]]:
    """The fields of the week, each with its name."""
    names = get_day_names("wide", "stand-alone", locale=locale_of(language()))
    return [(day, names[number].capitalize()) for number, day in enumerate(WEEKDAYS)]


def _words(dates: Dates) -> str:
    first, last = date_words(dates.first, language()), date_words(dates.last, language())
    return first if dates.first == dates.last else f"{first} – {last}"
