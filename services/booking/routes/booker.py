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
from services.booking.domain.forms import clipped
from services.booking.domain.questions import Question, prefilled, questions_of
from services.booking.domain.slots import nearest
from services.booking.domain.zones import instant, known_zone
from services.booking.models import Call, CallType
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
from services.booking.usecases.availability import (
    LONGEST_LOOK,
    Offer,
    Own,
    epoch_minute,
    free_starts,
    from_epoch_minute,
    offer_for,
    offer_of,
)
from services.booking.usecases.render import location_of
from shared.i18n import translations
from shared.security import new_token
from shared.web.app import language, this_service
from shared.web.policy import let_form_lead_to
from shared.web.visit import carried

# What an address may bring along besides answers; the form shows it, and every link until then keeps it.
PREFILLED = ("name", "email")


@dataclass(frozen=True)
class Visit:
    """Somebody at the calendar of an offer; `moving` is the call they want at another time."""

    offer: Offer
    path: str
    moving: Call | None = None

    @classmethod
    def to_book(cls, session: Session, slug: str) -> Visit:
        """For a new call. Raises `NotFound`."""
        return cls(offer_of(session, slug), f"/book/{slug}")

    @classmethod
    def to_move(cls, session: Session, call: Call) -> Visit:
        """For a call that exists."""
        return cls(offer_for(session, call.call_type_id), f"/call/{call.token}/move", call)


def render(session: Session, visit: Visit, form: Form) -> str:
    """The page in the state that the address and the form tell of."""
    now = this_service().clock.now()
    zone, assumed = _zone(visit, form)
    asked = questions_of(visit.offer.call_type.questions) if visit.moving is None else ()
    page = Page(visit.path, zone, _carry(form, asked), language())
    openings = _openings(session, visit, now)
    chosen = _chosen(page, openings, form)
    if there := visit.offer.call_type.redirect_url:
        let_form_lead_to(there)
    shown = _shown(page, openings, now)
    return render_template(
        "book.html",
        call_type=_type(visit),
        zone=zone,
        zone_assumed=assumed,
        zones=zones_by_region(),
        page=visit.path,
        carry=dict(page.carry),
        first=[slot(page, openings, start) for start in openings.starts[:3]],
        month=month_view(page, openings, shown["month"], now=now, last=visit.offer.last_start(now)),
        day=day_view(page, openings, shown["day"]) if shown["day"] else None,
        chosen=chosen,
        taken=None if chosen else _taken(page, openings, form),
        moving=_moving(visit),
        form=_form(visit, form, asked),
    )


def chips(call_type: CallType, starts: Sequence[datetime], zone: str, lang: str) -> list[dict[str, Any]]:
    """A few times of a call type, each leading to its booking page."""
    openings = Openings(starts, timedelta(minutes=call_type.minutes))
    page = Page(f"/book/{call_type.slug}", zone, {}, lang)
    return [slot(page, openings, start) for start in starts]


def _zone(visit: Visit, form: Form) -> tuple[str, bool]:
    """The zone to show, and whether nobody named it."""
    named = request.args.get("zone") or form.values.get("timezone", "")
    if not named and visit.moving is not None:
        return visit.moving.zone, False
    try:
        return (known_zone(named, "zone"), False) if named else (visit.offer.advisor.zone, True)
    except InvalidInput:
        # A form that was refused for its zone must still be shown, in the advisor's.
        if form.refused is None:
            raise
        return visit.offer.advisor.zone, True


def _carry(form: Form, asked: Sequence[Question]) -> dict[str, str]:
    """What every address of this page keeps: an invitation, the way here, and what was answered by the address."""
    invitation = {"invitation": (request.args.get("invitation") or form.values.get("invitation", ""))[:200]}
    brought = prefilled(asked, request.args) | _prefilled()
    return {name: value for name, value in {**carried(), **invitation, **brought}.items() if value}


def _prefilled() -> dict[str, str]:
    return {name: clipped(request.args.get(name)) for name in PREFILLED}


