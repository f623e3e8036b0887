"""The blueprint of booking's API, and what its modules share."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field

from shared.web.described import ANY_ROUTE

blueprint = APIBlueprint(
    "booking_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="booking")], abp_responses=ANY_ROUTE
)


class Body(BaseModel):
    """A request's body. Field rules that need words for people live in the domain, so types here are wide."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Body):
    """Nothing is to be said with it: an empty object."""


class TokenPath(BaseModel):
    token: str = Field(description="The last part of `manage_url`.")
