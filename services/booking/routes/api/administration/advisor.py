"""The advisor themselves: name, address, meeting link, and who sends their invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from services.booking.routes.api.administration.door import blueprint, without_defaults
from services.booking.routes.api.door import Body
from services.booking.routes.api.once import Act, actor, once
from services.booking.usecases.absences import coming_calls
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.profile import CHANGEABLE, change_advisor
from shared.web.app import this_service
from shared.web.guards import api as program
from shared.web.guards import guarded

ADVISOR = [Tag(name="advisor")]


class AdvisorAnswer(BaseModel):
    name: str
    title: str
    email: str
    video_url: str = Field(description="Where calls take place unless their type says otherwise.")
    signature: list[str] = Field(description="The lines below letters; none is the name.")
    organizer: str = Field(description="Who sends invitations: mailbox (which is read) or advisor")


class AdvisorChangedAnswer(AdvisorAnswer):
    calls_ahead: int = Field(description="Calls that are still to come: their invitations have left as they were.")


class AdvisorBody(Body):
    """Any of these; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    name: str = ""
    title: str = ""
    email: str = ""
    video_url: str = Field("", description="An address that begins with https://; empty for none.")
    signature: list[str] = Field(default_factory=list, description="At most six lines.")
    organizer: str = Field("mailbox", description="mailbox, or advisor when your address is of the mailbox's domain")


@blueprint.get("/advisor", summary="Who you are to visitors", tags=ADVISOR, responses={200: AdvisorAnswer})
@guarded(program("advisor", scope="advisor:read"))
def show_advisor() -> dict[str, Any]:
    with this_service().sessions() as session:
        return _shown(session)


@blueprint.patch("/advisor", summary="Change who you are", tags=ADVISOR, responses={200: AdvisorChangedAnswer})
@guarded(program("advisor", scope="advisor:write"))
@once()
def set_advisor(body: AdvisorBody) -> Act:
    """Who sends the invitations of a call that is booked stays who sent the first one."""

    def act(session: Session, now: datetime) -> dict[str, Any]:
        mailbox = this_service().settings.bookings_address
        change_advisor(session, body.model_dump(exclude_unset=True), mailbox=mailbox, now=now, by=actor())
        return {**_shown(session), "calls_ahead": coming_calls(session, now=now)}

    return act


def _shown(session: Session) -> dict[str, Any]:
    row = advisor_of(session)
    return {name: getattr(row, name) for name in CHANGEABLE}
