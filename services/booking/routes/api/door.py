"""The blueprint of booking's API, and what its modules share."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from services.booking.usecases.availability import advisor_of
from shared.web.described import ANY_ROUTE

blueprint = APIBlueprint(
    "booking_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="booking")], abp_responses=ANY_ROUTE
)


class Body(BaseModel):
    """A request's body. Field rules that need words for people live in the domain, so types here are wide."""

    model_config = ConfigDict(extra="forbid")


class Query(BaseModel):
    """A request's query."""

    @classmethod
    def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
        """As pydantic makes it; flask-openapi3 asks for the plain one at each request, so that one is kept."""
        return super().model_json_schema(*arguments, **options) if arguments or options else _plain_schema(cls)


@cache
def _plain_schema(query: type[Query]) -> dict[str, Any]:
    return super(Query, query).model_json_schema()


Zone = Annotated[
    str, Field(description="An IANA zone: in it they read every time. The advisor's own one when left out.")
]


def in_a_zone(session: Session, body: Body) -> dict[str, Any]:
    """The fields of a body that has a `timezone`, with the advisor's zone for who tells none."""
    fields = body.model_dump()
    return fields if "timezone" in body.model_fields_set else {**fields, "timezone": advisor_of(session).zone}


class Nothing(Body):
    """Nothing is to be said with it: an empty object."""


class TokenPath(BaseModel):
    token: str = Field(description="The last part of `manage_url`.")
