"""Other times: proposing them for a call or as the answer to an ask, and answering what a calendar proposes instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.forms import clean_line
from services.booking.domain.zones import z
from services.booking.models import Proposal
from services.booking.routes.api.administration.asks import ASKS, AskPath
from services.booking.routes.api.administration.calls import CALLS, CallPath
from services.booking.routes.api.administration.door import TimesBody, blueprint, noted, times_of
from services.booking.routes.api.administration.shown import (
    ProposalAnswer,
    WholeCallAnswer,
    proposal_shown,
    whole_call,
)
from services.booking.routes.api.door import Nothing
from services.booking.routes.api.once import Act, actor, once
from services.booking.usecases.audit import note
from services.booking.usecases.propose import accept_counter, offer_times, propose_times, refuse_counter
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded


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
    return noted(
        lambda s, now: propose_times(s, path.call_id, starts, message, now=now),
        "times_proposed",
        subject=lambda _: path.call_id,
        shown=proposal_shown,
        detail=lambda proposal: {"starts": [z(start) for start in proposal.starts]},
    )


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
    return noted(
        lambda s, now: offer_times(s, path.ask_id, slug, starts, message, now=now),
        "times_proposed",
        subject=lambda _: path.ask_id,
        shown=proposal_shown,
        detail=lambda proposal: {"starts": [z(start) for start in proposal.starts]},
    )


@blueprint.post(
    "/proposals/<proposal_id>/acceptance",
    summary="Take the time that a prospect's calendar proposes",
    tags=CALLS,
    responses={200: WholeCallAnswer, **problems(404, 409)},
)
@guarded(program("calls", scope="calls:write"))
@once()
def accept(path: ProposalPath, body: Nothing) -> Act:  # noqa: ARG001 - an empty object
    def act(session: Session, now: datetime) -> dict[str, Any]:
        with _line(session, "proposal_accepted", path.proposal_id, now=now):
            call = accept_counter(session, path.proposal_id, now=now)
        return whole_call(session, call)

    return act


@blueprint.post(
    "/proposals/<proposal_id>/refusal",
    summary="Leave the call where it is",
    tags=CALLS,
    responses={200: ProposalAnswer, **problems(404, 409)},
)
@guarded(program("calls", scope="calls:write"))
@once()
def refuse(path: ProposalPath, body: Nothing) -> Act:  # noqa: ARG001 - an empty object
    def act(session: Session, now: datetime) -> dict[str, Any]:
        with _line(session, "proposal_refused", path.proposal_id, now=now):
            proposal = refuse_counter(session, path.proposal_id, now=now)
        return proposal_shown(proposal)

    return act


@contextmanager
def _line(session: Session, act: str, proposal_id: UUID, *, now: datetime) -> Iterator[None]:
    """The line of an answer to a proposal; giving the same answer again leaves none."""
    before = session.scalar(select(Proposal.state).where(Proposal.id == proposal_id))
    yield
    if before == "open":
        note(session, actor(), act, proposal_id, now=now)
