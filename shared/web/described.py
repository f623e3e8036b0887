"""What the API document says of answers that every route can give: problems, pages of items, instants."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel, Field

PROBLEM = "Problem"
View = TypeVar("View", bound=Callable[..., Any])

Responses = dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None]
"""What an operation may answer, as flask-openapi3 takes it."""


class FieldError(BaseModel):
    """One field that could not be taken."""

    field: str
    message: str
    fix: str


class Problem(BaseModel):
    """RFC 9457 problem details. Other members may stand beside these."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldError] = Field(default_factory=list)
    nearest: list[str] = Field(default_factory=list, description="Free starts near the one that was not.")


def problems(*statuses: int) -> Responses:
    """The entries of an operation's `responses` for these statuses."""
    body = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}}
    return {status: {"content": body} for status in statuses}


ANY_ROUTE = problems(400, 401, 403, 413, 415, 422, 429, 503)
"""What any route may answer: a body that is no JSON, a token that is not known or does not allow it, too much or too
often, fields that cannot be taken, a database that is away."""


def takes_key(view: View) -> View:
    """State that a POST may name an Idempotency-Key; the view sees to it."""
    view.takes_key = True  # type: ignore[attr-defined]  # read again by `deploy.openapi`
    return view


def schemas() -> dict[str, Any]:
    """The schemas that `problems` refers to, for `components` of the document."""
    whole = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    parts = whole.pop("$defs", {})
    return {PROBLEM: whole, **parts}
