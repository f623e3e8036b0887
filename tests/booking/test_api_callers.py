"""Who may call the API, and how often: tokens, scopes, limits."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.booking.programs import A_QUESTION, a_token, bearer, call
from tests.installation import Installation
from tests.stored import stored


def ask_often(program: FlaskClient, times: int, **headers: str) -> list[int]:
    """The statuses of so many questions from one address of the network."""
    return [program.post("/api/v1/contact", json=A_QUESTION, headers=headers).status_code for _ in range(times)]


def test_nobody_needs_a_token_to_ask_and_a_good_one_does_not_hurt(house: Installation) -> None:
    program = house.browser()
    assert call(program, "/contact", A_QUESTION).status_code == 201
    assert call(program, "/contact", A_QUESTION, **bearer(a_token(house))).status_code == 201


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer", "Bearer ", "Basic bm9yYTpwYXNz", "Bearer \u00ff", "wrong", "Bearer a b c"]
)
def test_a_token_that_is_not_known_is_refused_and_never_taken_for_none(quiet_house: Installation, header: str) -> None:
    before = stored(quiet_house)
    answer = call(quiet_house.browser(), "/contact", A_QUESTION, Authorization=header)
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert stored(quiet_house) == before


def test_a_revoked_token_is_refused_at_once(house: Installation) -> None:
    token = a_token(house)
    assert call(house.browser(), "/contact", A_QUESTION, **bearer(token)).status_code == 201
    house.run("UPDATE access.api_token SET revoked_at = now()")
    assert call(house.browser(), "/contact", A_QUESTION, **bearer(token)).status_code == 401


def test_a_token_is_kept_as_a_digest(house: Installation) -> None:
    token = a_token(house, "calls:read")
    [(row,)] = house.rows("SELECT t::text FROM access.api_token t")
    assert token not in row


def test_what_needs_a_scope_is_refused_without_one_and_without_a_token(house: Installation) -> None:
    hooks = house.browser("webhooks")
    assert hooks.get("/api/v1/endpoints").status_code == 401
    refused = hooks.get("/api/v1/endpoints", headers=bearer(a_token(house, "calls:read")))
    assert (refused.status_code, refused.content_type) == (403, "application/problem+json")
    assert "endpoints:write" in refused.get_json()["detail"]
    assert hooks.get("/api/v1/endpoints", headers=bearer(a_token(house, "endpoints:write"))).status_code == 200


def test_too_many_requests_of_one_address_are_refused_with_when_to_come_back(house: Installation) -> None:
    program = house.browser()
    assert set(ask_often(program, 60)) == {201}
    before = stored(house)
    refused = program.post("/api/v1/contact", json=A_QUESTION)
    assert (refused.status_code, refused.content_type) == (429, "application/problem+json")
    assert refused.headers["Retry-After"] == "60"
    assert stored(house) == before
    assert call(program, "/contact", A_QUESTION).status_code == 201  # from another address


def test_a_token_lifts_the_limit_and_not_the_rules(house: Installation) -> None:
    program, token = house.browser(), a_token(house)
    assert set(ask_often(program, 62, **bearer(token))) == {201}
    assert call(program, "/contact", A_QUESTION | {"email": "nobody"}, **bearer(token)).status_code == 422


def test_a_limit_ends_with_its_minute_of_machine_time(house: Installation) -> None:
    program = house.browser()
    house.run("UPDATE system.rate SET count = 1000")
    assert ask_often(program, 1) == [201]
    house.run("UPDATE system.rate SET count = 1000")
    assert ask_often(program, 1) == [429]
    house.run("UPDATE system.rate SET until = now() - interval '1 second'")
    assert ask_often(program, 1) == [201]


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_an_address_that_takes_no_such_method_says_so_to_a_program(quiet_house: Installation, method: str) -> None:
    answer = getattr(quiet_house.browser(), method)("/api/v1/contact")
    assert (answer.status_code, answer.content_type) == (405, "application/problem+json")


def test_an_address_that_does_not_exist_says_so_to_a_program(quiet_house: Installation) -> None:
    answer = quiet_house.browser().get("/api/v1/nothing")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
