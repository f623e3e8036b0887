"""Programs: `/api/v1`. Instants in RFC 3339 with an offset, answers in Z, errors as problem+json (architecture §8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, current_app
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from services.booking.domain.errors import FieldError, InvalidInput, Message
from services.booking.domain.zones import instant, known_zone
from services.booking.models import Ask, Call, CallType
from services.booking.routes.inputs import booking_request, contact_request, mentorship_request, reason_of
from services.booking.usecases import ask as asks
from services.booking.usecases.availability import free_starts, offer_of
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.consent import follow_up_sentence, newest_article
from shared.i18n import translations
from shared.settings import Settings
from shared.web.app import language, this_service
from shared.web.guards import api as program
from shared.web.guards import guarded

LONGEST_RANGE = timedelta(days=366)

blueprint = APIBlueprint("booking_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="booking")])


class Body(BaseModel):
    """A request's body. Field rules that need words for people live in the domain, so types here are wide."""

    model_config = ConfigDict(extra="forbid")


class CallTypePath(BaseModel):
    slug: str = Field(description="The call type's slug, as in its booking page's address.")


class SlotsQuery(BaseModel):
    """`from` and `to` are dates of `timezone` (both included) or instants with an offset (`to` excluded)."""

    model_config = ConfigDict(populate_by_name=True)

    first: str = Field("", alias="from", description="2026-12-01 or 2026-12-01T09:00:00Z; now when left out.")
    last: str = Field("", alias="to", description="Four weeks after `from` when left out.")
    timezone: str = Field("UTC", description="An IANA zone; days are grouped by it.")


class TokenPath(BaseModel):
    token: str = Field(description="The last part of `manage_url`.")


class BookingBody(Body):
    call_type: str
    start: str = Field(description="RFC 3339 with an offset.")
    name: str
    email: str
    timezone: str = "UTC"
    company: str = ""
    answers: dict[str, str] = Field(default_factory=dict, description="Question → answer.")
    form_key: str = Field("", description="The same key and person again: the same booking again.")
    invitation: str = Field("", description="For call types that need an accepted request.")
    attribution: dict[str, str] = Field(default_factory=dict)


class RescheduleBody(Body):
    start: str
    reason: str = ""


class CancelBody(Body):
    reason: str = ""


class ContactBody(Body):
    name: str
    email: str
    message: str
    timezone: str = "UTC"
    phone: str = ""
    company: str = ""
    follow_up: bool = Field(default=False, description="They agreed to get the newest article's letters.")
    attribution: dict[str, str] = Field(default_factory=dict)
    form_key: str = ""


class MentorshipBody(Body):
    name: str
    email: str
    format: str = Field(description="one_session or ongoing")
    background: str
    goal: str
    preferred_times: str = ""
    timezone: str = "UTC"
    company: str = ""
    follow_up: bool = False
    attribution: dict[str, str] = Field(default_factory=dict)
    form_key: str = ""


@blueprint.get("/call-types", summary="What can be booked")
@guarded(program("call-types"))
def list_call_types() -> dict[str, Any]:
    with this_service().sessions() as session:
        rows = session.scalars(select(CallType).where(CallType.active).order_by(CallType.position)).all()
    return {"items": [_call_type(row) for row in rows], "next": None}


@blueprint.get("/call-types/<slug>/slots", summary="The free times of a call type, by day")
@guarded(program("slots"))
def list_slots(path: CallTypePath, query: SlotsQuery) -> dict[str, Any]:
    service = this_service()
    now = service.clock.now()
    zone = known_zone(query.timezone)
    first, last = _range(query, zone, now)
    with service.sessions() as session:
        offer = offer_of(session, path.slug)
        starts = free_starts(session, offer, now=now, start=first, end=last)
    return {"timezone": zone, "days": _days(starts, zone, timedelta(minutes=offer.call_type.minutes))}


@blueprint.post("/bookings", summary="Book a call")
@guarded(program("bookings", most=300))
def book(body: BookingBody) -> tuple[dict[str, Any], int]:
    service = this_service()
    wanted = booking_request(body.model_dump(), locale=language())
    with service.sessions.begin() as session:
        call = book_call(session, wanted, uid_domain=service.settings.mail_domain, now=service.clock.now())
    return _call(call, service.settings), 201


