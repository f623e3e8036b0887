"""What several may have, but only so many: seats and the uses of a link, all wanted at the same time."""

from __future__ import annotations

from datetime import timedelta

from services.booking.models import Call
from services.booking.usecases.ask import answer_ask, ask_for_mentorship
from services.booking.usecases.availability import offer_of
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.choose import choose_time
from services.booking.usecases.confirm import lapse_call
from services.booking.usecases.links import make_link, revoke_link
from services.booking.usecases.propose import offer_times
from shared.clock import machine_now
from tests.booking.crowd import CROWD, ELEVEN, TEN, Sessions, at_once, book, require_sound, sessions, set_type, states
from tests.builders import a_visitor, a_wish_for_mentorship
from tests.installation import START, Installation

__all__ = ["sessions"]

SEATS = 7


def cancel(sessions: Sessions, call: Call) -> str:
    with sessions.begin() as session:
        return cancel_call(session, call.token, Change("advisor"), now=START).state


def a_link(sessions: Sessions, most_uses: int) -> str:
    with sessions.begin() as session:
        of_type = offer_of(session, "intro").call_type.id
        return make_link(session, of_type, label="", most_uses=most_uses, expires_at=None, now=START).token


def test_fifty_who_want_seven_seats_take_seven(house: Installation, sessions: Sessions) -> None:
    """Nobody sits there yet: the first seats meet, too."""
    set_type(house, seats=SEATS)
    results = at_once(lambda number: book(sessions, TEN, number).state)
    assert results == {"confirmed": SEATS, "SlotTaken": CROWD - SEATS}
    assert house.rows("SELECT taken FROM booking.group_call") == [(SEATS,)]
    require_sound(house)


def test_fifty_who_want_the_last_seat_take_one(house: Installation, sessions: Sessions) -> None:
    set_type(house, seats=SEATS)
    for number in range(SEATS - 1):
        book(sessions, TEN, 100 + number)
    assert at_once(lambda number: book(sessions, TEN, number).state) == {"confirmed": 1, "SlotTaken": CROWD - 1}
    require_sound(house)


