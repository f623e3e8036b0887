"""Calls that wait for a yes, or for an address to answer, at the same time as others who want their time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.booking.domain.errors import SlotTaken
from services.booking.models import Call
from services.booking.usecases.confirm import confirm_call, decline_call, lapse_call
from services.booking.usecases.verify import verify_address
from shared.clock import machine_now
from tests.booking.crowd import CROWD, TEN, Sessions, at_once, book, require_sound, sessions, set_type, states
from tests.installation import START, Installation

__all__ = ["sessions"]


@pytest.fixture
def requests(house: Installation) -> list[Call]:
    """Fifty calls that wait for a yes, all at one time, which none of them keeps."""
    set_type(house, confirmation="always", pending_blocks=False)
    return [book(house.booking.sessions, TEN, number) for number in range(CROWD)]


def confirm(sessions: Sessions, call: Call) -> str:
    with sessions.begin() as session:
        return confirm_call(session, call.id, now=START).state


def test_of_fifty_requests_for_one_time_one_can_be_confirmed(
    house: Installation, sessions: Sessions, requests: list[Call]
) -> None:
    assert at_once(lambda number: confirm(sessions, requests[number])) == {"confirmed": 1, "SlotTaken": CROWD - 1}
    assert states(house) == {"confirmed": 1, "pending": CROWD - 1}
    require_sound(house)


def test_requests_of_overlapping_lengths_are_not_confirmed_over_each_other(
    house: Installation, sessions: Sessions
) -> None:
    for slug in ("intro", "strategy"):
        set_type(house, slug, confirmation="always", pending_blocks=False, interval_minutes=15, other_minutes=[60])
    calls = [
        book(
            sessions,
            TEN + timedelta(minutes=15 * (number % 17)),
            number,
            call_type=("intro", "strategy")[number % 2],
            minutes=(60, None)[number % 3 == 0],
        )
        for number in range(CROWD)
    ]
    results = at_once(lambda number: confirm(sessions, calls[number]))
    assert set(results) == {"confirmed", "SlotTaken"}
    assert states(house)["confirmed"] == results["confirmed"] >= 2
    require_sound(house)


def test_fifty_who_confirm_one_call_confirm_it_once(house: Installation, sessions: Sessions) -> None:
    set_type(house, confirmation="always")
    call = book(sessions)
    assert at_once(lambda _: confirm(sessions, call)) == {"confirmed": CROWD}
    assert house.rows("SELECT count(*) FROM nurture.inbox WHERE name LIKE '%call_booked%'") == [(1,)]
    require_sound(house)


def test_confirming_and_booking_meet_at_one_time_and_one_of_them_gets_it(
    house: Installation, sessions: Sessions, requests: list[Call]
) -> None:
    set_type(house, confirmation="none")

    def act(number: int) -> str:
        return confirm(sessions, requests[number]) if number % 2 else book(sessions, TEN, 100 + number).state

    assert at_once(act) == {"confirmed": 1, "SlotTaken": CROWD - 1}
    require_sound(house)


def test_a_yes_and_a_no_at_once_leave_one_of_them(house: Installation, sessions: Sessions) -> None:
    set_type(house, confirmation="always")
    call = book(sessions)

    def act(number: int) -> str:
        if number % 2:
            return confirm(sessions, call)
        with sessions.begin() as session:
            return decline_call(session, call.id, "", now=START).state

    results = at_once(act)
    assert results in (
        {"confirmed": CROWD // 2, "NotOpen": CROWD // 2},
        {"declined": CROWD // 2, "NotOpen": CROWD // 2},
    )
    require_sound(house)


def test_a_yes_while_unanswered_calls_lapse_leaves_one_state(house: Installation, sessions: Sessions) -> None:
    """At their start: the advisor says yes in the very moment in which two sweeps end them."""
    set_type(house, confirmation="always")
    calls = [
        book(sessions, TEN + timedelta(days=number // 13, minutes=30 * (number % 13)), number)
        for number in range(CROWD)
    ]
    at = max(call.starts_at for call in calls)

    def act(number: int) -> str:
        return sweep() if number % 25 == 0 else confirm(sessions, calls[number])

    def sweep() -> str:
        while True:
            with sessions.begin() as session:
                if not lapse_call(session, now=at, machine=machine_now()):
                    return "swept"

    results = at_once(act)
    assert results["swept"] == 2
    assert results["confirmed"] + results["NotOpen"] == CROWD - 2
    assert states(house)["confirmed"] == results["confirmed"]
    assert states(house)["lapsed"] >= results["NotOpen"]
    require_sound(house)


def test_an_address_that_answers_late_and_a_booking_do_not_both_get_the_time(
    house: Installation, sessions: Sessions
) -> None:
    set_type(house, verify_email=True)
    late = book(sessions, TEN, 100)
    past = machine_now() - timedelta(seconds=1)
    house.run("UPDATE booking.call SET verify_by = :past", past=past)
    house.run("UPDATE booking.claim SET expires_at = :past", past=past)
    set_type(house, verify_email=False)

    def act(number: int) -> str:
        if number % 2:
            with sessions.begin() as session:
                assert late.verify_token is not None
                return verify_address(session, late.verify_token, now=START).state
        return book(sessions, TEN, number).state

    results = at_once(act)
    assert results in (
        {"confirmed": 1, "SlotTaken": CROWD - 1},
        {"confirmed": CROWD // 2, "SlotTaken": CROWD // 2},
    )
    assert states(house)["confirmed"] == 1
    require_sound(house)


def test_fifty_openings_of_one_link_verify_an_address_once(house: Installation, sessions: Sessions) -> None:
    set_type(house, verify_email=True)
    call = book(sessions)

    def act(_: int) -> str:
        with sessions.begin() as session:
            assert call.verify_token is not None
            return verify_address(session, call.verify_token, now=START).state

    assert at_once(act) == {"confirmed": CROWD}
    assert house.rows("SELECT count(*) FROM nurture.inbox WHERE name LIKE '%call_booked%'") == [(1,)]
    require_sound(house)


def test_a_request_that_keeps_its_time_refuses_all_others(house: Installation, sessions: Sessions) -> None:
    set_type(house, confirmation="always")
    assert at_once(lambda number: book(sessions, TEN, number).state) == {"pending": 1, "SlotTaken": CROWD - 1}
    with pytest.raises(SlotTaken):
        book(sessions, TEN, 100)
    require_sound(house)
