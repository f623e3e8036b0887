"""Every way to the advisor's time at the same moment: booked, held, moved to, confirmed, and seats of a group call."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.booking.usecases.availability import offer_of
from services.booking.usecases.change import Change, move_call
from services.booking.usecases.confirm import confirm_call
from services.booking.usecases.hold import hold_time
from tests.booking.crowd import CROWD, TEN, Sessions, at_once, book, require_sound, sessions, set_type
from tests.installation import START, Installation

__all__ = ["sessions"]

EACH = CROWD // 5


@pytest.mark.parametrize("minutes_between", [0, 15])
def test_of_all_ways_to_a_time_one_leads_there(house: Installation, sessions: Sessions, minutes_between: int) -> None:
    """Ten people on each way, who want one start, or starts so near that their calls and buffers overlap."""
    starts = [TEN + timedelta(minutes=minutes_between * number) for number in range(EACH)]
    set_type(house, "intro", interval_minutes=15, confirmation="always", pending_blocks=False)
    set_type(house, "strategy", interval_minutes=15, seats=CROWD)
    requests = [book(sessions, start, 200 + number) for number, start in enumerate(starts)]
    set_type(house, "intro", confirmation="none")
    tomorrow = [TEN + timedelta(days=1, minutes=30 * number) for number in range(EACH)]
    calls = [book(sessions, start, 100 + number) for number, start in enumerate(tomorrow)]

    def act(number: int) -> str:
        way, which = number % 5, number // 5
        if way == 0:
            book(sessions, starts[which], number)
        elif way == 1:
            book(sessions, starts[which], number, call_type="strategy")
        with sessions.begin() as session:
            if way == 2:
                hold_time(session, offer_of(session, "intro"), starts[which], holder=str(which), seconds=300, now=START)
            elif way == 3:
                move_call(session, calls[which].token, starts[which], Change("prospect"), now=START)
            elif way == 4:
                confirm_call(session, requests[which].id, now=START)
        return ("booked", "seated", "held", "moved", "confirmed")[way]

    results = at_once(act)
    came = {way: count for way, count in results.items() if way != "SlotTaken"}
    assert set(came) <= {"booked", "seated", "held", "moved", "confirmed"}
    assert sum(results.values()) == CROWD
    if minutes_between == 0:
        assert came in ({"booked": 1}, {"held": 1}, {"moved": 1}, {"confirmed": 1}, {"seated": EACH})
    there = "SELECT count(*) FROM booking.call WHERE state = 'confirmed' AND starts_at < :tomorrow"
    live = "SELECT count(*) FROM booking.claim WHERE kind = 'hold' AND active"
    [(stand,)], [(held,)] = house.rows(there, tomorrow=tomorrow[0]), house.rows(live)
    assert (stand, held) == (results.total() - results["SlotTaken"] - results["held"], results["held"])
    require_sound(house)
