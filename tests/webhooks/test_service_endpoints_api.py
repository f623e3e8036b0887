"""The API of endpoints: adding, listing, removing; for tokens with the scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.booking.usecases.sign_in import make_token
from tests.booking.crowd import at_once
from tests.installation import START, Installation
from tests.stored import stored

URL = "http://127.0.0.1:8088/webhooks"


@pytest.fixture(scope="module")
def owner(quiet_house: Installation) -> dict[str, str]:
    with quiet_house.booking.sessions.begin() as session:
        token = make_token(session, "of a test", ("endpoints:write",), now=START)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def house(quiet_house: Installation) -> Iterator[Installation]:
    """One installation for all tests here: each leaves it without endpoints and with its settings as they were."""
    settings = quiet_house.settings
    yield quiet_house
    quiet_house.with_settings(**{name: getattr(settings, name) for name in ("endpoints_allow_private", "public_url")})
    quiet_house.run("DELETE FROM webhooks.endpoint")


@pytest.fixture
def program(house: Installation) -> FlaskClient:
    return house.browser("webhooks")


def add(program: FlaskClient, owner: dict[str, str], body: object, key: str | None = None) -> TestResponse:
    headers = owner if key is None else {**owner, "Idempotency-Key": key}
    return program.post("/api/v1/endpoints", json=body, headers=headers)


def wrong(answer: TestResponse) -> dict[str, str]:
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    return {error["field"]: error["message"] for error in answer.get_json()["errors"]}


def test_the_secret_is_shown_once_and_encrypted_at_rest(
    house: Installation, program: FlaskClient, owner: dict[str, str]
) -> None:
    answer = add(program, owner, {"url": URL, "events": ["booking.call_booked.v1"]})
    assert answer.status_code == 201
    shown = answer.get_json()
    secret = shown.pop("secret")
    assert secret.startswith("whsec_")
    assert shown == {
        "id": shown["id"],
        "url": URL,
        "events": ["booking.call_booked.v1"],
        "state": "active",
        "disabled_reason": "",
    }
    [(row,)] = house.rows("SELECT e::text FROM webhooks.endpoint e")
    assert secret not in row
    assert secret.removeprefix("whsec_") not in row
    assert program.get("/api/v1/endpoints", headers=owner).get_json() == {"items": [shown], "next": None}


def test_no_two_endpoints_have_one_secret(program: FlaskClient, owner: dict[str, str]) -> None:
    secrets = {add(program, owner, {"url": URL}).get_json()["secret"] for _ in range(3)}
    assert len(secrets) == 3


def test_the_same_request_with_its_key_adds_one_endpoint_and_shows_one_secret(
    house: Installation, program: FlaskClient, owner: dict[str, str]
) -> None:
    first = add(program, owner, {"url": URL}, key="7f3c")
    again = add(program, owner, {"events": [], "url": URL}, key="7f3c")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert house.rows("SELECT count(*) FROM webhooks.endpoint") == [(1,)]
    assert add(program, owner, {"url": URL}, key="7f3d").get_json()["id"] != first.get_json()["id"]
    assert house.rows("SELECT count(*) FROM webhooks.endpoint") == [(2,)]
    assert "7f3c" not in str(house.rows("SELECT e::text FROM webhooks.endpoint e"))


def test_twenty_same_requests_at_once_add_one_endpoint(house: Installation, owner: dict[str, str]) -> None:
    browsers = [house.browser("webhooks") for _ in range(20)]
    found = at_once(lambda number: add(browsers[number], owner, {"url": URL}, key="7f3c").get_json()["secret"], 20)
    assert list(found.values()) == [20], found
    assert house.rows("SELECT count(*) FROM webhooks.endpoint") == [(1,)]


def test_a_key_belongs_to_its_program_and_to_its_request_for_a_day(
    house: Installation, program: FlaskClient, owner: dict[str, str]
) -> None:
    first = add(program, owner, {"url": URL}, key="7f3c").get_json()["id"]
    before = stored(house)
    assert "another request" in wrong(add(program, owner, {"url": URL + "/2"}, key="7f3c"))["Idempotency-Key"]
    assert stored(house) == before
    with house.booking.sessions.begin() as session:
        token = make_token(session, "of another", ("endpoints:write",), now=START)
    others = {"Authorization": f"Bearer {token}"}
    assert add(program, others, {"url": URL}, key="7f3c").get_json()["id"] != first
    house.run("UPDATE webhooks.endpoint SET created_at = created_at - interval '1 day'")
    assert add(program, owner, {"url": URL + "/2"}, key="7f3c").status_code == 201
    assert house.rows("SELECT count(*) FROM webhooks.endpoint") == [(3,)]


@pytest.mark.parametrize("key", ["", "x" * 256, "é"])
def test_a_key_that_cannot_be_kept_is_named(
    house: Installation, program: FlaskClient, owner: dict[str, str], key: str
) -> None:
    before = stored(house)
    assert list(wrong(add(program, owner, {"url": URL}, key=key))) == ["Idempotency-Key"]
    assert stored(house) == before


def test_a_removed_endpoint_is_gone_with_all_that_was_owed_to_it(
    house: Installation, program: FlaskClient, owner: dict[str, str]
) -> None:
    shown = add(program, owner, {"url": URL}).get_json()
    house.run(
        "INSERT INTO webhooks.delivery (endpoint_id, event_id, event_name, body, due)"
        " VALUES (:id, uuidv7(), 'booking.call_booked.v1', '{}', now() + interval '1 day')",
        id=shown["id"],
    )
    path = f"/api/v1/endpoints/{shown['id']}"
    assert [program.delete(path, headers=owner).status_code for _ in range(2)] == [204, 404]
    assert house.rows("SELECT 1 FROM webhooks.delivery") == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
def test_without_a_token_nothing_is_shown_added_or_removed(
    house: Installation, program: FlaskClient, headers: dict[str, str]
) -> None:
    before = stored(house)
    answers = [
        program.get("/api/v1/endpoints", headers=headers),
        add(program, headers, {"url": URL}),
        program.delete(f"/api/v1/endpoints/{uuid4()}", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert stored(house) == before


def test_the_events_that_can_be_asked_for_are_listed_for_anybody(program: FlaskClient) -> None:
    names = program.get("/api/v1/events").get_json()["items"]
    assert "booking.call_booked.v1" in names
    assert "webhooks.mail_feedback_received.v1" not in names  # it stays inside
    assert "booking.profile_changed.v1" not in names


@pytest.mark.parametrize(
    "event", ["nonsense", "booking.profile_changed.v1", "webhooks.mail_feedback_received.v1", "\ud800"]
)
def test_an_event_that_is_never_delivered_cannot_be_asked_for(
    house: Installation, program: FlaskClient, owner: dict[str, str], event: str
) -> None:
    before = stored(house)
    assert "There is no event" in wrong(add(program, owner, {"url": URL, "events": [event]}))["events"]
    assert stored(house) == before


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "x",
            "ftp://example.com/",
            "https://user@example.com/",
            "https://example.com/#a",
            "https://exa mple.com/",
        ),
        *(
            "https://example.com/\0",
            "https://example.com/\r\nX: y",
            "https://example.com/\ud800",
            "https://\ud800.com/",
        ),
        *("https://example.com:99999/", "https://[::1", "javascript:alert(1)", "https://" + "a" * 3000 + ".com/"),
        *("http://169.254.169.254/latest/meta-data", "http://127.0.0.1:6379/", "https://xn--a.com/"),
    ],
)
def test_an_address_that_cannot_be_delivered_to_is_named(
    house: Installation, program: FlaskClient, owner: dict[str, str], url: str
) -> None:
    before = stored(house)
    assert list(wrong(add(program, owner, {"url": url}))) == ["url"]
    assert stored(house) == before


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://10.0.0.1/hook", "https://[::1]/", "https://192.168.1.1/"]
)
def test_an_address_inside_the_network_is_refused_unless_that_is_allowed(
    house: Installation, owner: dict[str, str], url: str
) -> None:
    program = house.with_settings(endpoints_allow_private=False).browser("webhooks")
    assert "not public" in wrong(add(program, owner, {"url": url}))["url"]


@pytest.mark.parametrize("own", ["https://calls.firstcall.test/", "https://CALLS.firstcall.test:443/x"])
def test_the_installations_own_address_is_refused(house: Installation, owner: dict[str, str], own: str) -> None:
    settings = {"endpoints_allow_private": False, "public_url": "https://calls.firstcall.test"}
    program = house.with_settings(**settings).browser("webhooks")
    assert "this installation" in wrong(add(program, owner, {"url": own}))["url"]


@pytest.mark.parametrize(
    "body",
    [{}, {"url": None}, {"url": 5}, {"url": URL, "events": "all"}, {"url": URL, "x": 1}, {"url": URL, "events": [5]}],
)
def test_a_body_of_the_wrong_shape_is_named_field_by_field(
    house: Installation, program: FlaskClient, owner: dict[str, str], body: dict[str, Any]
) -> None:
    before = stored(house)
    assert wrong(add(program, owner, body))
    assert stored(house) == before


@pytest.mark.parametrize("endpoint", ["x", "%00", "5", "é"])
def test_an_id_that_is_none_is_refused_and_removes_nothing(
    house: Installation, program: FlaskClient, owner: dict[str, str], endpoint: str
) -> None:
    add(program, owner, {"url": URL})
    before = stored(house)
    assert program.delete(f"/api/v1/endpoints/{endpoint}", headers=owner).status_code in (404, 422)
    assert stored(house) == before