def test_first_seats_of_two_group_calls_that_overlap_make_one_of_them(house: Installation, sessions: Sessions) -> None:
    for slug in ("intro", "strategy"):
        set_type(house, slug, seats=CROWD, interval_minutes=15)

    def act(number: int) -> str:
        slug, start = (("intro", TEN), ("strategy", TEN + timedelta(minutes=15)))[number % 2]
        return book(sessions, start, number, call_type=slug).state

    results = at_once(act)
    assert results == {"confirmed": CROWD // 2, "SlotTaken": CROWD // 2}
    assert house.rows("SELECT count(*), max(taken) FROM booking.group_call") == [(1, CROWD // 2)]
    require_sound(house)


def test_a_seat_and_a_call_of_ones_own_meet_at_one_time(house: Installation, sessions: Sessions) -> None:
    set_type(house, "intro", seats=CROWD)

    def act(number: int) -> str:
        return book(sessions, TEN, number, call_type=("intro", "strategy")[number % 2]).state

    results = at_once(act)
    assert results in (
        {"confirmed": CROWD // 2, "SlotTaken": CROWD // 2},
        {"confirmed": 1, "SlotTaken": CROWD - 1},
    )
    require_sound(house)


def test_seats_that_move_and_seats_that_are_booked_are_no_more_than_there_are(
    house: Installation, sessions: Sessions
) -> None:
    """Half of the fifty sit elsewhere, where there is room for all of them, until they get one of the seven."""
    set_type(house, seats=SEATS)
    book(sessions, TEN, 200)
    set_type(house, seats=CROWD)
    calls = [book(sessions, TEN + timedelta(days=1), 100 + number) for number in range(CROWD // 2)]

    def act(number: int) -> str:
        if number % 2:
            return book(sessions, TEN, number).state
        with sessions.begin() as session:
            return move_call(session, calls[number // 2].token, TEN, Change("prospect"), now=START).state

    assert at_once(act) == {"confirmed": SEATS - 1, "SlotTaken": CROWD - SEATS + 1}
    seats = house.rows("SELECT count(*) FROM booking.call WHERE starts_at = :at", at=TEN)
    assert seats == house.rows("SELECT taken FROM booking.group_call WHERE starts_at = :at", at=TEN) == [(SEATS,)]
    require_sound(house)


def test_one_person_fifty_times_takes_one_seat(house: Installation, sessions: Sessions) -> None:
    set_type(house, seats=SEATS)
    ana = a_visitor()
    assert at_once(lambda _: book(sessions, visitor=ana).state) == {"confirmed": 1, "OpenCallExists": CROWD - 1}
    require_sound(house)


def test_seats_given_back_go_to_those_who_wait_and_to_no_more(house: Installation, sessions: Sessions) -> None:
    set_type(house, seats=SEATS)
    calls = [book(sessions, TEN, 100 + number) for number in range(SEATS)]

    def act(number: int) -> str:
        return cancel(sessions, calls[number]) if number < SEATS else book(sessions, TEN, number).state

    results = at_once(act)
    assert results["cancelled"] == SEATS
    assert results["confirmed"] <= SEATS
    assert results["confirmed"] + results["SlotTaken"] == CROWD - SEATS
    assert states(house)["confirmed"] == results["confirmed"]
    require_sound(house)


def test_the_last_seat_given_back_and_a_new_one_leave_a_call_or_none(house: Installation, sessions: Sessions) -> None:
    set_type(house, seats=SEATS)
    only = book(sessions, TEN, 100)

    def act(number: int) -> str:
        return cancel(sessions, only) if number % 10 == 0 else book(sessions, TEN, number).state

    results = at_once(act)
    assert results["cancelled"] == CROWD // 10
    assert results["confirmed"] in (SEATS - 1, SEATS)
    require_sound(house)


def test_a_link_for_one_use_is_used_once_by_fifty(house: Installation, sessions: Sessions) -> None:
    set_type(house, access="link")
    link = a_link(sessions, most_uses=1)

    def act(number: int) -> str:
        return book(sessions, TEN + timedelta(minutes=30 * (number % 10)), number, link=link).state

    results = at_once(act)
    assert results["confirmed"] == 1
    assert set(results) <= {"confirmed", "LinkSpent", "SlotTaken"}
    require_sound(house)


def test_a_link_for_seven_uses_is_used_seven_times_by_fifty(house: Installation, sessions: Sessions) -> None:
    link = a_link(sessions, most_uses=7)

    def act(number: int) -> str:
        start = TEN + timedelta(days=number // 13, minutes=30 * (number % 13))
        return book(sessions, start, number, link=link).state

    assert at_once(act) == {"confirmed": 7, "LinkSpent": CROWD - 7}
    require_sound(house)


def test_using_a_link_and_giving_its_use_back_lock_nobody_up(house: Installation, sessions: Sessions) -> None:
    """Who cancels has the advisor's row before the link's; who books must take them in the same order."""
    link = a_link(sessions, most_uses=10)
    calls = [book(sessions, TEN + timedelta(minutes=30 * n), 100 + n, link=link) for n in range(10)]

    def act(number: int) -> str:
        if number < 10:
            return cancel(sessions, calls[number])
        start = TEN + timedelta(days=1 + number // 13, minutes=30 * (number % 13))
        return book(sessions, start.replace(day=9 + number % 3), number, link=link).state

    results = at_once(act)
    assert results["cancelled"] == 10
    assert set(results) <= {"cancelled", "confirmed", "LinkSpent", "SlotTaken"}
    assert results["confirmed"] <= 10
    require_sound(house)


def test_a_use_that_lapses_with_its_time_and_a_booking_of_both_lock_nobody_up(
    house: Installation, sessions: Sessions
) -> None:
    set_type(house, verify_email=True)
    link, later = a_link(sessions, most_uses=CROWD), machine_now() + timedelta(hours=1)
    calls = [book(sessions, TEN + timedelta(minutes=30 * n), 100 + n, link=link) for n in range(10)]

    def act(number: int) -> str:
        if number < 10:
            with sessions.begin() as session:
                return str(lapse_call(session, now=START, machine=later))
        return book(sessions, calls[number % 10].starts_at, number, link=link).state

    results = at_once(act)
    assert set(results) <= {"True", "unverified", "SlotTaken"}
    assert results["True"] == 10
    require_sound(house)


def test_an_invitation_that_is_booked_with_and_times_that_are_offered_and_chosen_for_it_lock_nobody_up(
    house: Installation, sessions: Sessions
) -> None:
    """One accepted request, by every way that leads from it to a call: one of them does."""
    with sessions.begin() as session:
        ask = ask_for_mentorship(session, a_wish_for_mentorship(), now=START)
        answer_ask(session, ask.id, "accepted", now=START)
        ask_id, invitation = ask.id, ask.token
    with sessions.begin() as session:
        proposal = offer_times(session, ask_id, "session", [TEN, ELEVEN], "", now=START).token

    def act(number: int) -> str:
        if number % 5 == 0:
            with sessions.begin() as session:
                return f"offered {offer_times(session, ask_id, 'session', [ELEVEN], '', now=START).state}"
        if number % 5 == 1:
            with sessions.begin() as session:
                return choose_time(session, proposal, ELEVEN, uid_domain="firstcall.test", now=START).state
        # The same person in many windows; who asked is who may book.
        who = {"visitor": a_visitor(), "invitation": invitation, "holder": f"visitor {number}"}
        return book(sessions, TEN + timedelta(hours=number % 4), number, call_type="session", **who).state

    results = at_once(act)
    assert set(results) <= {"confirmed", "offered open", "InvitationUsed", "NotOpen", "SlotTaken"}
    assert results["confirmed"] >= 1
    assert house.rows("SELECT count(*) FROM booking.call WHERE state = 'confirmed'") == [(1,)]
    require_sound(house)


def test_revoking_a_link_while_it_is_used_lets_no_later_one_by(house: Installation, sessions: Sessions) -> None:
    token = a_link(sessions, most_uses=CROWD)
    [(link,)] = house.rows("SELECT id FROM booking.private_link")

    def act(number: int) -> str:
        if number == 0:
            with sessions.begin() as session:
                revoke_link(session, link, now=START)
            return "revoked"
        start = TEN + timedelta(days=number // 13, minutes=30 * (number % 13))
        return book(sessions, start, number, link=token).state

    results = at_once(act)
    assert results["revoked"] == 1
    assert set(results) <= {"revoked", "confirmed", "LinkSpent"}
    require_sound(house)
