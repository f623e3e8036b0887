"""Whom the advisor wants nothing from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from services.booking.domain.zones import z
from services.booking.models import Blocked
from services.booking.routes.api.administration.door import blueprint, whole
from services.booking.routes.api.door import Body
from services.booking.routes.api.once import Act, actor, answering_nothing, once
from services.booking.usecases import blocklist
from shared.web.app import this_service
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded

BLOCKLIST = [Tag(name="blocklist")]


class BlockedPath(BaseModel):
    blocked_id: UUID


class BlockedBody(Body):
    pattern: str = Field(description="An address, or @example.com for a domain and all below it.")
    note: str = ""


class BlockedAnswer(BaseModel):
    id: str
    pattern: str
    note: str
    created_at: str


class BlocklistAnswer(BaseModel):
    items: list[BlockedAnswer]
    next: None


@blueprint.get("/blocklist", summary="Who is blocked", tags=BLOCKLIST, responses={200: BlocklistAnswer})
@guarded(program("blocklist", scope="blocklist:read"))
def list_blocked() -> dict[str, Any]:
    with this_service().sessions() as session:
        return whole(blocklist.blocklist(session), shown=_shown)


@blueprint.post("/blocklist", summary="Block an address or a domain", tags=BLOCKLIST, responses={201: BlockedAnswer})
@guarded(program("blocklist", scope="blocklist:write"))
@once(201)
def block(body: BlockedBody) -> Act:
    """Blocking again changes the note. What was agreed before stays as it is."""
    return lambda session, now: _shown(blocklist.block(session, body.pattern, body.note, actor=actor(), now=now))


@blueprint.delete(
    "/blocklist/<blocked_id>", summary="Let them in again", tags=BLOCKLIST, responses={204: None, **problems(404)}
)
@guarded(program("blocklist", scope="blocklist:write"))
@once(204)
def unblock(path: BlockedPath) -> Act:
    return answering_nothing(lambda session, now: blocklist.unblock(session, path.blocked_id, actor=actor(), now=now))


def _shown(row: Blocked) -> dict[str, Any]:
    return {"id": str(row.id), "pattern": row.pattern, "note": row.note, "created_at": z(row.created_at)}
