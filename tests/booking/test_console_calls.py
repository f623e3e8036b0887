"""What the advisor does with a call in the console: each act is one use case and one line in the trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from services.booking.domain.states import CallState
from services.booking.models import Call
from services.booking.usecases.propose import take_counter
from tests.booking.calls import ELEVEN, NIGHT, TEN, booked, by_ben, in_state, mailed, of_type, row
from tests.browsing import Page, opened, post
from tests.furnished import NORA, signed_in
from tests.installation import START, Installation
from tests.stored import stored

NOBODY = UUID(int=1)


@pytest.fixture
def console(house: Installation) -> FlaskClient:
    return signed_in(house)


def act(console: FlaskClient, path: str, **sent: object) -> tuple[int, str]:
    answer = sent_to(console, path, **sent).answer
    return answer.status_code, answer.headers.get("Location", "")


def sent_to(console: FlaskClient, path: str, **sent: object) -> Page:
    csrf = opened(console, "/console").fields("/console/signout")["csrf_token"]
    return Page(post(console, f"/console/{path}", {"csrf_token": csrf, **sent}))


def trail(house: Installation) -> list[tuple[str, Any]]:
    """The acts of the trail with what they changed."""
    return [tuple(found) for found in house.rows("SELECT act, detail FROM access.audit ORDER BY id")]


def pending(house: Installation) -> Call:
    of_type(house, confirmation="always", price_text="€ 180")
    return booked(house)


def countered(house: Installation, call: Call) -> str:
    with house.booking.sessions.begin() as session:
        end = NIGHT.replace(minute=30)
        proposal = take_counter(session, call.id, NIGHT, end, sequence=0, message="Later?", now=START)
        assert proposal is not None
        return str(proposal.id)


def test_times_are_proposed_by_the_advisors_own_clock_or_as_instants(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    sent = {"start": ["2026-12-08T23:00", "2026-12-08T10:00:00Z", ""], "message": "Does one suit?"}
    after = f"/console/calls/{call.id}?said=times_proposed"
    assert act(console, f"calls/{call.id}/times", **sent) == (303, after)
    assert house.rows("SELECT starts, message FROM booking.proposal") == [([ELEVEN, NIGHT], "Does one suit?")]
    assert house.rows("SELECT actor, act, subject, detail FROM access.audit") == [
        (NORA, "times_proposed", call.id, {"starts": ["2026-12-08T10:00:00Z", "2026-12-08T22:00:00Z"]})
    ]
    assert "stays where it is" in opened(console, after).text


def test_a_requested_call_is_confirmed_once_and_the_trail_says_from_what_to_what(
    house: Installation, console: FlaskClient
) -> None:
    call = pending(house)
    for _ in range(2):
        assert act(console, f"calls/{call.id}/confirm")[0] == 303
    assert row(house, call, "state") == "confirmed"
    assert ("call_booked", "ana@reader.test") in mailed(house, call.id)
    assert trail(house) == [("call_confirmed", {"state": ["pending", "confirmed"]})]


def test_a_requested_call_is_declined_with_words(house: Installation, console: FlaskClient) -> None:
    call = pending(house)
    assert act(console, f"calls/{call.id}/decline", reason="I am in court", back="today") == (
        303,
        "/console?said=call_declined",
    )
    assert row(house, call, "state, reason") == ("declined", "I am in court")
    assert trail(house) == [("call_declined", {"state": ["pending", "declined"]})]


def test_payment_confirms_what_waited_for_it_and_is_noted_of_what_did_not(
    house: Installation, console: FlaskClient
) -> None:
    call = pending(house)
    assert act(console, f"calls/{call.id}/paid")[0] == 303
    assert row(house, call, "state, paid_at") == ("confirmed", START)
    assert trail(house) == [("call_paid", {"state": ["pending", "confirmed"], "paid": [False, True]})]
    assert act(console, f"calls/{call.id}/paid")[0] == 303
    assert len(trail(house)) == 1


@pytest.mark.parametrize(
    ("price", "pay_url", "offered"),
    [
        ("", "", False),
        ("free", "", False),
        ("0 €", "", False),
        ("180 €", "", True),
        ("by agreement", "https://pay.advisor.test/1", True),
    ],
)
def test_only_a_call_that_costs_something_can_be_noted_as_paid(
    house: Installation, console: FlaskClient, price: str, pay_url: str, offered: bool
) -> None:
    of_type(house, price_text=price, pay_url=pay_url)
    page = opened(console, f"/console/calls/{booked(house).id}")
    assert ("Note as paid" in page.text) == offered


def test_a_call_is_moved_outside_the_hours_to_another_length_with_a_reason(
    house: Installation, console: FlaskClient
) -> None:
    of_type(house, other_minutes=[45])
    call = booked(house)
    assert act(console, f"calls/{call.id}/move", start="2026-12-08T23:00", minutes="45", reason="Court")[0] == 303
    assert row(house, call, "starts_at, ends_at, moves, reason") == (NIGHT, NIGHT.replace(minute=45), 0, "Court")
    changed = {"start": ["2026-12-08T09:00:00Z", "2026-12-08T22:00:00Z"], "minutes": [30, 45]}
    assert trail(house) == [("call_moved", changed)]


def test_a_free_time_is_chosen_by_its_chip(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    page = opened(console, f"/console/calls/{call.id}")
    chips = [str(chip["value"]) for chip in page.soup.select("form[action$='/move'] input[name=chosen]")]
    assert chips[0] == ""
    assert "2026-12-08T09:00:00Z" not in chips  # the time that it has
    assert act(console, f"calls/{call.id}/move", chosen=chips[-1], start="")[0] == 303
    assert row(house, call, "starts_at").strftime("%Y-%m-%dT%H:%M:%SZ") == chips[-1]


def test_a_counter_is_accepted_or_refused(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    proposal = countered(house, call)
    assert act(console, f"proposals/{proposal}/accept", back="today") == (303, "/console?said=proposal_accepted")
    assert row(house, call, "starts_at") == NIGHT
    assert [done for done, _ in trail(house)] == ["proposal_accepted"]
    refused = sent_to(console, f"proposals/{proposal}/refuse")
    assert (refused.status, refused.heading) == (409, "Ana Lima")
    assert "This is settled already" in refused.text
    assert "23:00–23:30" in refused.text


def test_guests_are_invited_and_uninvited(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    assert act(console, f"calls/{call.id}/guests", guests="gil@guest.test, hana@guest.test")[0] == 303
    page = opened(console, f"/console/calls/{call.id}")
    assert "gil@guest.test" in page.text
    # No answer is no news: nothing says so for ever.
    assert "answered" not in page.text
    assert "calendar" not in [term.get_text().split()[-1] for term in page.soup.select("dt")]
    [remove, _] = [str(form["action"]) for form in page.soup.select("form[action$='/remove']")]
    assert post(console, remove, page.fields(remove)).status_code == 303
    assert house.rows("SELECT email FROM booking.guest WHERE removed_at IS NULL") == [("hana@guest.test",)]
    assert trail(house) == [("guests_invited", {"guests": [0, 2]}), ("guest_removed", {"guests": [2, 1]})]
    assert "gil@" not in str(trail(house))


def test_lateness_misses_and_notes_are_said_of_a_call(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    house.clock.move(TEN - START)
    assert act(console, f"calls/{call.id}/late", minutes="5")[0] == 303
    assert act(console, f"calls/{call.id}/missed")[0] == 303
    assert row(house, call, "state") == "missed"
    page = opened(console, f"/console/calls/{call.id}?said=call_missed")
    assert page.soup.select_one(".notice.done form[action$='/came'] button") is not None
    assert act(console, f"calls/{call.id}/came")[0] == 303
    assert row(house, call, "state") == "confirmed"
    assert act(console, f"calls/{call.id}/notes", notes="Wants a price")[0] == 303
    assert row(house, call, "notes") == "Wants a price"
    assert [done for done, _ in trail(house)] == ["said_late", "call_missed", "call_held", "notes_written"]
    assert "price" not in str(trail(house))


def test_every_act_has_words_in_the_trail(house: Installation, console: FlaskClient) -> None:
    call = pending(house)
    for path, sent in (
        ("confirm", {}),
        ("guests", {"guests": "gil@guest.test"}),
        ("times", {"start": "2026-12-09T23:00"}),
        ("move", {"start": "2026-12-08T23:00"}),
        ("notes", {"notes": "A note"}),
        ("cancel", {}),
    ):
        assert act(console, f"calls/{call.id}/{path}", **sent)[0] == 303
    text = opened(console, "/console/audit").text
    for words in ("Said yes to a call", "Invited guests", "Proposed other times", "Moved a call", "Wrote notes"):
        assert words in text
    assert not [act for act, _ in trail(house) if act in text]


def test_what_is_wrong_is_said_beside_its_field_with_what_was_typed(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    by_ben(house, ELEVEN)
    page = sent_to(console, f"calls/{call.id}/move", start="2026-12-08T11:00", reason="Court")
    assert page.status == 409
    assert page.wrong("start").startswith("Tue 8 Dec, 11:00 is taken. Nearest free: Tue 8 Dec, ")
    form = page.fields(f"/console/calls/{call.id}/move")
    assert (form["start"], form["reason"]) == ("2026-12-08T11:00", "Court")
    assert page.soup.select_one("details[open] form[action$='/move']") is not None
    assert len(page.soup.select("details[open]")) == 1


def test_times_that_cannot_be_proposed_stay_in_their_fields(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    typed = ["2026-12-08T23:00", "2026-12-01T10:00"]
    page = sent_to(console, f"calls/{call.id}/times", start=typed, message="Does one suit?")
    assert page.status == 422
    assert "This time has passed." in page.text
    kept = [str(field["value"]) for field in page.soup.select("form[action$='/times'] input[type=datetime-local]")]
    assert kept[:2] == typed
    assert page.fields(f"/console/calls/{call.id}/times")["message"] == "Does one suit?"


def test_two_times_at_once_are_no_time(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    before = stored(house)
    sent = {"chosen": "2026-12-08T10:00:00Z", "start": "2026-12-08T23:00"}
    page = sent_to(console, f"calls/{call.id}/move", **sent)
    assert page.status == 422
    assert page.wrong("start").startswith("Two times are given")
    assert stored(house) == before


def test_of_two_consoles_the_second_is_shown_what_the_first_has_done(house: Installation) -> None:
    call = pending(house)
    first, second = signed_in(house), signed_in(house)
    shown = opened(second, f"/console/calls/{call.id}").fields(f"/console/calls/{call.id}/decline")
    assert act(first, f"calls/{call.id}/confirm")[0] == 303
    before = stored(house)
    page = Page(post(second, f"/console/calls/{call.id}/decline", {**shown, "reason": "Not now"}))
    assert page.status == 409
    assert "This is how it stands now." in page.text
    assert "· booked" in page.text
    assert "Confirmed; the invitation went out" in page.text
    assert page.soup.select("form[action$='/confirm']") == []
    assert stored(house) == before


@pytest.mark.parametrize("state", [CallState.CANCELLED, CallState.DECLINED, CallState.LAPSED, CallState.COMPLETED])
def test_what_is_over_takes_no_act_and_shows_none(house: Installation, console: FlaskClient, state: CallState) -> None:
    call = in_state(house, state)
    before = stored(house)
    for path, sent in (
        ("confirm", {}),
        ("move", {"start": "2026-12-08T23:00"}),
        ("times", {"start": "2026-12-08T23:00"}),
        ("guests", {"guests": "gil@guest.test"}),
        ("late", {"minutes": "5"}),
    ):
        assert act(console, f"calls/{call.id}/{path}", **sent)[0] == 409, path
        assert opened(console, f"/console/calls/{call.id}").soup.select(f"form[action$='/{path}']") == []
    assert stored(house) == before


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("times", {"start": "soon"}, 422),
        ("times", {"start": "2026-03-29T02:30"}, 422),  # does not exist in Berlin
        ("times", {"start": [f"2026-12-08T{hour}:00" for hour in range(10, 22)]}, 422),
        ("times", {}, 422),
        ("times", {"start": "2026-12-08T12:00"}, 409),  # taken
        ("times", {"start": "2026-12-08T23:00", "message": "x" * 1001}, 422),
        ("times", {"start": "2026-12-01T10:00"}, 422),  # has passed
        ("times", {"start": "0001-01-01T00:00"}, 422),
        ("times", {"start": "2026-12-08"}, 422),
        ("times", {"start": "９999-12-31T23:59"}, 422),
        ("times", {"start": ["\0"] * 50}, 422),
        ("move", {"start": ""}, 422),
        ("move", {"start": "9999-12-31T23:59"}, 422),
        ("move", {"start": "2027-10-31T02:30"}, 422),  # comes twice in Berlin
        ("move", {"chosen": "x" * 10_000}, 422),
        ("move", {"start": "2026-12-08T23:00", "reason": "a\0b"}, 422),
        ("guests", {"guests": "nobody"}, 422),
        ("guests", {"guests": ""}, 422),
        ("guests", {"guests": "ana@reader.test"}, 422),
        ("decline", {}, 409),
        ("decline", {"reason": "x" * 1001}, 422),
        ("cancel", {"reason": "x" * 1001}, 422),
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
        *(f"calls/{{}}/{act}" for act in ("times", "move", "late", "missed", "came", "notes", "confirm", "paid")),
        *(f"calls/{{}}/{act}" for act in ("decline", "cancel", "guests", f"guests/{NOBODY}/remove")),
        *("asks/{}/times", "proposals/{}/accept", "proposals/{}/refuse"),
    ],
)
def test_what_is_not_there_is_not_found(quiet_house: Installation, path: str) -> None:
    sent = {"start": "2026-12-08T23:00", "minutes": "5", "call_type": "intro", "guests": "gil@guest.test"}
    assert act(signed_in(quiet_house), path.format(NOBODY), **sent)[0] == 404
