"""Calls and asks as the advisor's programs see them. Links that let somebody act as the prospect are left out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from services.booking.domain.zones import z
from services.booking.models import Ask, Call, Guest, Proposal
from services.booking.usecases.calls import guests_of
from services.booking.usecases.find import slugs
from services.booking.usecases.propose import open_proposals
from services.booking.usecases.render import answers_of


class GivenAnswer(BaseModel):
    question: str
    answer: str


class CallLine(BaseModel):
    """A call with the person who booked it."""

    id: str
    call_type: str
    state: str = Field(description="unverified, pending, confirmed, declined, lapsed, cancelled, completed or missed")
    start: str
    end: str
    name: str
    email: str
    company: str
    phone: str
    timezone: str
    location: str = Field(description="Where, as it was settled when it was booked; empty is your video link.")
    answers: list[GivenAnswer]
    attribution: dict[str, Any]
    answer: str = Field(description="What their calendar answered: needs-action, accepted, tentative or declined")
    moves: int = Field(description="How often they have moved it.")
    notes: str
    cancelled_by: str
    reason: str
    paid_at: str | None
    created_at: str


class GuestAnswer(BaseModel):
    id: str
    name: str
    email: str
    answer: str


class ProposalAnswer(BaseModel):
    id: str
    made_by: str = Field(description="advisor or prospect")
    state: str = Field(description="open, accepted, refused or replaced")
    starts: list[str]
    end: str | None = Field(description="Of a time that the prospect's calendar proposes.")
    message: str


class WholeCallAnswer(CallLine):
    """A call with its guests and the times that are proposed for it."""

    guests: list[GuestAnswer]
    proposals: list[ProposalAnswer]


class AskLine(BaseModel):
    """What somebody asks."""

    id: str
    kind: str = Field(description="contact or mentorship")
    state: str = Field(description="open, answered, accepted or declined")
    name: str
    email: str
    company: str
    phone: str
    timezone: str
    message: str
    format: str
    background: str
    preferred_times: str
    follow_up: bool = Field(description="Whether they agreed to get the newest article's letters.")
    attribution: dict[str, Any]
    created_at: str
    answered_at: str | None


def call_line(call: Call, call_type: str) -> dict[str, Any]:
    return {
        "id": str(call.id),
        "call_type": call_type,
        "state": call.state,
        "start": z(call.starts_at),
        "end": z(call.ends_at),
        **_who(call),
        "location": call.location,
        "answers": [{"question": question, "answer": answer} for question, answer in answers_of(call)],
        "answer": call.answer,
        "moves": call.moves,
        "notes": call.notes,
        "cancelled_by": call.cancelled_by,
        "reason": call.reason,
        "paid_at": _z(call.paid_at),
    }


def whole_call(session: Session, call: Call) -> dict[str, Any]:
    """Everything about one call."""
    session.flush()
    return {
        **call_line(call, slugs(session)[call.call_type_id]),
        "guests": [guest_shown(guest) for guest in guests_of(session, call)],
        "proposals": [proposal_shown(proposal) for proposal in open_proposals(session, call.id)],
    }


def guest_shown(guest: Guest) -> dict[str, Any]:
    return {"id": str(guest.id), "name": guest.name, "email": guest.email, "answer": guest.answer}


def proposal_shown(proposal: Proposal) -> dict[str, Any]:
    return {
        "id": str(proposal.id),
        "made_by": proposal.made_by,
        "state": proposal.state,
        "starts": [z(start) for start in proposal.starts],
        "end": _z(proposal.ends_at),
        "message": proposal.message,
    }


def ask_line(ask: Ask) -> dict[str, Any]:
    return {
        "id": str(ask.id),
        "kind": ask.kind,
        "state": ask.state,
        **_who(ask),
        "message": ask.message,
        "format": ask.format,
        "background": ask.background,
        "preferred_times": ask.preferred_times,
        "follow_up": ask.follow_up is not None,
        "answered_at": _z(ask.answered_at),
    }


def _who(row: Call | Ask) -> dict[str, Any]:
    return {
        "name": row.name,
        "email": row.email,
        "company": row.company,
        "phone": row.phone,
        "timezone": row.zone,
        "attribution": row.attribution,
        "created_at": z(row.created_at),
    }


def _z(at: datetime | None) -> str | None:
    return z(at) if at else None
