"""Holds at the same time: against each other, against bookings, and when their time is up."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from services.booking.domain.errors import SlotTaken
from services.booking.usecases.availability import offer_of
from services.booking.usecases.change import Change, move_call
from services.booking.usecases.hold import hold_time, let_go
from tests.booking.crowd import CROWD, ELEVEN, TEN, Sessions, at_once, book, require_sound, sessions, set_type, states
from tests.installation import START, Installation

__all__ = ["sessions"]


def hold(sessions: Sessions, number: int, minutes: int = 0, seconds: float = 300) -> str:
    with sessions.begin() as session:
        offer, start = offer_of(session, "intro"), TEN + timedelta(minutes=minutes)
        hold_time(session, offer, start, holder=f"visitor {number}", seconds=seconds, now=START)
    return "held"


def holds(house: Installation) -> int:
    count: int = house.rows("SELECT count(*) FROM booking.claim WHERE kind = 'hold' AND active")[0][0]
    return count


def a_raw_hold(house: Installation, minutes: int, ends: str) -> None:
    """A hold of half an hour, written past every rule."""
    house.run(
        "INSERT INTO booking.claim (advisor_id, during, kind, holder, expires_at)"
        " SELECT id, tstzrange(:start, :end), 'hold', gen_random_uuid(), now() + CAST(:ends AS interval)"
        " FROM booking.advisor",
        start=TEN + timedelta(minutes=minutes),
        end=TEN + timedelta(minutes=minutes + 30),
        ends=ends,
    )


def test_of_fifty_who_hold_one_time_one_keeps_it(house: Installation, sessions: Sessions) -> None:
    assert at_once(lambda number: hold(sessions, number)) == {"held": 1, "SlotTaken": CROWD - 1}
    assert holds(house) == 1
    require_sound(house)


def test_one_visitor_in_fifty_windows_holds_one_time(house: Installation, sessions: Sessions) -> None:
    assert at_once(lambda number: hold(sessions, 1, 30 * (number % 10))) == {"held": CROWD}
    assert holds(house) == 1
    require_sound(house)


def test_holding_and_booking_meet_at_one_time_and_one_of_them_gets_it(house: Installation, sessions: Sessions) -> None:
    def act(number: int) -> str:
        return hold(sessions, number) if number % 2 else book(sessions, TEN, number).state

    results = at_once(act)
    assert results in ({"confirmed": 1, "SlotTaken": CROWD - 1}, {"held": 1, "SlotTaken": CROWD - 1})
    assert holds(house) + states(house)["confirmed"] == 1
    require_sound(house)


def test_whoever_holds_a_time_gets_it_before_forty_nine_others(house: Installation, sessions: Sessions) -> None:
    hold(sessions, 7)

    def act(number: int) -> str:
        return book(sessions, TEN, number, holder=f"visitor {number}").state

    assert at_once(act) == {"confirmed": 1, "SlotTaken": CROWD - 1}
    assert house.rows("SELECT email FROM booking.call") == [("ana7@reader.test",)]
    assert holds(house) == 0
    require_sound(house)


def test_fifty_bookings_of_whoever_holds_the_time_are_one(house: Installation, sessions: Sessions) -> None:
    hold(sessions, 1)
    results = at_once(lambda number: book(sessions, TEN, number, holder="visitor 1").state)
    assert results == {"confirmed": 1, "SlotTaken": CROWD - 1}
    require_sound(house)


def test_a_hold_that_is_over_goes_to_one_of_fifty_who_book_or_hold(house: Installation, sessions: Sessions) -> None:
    a_raw_hold(house, 0, "-1 second")

    def act(number: int) -> str:
        return hold(sessions, number) if number % 2 else book(sessions, TEN, number).state

    results = at_once(act)
    assert results["confirmed"] + results["held"] == 1
    assert results["SlotTaken"] == CROWD - 1
    require_sound(house)


def test_holds_that_are_over_give_way_to_calls_and_holds_of_which_no_two_overlap(
    house: Installation, sessions: Sessions
) -> None:
    """Lengths and buffers of all sorts, over three holds side by side whose time is up."""
    set_type(house, "intro", other_minutes=[60], interval_minutes=15)
    set_type(house, "strategy", other_minutes=[90], interval_minutes=15)
    for minutes in (0, 30, 60):
        a_raw_hold(house, minutes, "-1 second")

    def act(number: int) -> str:
        # Four hours: the longest keeps the others off for two, before and after it.
        minutes = 15 * (number % 17) - 15
        if number % 2:
            return hold(sessions, number, minutes)
        slug, length = (("intro", 60), ("strategy", 45), ("strategy", 90))[number % 3]
        return book(sessions, TEN + timedelta(minutes=minutes), number, call_type=slug, minutes=length).state

    results = at_once(act)
    assert set(results) <= {"held", "confirmed", "SlotTaken"}
    assert results["SlotTaken"] > 0
    assert states(house)["confirmed"] == results["confirmed"]
    live = "SELECT count(*) FROM booking.claim WHERE kind = 'hold' AND active AND holder LIKE 'visitor%'"
    assert house.rows(live) == [(results["held"],)]
    assert results["held"] + results["confirmed"] >= 2
    require_sound(house)


def test_a_hold_that_ends_meanwhile_goes_to_exactly_one(house: Installation, sessions: Sessions) -> None:
    """Its time is up while the fifty are at the door: before that all are refused, after it one gets the time."""
    hold(sessions, 100, seconds=0.3)

    def act(number: int) -> str:
        while True:
            try:
                return book(sessions, TEN, number).state
            except SlotTaken:
                if states(house):
                    raise

    assert at_once(act, 10) == {"confirmed": 1, "SlotTaken": 9}
    require_sound(house)


def test_renewing_a_hold_that_is_over_and_booking_its_time_do_not_both_work(
    house: Installation, sessions: Sessions
) -> None:
    hold(sessions, 1, seconds=0.001)

    def act(number: int) -> str:
        return hold(sessions, 1) if number % 2 else book(sessions, TEN, number).state

    results = at_once(act)
    assert results in (
        {"confirmed": 1, "SlotTaken": CROWD - 1},
        {"held": CROWD // 2, "SlotTaken": CROWD // 2},
    )
    require_sound(house)


def test_letting_go_while_others_book_locks_nobody_up(house: Installation, sessions: Sessions) -> None:
    hold(sessions, 1)

    def act(number: int) -> str:
        if number % 2:
            with sessions.begin() as session:
                let_go(session, "visitor 1")
            return "gone"
        while True:
            try:
                return book(sessions, TEN, number).state
            except SlotTaken:
                if states(house):
                    raise

    assert at_once(act, 20) == {"gone": 10, "confirmed": 1, "SlotTaken": 9}
    require_sound(house)


@pytest.mark.parametrize("minutes", [0, 20, -20])
def test_a_hold_that_is_over_gives_way_and_one_that_lives_does_not(house: Installation, minutes: int) -> None:
    a_raw_hold(house, minutes, "-1 second")
    assert book(house.booking.sessions).state == "confirmed"
    a_raw_hold(house, 24 * 60 + minutes, "5 minutes")
    with pytest.raises(SlotTaken):
        book(house.booking.sessions, TEN + timedelta(days=1), 2)


def test_a_call_moves_over_a_hold_that_is_over(house: Installation) -> None:
    call = book(house.booking.sessions)
    a_raw_hold(house, 60, "-1 second")
    with house.booking.sessions.begin() as session:
        assert move_call(session, call.token, ELEVEN, Change("prospect"), now=START).starts_at == ELEVEN


def test_the_constraint_alone_refuses_an_overlap_and_lets_calls_touch(house: Installation) -> None:
    a_raw_hold(house, 0, "5 minutes")
    a_raw_hold(house, 30, "5 minutes")
    with pytest.raises(IntegrityError) as refused:
        a_raw_hold(house, 29, "5 minutes")
    assert isinstance(refused.value.orig, psycopg.errors.ExclusionViolation)
    house.run("UPDATE booking.claim SET active = false")
    a_raw_hold(house, 29, "5 minutes")
