"""Asking by a program: a question, or mentorship."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from services.booking.models import Ask
from services.booking.routes.api.door import Body, Zone, blueprint, in_a_zone
from services.booking.routes.api.once import Act, once
from services.booking.routes.inputs import contact_request, mentorship_request
from services.booking.usecases import ask as asks
from services.booking.usecases.consent import follow_up_sentence, newest_article
from shared.i18n import translations
from shared.web.app import language
from shared.web.guards import api as program
from shared.web.guards import guarded


class ContactBody(Body):
    name: str
    email: str
    message: str
    timezone: Zone = ""
    phone: str = ""
    company: str = ""
    follow_up: bool = Field(default=False, description="They agreed to get the newest article's letters.")
    attribution: dict[str, str] = Field(default_factory=dict)
    proof: str = Field("", description="ALTCHA's payload for a challenge of `/proof`; not needed with a token.")
    form_key: str = ""


class MentorshipBody(Body):
    name: str
    email: str
    format: str = Field(description="one_session or ongoing")
    background: str
    goal: str
    preferred_times: str = ""
    timezone: Zone = ""
    company: str = ""
    follow_up: bool = False
    attribution: dict[str, str] = Field(default_factory=dict)
    proof: str = Field("", description="ALTCHA's payload for a challenge of `/proof`; not needed with a token.")
    form_key: str = ""


class AskAnswer(BaseModel):
    id: str
    state: str = Field(description="open, answered, accepted or declined")


@blueprint.post("/contact", summary="Ask something", responses={201: AskAnswer})
@guarded(program("contact", most=60))
@once(201, proof=True)
def contact(body: ContactBody) -> Act:
    def act(session: Session, now: datetime) -> dict[str, Any]:
        wanted = contact_request(
            in_a_zone(session, body), follow_up=_ticked(session, body.follow_up), locale=language()
        )
        return _ask(asks.ask_by_contact(session, wanted, now=now))

    return act


@blueprint.post("/mentorship-requests", summary="Ask for mentorship", responses={201: AskAnswer})
@guarded(program("mentorship", most=60))
@once(201, proof=True)
def mentorship(body: MentorshipBody) -> Act:
    def act(session: Session, now: datetime) -> dict[str, Any]:
        wanted = mentorship_request(
            in_a_zone(session, body), follow_up=_ticked(session, body.follow_up), locale=language()
        )
        return _ask(asks.ask_for_mentorship(session, wanted, now=now))

    return act


def _ticked(session: Session, follow_up: bool) -> str | None:
    """The sentence that is kept as proof. A program that sends `follow_up` vouches for having shown it."""
    return follow_up_sentence(newest_article(session), translations(language()).gettext) if follow_up else None


def _ask(ask: Ask) -> dict[str, Any]:
    return {"id": str(ask.id), "state": ask.state}
