"""Which calls a change of hours left outside of them: no call is touched, and the advisor is told.

What the advisor placed there on purpose is known by what it went against then (`Call.placed_against`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.refusals import Refusal, why_outside
from services.booking.domain.rules import SlotRules
from services.booking.domain.states import OPEN
from services.booking.models import Call
from services.booking.usecases.availability import Offer, offer_for


@dataclass(frozen=True)
class Outside:
    """A call that is booked, and what of the hours it goes against now."""

    call: Call
    type_name: str
    refusal: Refusal


def calls_outside(session: Session, *, now: datetime) -> list[Outside]:
    """The calls to come that go against the hours as they are and did not when they were placed, in the order of time.

    Of a group call each seat.
    """
    rules: dict[tuple[UUID, int], tuple[SlotRules, str]] = {}
    found = []
    coming = select(Call).where(Call.state.in_(OPEN), Call.starts_at > now).order_by(Call.starts_at, Call.id)
    for call in session.scalars(coming).all():
        kind = call.call_type_id, int((call.ends_at - call.starts_at).total_seconds()) // 60
        if kind not in rules:
            offer = offer_for(session, kind[0], minutes=kind[1])
            rules[kind] = offer.rules, offer.call_type.name
        held, name = rules[kind]
        refusal = why_outside(held, call.starts_at)
        if refusal is not None and refusal.rule != call.placed_against:
            found.append(Outside(call, name, refusal))
    return found


def placed_against(offer: Offer, start: datetime) -> str:
    """What of the hours this start goes against, as the call keeps it; "" for nothing."""
    refusal = why_outside(offer.rules, start)
    return str(refusal.rule) if refusal else ""
