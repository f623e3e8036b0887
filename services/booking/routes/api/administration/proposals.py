"""Other times: proposing them for a call or as the answer to an ask, and answering what a calendar proposes instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from services.booking.domain.forms import clean_line
from services.booking.routes.api.administration.asks import ASKS, AskPath
from services.booking.routes.api.administration.calls import CALLS, CallPath
from services.booking.routes.api.administration.door import TimesBody, blueprint, times_of
from services.booking.routes.api.administration.shown import (
    ProposalAnswer,
    WholeCallAnswer,
    proposal_shown,
    whole_call,
)
from services.booking.routes.api.door import Nothing
from services.booking.routes.api.once import Act, actor, once
from services.booking.usecases.call_acts import Act as CallAct
from services.booking.usecases.call_acts import act_on, counter_accepted, counter_refused, proposed
from services.booking.usecases.propose import call_of_counter, offer_times
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded

T = TypeVar("T")


class ProposalPath(BaseModel):
    proposal_id: UUID


class OfferedTimesBody(TimesBody):
    call_type: str = Field(description="What is booked when they choose one of the times.")


@blueprint.post(
    "/calls/<call_id>/proposals",
    summary="Propose other times for a call",
    tags=CALLS,
    responses={201: ProposalAnswer, **problems(404, 409)},
)
@guarded(program("calls", scope="calls:write"))
@once(201)
def propose(path: CallPath, body: TimesBody) -> Act:
    """The call stays where it is until they choose one. Earlier proposals are replaced."""
    starts, message = times_of(body)

    def act(session: Session, now: datetime) -> dict[str, Any]:
        return proposal_shown(act_on(session, path.call_id, proposed(starts, message), by=actor(), now=now))

    return act


@blueprint.post(
    "/asks/<ask_id>/proposals",
    summary="Answer an ask with times for a call",
    tags=ASKS,
    responses={201: ProposalAnswer, **problems(404, 409)},
)
@guarded(program("asks", scope="asks:write"))
@once(201)
def offer(path: AskPath, body: OfferedTimesBody) -> Act:
    """Choosing one books the call for who asked."""
    starts, message = times_of(body)
    slug = clean_line(body.call_type, "call_type")

    def act(session: Session, now: datetime) -> dict[str, Any]:
        return proposal_shown(offer_times(session, path.ask_id, slug, starts, message, now=now, by=actor()))

    return act


@blueprint.post(
    "/proposals/<proposal_id>/acceptance",
    summary="Take the time that a prospect's calendar proposes",
    tags=CALLS,
    responses={200: WholeCallAnswer, **problems(404, 409)},
)
@guarded(program("calls", scope="calls:write"))
@once()
def accept(path: ProposalPath, body: Nothing) -> Act:  # noqa: ARG001 - an empty object
    return lambda session, now: whole_call(session, _answered(session, path, counter_accepted, now=now))


@blueprint.post(
    "/proposals/<proposal_id>/refusal",
    summary="Leave the call where it is",
    tags=CALLS,
    responses={200: ProposalAnswer, **problems(404, 409)},
)
@guarded(program("calls", scope="calls:write"))
@once()
def refuse(path: ProposalPath, body: Nothing) -> Act:  # noqa: ARG001 - an empty object
    return lambda session, now: proposal_shown(_answered(session, path, counter_refused, now=now))


def _answered(session: Session, path: ProposalPath, answer: Callable[[UUID], CallAct[T]], *, now: datetime) -> T:
    """What an answer to a calendar's proposal made of the call that it is about."""
    call_id = call_of_counter(session, path.proposal_id)
    return act_on(session, call_id, answer(path.proposal_id), by=actor(), now=now)
