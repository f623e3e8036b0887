"""Answers that say what is wrong: RFC 9457 problem+json for programs, a page for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, json, request


@dataclass(frozen=True)
class FieldProblem:
    """One field that cannot be taken: its name, what is wrong, and what to do."""

    field: str
    message: str
    fix: str


class Problem(Exception):
    """A request that cannot be answered as asked.

    `title` says what, `detail` why and what next. `more` are members that a program may read, such as free slots.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        errors: Sequence[FieldProblem] = (),
        more: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
        page: str = "",
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail
        self.errors, self.more, self.retry_after, self.page = tuple(errors), dict(more or {}), retry_after, page


def as_json(problem: Problem) -> Response:
    """The problem as RFC 9457 wants it, with `errors: [{field, message, fix}]`."""
    body: dict[str, Any] = {"type": "about:blank", "title": problem.title, "status": problem.status}
    if problem.detail:
        body["detail"] = problem.detail
    if problem.errors:
        body["errors"] = [vars(error) for error in problem.errors]
    answer = Response(json.dumps(body | problem.more), problem.status, content_type="application/problem+json")
    if problem.retry_after:
        answer.headers["Retry-After"] = str(problem.retry_after)
    return answer


def for_program() -> bool:
    """Whether this request comes from a program rather than from a person's browser."""
    return request.path.startswith(("/api/", "/hooks/"))
