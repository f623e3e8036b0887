"""The page on which a time is chosen, for a new call or for one that moves: what it is given and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request
from sqlalchemy.orm import Session

from services.booking.domain.errors import InvalidInput, SlotTaken
from services.booking.domain.questions import Question
from services.booking.domain.slots import nearest
from services.booking.domain.zones import instant, known_zone, todays_name, z
from services.booking.models import CallType
from services.booking.routes.calendar import (
    Openings,
    Page,
    day_of,
    day_view,
    month_of,
    month_view,
    slot,
    zones_by_region,
)
from services.booking.routes.forms import Form
from services.booking.routes.holding import holder_of
from services.booking.routes.offered import away_from, call_type_of, promise_of
from services.booking.routes.visits import KEYS, Visit, brought_by_address, kept_of, named
from services.booking.usecases.availability import LONGEST_LOOK, Own, epoch_minute, free_starts, from_epoch_minute
from services.booking.usecases.seats import seats_left
from shared.i18n import translations
from shared.security import new_token
from shared.web.app import language, this_service
from shared.web.policy import let_form_lead_to

# How many other times are shown beside the form: when one was lost, and when somebody wants another.
NEAREST, OTHERS = 3, 12


def render(session: Session, visit: Visit, form: Form) -> str:
    """The page in the state that the address and the form tell of."""
    now = this_service().clock.now()
    zone, assumed = _zone(visit, form)
    page = Page(visit.path, zone, kept_of(visit, form), language())
    openings = _openings(session, visit, now)
    time = _time(page, openings, form, now=now)
    if there := visit.offer.call_type.redirect_url:
        let_form_lead_to(there)
    shown = _shown(page, openings, time.gone or (visit.moving.starts_at if visit.moving else None), now)
    return render_template(
        "book.html",
        call_type=call_type_of(visit, seats=_seats(visit, time)),
        lengths=_lengths(page, visit, form),
        zone=zone,
        zone_assumed=assumed,
        zones=zones_by_region(),
        page=visit.path,
        carry=dict(page.carry),
        first=[slot(page, openings, start) for start in openings.starts[:3]],
        month=month_view(page, openings, shown["month"], now=now, last=visit.offer.last_start(now)),
        day=day_view(page, openings, shown["day"]) if shown["day"] else None,
        away=away_from(session, visit, openings, shown, now=now),
        chosen=time.chosen,
        taken=time.taken,
        gone=time.gone,
        promise=promise_of(visit, time.chosen["start"] if time.chosen else None, now=now),
        moving=_moving(visit),
        problem=_why(form),
        form=_form(visit, form),
    )


def chips(call_type: CallType, starts: Sequence[datetime], zone: str, lang: str) -> list[dict[str, Any]]:
    """A few times of a call type, each leading to its booking page."""
    openings = Openings(starts, timedelta(minutes=call_type.minutes))
    page = Page(f"/book/{call_type.slug}", zone, {}, lang)
    return [slot(page, openings, start) for start in starts]


def _zone(visit: Visit, form: Form) -> tuple[str, bool]:
    """The zone to show, and whether nobody named it."""
    sent = form.values.get("timezone", "")
    asked = request.args.get("zone") or sent
    if not asked and visit.moving is not None:
        return visit.moving.zone, False
    if not asked:
        return visit.offer.advisor.zone, True
    try:
        return todays_name(known_zone(asked, "zone")), False
    except InvalidInput:
        # A form that was refused for its zone must still be shown, in the advisor's.
        if not sent:
            raise
        return visit.offer.advisor.zone, True


def _openings(session: Session, visit: Visit, now: datetime) -> Openings:
    own = Own(visit.moving.id if visit.moving else None, holder_of(request))
    starts = free_starts(session, visit.offer, now=now, start=now, end=now + LONGEST_LOOK, own=own)
    same = visit.moving is not None and visit.offer.minutes == visit.usual
    kept = [start for start in starts if not (same and visit.moving and start == visit.moving.starts_at)]
    if not visit.shares:
        return Openings(kept, visit.offer.length)
    return Openings(kept, visit.offer.length, visit.offer.call_type.seats, seats_left(session, visit.offer, now=now))


@dataclass(frozen=True)
class _Time:
    """Which time the page is about: `chosen` and free; or others beside the form (`taken`), because it is lost.

    `gone` is one that an address named and that is not free: the calendar is open again.
    """

    chosen: dict[str, Any] | None = None
    taken: dict[str, Any] | None = None
    gone: datetime | None = None


def _seats(visit: Visit, time: _Time) -> int:
    """How many share a time: of a group call that has begun to fill as many as who sits in it was told."""
    chosen = time.chosen["seats"] if time.chosen else None
    return chosen["of"] if chosen else visit.offer.call_type.seats if visit.shares else 1


def _time(page: Page, openings: Openings, form: Form, *, now: datetime) -> _Time:
    start = _start(form)
    another = bool(form.values.get("another"))
    if start is not None and start in openings.starts and not another and not isinstance(form.refused, SlotTaken):
        day = start.astimezone(ZoneInfo(page.zone)).date().isoformat()
        return _Time(chosen=slot(page, openings, start, href=page.href(day=day)))
    if another or form.refused is not None or (start and request.args.get("lost")):
        return _Time(taken=_taken(page, openings, start, another=another))
    # Of one that has passed nobody needs to hear.
    return _Time(gone=start if start is not None and start > now else None)


def _taken(page: Page, openings: Openings, wanted: datetime | None, *, another: bool) -> dict[str, Any]:
    """Other times, with all that was written: the nearest to one that was lost, more for who wants another."""
    free, count = [epoch_minute(start) for start in openings.starts], OTHERS if another else NEAREST
    near = nearest(free, epoch_minute(wanted), count) if wanted else free[:count]
    return {
        "wanted": None if another else wanted,
        "nearest": [slot(page, openings, from_epoch_minute(minute)) for minute in near],
        "all": page.href(),
    }


def _start(form: Form) -> datetime | None:
    """The time that the form or the address names; None for none, and for what is no time."""
    text = form.values.get("start") or request.args.get("start", "")
    try:
        return instant(text) if text else None
    except InvalidInput:
        return None


def _shown(page: Page, openings: Openings, near: datetime | None, now: datetime) -> dict[str, Any]:
    """Which month and day are open: those of the address, else the first free day and its month.

    `near` is when it was wanted, or is now: its own day, or the nearest free one of the same month, is open then.
    """
    here = ZoneInfo(page.zone)
    days = [start.astimezone(here).date() for start in openings.starts]
    asked_month = request.args.get("month", "")
    day = day_of(request.args.get("day", ""))
    if day is None and near is not None and not asked_month:
        own = near.astimezone(here).date()
        there = [one for one in days if (one.year, one.month) == (own.year, own.month)]
        day = min(there, key=lambda one: abs(one - own), default=None)
    first = days[0] if days else None
    month = month_of(asked_month, default=day or first or now.date())
    if day is None and asked_month:
        day = next((one for one in days if (one.year, one.month) == (month.year, month.month)), first)
    return {"month": month, "day": day or first}


def _lengths(page: Page, visit: Visit, form: Form) -> list[dict[str, Any]]:
    """The lengths to choose from, each at the time, day or month that is open. Empty when there is no choice."""
    start = _start(form)
    at = {"start": z(start)} if start else {}
    at = at or {name: request.args[name] for name in ("day", "month") if request.args.get(name)}
    return [
        {"minutes": minutes, "href": page.href(minutes=str(minutes), **at), "chosen": minutes == visit.offer.minutes}
        for minutes in (visit.lengths if len(visit.lengths) > 1 else ())
    ]


def _moving(visit: Visit) -> dict[str, Any] | None:
    call = visit.moving
    if call is None:
        return None
    name = visit.offer.call_type.name
    return {"name": name, "start": call.starts_at, "end": call.ends_at, "href": f"/call/{call.token}"}


def _why(form: Form) -> str | None:
    """Why the form was not taken, when it is no matter of one field and not of its time."""
    _ = translations(language()).gettext
    if form.refused is None or isinstance(form.refused, InvalidInput | SlotTaken):
        return None
    return form.refused.message.translated(_)


def _form(visit: Visit, form: Form) -> SimpleNamespace:
    """Not a dict: in a template `form.values` would be its method."""
    asked = visit.questions
    values = form.values or (brought_by_address(asked) if visit.moving is None else {})
    keys = {name: named(name, form) for name in KEYS} if visit.moving is None else {}
    keys |= {"minutes": str(visit.offer.minutes)} if len(visit.lengths) > 1 else {}
    return SimpleNamespace(
        action=visit.path,
        key=form.key or new_token(),
        hidden={name: value for name, value in keys.items() if value},
        values=values,
        errors=form.errors,
        questions=asked,
        labels={one.key: one.label for one in asked},
        choices={one.key: [(choice.key, choice.label) for choice in one.choices] for one in asked},
        chosen={one.key: _chosen_of(one, form) for one in asked if one.kind == "several"},
    )


def _chosen_of(question: Question, form: Form) -> list[str]:
    """The ticked ones of several: a form names each of them anew, an address all at once."""
    return request.form.getlist(question.key) if form.values else _ticked_by_address(question)


def _ticked_by_address(question: Question) -> list[str]:
    return brought_by_address([question]).get(question.key, "").split(",")
