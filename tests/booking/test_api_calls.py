"""Booking, moving and cancelling as a program does it."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.booking.calls import of_type
from tests.booking.programs import A_CALL, A_WISH, a_token, bearer, call, errors_of
from tests.installation import Installation
from tests.letters import calendar_of, link_in, parsed, to
from tests.stored import stored

BEN = {"name": "Ben Okafor", "email": "ben@reader.test"}


@pytest.fixture
def program(house: Installation) -> FlaskClient:
    return house.browser()


def booked(program: FlaskClient, **changes: Any) -> dict[str, Any]:
    answer = call(program, "/bookings", A_CALL | changes)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def token_of(shown: dict[str, Any]) -> str:
    token: str = shown["manage_url"].rpartition("/")[2]
    return token


def test_a_booking_is_answered_with_its_pages(house: Installation, program: FlaskClient) -> None:
    shown = booked(program)
    [(call_id, token)] = house.rows("SELECT id::text, token FROM booking.call")
    assert shown == {
        "id": call_id,
        "start": "2026-12-08T09:00:00Z",
        "end": "2026-12-08T09:30:00Z",
        "state": "confirmed",
        "manage_url": f"http://firstcall.test/call/{token}",
        "ics_url": f"http://firstcall.test/call/{token}/invite.ics",
    }
    assert program.get(f"/call/{token}").status_code == 200
    assert program.get(f"/call/{token}/invite.ics").content_type == "text/calendar; charset=utf-8"


def test_a_start_with_an_offset_is_the_same_instant(program: FlaskClient) -> None:
    assert booked(program, start="2026-12-08T10:00:00+01:00")["start"] == "2026-12-08T09:00:00Z"


def test_a_taken_time_is_a_conflict_with_the_nearest_free_ones(house: Installation, program: FlaskClient) -> None:
    booked(program)
    before = stored(house)
    answer = call(program, "/bookings", A_CALL | BEN)
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    assert answer.get_json()["nearest"] == ["2026-12-08T08:00:00Z", "2026-12-08T08:30:00Z", "2026-12-08T09:30:00Z"]
    assert stored(house) == before


def test_every_time_that_is_offered_instead_can_be_booked(program: FlaskClient) -> None:
    booked(program)
    for start in call(program, "/bookings", A_CALL | BEN).get_json()["nearest"]:
        booked(program, start=start, **BEN)


@pytest.mark.parametrize(
    "start",
    [
        "2026-12-07T08:30:00Z",
        "2026-12-08T09:10:00Z",
        "2026-12-08T09:00:30Z",
        "2026-12-12T09:00:00Z",
        "2027-11-09T09:00Z",
    ],
)
def test_a_time_that_is_not_offered_is_a_conflict_too(house: Installation, program: FlaskClient, start: str) -> None:
    answer = call(program, "/bookings", A_CALL | {"start": start})
    assert answer.status_code == 409
    assert len(answer.get_json()["nearest"]) == 3
    assert house.rows("SELECT 1 FROM booking.call UNION ALL SELECT 1 FROM booking.message") == []


def test_what_they_wrote_reaches_the_advisor_only(house: Installation, program: FlaskClient) -> None:
    booked(program, company="Lima & Sons", attribution={"source": "letters", "utm_campaign": "winter"})
    house.work()
    by_reader = {to(parsed(mail)): calendar_of(parsed(mail)) for mail in house.mails()}
    assert "A yes or a no" in str(by_reader["nora@advisor.test"]["DESCRIPTION"])
    assert "Lima & Sons" in str(by_reader["nora@advisor.test"]["DESCRIPTION"])
    assert "A yes or a no" not in str(by_reader["ana@reader.test"])
    [(attribution,)] = house.rows("SELECT payload -> 'attribution' FROM webhooks.inbox WHERE name LIKE '%call_booked%'")
    assert (attribution["source"], attribution["campaign"]) == ("letters", "winter")


def test_the_same_form_key_twice_is_the_same_booking(house: Installation, program: FlaskClient) -> None:
    first = booked(program, form_key="of-this-form")
    assert booked(program, form_key="of-this-form") == first
    assert house.rows("SELECT count(*) FROM booking.call") == [(1,)]


def test_a_form_key_that_somebody_else_used_books_all_the_same(house: Installation, program: FlaskClient) -> None:
    first = booked(program, form_key="of-this-form")
    second = booked(program, form_key="of-this-form", start="2026-12-08T11:00:00Z", **BEN)
    assert first["id"] != second["id"]


def test_a_call_for_accepted_requests_is_refused_without_one(house: Installation, program: FlaskClient) -> None:
    before = stored(house)
    for invitation in ("", "made-up"):
        answer = call(program, "/bookings", A_CALL | {"call_type": "session", "invitation": invitation})
        assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
    assert stored(house) == before


@pytest.mark.parametrize(("state", "status"), [("open", 403), ("declined", 403), ("accepted", 201)])
def test_only_an_accepted_request_opens_the_session(
    house: Installation, program: FlaskClient, state: str, status: int
) -> None:
    assert call(program, "/mentorship-requests", A_WISH).status_code == 201
    house.run("UPDATE booking.ask SET state = :state", state=state)
    [(invitation,)] = house.rows("SELECT token FROM booking.ask")
    answer = call(program, "/bookings", A_CALL | {"call_type": "session", "invitation": invitation})
    assert answer.status_code == status


def test_an_accepted_request_opens_one_session_and_cancelling_gives_it_back(
    house: Installation, program: FlaskClient
) -> None:
    call(program, "/mentorship-requests", A_WISH)
    house.run("UPDATE booking.ask SET state = 'accepted'")
    [(invitation,)] = house.rows("SELECT token FROM booking.ask")
    wanted = {"call_type": "session", "invitation": invitation}
    first = booked(program, **wanted)
    again = A_CALL | wanted | {"start": "2026-12-09T09:00:00Z"}
    refused = call(program, "/bookings", again)
    assert (refused.status_code, refused.get_json()["title"]) == (409, "Booked already")
    call(program, f"/bookings/{token_of(first)}/cancel", {})
    assert call(program, "/bookings", again).status_code == 201


@pytest.mark.parametrize("missing", ["call_type", "start", "name", "email"])
def test_what_is_missing_from_a_booking_is_named(house: Installation, program: FlaskClient, missing: str) -> None:
    before = stored(house)
    answer = call(program, "/bookings", {name: value for name, value in A_CALL.items() if name != missing})
    assert (answer.status_code, list(errors_of(answer))) == (422, [missing])
    assert stored(house) == before


def test_a_move_without_a_start_names_it(program: FlaskClient) -> None:
    answer = call(program, f"/bookings/{token_of(booked(program))}/reschedule", {"reason": "Later"})
    assert (answer.status_code, list(errors_of(answer))) == (422, ["start"])


def test_an_unknown_call_type_is_not_found(program: FlaskClient) -> None:
    answer = call(program, "/bookings", A_CALL | {"call_type": "nothing"})
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_rescheduling_answers_with_the_new_time_under_the_same_link(house: Installation, program: FlaskClient) -> None:
    shown = booked(program)
    path = f"/bookings/{token_of(shown)}/reschedule"
    moved = call(program, path, {"start": "2026-12-09T09:00:00Z", "reason": "The train is late"})
    assert moved.status_code == 200
    assert moved.get_json() == shown | {"start": "2026-12-09T09:00:00Z", "end": "2026-12-09T09:30:00Z"}
    assert house.rows("SELECT sequence, moves, reason FROM booking.call") == [(1, 1, "The train is late")]


def test_rescheduling_onto_a_taken_time_is_a_conflict_and_changes_nothing(
    house: Installation, program: FlaskClient
) -> None:
    token = token_of(booked(program))
    booked(program, start="2026-12-08T11:00:00Z", **BEN)
    before = stored(house)
    answer = call(program, f"/bookings/{token}/reschedule", {"start": "2026-12-08T11:00:00Z"})
    assert answer.status_code == 409
    assert answer.get_json()["nearest"] == ["2026-12-08T10:00:00Z", "2026-12-08T10:30:00Z", "2026-12-08T11:30:00Z"]
    assert stored(house) == before


def test_cancelling_frees_the_time_and_can_be_repeated(house: Installation, program: FlaskClient) -> None:
    shown = booked(program)
    token = token_of(shown)
    for _ in range(2):
        answer = call(program, f"/bookings/{token}/cancel", {"reason": "Not needed any more"})
        assert (answer.status_code, answer.get_json()) == (200, shown | {"state": "cancelled"})
    stood = house.rows("SELECT sequence, cancelled_by, reason FROM booking.call")
    assert stood == [(1, "prospect", "Not needed any more")]
    booked(program, **BEN)


def test_a_cancelled_call_cannot_be_moved(program: FlaskClient) -> None:
    token = token_of(booked(program))
    call(program, f"/bookings/{token}/cancel", {})
    answer = call(program, f"/bookings/{token}/reschedule", {"start": "2026-12-09T09:00:00Z"})
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")


def test_within_the_notice_a_program_cannot_change_a_call(house: Installation, program: FlaskClient) -> None:
    token = token_of(booked(program))
    house.pass_time(hours=20)
    before = stored(house)
    for path, body in (("reschedule", {"start": "2026-12-09T09:00:00Z"}), ("cancel", {})):
        answer = call(program, f"/bookings/{token}/{path}", body)
        assert (answer.status_code, answer.get_json()["title"]) == (409, "Too late")
    assert stored(house) == before


@pytest.mark.parametrize("token", ["x", "A" * 22, "%00", "%F0%9F%A6%86", "..%2F..", "'%20OR%201=1"])
@pytest.mark.parametrize("act", ["reschedule", "cancel"])
def test_a_token_of_no_call_is_not_found(quiet_house: Installation, token: str, act: str) -> None:
    body = {"start": "2026-12-09T09:00:00Z"} if act == "reschedule" else {}
    answer = call(quiet_house.browser(), f"/bookings/{token}/{act}", body)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_a_reason_that_cannot_be_taken_is_named_and_the_call_stays(house: Installation, program: FlaskClient) -> None:
    token = token_of(booked(program))
    before = stored(house)
    for path in ("reschedule", "cancel"):
        body = {"start": "2026-12-09T09:00:00Z"} if path == "reschedule" else {}
        for reason in ("x" * 1001, "a\0b", "\ud800"):
            answer = call(program, f"/bookings/{token}/{path}", body | {"reason": reason})
            assert (answer.status_code, list(errors_of(answer))) == (422, ["reason"])
    assert stored(house) == before


@pytest.mark.parametrize("trusted", [True, False])
def test_who_has_a_call_already_gets_the_way_to_it_by_mail_and_only_a_trusted_program_hears_of_it(
    house: Installation, program: FlaskClient, trusted: bool
) -> None:
    shown = booked(program)
    token = token_of(shown)
    house.work()
    of_type(house, most_open=1)
    seen, headers = len(house.mails()), bearer(a_token(house, "bookings")) if trusted else {}
    for _ in range(2):
        answer = call(program, "/bookings", A_CALL | {"start": "2026-12-08T11:00:00Z"}, **headers)
        assert (answer.status_code, answer.get_json()["title"]) == (409, "Not booked")
        assert answer.get_json()["detail"].startswith("There is such a call" if trusted else "This was not booked. If")
        assert token not in answer.text
        assert shown["start"] not in answer.text
    house.work()
    [mail] = [parsed(mail) for mail in house.mails()[seen:]]  # twice in a day is one mail
    assert to(mail) == "ana@reader.test"
    assert link_in(mail, "/call/").endswith(token)
    assert house.rows("SELECT count(*) FROM booking.call") == [(1,)]
