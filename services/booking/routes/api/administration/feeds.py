"""Addresses to subscribe to: of the calls, or of free and busy times without names."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from services.booking.domain.fields import Line
from services.booking.domain.zones import z
from services.booking.models import Feed
from services.booking.routes.api.administration.door import blueprint, whole
from services.booking.routes.api.door import Body
from services.booking.routes.api.once import Act, actor, answering_nothing, once
from services.booking.usecases.feeds import LONGEST_LABEL, Kind, feeds, make_feed, revoke_feed
from shared.web.app import this_service
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded

FEEDS = [Tag(name="feeds")]


class FeedPath(BaseModel):
    feed_id: UUID


class FeedBody(Body):
    kind: Kind
    label: str = Field("", description="Your own word for who has it.")


class FeedAnswer(BaseModel):
    id: str
    kind: str
    label: str
    url: str = Field(description="Whoever has it may read it.")
    created_at: str


class FeedsAnswer(BaseModel):
    items: list[FeedAnswer]
    next: None


@blueprint.get("/feeds", summary="Addresses to subscribe to", tags=FEEDS, responses={200: FeedsAnswer})
@guarded(program("feeds", scope="feeds:read"))
def list_feeds() -> dict[str, Any]:
    with this_service().sessions() as session:
        return whole(feeds(session), shown=_shown)


@blueprint.post("/feeds", summary="Make an address to subscribe to", tags=FEEDS, responses={201: FeedAnswer})
@guarded(program("feeds", scope="feeds:write"))
@once(201)
def add_feed(body: FeedBody) -> Act:
    label = Line(LONGEST_LABEL)("label", body.label)
    return lambda session, now: _shown(make_feed(session, body.kind, label, now=now, by=actor()))


@blueprint.delete("/feeds/<feed_id>", summary="Revoke an address", tags=FEEDS, responses={204: None, **problems(404)})
@guarded(program("feeds", scope="feeds:write"))
@once(204)
def drop_feed(path: FeedPath) -> Act:
    return answering_nothing(lambda session, now: revoke_feed(session, path.feed_id, now=now, by=actor()))


def _shown(feed: Feed) -> dict[str, Any]:
    return {
        "id": str(feed.id),
        "kind": feed.kind,
        "label": feed.label,
        "url": f"{this_service().settings.public_url}/calendar/{feed.token}.ics",
        "created_at": z(feed.created_at),
    }
