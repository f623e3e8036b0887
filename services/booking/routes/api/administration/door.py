"""What the modules of the administration share: pages of lists, people, times, dates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, Field

from services.booking.domain.errors import Message, invalid
from services.booking.domain.fields import day
from services.booking.domain.zones import instant
from services.booking.routes.api.door import Body, Query
from services.booking.routes.inputs import message_of
from shared.addresses import BadAddress, person_key
from shared.web.described import ANY_ROUTE

blueprint = APIBlueprint("administration_api", __name__, url_prefix="/api/v1", abp_responses=ANY_ROUTE)

PAGE, MOST = 50, 200
T = TypeVar("T")
Shown = Callable[[T], dict[str, Any]]


class PageQuery(Query):
    after: str = Field("", description="`next` of the answer before.")
    limit: int = Field(PAGE, ge=1, le=MOST)


class NewestQuery(Query):
    after: UUID | None = Field(None, description="`next` of the answer before.")
    limit: int = Field(PAGE, ge=1, le=MOST)


class TimesBody(Body):
    starts: list[str] = Field(description="One to ten instants with an offset.")
    message: str = Field("", description="A few words that they read above the times.")


class IdAnswer(BaseModel):
    id: str


def without_defaults(schema: dict[str, Any]) -> None:
    """For a body of which anything may be left out: it has no value then, but stays as it is, or is what is usual."""
    for member in schema["properties"].values():
        member.pop("default", None)


def page(rows: Sequence[T], limit: int, *, shown: Shown[T], place: Callable[[T], str]) -> dict[str, Any]:
    """`limit` of the rows that were found, of which one more was asked for, and where the next page begins."""
    here = rows[:limit]
    return {"items": [shown(row) for row in here], "next": place(here[-1]) if len(rows) > limit else None}


def whole(rows: Sequence[T], *, shown: Shown[T]) -> dict[str, Any]:
    """A list that is short enough to be told at once."""
    return {"items": [shown(row) for row in rows], "next": None}


def person_of(address: str) -> str | None:
    """The key of a person by their address, None when nobody is named. Raises `InvalidInput`."""
    try:
        return person_key(address) if address else None
    except BadAddress:
        message, fix = Message("This is not an address."), Message("Write it as it stands in their mails.")
        raise invalid("person", message, fix) from None


def instant_or_none(text: str, field: str) -> datetime | None:
    """An instant with its offset, None when none is named. Raises `InvalidInput`."""
    return instant(text, field) if text else None


def date_of(text: str, field: str) -> date:
    """A date that must be there. Raises `InvalidInput`."""
    found = day(field, text)
    if found is None:
        raise invalid(field, Message("This is empty."), Message("It looks like 2026-12-01."))
    return found


def times_of(body: TimesBody) -> tuple[list[datetime], str]:
    """The times that are proposed, and the words above them. Raises `InvalidInput`."""
    message = message_of(body.model_dump())
    return [instant(text, f"starts.{at}") for at, text in enumerate(body.starts[:MOST])], message
