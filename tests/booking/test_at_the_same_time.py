"""Booking, moving and cancelling at the same time. The constraint decides, and nobody waits for long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.booking.domain.errors import SlotTaken
from services.booking.usecases.ask import ask_by_contact
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call, move_call
from tests.booking.crowd import (
    CROWD,
    ELEVEN,
    TEN,
    Sessions,
    at_once,
    book,
    require_sound,
    sessions,
    set_type,
    states,
)
from tests.booking.programs import A_CALL
from tests.browsing import an_address
from tests.builders import a_booking, a_question
from tests.installation import START, Installation

__all__ = ["sessions"]

BY_PROSPECT = Change("prospect")


def test_of_fifty_who_want_one_time_one_gets_it(house: Installation, sessions: Sessions) -> None:
    results = at_once(lambda number: book(sessions, TEN, number).state)
    assert results == {"confirmed": 1, "SlotTaken": CROWD - 1}
    assert states(house) == {"confirmed": 1}
    assert house.rows("SELECT count(*) FROM booking.message WHERE kind = 'call_booked'") == [(2,)]
    assert house.rows("SELECT count(*) FROM nurture.inbox WHERE name LIKE '%call_booked%'") == [(1,)]
    require_sound(house)


def test_of_fifty_whose_calls_overlap_no_two_do_in_the_end(house: Installation, sessions: Sessions) -> None:
    """Two call types, one with buffers, two lengths of each. The longest leaves room for another in four hours."""
    set_type(house, "intro", other_minutes=[60], interval_minutes=15)
    set_type(house, "strategy", other_minutes=[90], interval_minutes=15)

    def act(number: int) -> str:
        slug, minutes = (("intro", 30), ("intro", 60), ("strategy", 45), ("strategy", 90))[number % 4]
        start = TEN + timedelta(minutes=15 * (number % 17))
        return book(sessions, start, number, call_type=slug, minutes=minutes).state

    results = at_once(act)
    assert set(results) == {"confirmed", "SlotTaken"}
    assert states(house) == {"confirmed": results["confirmed"]}
    assert results["confirmed"] >= 2
    require_sound(house)


def test_moving_and_booking_meet_at_one_time_and_one_of_them_gets_it(house: Installation, sessions: Sessions) -> None:
    days = [TEN + timedelta(days=1 + number // 12, minutes=30 * (number % 12)) for number in range(CROWD // 2)]
    calls = [book(sessions, start, 100 + number) for number, start in enumerate(days)]

    def act(number: int) -> str:
        if number % 2:
            return book(sessions, TEN, number).state
        with sessions.begin() as session:
            return move_call(session, calls[number // 2].token, TEN, BY_PROSPECT, now=START).state

    results = at_once(act)
    assert results == {"confirmed": 1, "SlotTaken": CROWD - 1}
    assert house.rows("SELECT count(*) FROM booking.call WHERE starts_at = :at", at=TEN) == [(1,)]
    require_sound(house)


def test_calls_that_move_and_calls_of_other_lengths_never_overlap(house: Installation, sessions: Sessions) -> None:
    """Two call types, one with buffers, and two lengths of each: half of the fifty move there, half are new."""
    set_type(house, "intro", other_minutes=[60], interval_minutes=15)
    set_type(house, "strategy", other_minutes=[90], interval_minutes=15)
    kinds, morning = (("intro", 30), ("intro", 60), ("strategy", 45), ("strategy", 90)), TEN + timedelta(hours=6)
    calls = [
        book(sessions, morning + timedelta(days=1, hours=2 * number), 100 + number, call_type=slug, by_advisor=True)
        for number in range(CROWD // 2)
        for slug, _ in (kinds[number % 4],)
    ]

    def act(number: int) -> str:
        (slug, minutes), start = kinds[number // 2 % 4], TEN + timedelta(minutes=15 * (number % 17))
        if number % 2:
            return book(sessions, start, number, call_type=slug, minutes=minutes).state
        with sessions.begin() as session:
            change = Change("prospect", minutes=minutes)
            return move_call(session, calls[number // 2].token, start, change, now=START).state

    results = at_once(act)
    assert set(results) == {"confirmed", "SlotTaken"}
    there = house.rows("SELECT count(*) FROM booking.call WHERE starts_at < :later", later=morning)
    assert there == [(results["confirmed"],)]
    assert results["confirmed"] >= 2
    require_sound(house)


def test_two_calls_that_trade_places_do_not_lock_each_other_up(house: Installation, sessions: Sessions) -> None:
    one, other = book(sessions, TEN, 1), book(sessions, ELEVEN, 2)

    def act(number: int) -> str:
        call, start = ((one, ELEVEN), (other, TEN))[number % 2]
        with sessions.begin() as session:
            return move_call(session, call.token, start, BY_PROSPECT, now=START).state

    assert at_once(act) == {"SlotTaken": CROWD}
    require_sound(house)


def test_a_cancelled_time_goes_to_one_of_those_who_wait_for_it(house: Installation, sessions: Sessions) -> None:
    held = book(sessions, TEN, 100)

    def act(number: int) -> str:
        if number == 0:
            with sessions.begin() as session:
                return cancel_call(session, held.token, BY_PROSPECT, now=START).state
        while True:
            try:
                return book(sessions, TEN, number).state
            except SlotTaken:
                if states(house) == {"cancelled": 1, "confirmed": 1}:
                    raise

    assert at_once(act, 10) == {"cancelled": 1, "confirmed": 1, "SlotTaken": 8}
    require_sound(house)


def test_moving_and_cancelling_one_call_at_once_leave_one_state(house: Installation, sessions: Sessions) -> None:
    call = book(sessions)

    def act(number: int) -> str:
        with sessions.begin() as session:
            if number % 2:
                return cancel_call(session, call.token, BY_PROSPECT, now=START).state
            return move_call(session, call.token, ELEVEN, BY_PROSPECT, now=START).state

    results = at_once(act)
    assert results["cancelled"] == CROWD // 2
    assert set(results) <= {"cancelled", "confirmed", "AlreadyCancelled"}
    [(state, sequence)] = house.rows("SELECT state, sequence FROM booking.call")
    assert (state, sequence) in [("cancelled", 1), ("cancelled", 2)]
    require_sound(house)
    house.work()
    told = house.rows("SELECT kind, recipient FROM booking.message WHERE state = 'accepted'")
    assert told == [("call_cancelled", call.email)]  # nothing older; the advisor had not heard of it yet


def test_fifty_clicks_on_one_form_are_one_booking_and_one_ask(house: Installation, sessions: Sessions) -> None:
    def click(number: int) -> object:
        with sessions.begin() as session:
            if number % 2:
                return book_call(session, a_booking(TEN, form_key="k" * 22), uid_domain="x.test", now=START).id
            return ask_by_contact(session, a_question(form_key="k" * 22), now=START).id

    assert sorted(at_once(click).values()) == [25, 25]
    assert house.rows("SELECT (SELECT count(*) FROM booking.call), (SELECT count(*) FROM booking.ask)") == [(1, 1)]
    require_sound(house)


def test_fifty_calls_of_one_person_are_as_many_as_one_may_have(house: Installation, sessions: Sessions) -> None:
    set_type(house, most_open=2)

    def act(number: int) -> str:
        start = TEN + timedelta(days=number // 13, minutes=30 * (number % 13))
        return book(sessions, start, visitor=a_booking(TEN).visitor).state

    assert at_once(act) == {"confirmed": 2, "OpenCallExists": CROWD - 2}
    require_sound(house)


@pytest.mark.parametrize(
    ("per", "unit", "most", "taken"),
    [("day", "calls", 3, 3), ("week", "minutes", 100, 3), ("month", "minutes", 30, 1)],
)
def test_of_fifty_who_want_other_times_of_a_period_as_many_get_one_as_it_allows(
    house: Installation, sessions: Sessions, per: str, unit: str, most: int, taken: int
) -> None:
    """No constraint knows of limits: they are counted while all others wait."""
    house.run(
        "INSERT INTO booking.call_limit (advisor_id, per, unit, most)"
        " SELECT id, :per, :unit, :most FROM booking.advisor",
        per=per,
        unit=unit,
        most=most,
    )
    results = at_once(lambda number: book(sessions, TEN + timedelta(minutes=30 * (number % 13)), number).state)
    assert results == {"confirmed": taken, "SlotTaken": CROWD - taken}
    require_sound(house)


def test_fifty_posts_for_one_time_are_one_booking_and_the_rest_hear_of_free_ones(house: Installation) -> None:
    browsers = [house.browser() for _ in range(CROWD)]
    answers = []

    def post(number: int) -> int:
        body = A_CALL | {"email": f"ana{number}@reader.test"}
        answer = browsers[number].post("/api/v1/bookings", json=body, environ_base={"REMOTE_ADDR": an_address()})
        answers.append((answer.status_code, answer.get_json()))
        return answer.status_code

    assert at_once(post) == {"201": 1, "409": CROWD - 1}
    assert all(len(body["nearest"]) == 3 for status, body in answers if status == 409)
    require_sound(house)