@blueprint.post("/bookings/<token>/reschedule", summary="Move a call")
@guarded(program("bookings", most=300))
def reschedule(path: TokenPath, body: RescheduleBody) -> dict[str, Any]:
    service = this_service()
    start, change = instant(body.start), Change("prospect", reason_of(body.model_dump()))
    with service.sessions.begin() as session:
        call = move_call(session, path.token, start, change, now=service.clock.now())
    return _call(call, service.settings)


@blueprint.post("/bookings/<token>/cancel", summary="Cancel a call")
@guarded(program("bookings", most=300))
def cancel(path: TokenPath, body: CancelBody) -> dict[str, Any]:
    service = this_service()
    change = Change("prospect", reason_of(body.model_dump()))
    with service.sessions.begin() as session:
        call = cancel_call(session, path.token, change, now=service.clock.now())
    return _call(call, service.settings)


@blueprint.post("/contact", summary="Ask something")
@guarded(program("contact", most=60))
def contact(body: ContactBody) -> tuple[dict[str, Any], int]:
    service = this_service()
    with service.sessions.begin() as session:
        wanted = contact_request(body.model_dump(), follow_up=_ticked(session, body.follow_up), locale=language())
        ask = asks.ask_by_contact(session, wanted, now=service.clock.now())
    return _ask(ask), 201


@blueprint.post("/mentorship-requests", summary="Ask for mentorship")
@guarded(program("mentorship", most=60))
def mentorship(body: MentorshipBody) -> tuple[dict[str, Any], int]:
    service = this_service()
    with service.sessions.begin() as session:
        wanted = mentorship_request(body.model_dump(), follow_up=_ticked(session, body.follow_up), locale=language())
        ask = asks.ask_for_mentorship(session, wanted, now=service.clock.now())
    return _ask(ask), 201


@blueprint.get("/openapi.json", doc_ui=False)
@guarded(program("openapi"))
def openapi() -> Response:
    """The document of all three services; `python -m deploy openapi` writes it."""
    return current_app.send_static_file("openapi.json")


def _ticked(session: Any, follow_up: bool) -> str | None:
    """The sentence that is kept as proof. A program that sends `follow_up` vouches for having shown it."""
    return follow_up_sentence(newest_article(session), translations(language()).gettext) if follow_up else None


def _range(query: SlotsQuery, zone: str, now: datetime) -> tuple[datetime, datetime]:
    first = _edge(query.first, zone, "from", default=now, days=0)
    last = _edge(query.last, zone, "to", default=first + timedelta(days=28), days=1)
    if last - first > LONGEST_RANGE:
        message = Message("This is more than %(days)s days.", {"days": LONGEST_RANGE.days})
        raise InvalidInput([FieldError("to", message, Message("Ask for less at once."))])
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
        raise InvalidInput([FieldError(field, Message("That year is out of reach."), Message("Choose a nearer one."))])
    return datetime.combine(at + timedelta(days=days), time(), ZoneInfo(zone)).astimezone(UTC)


def _days(starts: list[datetime], zone: str, length: timedelta) -> list[dict[str, Any]]:
    place = ZoneInfo(zone)
    days: dict[str, list[dict[str, str]]] = {}
    for start in starts:
        slot = {"start": _z(start), "end": _z(start + length)}
        days.setdefault(start.astimezone(place).date().isoformat(), []).append(slot)
    return [{"date": day, "slots": slots} for day, slots in days.items()]


def _call_type(row: CallType) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "way": row.way,
        "headline": row.headline,
        "minutes": row.minutes,
        "price_text": row.price_text,
        "access": row.access,
    }


def _call(call: Call, settings: Settings) -> dict[str, Any]:
    page = f"{settings.public_url}/call/{call.token}"
    return {
        "id": str(call.id),
        "start": _z(call.starts_at),
        "end": _z(call.ends_at),
        "state": call.state,
        "manage_url": page,
        "ics_url": f"{page}/invite.ics",
    }


def _ask(ask: Ask) -> dict[str, Any]:
    return {"id": str(ask.id), "state": ask.state}


def _z(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
