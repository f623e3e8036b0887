"""Calls: all of them, one, and one that the advisor books for somebody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from services.booking.domain.forms import clean_text
from services.booking.domain.states import CallState
from services.booking.routes.api.administration.door import (
    PageQuery,
    blueprint,
    instant_or_none,
    page,
    person_of,
)
from services.booking.routes.api.administration.shown import CallLine, WholeCallAnswer, call_line, whole_call
from services.booking.routes.api.calls import CallBody
from services.booking.routes.api.door import in_a_zone
from services.booking.routes.api.once import Act, actor, once
from services.booking.routes.inputs import booking_request, message_of
from services.booking.routes.paging import place_of, place_text
from services.booking.usecases import call_acts
from services.booking.usecases.calls import call_with
from services.booking.usecases.find import Place, Wanted, calls_page, slugs
from services.booking.usecases.offers import questions_asked
from shared.web.app import language, this_service
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded

CALLS = [Tag(name="calls")]


class CallPath(BaseModel):
    call_id: UUID


class CallsQuery(PageQuery):
    model_config = ConfigDict(populate_by_name=True)

    state: CallState | None = None
    first: str = Field("", alias="from", description="Calls that begin at this instant or later.")
    last: str = Field("", alias="to", description="Calls that begin before this instant.")
    person: str = Field("", description="The address of who booked.")


class CallsAnswer(BaseModel):
    items: list[CallLine]
    next: str | None


class BookedForBody(CallBody):
    start: str = Field(description="RFC 3339 with an offset; any time to come that is not taken.")
    message: str = Field("", description="What you say to them in the invitation.")
    notes: str = Field("", description="Your own words about the call, which nobody else reads.")


@blueprint.get("/calls", summary="Calls, in the order in which they begin", tags=CALLS, responses={200: CallsAnswer})
@guarded(program("calls", scope="calls:read"))
def list_calls(query: CallsQuery) -> dict[str, Any]:
    wanted = Wanted(
        state=query.state,
        person=person_of(query.person),
        start=instant_or_none(query.first, "from"),
        end=instant_or_none(query.last, "to"),
    )
    after = place_of(query.after)
    with this_service().sessions() as session:
        found, types = calls_page(session, wanted, after, query.limit + 1), slugs(session)
    return page(
        found,
        query.limit,
        shown=lambda call: call_line(call, types[call.call_type_id]),
        place=lambda call: place_text(Place(call.starts_at, call.id)),
    )


@blueprint.get("/calls/<call_id>", summary="One call", tags=CALLS, responses={200: WholeCallAnswer, **problems(404)})
@guarded(program("calls", scope="calls:read"))
def show_call(path: CallPath) -> dict[str, Any]:
    with this_service().sessions() as session:
        return whole_call(session, call_with(session, path.call_id))


@blueprint.post(
    "/calls",
    summary="Book a call for somebody",
    tags=CALLS,
    responses={201: WholeCallAnswer, **problems(404, 409)},
)
@guarded(program("calls", scope="calls:write"))
@once(201)
def book_for(body: BookedForBody) -> Act:
    """Under no rule but that the time must not be taken. They get the invitation, as if they had booked."""

    def act(session: Session, now: datetime) -> dict[str, Any]:
        # What the form insists on, the advisor need not know.
        asked = [replace(one, required=False) for one in questions_asked(session, body.call_type)]
        fields = in_a_zone(session, body)
        wanted = booking_request(fields, questions=asked, locale=language())
        wanted = replace(wanted, message=message_of(fields))
        notes = clean_text(body.notes, "notes", required=False)
        domain = this_service().settings.mail_domain
        made = call_acts.book_for(session, wanted, notes=notes, uid_domain=domain, by=actor(), now=now)
        return whole_call(session, made)

    return act
