"""What the advisor does with a call in the console: each act is one use case and one line in the trail."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from services.booking.usecases.propose import take_counter
from tests.booking.calls import ELEVEN, NIGHT, TEN, asked, booked, by_ben, row
from tests.browsing import opened, post
from tests.furnished import NORA, signed_in
from tests.installation import START, Installation
from tests.stored import stored


@pytest.fixture
def console(house: Installation) -> FlaskClient:
    return signed_in(house)


def act(console: FlaskClient, path: str, **sent: object) -> tuple[int, str]:
    csrf = opened(console, "/console").fields("/console/signout")["csrf_token"]
    answer = post(console, f"/console/{path}", {"csrf_token": csrf, **sent})
    return answer.status_code, answer.headers.get("Location", "")


def trail(house: Installation) -> list[tuple[str, str]]:
    return [tuple(found) for found in house.rows("SELECT actor, act FROM access.audit ORDER BY id")]


def test_times_are_proposed_by_the_advisors_own_clock_or_as_instants(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    sent = {"start": ["2026-12-08T23:00", "2026-12-08T10:00:00Z", ""], "message": "Does one suit?"}
    assert act(console, f"calls/{call.id}/times", **sent) == (303, "/console?said=times_proposed")
    assert house.rows("SELECT starts, message FROM booking.proposal") == [([ELEVEN, NIGHT], "Does one suit?")]
    assert trail(house) == [(NORA, "times_proposed")]
    assert "stays where it is" in opened(console, "/console?said=times_proposed").text


def test_a_question_is_answered_with_times(house: Installation, console: FlaskClient) -> None:
    ask = asked(house)
    assert act(console, f"asks/{ask}/times", start="2026-12-08T12:00", call_type="intro")[0] == 303
    assert house.rows("SELECT state FROM booking.ask") == [("answered",)]


def test_a_call_is_moved_outside_the_hours_with_a_reason(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    assert act(console, f"calls/{call.id}/move", start="2026-12-08T23:00", reason="Court")[0] == 303
    assert row(house, call, "starts_at, moves, reason") == (NIGHT, 0, "Court")


def test_a_counter_is_accepted_or_refused(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    with house.booking.sessions.begin() as session:
        end = NIGHT.replace(minute=30)
        proposal = take_counter(session, call.id, NIGHT, end, sequence=0, message="", now=START)
    assert proposal is not None
    assert act(console, f"proposals/{proposal.id}/accept")[0] == 303
    assert row(house, call, "starts_at") == NIGHT
    assert act(console, f"proposals/{proposal.id}/refuse")[0] == 409


def test_lateness_misses_and_notes_are_said_of_a_call(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    house.clock.move(TEN - START)
    assert act(console, f"calls/{call.id}/late", minutes="5")[0] == 303
    assert act(console, f"calls/{call.id}/missed")[0] == 303
    assert row(house, call, "state") == "missed"
    assert act(console, f"calls/{call.id}/came")[0] == 303
    assert row(house, call, "state") == "confirmed"
    assert act(console, f"calls/{call.id}/notes", notes="Wants a price")[0] == 303
    assert row(house, call, "notes") == "Wants a price"
    assert [done for _, done in trail(house)] == ["said_late", "call_missed", "call_held", "notes_written"]


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("times", {"start": "soon"}, 422),
        ("times", {"start": "2026-03-29T02:30"}, 422),  # does not exist in Berlin
        ("times", {"start": [f"2026-12-08T{hour}:00" for hour in range(10, 22)]}, 422),
        ("times", {}, 422),
        ("times", {"start": "2026-12-08T12:00"}, 409),  # taken
        ("times", {"start": "2026-12-08T23:00", "message": "x" * 1001}, 422),
        ("move", {"start": ""}, 422),
        ("move", {"start": "2026-12-08T12:00"}, 409),
        ("move", {"start": "2026-12-08T23:00", "minutes": "44"}, 422),
        ("late", {"minutes": "5"}, 409),
        ("missed", {}, 409),
        ("notes", {"notes": "\0"}, 422),
    ],
)
def test_what_cannot_be_done_is_refused_and_leaves_no_trail(
    house: Installation, console: FlaskClient, path: str, sent: dict[str, object], status: int
) -> None:
    call = booked(house)
    by_ben(house, ELEVEN.replace(hour=11))
    before = stored(house)
    assert act(console, f"calls/{call.id}/{path}", **sent)[0] == status
    assert stored(house) == before


@pytest.mark.parametrize(
    "path",
    [
        *(f"calls/{{}}/{act}" for act in ("times", "move", "late", "missed", "came", "notes")),
        *("asks/{}/times", "proposals/{}/accept", "proposals/{}/refuse"),
    ],
)
def test_what_is_not_there_is_not_found(quiet_house: Installation, path: str) -> None:
    sent = {"start": "2026-12-08T23:00", "minutes": "5", "call_type": "intro"}
    assert act(signed_in(quiet_house), path.format(uuid4()), **sent)[0] == 404
