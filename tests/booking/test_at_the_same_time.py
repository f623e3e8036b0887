"""Many at once: real threads, each with a connection of its own. The constraint decides, nobody waits for long.

Machine time is asserted far above what is measured (the whole of a rush takes less than a second), because the tests
share their machine; `bench/` holds the real limits.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from services.booking.domain.errors import SlotTaken
from services.booking.models import Call
from services.booking.usecases.ask import ask_by_contact
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call, move_call
from shared.db import engine_for, sessions_for
from tests.booking.programs import A_CALL
from tests.browsing import an_address
from tests.builders import a_booking, a_question, a_visitor
from tests.installation import START, Installation

TEN = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
ELEVEN = TEN + timedelta(hours=1)
CROWD = 50
LONGEST_S = 10.0

Sessions = sessionmaker[Session]
Act = Callable[[int], object]


@pytest.fixture
def sessions(house: Installation) -> Iterator[Sessions]:
    """As many connections as there are threads: nobody waits for a pool instead of for the database."""
    engine = engine_for(house.settings.database_of("booking"), pool_size=CROWD)
    yield sessions_for(engine)
    engine.dispose()


def at_once(act: Act, count: int = CROWD) -> Counter[str]:
    """Let `count` threads begin at the same moment. What came of each, by the name of its error or of its result."""
    gate = threading.Barrier(count)

    def one(number: int) -> str:
        gate.wait()
        try:
            return str(act(number))
        except Exception as error:
            return type(error).__name__

    with ThreadPoolExecutor(count) as crowd:
        began = time.monotonic()
        results = Counter(crowd.map(one, range(count)))
    assert time.monotonic() - began < LONGEST_S
    return results


def book(sessions: Sessions, number: int, start: datetime = TEN, call_type: str = "intro") -> str:
    visitor = a_visitor(f"Ana {number}", f"ana{number}@reader.test")
    request = a_booking(start, call_type=call_type, visitor=visitor)
    with sessions.begin() as session:
        return book_call(session, request, uid_domain="firstcall.test", now=START).state


def a_call(house: Installation, start: datetime, name: str = "first") -> Call:
    with house.booking.sessions.begin() as session:
        request = a_booking(start, visitor=a_visitor(name, f"{name}@reader.test"))
        return book_call(session, request, uid_domain="firstcall.test", now=START)


def live(house: Installation) -> int:
    count: int = house.rows("SELECT count(*) FROM booking.call WHERE state = 'confirmed'")[0][0]
    active: int = house.rows("SELECT count(*) FROM booking.claim WHERE active")[0][0]
    assert count == active
    return count


def overlaps(house: Installation) -> list[object]:
    return house.rows(
        "SELECT 1 FROM booking.claim a JOIN booking.claim b ON a.id < b.id AND a.during && b.during"
        " WHERE a.active AND b.active"
    )


def test_of_fifty_who_want_one_time_one_gets_it(house: Installation, sessions: Sessions) -> None:
    results = at_once(lambda number: book(sessions, number))
    assert results == {"confirmed": 1, "SlotTaken": CROWD - 1}
    assert live(house) == 1
    assert house.rows("SELECT count(*) FROM booking.message") == [(2,)]
    assert house.rows("SELECT count(*) FROM nurture.inbox WHERE name LIKE '%call_booked%'") == [(1,)]


def test_of_fifty_whose_calls_overlap_no_two_do_in_the_end(house: Installation, sessions: Sessions) -> None:
    """Two lengths, one with buffers, every half hour of a morning."""
    results = at_once(
        lambda number: book(
            sessions, number, TEN + timedelta(minutes=30 * (number % 5)), ["intro", "strategy"][number % 2]
        )
    )
    assert set(results) == {"confirmed", "SlotTaken"}
    assert live(house) == results["confirmed"] >= 2
    assert overlaps(house) == []


def test_moving_and_booking_meet_at_one_time_and_one_of_them_gets_it(house: Installation, sessions: Sessions) -> None:
    calls = [a_call(house, TEN + timedelta(days=1, minutes=30 * number), f"mover{number}") for number in range(8)]

    def act(number: int) -> str:
        if number % 2:
            return book(sessions, number)
        with sessions.begin() as session:
            return move_call(session, calls[number // 2].token, TEN, Change("prospect"), now=START).state

    results = at_once(act, 16)
    assert results == {"confirmed": 1, "SlotTaken": 15}
    assert house.rows("SELECT count(*) FROM booking.claim WHERE active AND during @> :at", at=TEN) == [(1,)]
    assert overlaps(house) == []


def test_two_calls_that_trade_places_do_not_lock_each_other_up(house: Installation, sessions: Sessions) -> None:
    one, other = a_call(house, TEN, "one"), a_call(house, ELEVEN, "other")

    def act(number: int) -> str:
        call, start = ((one, ELEVEN), (other, TEN))[number % 2]
        with sessions.begin() as session:
            return move_call(session, call.token, start, Change("prospect"), now=START).state

    assert at_once(act, 20) == {"SlotTaken": 20}
    assert live(house) == 2


def test_a_cancelled_time_goes_to_one_of_those_who_wait_for_it(house: Installation, sessions: Sessions) -> None:
    held = a_call(house, TEN)

    def act(number: int) -> str:
        if number == 0:
            with sessions.begin() as session:
                return cancel_call(session, held.token, Change("prospect"), now=START).state
        while True:
            try:
                return book(sessions, number)
            except SlotTaken:
                if live(house) and house.rows("SELECT 1 FROM booking.call WHERE state = 'cancelled'"):
                    raise

    assert at_once(act, 10) == {"cancelled": 1, "confirmed": 1, "SlotTaken": 8}
    assert live(house) == 1


def test_moving_and_cancelling_one_call_at_once_leave_one_state(house: Installation, sessions: Sessions) -> None:
    call = a_call(house, TEN)

    def act(number: int) -> str:
        with sessions.begin() as session:
            if number % 2:
                return cancel_call(session, call.token, Change("prospect"), now=START).state
            return move_call(session, call.token, ELEVEN, Change("prospect"), now=START).state

    results = at_once(act, 20)
    assert results["cancelled"] == 10
    assert set(results) <= {"cancelled", "confirmed", "AlreadyCancelled"}
    [(state, sequence)] = house.rows("SELECT state, sequence FROM booking.call")
    assert (state, sequence) in [("cancelled", 1), ("cancelled", 2)]
    assert live(house) == 0
    house.work()
    keys = house.rows("SELECT dedupe_key FROM booking.message WHERE state = 'accepted'")
    assert len(keys) == 2  # the cancellation to each side, and nothing older


def test_fifty_clicks_on_one_form_are_one_booking_and_one_ask(house: Installation, sessions: Sessions) -> None:
    def click(number: int) -> object:
        with sessions.begin() as session:
            if number % 2:
                return book_call(session, a_booking(TEN, form_key="k" * 22), uid_domain="x.test", now=START).id
            return ask_by_contact(session, a_question(form_key="k" * 22), now=START).id

    assert sorted(at_once(click).values()) == [25, 25]
    assert house.rows("SELECT (SELECT count(*) FROM booking.call), (SELECT count(*) FROM booking.ask)") == [(1, 1)]
    assert house.rows("SELECT count(*) FROM booking.message") == [(4,)]


def test_fifty_posts_for_one_time_are_one_booking_and_the_rest_hear_of_free_ones(house: Installation) -> None:
    browsers = [house.browser() for _ in range(CROWD)]
    answers = []

    def post(number: int) -> int:
        body = A_CALL | {"email": f"ana{number}@reader.test"}
        began = time.monotonic()
        answer = browsers[number].post("/api/v1/bookings", json=body, environ_base={"REMOTE_ADDR": an_address()})
        answers.append((answer.status_code, answer.get_json(), time.monotonic() - began))
        return answer.status_code

    assert at_once(post) == {"201": 1, "409": CROWD - 1}
    assert all(len(body["nearest"]) == 3 for status, body, _ in answers if status == 409)
    assert live(house) == 1


@pytest.mark.parametrize("minutes", [0, 20, -20])
def test_a_hold_whose_time_is_up_gives_way_and_one_that_lives_does_not(house: Installation, minutes: int) -> None:
    hold(house, TEN + timedelta(minutes=minutes), "1 second ago")
    assert book(house.booking.sessions, 1) == "confirmed"
    hold(house, TEN + timedelta(days=1, minutes=minutes), "5 minutes")
    with pytest.raises(SlotTaken):
        book(house.booking.sessions, 2, TEN + timedelta(days=1))


def test_a_call_moves_over_a_hold_whose_time_is_up(house: Installation) -> None:
    call = a_call(house, TEN)
    hold(house, ELEVEN, "1 second ago")
    with house.booking.sessions.begin() as session:
        assert move_call(session, call.token, ELEVEN, Change("prospect"), now=START).starts_at == ELEVEN


def test_fifty_who_find_a_dead_hold_in_their_way_are_one_booking(house: Installation, sessions: Sessions) -> None:
    hold(house, TEN, "1 second ago")
    assert at_once(lambda number: book(sessions, number)) == {"confirmed": 1, "SlotTaken": CROWD - 1}


def test_the_constraint_alone_refuses_an_overlap_and_lets_calls_touch(house: Installation) -> None:
    hold(house, TEN, "5 minutes")
    hold(house, TEN + timedelta(minutes=30), "5 minutes")
    with pytest.raises(IntegrityError) as refused:
        hold(house, TEN + timedelta(minutes=29), "5 minutes")
    assert isinstance(refused.value.orig, psycopg.errors.ExclusionViolation)
    house.run("UPDATE booking.claim SET active = false")
    hold(house, TEN + timedelta(minutes=29), "5 minutes")


def hold(house: Installation, start: datetime, ends: str) -> None:
    """A hold of half an hour, written past every rule."""
    house.run(
        "INSERT INTO booking.claim (advisor_id, during, kind, expires_at)"
        " SELECT id, tstzrange(:start, :end), 'hold', now() + CAST(:ends AS interval) FROM booking.advisor",
        start=start,
        end=start + timedelta(minutes=30),
        ends=ends,
    )
