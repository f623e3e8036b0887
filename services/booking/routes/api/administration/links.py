"""Private links to a call type: listing, making and revoking them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from services.booking.domain.fields import Line, Whole
from services.booking.domain.forms import Problems
from services.booking.domain.starts import require_to_come
from services.booking.domain.zones import z
from services.booking.models import PrivateLink
from services.booking.routes.api.administration.call_types import CALL_TYPES
from services.booking.routes.api.administration.door import NewestQuery, blueprint, instant_or_none, page
from services.booking.routes.api.door import Body
from services.booking.routes.api.offers import CallTypePath
from services.booking.routes.api.once import Act, actor, answering_nothing, once
from services.booking.usecases.links import links_page, make_link, revoke_link
from services.booking.usecases.offers import call_type_of
from shared.web.app import this_service
from shared.web.described import problems
from shared.web.guards import api as program
from shared.web.guards import guarded


class LinkPath(BaseModel):
    link_id: UUID


class LinkBody(Body):
    label: str = Field("", description="Your own word for whom it is.")
    most_uses: int | None = Field(None, description="How many calls it books; null for any number.")
    expires_at: str | None = Field(None, description="RFC 3339 with an offset; null for never.")


class LinkAnswer(BaseModel):
    id: str
    url: str = Field(description="Its last part is the token that a booking takes as `link`.")
    label: str
    uses: int
    most_uses: int | None
    expires_at: str | None
    revoked_at: str | None


class LinksAnswer(BaseModel):
    items: list[LinkAnswer]
    next: str | None


@blueprint.get(
    "/settings/call-types/<slug>/links",
    summary="The private links to a call type, newest first",
    tags=CALL_TYPES,
    responses={200: LinksAnswer, **problems(404)},
)
@guarded(program("links", scope="links:read"))
def list_links(path: CallTypePath, query: NewestQuery) -> dict[str, Any]:
    with this_service().sessions() as session:
        found = links_page(session, call_type_of(session, path.slug).id, query.after, query.limit + 1)
    return page(found, query.limit, shown=lambda link: _shown(link, path.slug), place=lambda link: str(link.id))


@blueprint.post(
    "/settings/call-types/<slug>/links",
    summary="Make a private link",
    tags=CALL_TYPES,
    responses={201: LinkAnswer, **problems(404)},
)
@guarded(program("links", scope="links:write"))
@once(201)
def add_link(path: CallTypePath, body: LinkBody) -> Act:
    def act(session: Session, now: datetime) -> dict[str, Any]:
        wanted = _wanted(body, now=now)
        link = make_link(session, call_type_of(session, path.slug).id, **wanted, now=now, by=actor())
        return _shown(link, path.slug)

    return act


@blueprint.delete(
    "/links/<link_id>", summary="Revoke a private link", tags=CALL_TYPES, responses={204: None, **problems(404)}
)
@guarded(program("links", scope="links:write"))
@once(204)
def drop_link(path: LinkPath) -> Act:
    return answering_nothing(lambda session, now: revoke_link(session, path.link_id, now=now, by=actor()))


def _wanted(body: LinkBody, *, now: datetime) -> dict[str, Any]:
    problems = Problems()
    label = problems.take("", Line(120), "label", body.label)
    most = problems.take(None, Whole(1, 10_000, optional=True), "most_uses", body.most_uses)
    end = problems.take(None, instant_or_none, body.expires_at or "", "expires_at")
    if end is not None:
        problems.take(None, require_to_come, end.replace(second=0, microsecond=0), now=now, field="expires_at")
    problems.finish()
    return {"label": label, "most_uses": most, "expires_at": end}


def _shown(link: PrivateLink, slug: str) -> dict[str, Any]:
    return {
        "id": str(link.id),
        "url": f"{this_service().settings.public_url}/book/{slug}?link={link.token}",
        "label": link.label,
        "uses": link.uses,
        "most_uses": link.most_uses,
        "expires_at": z(link.expires_at) if link.expires_at else None,
        "revoked_at": z(link.revoked_at) if link.revoked_at else None,
    }
