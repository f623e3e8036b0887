"""Bad input to the API: refused beside its field, as problem+json, with nothing stored by halves and never a 500."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.booking.programs import A_CALL, A_QUESTION, A_WISH, call, errors_of
from tests.browsing import an_address
from tests.installation import Installation
from tests.stored import stored

BODIES: dict[str, dict[str, Any]] = {
    "/bookings": A_CALL | {"company": "Lima", "phone": "+1 212 555 0100"},
    "/contact": A_QUESTION | {"company": "Lima", "phone": "+1 212 555 0100"},
    "/mentorship-requests": A_WISH | {"company": "Lima", "preferred_times": "Tuesdays"},
    "/bookings/no-such-call/reschedule": {"start": "2026-12-09T09:00:00Z", "reason": "The train is late"},
    "/bookings/no-such-call/cancel": {"reason": "The train is late"},
}
LINES = {"name", "email", "timezone", "company", "phone", "call_type", "start", "format"}
EVERY_FIELD = [(path, name) for path, body in BODIES.items() for name, value in body.items() if isinstance(value, str)]
# Left as they are or cut: what a program says about itself is no reason to refuse a person.
UNSEEN_FIELDS = ("form_key", "invitation", "link")


@pytest.fixture(scope="module")
def program(quiet_house: Installation) -> FlaskClient:
    return quiet_house.browser()


def refused(house: Installation, program: FlaskClient, path: str, body: object) -> dict[str, tuple[str, str]]:
    """The fields that were named; nothing was stored."""
    before = stored(house)
    answer = call(program, path, body)
    assert answer.status_code == 422, answer.text
    assert stored(house) == before
    return errors_of(answer)


@pytest.mark.parametrize(("path", "field"), EVERY_FIELD)
def test_text_that_cannot_be_kept_is_refused_beside_its_field(
    quiet_house: Installation, program: FlaskClient, path: str, field: str
) -> None:
    before = stored(quiet_house)
    hostile = ["a\0b", "bell \x07", "esc \x1b[31m", "half \ud800 pair", "\udc00", "x" * 1_000_000]
    hostile += ["a\r\nBcc: eve@x.test", "a\nb", "a\u2028b", "a\x85b"] if field in LINES else []
    for text in hostile:
        answer = call(program, path, BODIES[path] | {field: text})
        assert (answer.status_code, list(errors_of(answer))) == (422, [field]), f"{text[:20]!r}"
    assert stored(quiet_house) == before


@pytest.mark.parametrize(("path", "field"), EVERY_FIELD)
def test_another_type_is_refused_beside_its_field(
    quiet_house: Installation, program: FlaskClient, path: str, field: str
) -> None:
    before = stored(quiet_house)
    for value in (None, 5, 1.5, True, [], ["a"], {}, {"a": "b"}):
        answer = call(program, path, BODIES[path] | {field: value})
        assert (answer.status_code, list(errors_of(answer))) == (422, [field]), value
    assert stored(quiet_house) == before


@pytest.mark.parametrize("path", BODIES)
def test_a_field_that_does_not_exist_is_named(quiet_house: Installation, program: FlaskClient, path: str) -> None:
    found = refused(quiet_house, program, path, BODIES[path] | {"is_admin": True})
    assert found["is_admin"][1] == "Leave this field out."


@pytest.mark.parametrize("path", BODIES)
def test_json_that_is_no_object_is_refused(quiet_house: Installation, program: FlaskClient, path: str) -> None:
    before = stored(quiet_house)
    for raw in (b"[]", b'"text"', b"5", b"null", b"true", b'[{"name": "Ana"}]'):
        answer = _send(program, path, raw, "application/json")
        assert (answer.status_code, list(errors_of(answer))) == (422, ["body"])
    assert stored(quiet_house) == before


@pytest.mark.parametrize("path", BODIES)
def test_what_is_no_json_is_refused_whatever_it_is(quiet_house: Installation, program: FlaskClient, path: str) -> None:
    before = stored(quiet_house)
    deep = ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000]
    for raw in (
        b"",
        b"{",
        b"{'name': 1}",
        b"\xff\xfe",
        b"\0",
        b'{"name": 1' + b"0" * 5000 + b"}",
        *map(str.encode, deep),
    ):
        answer = _send(program, path, raw, "application/json")
        assert (answer.status_code, answer.content_type) == (400, "application/problem+json"), raw[:20]
    assert stored(quiet_house) == before


def test_a_string_that_never_ends_is_refused_as_fast_as_it_was_read(program: FlaskClient) -> None:
    began = time.process_time()
    for raw in (b'"\\' * 20_000, b'["' + b'\\"' * 20_000 + b"\\", b'"' * 999_999, b"[" * 999_999):
        assert _send(program, "/contact", raw, "application/json").status_code == 400
    # A tenth of a second in truth. Looking for the end from each quote anew takes ten, and of a full body hours.
    assert time.process_time() - began < 3


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"])
def test_another_content_type_is_refused_by_its_name(
    quiet_house: Installation, program: FlaskClient, kind: str
) -> None:
    before = stored(quiet_house)
    answer = _send(program, "/contact", json.dumps(A_QUESTION).encode(), kind)
    assert (answer.status_code, answer.content_type) == (415, "application/problem+json")
    assert "application/json" in answer.get_json()["detail"]
    assert stored(quiet_house) == before


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(program: FlaskClient) -> None:
    answer = _send(program, "/contact", b'{"name": "' + b"x" * 3_000_000 + b'"}', "application/json")
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")


@pytest.mark.parametrize(
    "start",
    [
        *("soon", "2026-12-08", "2026-12-08T09:00", "2026-12-08T09:00:00", "2026-12-08T25:00:00Z", "1765184400"),
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        *(
            "2026-02-30T09:00:00Z",
            "2026-12-08T09:00:00 Europe/Berlin",
            "２０２６-12-08T09:00:00Z",
            "-2026-12-08T09:00:00Z",
        ),
    ],
)
def test_an_instant_that_is_none_is_named_with_what_one_looks_like(
    quiet_house: Installation, program: FlaskClient, start: str
) -> None:
    message, fix = refused(quiet_house, program, "/bookings", A_CALL | {"start": start})["start"]
    assert "instant" in message or "out of reach" in message
    assert "2026-06-07T09:30:00Z" in fix or "from 1974 to 2198" in fix


@pytest.mark.parametrize(
    "zone", ["", "EST", "CET", "CEST", "GMT+1", "+02:00", "Berlin", "europe/berlin", "Factory", "/"]
)
@pytest.mark.parametrize("path", ["/bookings", "/contact", "/mentorship-requests"])
def test_a_zone_that_names_no_place_is_refused(
    quiet_house: Installation, program: FlaskClient, path: str, zone: str
) -> None:
    assert "Europe/Berlin" in refused(quiet_house, program, path, BODIES[path] | {"timezone": zone})["timezone"][1]


@pytest.mark.parametrize(
    "answers", [None, [], "text", {"q": 5}, {"q": None}, {"q": ["a"]}, {"a\0": "x"}, {"": "x"}, {"q": "x" * 5001}]
)
def test_answers_that_are_no_text_are_refused(quiet_house: Installation, program: FlaskClient, answers: object) -> None:
    [field] = refused(quiet_house, program, "/bookings", A_CALL | {"answers": answers})
    assert field.split(".")[0] == "answers"


def test_too_many_answers_are_refused(quiet_house: Installation, program: FlaskClient) -> None:
    many = {f"Question {number}": "yes" for number in range(21)}
    assert list(refused(quiet_house, program, "/bookings", A_CALL | {"answers": many})) == ["answers"]


@pytest.mark.parametrize("value", ["\0", "\ud800", "a\r\nb", "x" * 100_000, "'; DROP TABLE booking.call; --"])
def test_what_nobody_typed_is_cleaned_and_never_a_reason_to_refuse(house: Installation, value: str) -> None:
    attribution = {"source": value, "utm_medium": value, value: value}
    answer = call(house.browser(), "/contact", A_QUESTION | {"form_key": value, "attribution": attribution})
    assert answer.status_code == 201
    answer = call(house.browser(), "/bookings", A_CALL | {"call_type": "session", "invitation": value})
    assert answer.status_code == 403
    [(kept,)] = house.rows("SELECT attribution FROM booking.ask")
    assert all(len(text) <= 200 and text.isprintable() for text in kept.values())


@pytest.mark.parametrize("minutes", [0, -30, 25, 31, 10**30, "long", 1.5, [30], True])
def test_a_length_that_is_not_offered_is_refused(quiet_house: Installation, program: FlaskClient, minutes: Any) -> None:
    assert list(refused(quiet_house, program, "/bookings", A_CALL | {"minutes": minutes})) == ["minutes"]


@pytest.mark.parametrize(
    ("guests", "field"),
    [
        ("ben@reader.test", "guests"),
        ({"email": "ben@reader.test"}, "guests"),
        (["nobody"], "guests.0"),
        (["ben@reader.test", 5], "guests.1"),
        ([{"name": "Ben"}], "guests.0"),
        ([{"name": "a\0b", "email": "ben@reader.test"}], "guests.0"),
        (["ana@reader.test"], "guests"),
        ([f"guest{number}@reader.test" for number in range(11)], "guests"),
        (["ben@reader.test"] * 100, "guests"),
    ],
)
def test_guests_who_cannot_come_are_named(
    quiet_house: Installation, program: FlaskClient, guests: Any, field: str
) -> None:
    assert list(refused(quiet_house, program, "/bookings", A_CALL | {"guests": guests})) == [field]


_TEXTS = st.text(max_size=60) | st.sampled_from(
    ["\0", "\ud800", "2026-12-08T09:00:00Z", "ana@reader.test", "UTC", "intro"]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_body_makes_it_fail_and_no_refusal_writes(
    quiet_house: Installation, program: FlaskClient, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(BODIES)))
    names = (
        st.sampled_from([*BODIES[path], *UNSEEN_FIELDS, "attribution", "answers", "follow_up", "minutes", "guests"])
        | _TEXTS
    )
    body = BODIES[path] | data.draw(st.dictionaries(names, _VALUES, max_size=3))
    before = stored(quiet_house)
    answer = call(program, path, body)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json"
        assert stored(quiet_house) == before


def _send(program: FlaskClient, path: str, raw: bytes, kind: str) -> Any:
    return program.post(f"/api/v1{path}", data=raw, content_type=kind, environ_base={"REMOTE_ADDR": an_address()})
