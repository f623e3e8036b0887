"""What the advisor's programs do with calls and asks, and the line that each act leaves in the trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.booking.domain.states import CallState
from services.booking.usecases.propose import take_counter
from tests.booking.calls import (
    ELEVEN,
    NIGHT,
    TEN,
    TWELVE,
    asked,
    booked,
    by_ben,
    in_state,
    mailed,
    of_type,
    row,
    wished,
)
from tests.booking.programs import A_CALL, Advisors, call, errors_of
from tests.builders import a_visitor
from tests.installation import Installation
from tests.letters import parsed, text_of
from tests.stored import stored

FOR_BEN = A_CALL | {"name": "Ben Okafor", "email": "ben@reader.test"}


@pytest.fixture
def crm(house: Installation) -> Advisors:
    return Advisors(house)


def test_calls_are_listed_in_their_order_page_by_page(house: Installation, crm: Advisors) -> None:
    starts = [TEN + timedelta(hours=number) for number in (4, 0, 2, 3, 1)]
    for number, start in enumerate(starts):
        booked(house, start, visitor=a_visitor(f"Ana {number}", f"ana{number}@reader.test"))
    found, after = [], ""
    while True:
        page = crm.get(f"/calls?limit=2{after}")
        assert len(page["items"]) <= 2
        found += [item["start"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert found == [f"2026-12-08T{hour:02}:00:00Z" for hour in (9, 10, 11, 12, 13)]


def test_calls_of_one_instant_are_told_apart_between_pages(house: Installation, crm: Advisors) -> None:
    ids = {str(booked(house, TEN + timedelta(hours=number)).id) for number in range(3)}
    house.run("UPDATE booking.call SET starts_at = :at, ends_at = :end", at=TEN, end=ELEVEN)
    first = crm.get("/calls?limit=1")
    second = crm.get(f"/calls?limit=1&after={first['next']}")
    third = crm.get(f"/calls?limit=1&after={second['next']}")
    assert {page["items"][0]["id"] for page in (first, second, third)} == ids
    assert third["next"] is None


def test_calls_are_found_by_state_person_and_time(house: Installation, crm: Advisors) -> None:
    ana, ben = booked(house), by_ben(house, ELEVEN)
    house.run("UPDATE booking.call SET state = 'pending' WHERE id = :id", id=ben.id)

    def found(query: str) -> list[str]:
        return [item["id"] for item in crm.get(f"/calls?{query}")["items"]]

    assert found("state=pending") == found("person=Ben%40reader.test") == [str(ben.id)]
    assert found("to=2026-12-08T10:00:00Z") == [str(ana.id)]
    assert found("from=2026-12-08T11:00:00%2B01:00") == [str(ben.id)]
    assert found("state=cancelled") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("after=x", "after"),
        ("after=2026-12-08T09:00:00Z_x", "after"),
        ("after=2026-12-08T09:00:00_00000000-0000-0000-0000-000000000007", "after"),
        ("state=gone", "state"),
        ("from=2026-12-08T09:00:00", "from"),
        ("to=tomorrow", "to"),
        ("person=nobody", "person"),
    ],
)
def test_a_list_that_cannot_be_is_refused_by_its_field(quiet_house: Installation, query: str, field: str) -> None:
    answer = Advisors(quiet_house).send("GET", f"/calls?{query}")
    assert (answer.status_code, list(errors_of(answer))) == (422, [field])


def test_a_call_is_shown_whole_and_without_the_links_of_its_person(house: Installation, crm: Advisors) -> None:
    made = booked(house)
    shown = crm.get(f"/calls/{made.id}")
    assert {name: shown[name] for name in ("name", "email", "start", "state", "call_type", "guests", "proposals")} == {
        "name": "Ana Lima",
        "email": "ana@reader.test",
        "start": "2026-12-08T09:00:00Z",
        "state": "confirmed",
        "call_type": "intro",
        "guests": [],
        "proposals": [],
    }
    assert made.token not in str(shown) + str(crm.get("/calls"))


def test_what_the_advisor_says_goes_to_whom_they_book_for(house: Installation, crm: Advisors) -> None:
    crm.do("POST", "/calls", FOR_BEN | {"message": "As agreed\non the phone."})
    said = "SELECT recipient, context ->> 'message' FROM booking.message WHERE kind = 'call_booked' ORDER BY recipient"
    assert dict(map(tuple, house.rows(said)))["ben@reader.test"] == "As agreed\non the phone."
    refused = crm.send("POST", "/calls", FOR_BEN | {"message": "x" * 5000})
    assert (refused.status_code, [one["field"] for one in refused.get_json()["errors"]]) == (422, ["message"])


def test_notes_are_kept_with_the_booking_and_told_to_nobody(house: Installation, crm: Advisors) -> None:
    made = crm.do("POST", "/calls", FOR_BEN | {"notes": "Met at the fair."})
    assert crm.get(f"/calls/{made['id']}")["notes"] == "Met at the fair."
    house.work()
    assert not any("Met at the fair" in text_of(parsed(mail)) for mail in house.mails())
    refused = crm.send("POST", "/calls", FOR_BEN | {"notes": "x" * 50_000})
    assert (refused.status_code, [one["field"] for one in refused.get_json()["errors"]]) == (422, ["notes"])


def test_booking_for_somebody_is_bound_by_no_hours_and_by_what_is_taken(house: Installation, crm: Advisors) -> None:
    of_type(house, confirmation="always", most_open=1)
    house.run("UPDATE booking.call_type SET questions = jsonb_set(questions, '{1,required}', 'true')")
    body = FOR_BEN | {"start": "2026-12-08T22:00:00Z", "answers": {"worth": "A plan"}}
    shown = crm.do("POST", "/calls", body)
    assert (shown["state"], shown["email"], shown["answers"][-1]["answer"]) == (
        "confirmed",
        "ben@reader.test",
        "A plan",
    )
    assert crm.do("POST", "/calls", FOR_BEN | {"answers": {}})["state"] == "confirmed"
    again = crm.send("POST", "/calls", body)
    assert again.status_code == 409
    assert crm.lines() == [
        ("call_booked", {"call_type": "intro", "start": "2026-12-08T22:00:00Z"}),
        ("call_booked", {"call_type": "intro", "start": "2026-12-08T09:00:00Z"}),
    ]


def test_a_token_skips_the_public_limits_and_never_the_rules(house: Installation) -> None:
    house.with_settings(unproven_per_ten_minutes=0)
    program = Advisors(house)
    assert program.send("POST", "/bookings", A_CALL | {"start": "2026-12-08T22:00:00Z"}).status_code == 409
    assert program.send("POST", "/bookings", A_CALL | {"call_type": "session"}).status_code == 403
    assert program.send("POST", "/bookings", A_CALL | {"minutes": 25}).status_code == 422
    program.do("POST", "/blocklist", {"pattern": "@blocked.test"})
    assert program.send("POST", "/bookings", A_CALL | {"email": "eve@blocked.test"}).status_code == 403
    house.run("UPDATE booking.call_type SET most_open = 1")
    assert program.send("POST", "/bookings", A_CALL).status_code == 201
    assert program.send("POST", "/bookings", A_CALL | {"start": "2026-12-09T09:00:00Z"}).status_code == 409


ACTS: list[tuple[CallState, str, str, dict[str, str], CallState, str]] = [
    (CallState.PENDING, "POST", "confirmation", {}, CallState.CONFIRMED, "call_confirmed"),
    (CallState.PENDING, "POST", "refusal", {"reason": "Not now"}, CallState.DECLINED, "call_declined"),
    (CallState.PENDING, "POST", "cancellation", {"reason": "Ill"}, CallState.CANCELLED, "call_cancelled"),
    (CallState.CONFIRMED, "POST", "cancellation", {}, CallState.CANCELLED, "call_cancelled"),
    (CallState.CONFIRMED, "POST", "no-show", {}, CallState.MISSED, "call_missed"),
    (CallState.MISSED, "DELETE", "no-show", {}, CallState.COMPLETED, "call_held"),
]


@pytest.mark.parametrize(("before", "method", "path", "body", "after", "act"), ACTS)
def test_an_act_puts_the_call_into_its_state_once_and_leaves_one_line(
    house: Installation,
    before: CallState,
    method: str,
    path: str,
    body: dict[str, str],
    after: CallState,
    act: str,
) -> None:
    made = in_state(house, before)
    if "no-show" in path:
        house.clock.move(timedelta(hours=26))
    crm = Advisors(house)
    for _ in range(2):
        assert crm.do(method, f"/calls/{made.id}/{path}", None if method == "DELETE" else body)["state"] == after
    assert crm.lines() == [(act, {"state": [before, after]})]
    assert row(house, made, "state") == after


def test_a_paid_call_that_waited_is_confirmed(house: Installation, crm: Advisors) -> None:
    made = in_state(house, CallState.PENDING)
    house.run("UPDATE booking.claim SET kind = 'pending'")
    shown = crm.do("POST", f"/calls/{made.id}/payment")
    assert (shown["state"], shown["paid_at"]) == ("confirmed", "2026-12-07T08:00:00Z")
    crm.do("POST", f"/calls/{made.id}/payment")
    assert crm.lines() == [("call_paid", {"state": ["pending", "confirmed"], "paid": [False, True]})]


def test_a_call_is_moved_to_any_time_and_any_of_its_lengths(house: Installation, crm: Advisors) -> None:
    of_type(house, other_minutes=[45], move_notice_minutes=100_000)
    made = booked(house)
    shown = crm.do("POST", f"/calls/{made.id}/move", {"start": NIGHT.isoformat(), "minutes": 45, "reason": "A train"})
    assert (shown["start"], shown["end"]) == ("2026-12-08T22:00:00Z", "2026-12-08T22:45:00Z")
    moved = {"start": ["2026-12-08T09:00:00Z", "2026-12-08T22:00:00Z"], "minutes": [30, 45]}
    assert crm.lines() == [("call_moved", moved)]
    by_ben(house, ELEVEN)
    taken = crm.send("POST", f"/calls/{made.id}/move", {"start": ELEVEN.isoformat()})
    assert (taken.status_code, len(taken.get_json()["nearest"])) == (409, 3)


def test_a_prospect_moves_to_another_length_too(house: Installation) -> None:
    of_type(house, other_minutes=[45])
    made, program = booked(house), house.browser()
    path = f"/bookings/{made.token}/reschedule"
    moved = call(program, path, {"start": "2026-12-09T09:00:00Z", "minutes": 45})
    assert (moved.status_code, moved.get_json()["end"]) == (200, "2026-12-09T09:45:00Z")
    refused = call(program, path, {"start": "2026-12-09T11:00:00Z", "minutes": 50})
    assert (refused.status_code, list(errors_of(refused))) == (422, ["minutes"])


def test_being_late_notes_and_guests_each_reach_whom_they_should(house: Installation, crm: Advisors) -> None:
    made = booked(house)
    house.clock.move(timedelta(hours=24, minutes=30))
    crm.do("POST", f"/calls/{made.id}/delay", {"minutes": 10})
    assert ("late", "ana@reader.test") in [(kind.split("_")[-1], to) for kind, to in mailed(house, made.id)]
    assert crm.do("PUT", f"/calls/{made.id}/notes", {"notes": "She knows\nwhat she wants"})["notes"].endswith("wants")
    shown = crm.do("POST", f"/calls/{made.id}/guests", {"guests": [{"name": "Eve", "email": "eve@reader.test"}]})
    [guest] = shown["guests"]
    assert (guest["name"], guest["email"]) == ("Eve", "eve@reader.test")
    assert crm.do("DELETE", f"/calls/{made.id}/guests/{guest['id']}")["guests"] == []
    assert crm.lines() == [
        ("said_late", {"minutes": 10}),
        ("notes_written", {"characters": 24}),
        ("guests_invited", {"guests": [0, 1]}),
        ("guest_removed", {"guests": [1, 0]}),
    ]


def test_times_are_proposed_for_a_call_and_shown_with_it(house: Installation, crm: Advisors) -> None:
    made = booked(house)
    body = {"starts": [TWELVE.isoformat(), NIGHT.isoformat()], "message": "Would these do?"}
    made_one = crm.do("POST", f"/calls/{made.id}/proposals", body)
    assert made_one["starts"] == ["2026-12-08T11:00:00Z", "2026-12-08T22:00:00Z"]
    assert crm.get(f"/calls/{made.id}")["proposals"] == [made_one]
    assert crm.lines() == [("times_proposed", {"starts": made_one["starts"]})]


@pytest.mark.parametrize(("answer", "start"), [("acceptance", TWELVE), ("refusal", TEN)])
def test_what_a_calendar_proposes_is_answered_once(house: Installation, crm: Advisors, answer: str, start: Any) -> None:
    made = booked(house)
    with house.booking.sessions.begin() as session:
        end = TWELVE + timedelta(minutes=30)
        counter = take_counter(session, made.id, TWELVE, end, sequence=0, message="Later?", now=house.clock.now())
    assert counter is not None
    for _ in range(2):
        crm.do("POST", f"/proposals/{counter.id}/{answer}")
    assert row(house, made, "starts_at") == start
    assert [act for act, _ in crm.lines()] == ["proposal_accepted" if answer == "acceptance" else "proposal_refused"]


def test_asks_are_found_and_answered(house: Installation, crm: Advisors) -> None:
    question, wish = asked(house), wished(house)
    assert [item["id"] for item in crm.get("/asks?kind=mentorship")["items"]] == [str(wish)]
    first = crm.get("/asks?limit=1")
    second = crm.get(f"/asks?limit=1&after={first['next']}")
    assert {page["items"][0]["id"] for page in (first, second)} == {str(question), str(wish)}
    assert second["next"] is None
    assert crm.do("POST", f"/asks/{wish}/answer", {"answer": "accepted"})["state"] == "accepted"
    crm.do("POST", f"/asks/{wish}/answer", {"answer": "accepted"})
    assert crm.send("POST", f"/asks/{wish}/answer", {"answer": "declined"}).status_code == 409
    wrong = crm.send("POST", f"/asks/{question}/answer", {"answer": "accepted"})
    assert (wrong.status_code, errors_of(wrong)["answer"][1]) == (422, "Choose one of: answered.")
    [(token,)] = house.rows("SELECT token FROM booking.ask WHERE id = :id", id=wish)
    assert token not in str(crm.get("/asks")) + str(crm.get(f"/asks/{wish}"))
    offered = {"call_type": "intro", "starts": [TEN.isoformat()]}
    crm.do("POST", f"/asks/{question}/proposals", offered)
    assert crm.get(f"/asks/{question}")["state"] == "answered"
    assert crm.lines() == [
        ("ask_accepted", {"state": ["open", "accepted"]}),
        ("times_offered", {"call_type": "intro", "starts": ["2026-12-08T09:00:00Z"], "state": ["open", "answered"]}),
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", f"/{what}/{{id}}") for what in ("calls", "asks")),
        *(
            ("POST", f"/calls/{{id}}/{act}")
            for act in ("confirmation", "refusal", "payment", "cancellation", "no-show")
        ),
        *(("DELETE", path) for path in ("/calls/{id}/no-show", "/calls/{id}/guests/{id}")),
        *(("POST", f"/proposals/{{id}}/{answer}") for answer in ("acceptance", "refusal")),
        *(("DELETE", f"/{what}/{{id}}") for what in ("absences", "stays", "links", "feeds", "blocklist", "schedules")),
    ],
)
def test_what_is_not_there_is_not_found(quiet_house: Installation, method: str, path: str) -> None:
    crm = Advisors(quiet_house)
    before = stored(quiet_house)
    answer = crm.send(method, path.format(id=uuid4()))
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    made_up = crm.send(method, path.format(id="made-up"))
    assert (made_up.status_code, made_up.content_type) == (422, "application/problem+json")
    assert stored(quiet_house) == before