def _openings(session: Session, visit: Visit, now: datetime) -> Openings:
    own = Own(visit.moving.id if visit.moving else None, holder_of(request))
    starts = free_starts(session, visit.offer, now=now, start=now, end=now + LONGEST_LOOK, own=own)
    kept = [start for start in starts if visit.moving is None or start != visit.moving.starts_at]
    return Openings(kept, timedelta(minutes=visit.offer.call_type.minutes))


def _chosen(page: Page, openings: Openings, form: Form) -> dict[str, Any] | None:
    """The time that was chosen, when it is still free. A time from an old link just opens the calendar again."""
    text = form.values.get("start") or request.args.get("start", "")
    if not text or isinstance(form.refused, SlotTaken):
        return None
    try:
        start = instant(text)
    except InvalidInput:
        return None
    if start not in openings.starts:
        return None
    day = start.astimezone(ZoneInfo(page.zone)).date().isoformat()
    return slot(page, openings, start, href=page.href(day=day))


def _taken(page: Page, openings: Openings, form: Form) -> dict[str, Any] | None:
    """A form was sent whose time is lost or was never chosen: the nearest others, with all that was written."""
    if form.refused is None:
        return None
    wanted = _wanted(form)
    free = [epoch_minute(start) for start in openings.starts]
    near = nearest(free, epoch_minute(wanted)) if wanted else free[:3]
    return {"wanted": wanted, "nearest": [slot(page, openings, from_epoch_minute(minute)) for minute in near]}


def _wanted(form: Form) -> datetime | None:
    try:
        return instant(form.values.get("start", ""))
    except InvalidInput:
        return None


def _shown(page: Page, openings: Openings, now: datetime) -> dict[str, Any]:
    """Which month and day are open: those of the address, else the first free day and its month."""
    day = day_of(request.args.get("day", ""))
    first = openings.starts[0].astimezone(ZoneInfo(page.zone)).date() if openings.starts else None
    asked_month = request.args.get("month", "")
    month = month_of(asked_month, default=day or first or now.date())
    if day is None and asked_month:
        in_month = [start.astimezone(ZoneInfo(page.zone)).date() for start in openings.starts]
        day = next((one for one in in_month if (one.year, one.month) == (month.year, month.month)), first)
    return {"month": month, "day": day or first}


def _type(visit: Visit) -> dict[str, Any]:
    row = visit.offer.call_type
    place = location_of(visit.offer.advisor, row)
    _ = translations(language()).gettext
    return {
        "name": row.name,
        "headline": row.headline,
        "minutes": row.minutes,
        "price_text": row.price_text,
        # The link itself goes to who has booked; before that it only matters that it is a video call.
        "location": _("video call") if place.startswith("http") else place,
        "move_notice_minutes": row.move_notice_minutes,
        "cancel_notice_minutes": row.cancel_notice_minutes,
    }


def _moving(visit: Visit) -> dict[str, Any] | None:
    call = visit.moving
    if call is None:
        return None
    name = visit.offer.call_type.name
    return {"name": name, "start": call.starts_at, "end": call.ends_at, "href": f"/call/{call.token}"}


def _form(visit: Visit, form: Form, asked: Sequence[Question]) -> SimpleNamespace:
    """Not a dict: in a template `form.values` would be its method."""
    return SimpleNamespace(
        action=visit.path,
        key=form.key or new_token(),
        values=form.values or prefilled(asked, request.args) | _prefilled(),
        errors=form.errors,
        questions=asked,
        labels={one.key: one.label for one in asked},
        choices={one.key: [(choice.key, choice.label) for choice in one.choices] for one in asked},
        chosen={one.key: _chosen_of(one, form) for one in asked if one.kind == "several"},
        invitation=_carry(form, ()).get("invitation", ""),
    )


def _chosen_of(question: Question, form: Form) -> list[str]:
    """The ticked ones of several: a form names each of them anew, an address all at once."""
    return request.form.getlist(question.key) if form.values else request.args.get(question.key, "").split(",")
