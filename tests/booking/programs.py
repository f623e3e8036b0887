"""Calling `/api/v1` as a program does."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.booking.usecases.sign_in import SCOPES, make_token
from tests.browsing import an_address
from tests.installation import START, Installation

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


def a_token(house: Installation, *scopes: str, label: str = "of a test") -> str:
    """A token that allows this."""
    with house.booking.sessions.begin() as session:
        return make_token(session, label, scopes, now=START)


def bearer(token: str) -> dict[str, str]:
    """The header with a token."""
    return {"Authorization": f"Bearer {token}"}


class Advisors:
    """A program of the advisor's, with a token that allows all or these scopes. A body that is not needed is `{}`."""

    def __init__(self, house: Installation, *scopes: str) -> None:
        self.house, self.client = house, house.browser()
        self.headers = bearer(a_token(house, *(scopes or SCOPES), label="of the CRM"))

    def get(self, path: str) -> Any:
        """What is at a path, which must be there."""
        answer = self.client.get(f"/api/v1{path}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def send(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        """Send anything."""
        sent = {} if body is None and method != "DELETE" else body
        return self.client.open(f"/api/v1{path}", method=method, json=sent, headers=self.headers | headers)

    def do(self, method: str, path: str, body: object = None) -> Any:
        """Do something that must be taken; its answer."""
        answer = self.send(method, path, body)
        assert answer.status_code in (200, 201, 204), answer.text
        return answer.get_json() if answer.status_code != 204 else None

    def lines(self) -> list[tuple[str, Any]]:
        """What the trail tells of this program, oldest first."""
        query = "SELECT act, detail FROM access.audit WHERE actor = 'a program: of the CRM' ORDER BY id"
        return [tuple(found) for found in self.house.rows(query)]
