"""What can be booked, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from services.booking.domain.errors import Message, invalid
from services.booking.domain.forms import clipped
from services.booking.domain.listing import split_by_date, utc_texts
from services.booking.domain.questions import questions_of
from services.booking.domain.zones import instant, known_zone
from services.booking.models import CallType
from services.booking.routes.api.door import Query, blueprint
from services.booking.usecases.availability import free_minutes, offer_of
from services.booking.usecases.freshness import want_reading
from services.booking.usecases.links import led_to, opened_by
from services.booking.usecases.offers import shown_types
from shared.clock import machine_now
from shared.web.app import this_service
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded

LONGEST_RANGE = timedelta(days=366)
LINK: str = Field("", description="The token of a private link, for a call type that only one opens.")


class CallTypePath(BaseModel):
    slug: str = Field(description="The call type's slug, as in its booking page's address.")


class SlotsQuery(Query):
    """`from` and `to` are dates of `timezone` (both included) or instants with an offset (`to` excluded)."""

    model_config = ConfigDict(populate_by_name=True)

    first: str = Field("", alias="from", description="2026-12-01 or 2026-12-01T09:00:00Z; now when left out.")
    last: str = Field("", alias="to", description="Four weeks after `from` when left out.")
    timezone: str = Field("UTC", description="An IANA zone; days are grouped by it.")
    minutes: int | None = Field(None, description="One of the call type's lengths; its usual one when left out.")
    link: str = LINK


class CallTypesQuery(Query):
    link: str = LINK


class ChoiceAnswer(BaseModel):
    key: str
    label: str


class QuestionAnswer(BaseModel):
    key: str = Field(description="By this, or by `label`, `answers` of a booking answers it.")
    label: str
    kind: str = Field(description="text, long_text, choice, several, number, phone, url, yes_no or hidden")
    required: bool
    hint: str
    choices: list[ChoiceAnswer] = Field(description="Of choice and several: one of them, or any number.")


class CallTypeAnswer(BaseModel):
    slug: str
    name: str
    way: str
    headline: str
    minutes: int
    other_minutes: list[int] = Field(description="Other lengths that can be chosen.")
    price_text: str
    access: str = Field(description="public, accepted_request or link")
    questions: list[QuestionAnswer]


class CallTypesAnswer(BaseModel):
    items: list[CallTypeAnswer]
    next: None


class Slot(BaseModel):
    start: str
    end: str


class Day(BaseModel):
    date: str = Field(description="A date of `timezone`.")
    slots: list[Slot]


class SlotsAnswer(BaseModel):
    timezone: str
    days: list[Day]


@blueprint.get("/call-types", summary="What can be booked", responses={200: CallTypesAnswer, **problems(409)})
@guarded(program("call-types"))
def list_call_types(query: CallTypesQuery) -> dict[str, Any]:
    """Those that only a private link opens are not listed without it."""
    service = this_service()
    with service.sessions() as session:
        opened = led_to(session, clipped(query.link), now=service.clock.now()) if query.link else None
        rows = shown_types(session, opened=opened)
    return {"items": [_call_type(row) for row in rows], "next": None}


@blueprint.get(
    "/call-types/<slug>/slots",
    summary="The free times of a call type, by day",
    responses={200: SlotsAnswer, **problems(404, 409)},
)
@guarded(program("slots"))
def list_slots(path: CallTypePath, query: SlotsQuery) -> dict[str, Any]:
    service = this_service()
    now = service.clock.now()
    zone = known_zone(query.timezone)
    first, last = _range(query, zone, now)
    with service.sessions.begin() as session:
        offer = offer_of(session, path.slug, minutes=query.minutes)
        opened_by(session, clipped(query.link), offer.call_type, now=now)
        found = free_minutes(session, offer, now=now, start=first, end=last)
        want_reading(session, machine=machine_now())
    return {"timezone": zone, "days": _days(found, offer.minutes, zone)}


def _range(query: SlotsQuery, zone: str, now: datetime) -> tuple[datetime, datetime]:
    first = _edge(query.first, zone, "from", default=now, days=0)
    last = _edge(query.last, zone, "to", default=first + timedelta(days=28), days=1)
    if last - first > LONGEST_RANGE:
        message = Message("This is more than %(days)s days.", {"days": LONGEST_RANGE.days})
        raise invalid("to", message, Message("Ask for less at once."))
    return first, last


def _edge(text: str, zone: str, field: str, *, default: datetime, days: int) -> datetime:
    """An instant as it is, or a date as the local midnight it begins with (`days` later for an end)."""
    if not text:
        return default
    try:
        at = date.fromisoformat(text)
    except ValueError:
        return instant(text, field)
    if not 2000 <= at.year <= 2100:
        raise invalid(field, Message("That year is out of reach."), Message("Choose a nearer one."))
    return datetime.combine(at + timedelta(days=days), time(), ZoneInfo(zone)).astimezone(UTC)


def _days(starts: Sequence[int], minutes: int, zone: str) -> list[dict[str, Any]]:
    texts = zip(utc_texts(starts), utc_texts([start + minutes for start in starts]), strict=True)
    slots = {at: {"start": start, "end": end} for at, (start, end) in zip(starts, texts, strict=True)}
    return [{"date": on, "slots": [slots[at] for at in part]} for on, part in split_by_date(starts, zone).items()]


def _call_type(row: CallType) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "way": row.way,
        "headline": row.headline,
        "minutes": row.minutes,
        "other_minutes": row.other_minutes,
        "price_text": row.price_text,
        "access": row.access,
        "questions": [asdict(question) for question in questions_of(row.questions)],
    }
