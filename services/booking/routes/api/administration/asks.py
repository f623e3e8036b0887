"""Asks: all of them, one, and answering it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from services.booking.domain.errors import Message, invalid
from services.booking.routes.api.administration.door import PageQuery, blueprint, page, person_of
from services.booking.routes.api.administration.shown import AskLine, ask_line
from services.booking.routes.api.door import Body
from services.booking.routes.api.once import Act, actor, once
from services.booking.routes.paging import place_of, place_text
from services.booking.usecases.ask import ANSWERS, answer_ask, ask_with
from services.booking.usecases.find import Place, Wanted, asks_page
from shared.web.app import this_service
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded

ASKS = [Tag(name="asks")]


class AskPath(BaseModel):
    ask_id: UUID


class AsksQuery(PageQuery):
    state: Literal["open", "answered", "accepted", "declined"] | None = None
    kind: Literal["contact", "mentorship"] | None = None
    person: str = Field("", description="The address of who asked.")


class AsksAnswer(BaseModel):
    items: list[AskLine]
    next: str | None


class AnswerBody(Body):
    answer: Literal["answered", "accepted", "declined"] = Field(
        description="answered for a question; accepted or declined for a wish for mentorship, which mails them."
    )


@blueprint.get("/asks", summary="What people ask, newest first", tags=ASKS, responses={200: AsksAnswer})
@guarded(program("asks", scope="asks:read"))
def list_asks(query: AsksQuery) -> dict[str, Any]:
    wanted = Wanted(state=query.state, kind=query.kind, person=person_of(query.person))
    after = place_of(query.after)
    with this_service().sessions() as session:
        found = asks_page(session, wanted, after, query.limit + 1)
    return page(found, query.limit, shown=ask_line, place=lambda ask: place_text(Place(ask.created_at, ask.id)))


@blueprint.get("/asks/<ask_id>", summary="One ask", tags=ASKS, responses={200: AskLine, **problems(404)})
@guarded(program("asks", scope="asks:read"))
def show_ask(path: AskPath) -> dict[str, Any]:
    with this_service().sessions() as session:
        return ask_line(ask_with(session, path.ask_id))


@blueprint.post(
    "/asks/<ask_id>/answer", summary="Answer an ask", tags=ASKS, responses={200: AskLine, **problems(404, 409)}
)
@guarded(program("asks", scope="asks:write"))
@once()
def answer(path: AskPath, body: AnswerBody) -> Act:
    """The same answer again changes nothing; another one is a conflict."""

    def act(session: Session, now: datetime) -> dict[str, Any]:
        ask = ask_with(session, path.ask_id)
        _require_fitting(ask.kind, body.answer)
        answer_ask(session, ask.id, body.answer, now=now, by=actor())
        return ask_line(ask)

    return act


def _require_fitting(kind: str, given: str) -> None:
    if given not in ANSWERS[kind]:
        fix = Message("Choose one of: %(all)s.", {"all": ", ".join(ANSWERS[kind])})
        raise invalid("answer", Message("This is no answer to such an ask."), fix)
