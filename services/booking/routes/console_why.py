"""The console's room for "why is this time not offered?": one time, and all starts of its day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import InvalidInput, Message, NotFound, invalid
from services.booking.domain.fields import day as read_day
from services.booking.domain.forms import Problems
from services.booking.domain.offsets import minutes_down
from services.booking.domain.rules import clock_minutes
from services.booking.domain.slots import nearest
from services.booking.domain.wall_clock import zone_on
from services.booking.domain.zones import instant, wall_time
from services.booking.models import CallType
from services.booking.routes.forms import shown_errors
from services.booking.routes.why_shown import Explainer
from services.booking.usecases.availability import (
    LONGEST_LOOK,
    Offer,
    epoch_minute,
    free_starts,
    from_epoch_minute,
    offer_for,
)
from services.booking.usecases.freshness import want_reading
from services.booking.usecases.offers import call_types
from services.booking.usecases.why import judge, judge_day, schedule_of_type
from shared.clock import machine_now
from shared.i18n import translations
from shared.web.app import language, this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_why", __name__, url_prefix="/console/why")

FIELDS = ("call", "date", "time", "at")
MOST_SHOWN = 60


@dataclass(frozen=True)
class Asked:
    """The offer that is asked about, the date whose starts are shown, and the one time, if any."""

    offer: Offer
    day: date
    zone: str
    start: datetime | None


@blueprint.get("")
@guarded(console())
def why() -> str | tuple[str, int]:
    now = this_service().clock.now()
    with this_service().sessions.begin() as session:
        want_reading(session, machine=machine_now())
        types = call_types(session)
        if not types:
            raise NotFound
        values = {name: request.args.get(name, "")[:MOST_SHOWN].replace("\0", "") for name in FIELDS}
        try:
            asked = _asked(session, types, values, now)
        except InvalidInput as error:
            return _page(types, values, errors=shown_errors(error)), 422
        return _page(types, values | _shown(asked), **_answers(session, asked, now))


def _asked(session: Session, types: list[CallType], values: Mapping[str, str], now: datetime) -> Asked:
    """What was asked, with what was left out: the first call type, today. Raises `InvalidInput`."""
    problems = Problems()
    call_type_id, minutes = problems.take((types[0].id, types[0].minutes), _call, types, values["call"])
    at = problems.take(None, instant, values["at"], "at") if values["at"] else None
    day = problems.take(None, read_day, "date", values["date"])
    clock = problems.take(None, _clock, values["time"]) if values["time"] else None
    problems.finish()
    offer = offer_for(session, call_type_id, minutes=minutes)
    home = ZoneInfo(offer.advisor.zone)
    day = at.astimezone(home).date() if at else day or now.astimezone(home).date()
    zone = zone_on(offer.rules.zone, offer.rules.travel, day)
    if at is None and clock is not None:
        at = wall_time(zone, datetime.combine(day, clock), "time")
    return Asked(offer, day, zone, at)


def _call(types: list[CallType], text: str) -> tuple[UUID, int]:
    """Which call in which length; without a length it is the usual one."""
    found = {value: (one.id, minutes) for one in types for value, minutes in _lengths(one)}
    found |= {one.slug: (one.id, one.minutes) for one in types}
    if text and text not in found:
        raise invalid("call", Message("There is no such call."), Message("Choose one that is listed."))
    return found[text] if text else (types[0].id, types[0].minutes)


def _clock(text: str) -> time:
    try:
        minutes = clock_minutes(text)
        return time(minutes // 60, minutes % 60)
    except ValueError:
        raise invalid("time", Message("This is not a time of day."), Message("It looks like 09:30.")) from None


def _answers(session: Session, asked: Asked, now: datetime) -> dict[str, Any]:
    explainer = Explainer(asked.offer, schedule_of_type(session, asked.offer.call_type), asked.zone, language())
    judged = judge(session, asked.offer, asked.start, now=now) if asked.start else None
    stretches = list(explainer.stretches(judge_day(session, asked.offer, asked.day, now=now)))
    noon = datetime.combine(asked.day, time(12), ZoneInfo(asked.zone))
    return {
        "call_type": asked.offer.call_type,
        "noon": noon,
        "zone": asked.zone,
        "start": asked.start,
        "answer": explainer.answer(judged) if judged else None,
        "nearest": _nearest(session, asked, asked.start or noon, now),
        "stretches": stretches,
        "any_offered": any(one["offered"] for one in stretches),
    }


def _nearest(session: Session, asked: Asked, wanted: datetime, now: datetime) -> list[datetime]:
    """The offered times nearest to one: some days back, and as far ahead as is ever looked."""
    first, end = wanted - timedelta(days=14), wanted + LONGEST_LOOK
    free = [epoch_minute(one) for one in free_starts(session, asked.offer, now=now, start=first, end=end)]
    return [from_epoch_minute(one) for one in nearest(free, minutes_down(wanted))]


def _shown(asked: Asked) -> dict[str, str]:
    """The form as it was understood."""
    clock = asked.start.astimezone(ZoneInfo(asked.zone)).strftime("%H:%M") if asked.start else ""
    call = f"{asked.offer.call_type.slug}:{asked.offer.minutes}"
    return {"call": call, "date": asked.day.isoformat(), "time": clock, "at": ""}


def _page(types: list[CallType], values: Mapping[str, str], **more: Any) -> str:
    _ = translations(language()).gettext
    calls = [
        (value, _("%(name)s, %(minutes)s min") % {"name": one.name, "minutes": minutes})
        for one in types
        for value, minutes in _lengths(one)
    ]
    nothing: dict[str, Any] = {
        "errors": [],
        "answer": None,
        "stretches": None,
        "call_type": None,
        "nearest": [],
        "start": None,
    }
    return render_template("console/why.html", values=values, calls=calls, **(nothing | more))


def _lengths(call_type: CallType) -> list[tuple[str, int]]:
    lengths = (call_type.minutes, *sorted(call_type.other_minutes))
    return [(f"{call_type.slug}:{minutes}", minutes) for minutes in lengths]
