"""Calling `/api/v1` as a program does."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.browsing import an_address

A_CALL: dict[str, Any] = {
    "call_type": "intro",
    "start": "2026-12-08T09:00:00Z",
    "name": "Ana Lima",
    "email": "ana@reader.test",
    "timezone": "America/New_York",
    "answers": {"What would make this worth your time?": "A yes or a no"},
}
A_QUESTION: dict[str, Any] = {
    "name": "Ana Lima",
    "email": "ana@reader.test",
    "message": "What does it cost for forty people?",
    "timezone": "America/New_York",
}
A_WISH: dict[str, Any] = {
    "name": "Ana Lima",
    "email": "ana@reader.test",
    "timezone": "America/New_York",
    "format": "one_session",
    "background": "Backend engineer for nine years",
    "goal": "Lead my first project with a model in it",
}


def call(client: FlaskClient, path: str, body: object, **headers: str) -> TestResponse:
    """POST a JSON body to a path below `/api/v1`, from an address that has not called before."""
    return client.post(f"/api/v1{path}", json=body, headers=headers, environ_base={"REMOTE_ADDR": an_address()})


def errors_of(answer: TestResponse) -> dict[str, tuple[str, str]]:
    """The fields that a problem names, each with its message and its fix."""
    assert answer.content_type == "application/problem+json"
    return {error["field"]: (error["message"], error["fix"]) for error in answer.get_json().get("errors", [])}
