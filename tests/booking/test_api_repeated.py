"""An Idempotency-Key: a request that is sent twice, or by twenty at once, has one effect and one answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from deploy.openapi import document
from tests.apps import app_for
from tests.booking.calls import mailed
from tests.booking.crowd import Sessions, at_once, require_sound, sessions
from tests.booking.programs import A_CALL, A_QUESTION, A_WISH, a_token, bearer, call, errors_of
from tests.booking.test_proof import a_proof, cheap, no_strangers
from tests.installation import Installation
from tests.stored import stored

__all__ = ["cheap", "sessions"]

KEY = {"Idempotency-Key": "7f3c0c7e-8a52-4b52-9f39-2f1f7a5f9d11"}
LATER = {"start": "2026-12-09T09:00:00Z"}


def with_token(house: Installation) -> dict[str, str]:
    return KEY | bearer(a_token(house))


def same(first: TestResponse, second: TestResponse) -> bool:
    return (first.status_code, first.get_json()) == (second.status_code, second.get_json())


@pytest.mark.parametrize(
    ("path", "body"), [("/bookings", A_CALL), ("/contact", A_QUESTION), ("/mentorship-requests", A_WISH)]
)
def test_the_same_request_again_changes_nothing_and_is_answered_the_same(
    house: Installation, path: str, body: dict[str, Any]
) -> None:
    program, headers = house.browser(), with_token(house)
    first = call(program, path, body, **headers)
    assert first.status_code == 201
    before = stored(house)
    assert same(first, call(program, path, dict(reversed(body.items())), **headers))
    assert stored(house) == before


def test_moving_and_cancelling_again_are_answered_the_same_whatever_became_of_the_call(house: Installation) -> None:
    program, headers = house.browser(), with_token(house)
    page = call(program, "/bookings", A_CALL, **headers).get_json()["manage_url"]
    path = f"/bookings/{page.rpartition('/')[2]}"
    moved = call(program, f"{path}/reschedule", LATER, **headers)
    cancelled = call(program, f"{path}/cancel", {}, **headers)
    assert (moved.status_code, cancelled.status_code) == (200, 200)
    before = stored(house)
    assert same(moved, call(program, f"{path}/reschedule", LATER, **headers))
    assert same(cancelled, call(program, f"{path}/cancel", {}, **headers))
    assert program.get(f"/api/v1{path}").get_json() == cancelled.get_json()
    assert stored(house) == before


def test_another_body_with_the_same_key_is_refused(house: Installation) -> None:
    program, headers = house.browser(), with_token(house)
    call(program, "/bookings", A_CALL, **headers)
    before = stored(house)
    refused = call(program, "/bookings", A_CALL | LATER, **headers)
    assert (refused.status_code, refused.content_type) == (422, "application/problem+json")
    assert "another request" in refused.get_json()["detail"]
    assert stored(house) == before


def test_a_key_belongs_to_who_sent_it(house: Installation) -> None:
    program = house.browser()
    shown = call(program, "/bookings", A_CALL, **with_token(house)).get_json()
    for headers in (with_token(house), KEY):  # another token, and nobody's address
        answer = call(program, "/bookings", A_CALL, **headers)
        assert answer.status_code == 409
        assert shown["manage_url"] not in answer.text


def test_a_key_belongs_to_the_call_it_came_with(house: Installation) -> None:
    program, headers = house.browser(), with_token(house)
    ben = A_CALL | LATER | {"email": "ben@reader.test"}
    pages = [call(program, "/bookings", body).get_json()["manage_url"].rpartition("/")[2] for body in (A_CALL, ben)]
    answers = [call(program, f"/bookings/{token}/cancel", {}, **headers).get_json() for token in pages]
    assert answers[0]["id"] != answers[1]["id"]
    assert house.rows("SELECT DISTINCT state FROM booking.call") == [("cancelled",)]


def test_without_a_key_a_second_request_is_a_second_request(house: Installation) -> None:
    program = house.browser()
    assert [call(program, "/bookings", A_CALL).status_code for _ in range(2)] == [201, 409]
    assert [call(program, "/contact", A_QUESTION).status_code for _ in range(2)] == [201, 201]
    assert house.rows("SELECT count(*) FROM booking.ask") == [(2,)]


@pytest.mark.parametrize("key", ["", "x" * 256, "é"])
def test_a_key_that_cannot_be_kept_is_named(quiet_house: Installation, key: str) -> None:
    before = stored(quiet_house)
    answer = call(quiet_house.browser(), "/contact", A_QUESTION, **{"Idempotency-Key": key})
    assert (answer.status_code, list(errors_of(answer))) == (422, ["Idempotency-Key"])
    assert stored(quiet_house) == before


def test_a_refused_request_is_asked_anew(house: Installation) -> None:
    program, headers = house.browser(), with_token(house)
    page = call(program, "/bookings", A_CALL | {"email": "ben@reader.test"}).get_json()["manage_url"]
    assert call(program, "/bookings", A_CALL, **headers).status_code == 409
    call(program, f"/bookings/{page.rpartition('/')[2]}/cancel", {})
    assert call(program, "/bookings", A_CALL, **headers).status_code == 201


def test_who_has_no_token_may_send_the_same_again_with_the_proof_that_is_used_up(cheap: Installation) -> None:
    program = no_strangers(cheap).browser()
    proven = A_CALL | {"proof": a_proof(program)}

    def send(body: dict[str, Any]) -> TestResponse:
        return program.post("/api/v1/bookings", json=body, headers=KEY, environ_base={"REMOTE_ADDR": "192.0.2.7"})

    first = send(proven)
    assert first.status_code == 201
    assert same(first, send(proven))
    assert same(first, send(A_CALL | {"proof": a_proof(program)}))  # or with another one
    assert call(program, "/bookings", proven | LATER).status_code == 422
    assert cheap.rows("SELECT count(*) FROM booking.call") == [(1,)]


def at_once_through(app: Flask, headers: dict[str, str]) -> Any:
    def act(_: int) -> str:
        answer = call(app.test_client(), "/bookings", A_CALL, **headers)
        return answer.get_json()["id"] if answer.status_code == 201 else str(answer.status_code)

    return at_once(act, 20)


def test_twenty_at_once_book_one_call_and_read_one_answer(house: Installation, sessions: Sessions) -> None:
    found = at_once_through(app_for(replace(house.booking, sessions=sessions)), with_token(house))
    [(call_id,)] = house.rows("SELECT id::text FROM booking.call")
    assert found == {call_id: 20}
    assert mailed(house, UUID(call_id)).count(("call_booked", "ana@reader.test")) == 1
    require_sound(house)


def killed_once(sessions: Sessions) -> Callable[[Session], None]:
    """The first that wants to commit loses its connection, with all that it has done."""
    lock = Lock()

    def kill(session: Session) -> None:
        if lock.acquire(blocking=False):
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    return kill


def test_when_the_first_of_twenty_is_killed_before_its_commit_another_books_for_all(
    house: Installation, sessions: Sessions
) -> None:
    headers, kill = with_token(house), killed_once(sessions)
    event.listen(sessions, "before_commit", kill)
    found = at_once_through(app_for(replace(house.booking, sessions=sessions)), headers)
    [(call_id,)] = house.rows("SELECT id::text FROM booking.call")
    assert found == {call_id: 19, "503": 1}
    require_sound(house)


def test_every_post_that_changes_something_takes_a_key_and_says_so() -> None:
    without = {
        path
        for path, item in document()["paths"].items()
        if "post" in item and "Idempotency-Key" not in [given["name"] for given in item["post"].get("parameters", [])]
    }
    # The exports change nothing.
    assert without == {f"/api/v1/people/{service}/export" for service in ("booking", "nurture", "webhooks")}
