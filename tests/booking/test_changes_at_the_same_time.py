"""Many who change at once: proposals are chosen once, guests never exceed ten, nobody waits in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.booking.domain.requests import GuestRequest
from services.booking.usecases.choose import choose_time
from services.booking.usecases.guests import add_guests
from services.booking.usecases.propose import accept_counter, offer_times, propose_times, refuse_counter, take_counter
from shared.db import engine_for, sessions_for
from tests.booking.calls import ELEVEN, NIGHT, TEN, TWELVE, asked, booked, by_ben, row
from tests.booking.crowd import CROWD, Sessions, at_once, book, require_sound
from tests.installation import START, Installation


@pytest.fixture
def many(house: Installation) -> Iterator[Sessions]:
    """As many connections as there are threads."""
    engine = engine_for(house.settings.database_of("booking"), pool_size=CROWD)
    yield sessions_for(engine)
    engine.dispose()


def test_fifty_taps_on_two_proposed_times_move_the_call_once(house: Installation, many: Sessions) -> None:
    call = booked(house)
    with many.begin() as session:
        token = propose_times(session, call.id, [ELEVEN, NIGHT], "", now=START).token

    def tap(number: int) -> object:
        with many.begin() as session:
            start = (ELEVEN, NIGHT)[number % 2]
            return choose_time(session, token, start, uid_domain="x.test", now=START).starts_at

    results = at_once(tap)
    assert results["NotOpen"] == CROWD // 2
    assert len(results) == 2
    assert row(house, call, "sequence") == 1


def test_fifty_taps_on_times_for_an_ask_book_one_call(house: Installation, many: Sessions) -> None:
    ask = asked(house)
    with many.begin() as session:
        token = offer_times(session, ask, "intro", [ELEVEN], "", now=START).token

    def tap(number: int) -> object:
        with many.begin() as session:
            return choose_time(session, token, ELEVEN, uid_domain="x.test", now=START).id

    assert list(at_once(tap).values()) == [CROWD]
    assert house.rows("SELECT count(*) FROM booking.call") == [(1,)]


def test_who_chooses_and_who_books_the_same_time_do_not_both_get_it(house: Installation, many: Sessions) -> None:
    calls = [booked(house), by_ben(house, TWELVE)]
    with many.begin() as session:
        tokens = [propose_times(session, call.id, [ELEVEN], "", now=START).token for call in calls]

    def act(number: int) -> str:
        if number % 4 > 1:
            return book(many, ELEVEN, number).state
        with many.begin() as session:
            token = tokens[number % 4]
            return choose_time(session, token, ELEVEN, uid_domain="x.test", now=START).state

    results = at_once(act, 24)
    assert set(results) == {"confirmed", "SlotTaken"}
    require_sound(house)
    assert house.rows("SELECT count(*) FROM booking.claim WHERE active AND during @> :at", at=ELEVEN) == [(1,)]


def test_fifty_who_each_invite_a_guest_make_ten(house: Installation, many: Sessions) -> None:
    call = booked(house)

    def invite(number: int) -> int:
        guest = GuestRequest("", f"g{number}@guest.test", f"g{number}@guest.test")
        with many.begin() as session:
            return len(add_guests(session, call.token, [guest], now=START))

    assert at_once(invite) == {"1": 10, "InvalidInput": CROWD - 10}
    assert row(house, call, "sequence") == 10


def test_a_counter_is_accepted_or_refused_but_never_both(house: Installation, many: Sessions) -> None:
    call = booked(house)
    with many.begin() as session:
        end = NIGHT + timedelta(minutes=30)
        proposal = take_counter(session, call.id, NIGHT, end, sequence=0, message="", now=START)
    assert proposal is not None
    proposal_id = proposal.id

    def act(number: int) -> str:
        with many.begin() as session:
            if number % 2:
                refuse_counter(session, proposal_id, now=START)
                return "refused"
            accept_counter(session, proposal_id, now=START)
            return "accepted"

    results = at_once(act, 20)
    [(state,)] = house.rows("SELECT state FROM booking.proposal")
    assert results == {state: 10, "NotOpen": 10}
    assert row(house, call, "starts_at, sequence") == ((NIGHT, 1) if state == "accepted" else (TEN, 0))
