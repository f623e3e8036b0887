"""Call types as the advisor sets them, also those that are switched off; and why a time is not offered."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from services.booking.domain.listing import utc_texts
from services.booking.domain.offers import FIELDS
from services.booking.domain.zones import instant, z
from services.booking.models import CallType
from services.booking.routes.api.administration.door import blueprint, whole, without_defaults
from services.booking.routes.api.door import Body, Query
from services.booking.routes.api.offers import CallTypePath, QuestionAnswer
from services.booking.routes.api.once import Act, actor, once
from services.booking.usecases.availability import offer_of, why_not
from services.booking.usecases.offers import call_type_of, call_types, change_call_type, make_call_type, schedule_name
from shared.web.app import this_service
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded

CALL_TYPES = [Tag(name="call types")]

Lengths = Annotated[list[int], Field(description="Minutes.")]


class ChoiceBody(Body):
    key: str = ""
    label: str


class QuestionBody(Body):
    key: str
    label: str
    kind: str = Field("text", description="text, long_text, choice, several, number, phone, url, yes_no or hidden")
    required: bool = False
    hint: str = ""
    choices: list[ChoiceBody] = Field(default_factory=list)


class Settings(BaseModel):
    """The settings of a call type, as they are shown; what a body leaves out stays as it is."""

    slug: str
    way: str
    name: str
    headline: str
    minutes: int
    other_minutes: Lengths
    interval_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    notice_minutes: int
    horizon_kind: str = Field(description="days, business_days or dates")
    horizon_days: int
    first_date: str | None
    last_date: str | None
    schedule: str | None = Field(description="The name of a schedule; null for the standard one.")
    move_notice_minutes: int
    cancel_notice_minutes: int
    most_moves: int | None = Field(description="How often a prospect may move a call; null for any number.")
    most_open: int | None = Field(description="How many open calls one person may have; null for any number.")
    seats: int
    confirmation: str = Field(description="none, always or free_mail")
    pending_blocks: bool
    verify_email: bool
    location_kind: str = Field(description="video, phone_out, phone_in, in_person or jitsi")
    location: str
    price_text: str
    pay_url: str
    redirect_url: str
    access: str = Field(description="public, accepted_request or link")
    reminder_minutes: Lengths
    follow_up_minutes: int | None
    no_show_follow_up: bool
    position: int
    active: bool


class SettingsAnswer(Settings):
    questions: list[QuestionAnswer]


class AllSettingsAnswer(BaseModel):
    items: list[SettingsAnswer]
    next: None


class SettingsBody(Body):
    """Any of the settings; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    slug: str = Field("", description="Small letters, digits and hyphens.")
    way: str = ""
    name: str = ""
    headline: str = ""
    minutes: int = 30
    other_minutes: Lengths = Field(default_factory=list)
    interval_minutes: int = 30
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    notice_minutes: int = 0
    horizon_kind: str = "days"
    horizon_days: int = 60
    first_date: str | None = None
    last_date: str | None = None
    schedule: str | None = None
    move_notice_minutes: int = 0
    cancel_notice_minutes: int = 0
    most_moves: int | None = None
    most_open: int | None = None
    seats: int = 1
    confirmation: str = "none"
    pending_blocks: bool = True
    verify_email: bool = False
    questions: list[QuestionBody] = Field(default_factory=list)
    location_kind: str = "video"
    location: str = ""
    price_text: str = ""
    pay_url: str = ""
    redirect_url: str = ""
    access: str = "public"
    reminder_minutes: Lengths = Field(default_factory=list)
    follow_up_minutes: int | None = None
    no_show_follow_up: bool = True
    position: int = 0
    active: bool = True


class WhyQuery(Query):
    start: str = Field(description="RFC 3339 with an offset.")
    minutes: int | None = Field(None, description="One of the call type's lengths; its usual one when left out.")


class WhyAnswer(BaseModel):
    start: str
    offered: bool
    rule: str | None = Field(description="The first rule that refuses it.")
    because: str | None
    span: list[str] | None = Field(description="What the rule measures by: a busy time, an open window, a full week.")


@blueprint.get("/settings/call-types", summary="All call types", tags=CALL_TYPES, responses={200: AllSettingsAnswer})
@guarded(program("call-types", scope="call_types:read"))
def list_settings() -> dict[str, Any]:
    with this_service().sessions() as session:
        return whole(call_types(session), shown=lambda row: _shown(session, row))


@blueprint.get(
    "/settings/call-types/<slug>",
    summary="One call type",
    tags=CALL_TYPES,
    responses={200: SettingsAnswer, **problems(404)},
)
@guarded(program("call-types", scope="call_types:read"))
def show_settings(path: CallTypePath) -> dict[str, Any]:
    with this_service().sessions() as session:
        return _shown(session, call_type_of(session, path.slug))


@blueprint.post("/settings/call-types", summary="Make a call type", tags=CALL_TYPES, responses={201: SettingsAnswer})
@guarded(program("call-types", scope="call_types:write"))
@once(201)
def add_call_type(body: SettingsBody) -> Act:
    """It needs slug, name and minutes; what else is left out has its usual value."""
    given = _given(body)
    return lambda session, now: _shown(session, make_call_type(session, given, actor=actor(), now=now))


@blueprint.patch(
    "/settings/call-types/<slug>",
    summary="Change a call type",
    tags=CALL_TYPES,
    responses={200: SettingsAnswer, **problems(404)},
)
@guarded(program("call-types", scope="call_types:write"))
@once()
def set_call_type(path: CallTypePath, body: SettingsBody) -> Act:
    """Calls that are booked stay as they were booked."""
    given = _given(body)
    return lambda session, now: _shown(session, change_call_type(session, path.slug, given, actor=actor(), now=now))


@blueprint.get(
    "/settings/call-types/<slug>/refusal",
    summary="Why a time is not offered",
    tags=CALL_TYPES,
    responses={200: WhyAnswer, **problems(404)},
)
@guarded(program("call-types", scope="availability:read"))
def why(path: CallTypePath, query: WhyQuery) -> dict[str, Any]:
    service, start = this_service(), instant(query.start)
    with service.sessions() as session:
        offer = offer_of(session, path.slug, minutes=query.minutes)
        refusal = why_not(session, offer, start, now=service.clock.now())
    return {
        "start": z(start),
        "offered": refusal is None,
        "rule": refusal.rule if refusal else None,
        "because": str(refusal.message) if refusal else None,
        "span": utc_texts(refusal.span) if refusal and refusal.span else None,
    }


def _given(body: SettingsBody) -> dict[str, Any]:
    given = body.model_dump(exclude_unset=True)
    if "questions" in given:
        given["questions"] = [question.model_dump() for question in body.questions]
    return given


def _shown(session: Session, row: CallType) -> dict[str, Any]:
    dates = {name: found.isoformat() if (found := getattr(row, name)) else None for name in ("first_date", "last_date")}
    return {name: getattr(row, name) for name in FIELDS} | dates | {"schedule": schedule_name(session, row)}
