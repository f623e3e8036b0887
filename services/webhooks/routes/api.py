"""Programs: the endpoints that events are delivered to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import g, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field

from services.webhooks.domain.asked import HEADER, Asked
from services.webhooks.domain.endpoints import check_endpoint_url
from services.webhooks.gateways.endpoints import check, door_for
from services.webhooks.models import Endpoint
from services.webhooks.usecases.endpoints import (
    ENDPOINT_SECRETS,
    add_endpoint,
    delivered_events,
    list_endpoints,
    remove_endpoint,
)
from shared.clock import machine_now
from shared.security import cipher
from shared.web.app import this_service
from shared.web.described import ANY_ROUTE, problems, takes_key
from shared.web.guards import api as program
from shared.web.guards import guarded
from shared.web.problems import Problem

blueprint = APIBlueprint(
    "webhooks_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="webhooks")], abp_responses=ANY_ROUTE
)


class EndpointBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(description="A public https address.")
    events: list[str] = Field(default_factory=list, max_length=100, description="Event names; none means all.")


class EndpointPath(BaseModel):
    endpoint_id: UUID


class EndpointAnswer(BaseModel):
    id: str
    url: str
    events: list[str]
    state: str
    disabled_reason: str | None


class NewEndpointAnswer(EndpointAnswer):
    secret: str = Field(description="Signs the deliveries (Standard Webhooks). Shown this once.")


class EndpointsAnswer(BaseModel):
    items: list[EndpointAnswer]
    next: None


class EventsAnswer(BaseModel):
    items: list[str]
    next: None


@blueprint.post("/endpoints", summary="Deliver events to an address", responses={201: NewEndpointAnswer})
@guarded(program("endpoints", scope="endpoints:write"))
@takes_key
def add(body: EndpointBody) -> tuple[dict[str, Any], int]:
    """The answer holds the signing secret, this once."""
    service, asked = this_service(), _asked(body)
    settings = service.settings
    own_host = urlsplit(settings.public_url).hostname or ""
    url = check_endpoint_url(body.url, own_host=own_host, allow_private=settings.endpoints_allow_private)
    check(door_for(settings.endpoints_allow_private), url)
    with service.sessions.begin() as session:
        secrets = cipher(settings, ENDPOINT_SECRETS)
        endpoint, secret = add_endpoint(
            session, url, body.events, cipher=secrets, machine=machine_now(), now=service.clock.now(), asked=asked
        )
        return {**_shown(endpoint), "secret": secret}, 201


@blueprint.get("/endpoints", summary="The addresses that events are delivered to", responses={200: EndpointsAnswer})
@guarded(program("endpoints", scope="endpoints:write"))
def show() -> dict[str, Any]:
    with this_service().sessions() as session:
        return {"items": [_shown(endpoint) for endpoint in list_endpoints(session)], "next": None}


@blueprint.delete(
    "/endpoints/<endpoint_id>", summary="Stop delivering to an address", responses={204: None, **problems(404)}
)
@guarded(program("endpoints", scope="endpoints:write"))
def remove(path: EndpointPath) -> tuple[str, int]:
    service = this_service()
    with service.sessions.begin() as session:
        if not remove_endpoint(session, path.endpoint_id, now=service.clock.now()):
            raise Problem(404, "There is no such endpoint")
    return "", 204


@blueprint.get("/events", summary="The events that can be delivered", responses={200: EventsAnswer})
@guarded(program("events"))
def events() -> dict[str, Any]:
    return {"items": delivered_events(), "next": None}


def _asked(body: EndpointBody) -> Asked | None:
    key = request.headers.get(HEADER)
    return None if key is None else Asked.of(f"token:{g.caller.token}", key, body.model_dump())


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": str(endpoint.id),
        "url": endpoint.url,
        "events": endpoint.events,
        "state": endpoint.state,
        "disabled_reason": endpoint.disabled_reason,
    }
