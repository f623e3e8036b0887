"""Every act on a call is refused in every state from which the table of states does not lead on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from services.booking.domain.errors import AlreadyCancelled, BookingError, NotOpen, NotVerified
from services.booking.domain.requests import GuestRequest
from services.booking.domain.states import TRANSITIONS, CallState, may_become
from services.booking.models import Call
from services.booking.usecases.calls import become
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.guests import add_guests
from services.booking.usecases.late import say_late
from services.booking.usecases.missed import mark_missed, unmark_missed
from services.booking.usecases.propose import propose_times
from tests.booking.calls import ELEVEN, TEN, TWELVE, booked, row
from tests.installation import Installation
from tests.stored import stored

Act = Callable[[Session, Call, datetime], object]
KNOWN = {CallState.PENDING, CallState.CONFIRMED}
BEFORE, DURING = -30, 10

# An act, when it is done (minutes after the start), the states in which it changes something, and those in which it
# was done already and changes nothing.
ACTS: dict[str, tuple[Act, int, set[CallState], set[CallState]]] = {
    "moved by the prospect": (
        lambda s, call, now: move_call(s, call.token, TWELVE, Change("prospect"), now=now),
        BEFORE,
        KNOWN,
        set(),
    ),
    "moved by the advisor": (
        lambda s, call, now: move_call(s, call.token, TWELVE, Change("advisor"), now=now),
        BEFORE,
        KNOWN,
        set(),
    ),
    "cancelled": (
        lambda s, call, now: cancel_call(s, call.token, Change("prospect"), now=now),
        BEFORE,
        {state for state in CallState if may_become(state, CallState.CANCELLED)},
        {CallState.CANCELLED},
    ),
    "guest invited": (
        lambda s, call, now: add_guests(s, call.token, [GuestRequest("", "g@g.test", "g@g.test")], now=now),
        BEFORE,
        KNOWN,
        set(),
    ),
    "times proposed": (
        lambda s, call, now: propose_times(s, call.id, [ELEVEN], "", now=now),
        BEFORE,
        KNOWN,
        set(),
    ),
    "late": (
        lambda s, call, now: say_late(s, call.token, 5, by="prospect", now=now),
        BEFORE,
        {CallState.CONFIRMED},
        set(),
    ),
    "missed": (
        lambda s, call, now: mark_missed(s, call.id, now=now),
        DURING,
        {state for state in CallState if may_become(state, CallState.MISSED)},
        {CallState.MISSED},
    ),
    "came": (
        lambda s, call, now: unmark_missed(s, call.id, now=now),
        DURING,
        {CallState.MISSED},
        {CallState.CONFIRMED, CallState.COMPLETED},
    ),
}


@pytest.mark.parametrize("state", list(CallState))
@pytest.mark.parametrize("name", list(ACTS))
def test_an_act_is_taken_in_its_states_and_refused_in_all_others(
    house: Installation, name: str, state: CallState
) -> None:
    act, minutes, taken, done = ACTS[name]
    house.run("UPDATE booking.call_type SET move_notice_minutes = 0, cancel_notice_minutes = 0")
    call = booked(house)
    house.run("UPDATE booking.call SET state = :state", state=state)
    house.clock.move(TEN + timedelta(minutes=minutes) - house.clock.now())
    before = stored(house)
    error = refusal_of(house, act, call)
    if state in taken:
        assert error is None
        assert stored(house) != before
    else:
        assert stored(house) == before
        assert (error is None) == (state in done)
        assert error is None or type(error) is expected(name, state)


def refusal_of(house: Installation, act: Act, call: Call) -> BookingError | None:
    try:
        with house.booking.sessions.begin() as session:
            act(session, call, house.clock.now())
    except BookingError as error:
        return error
    return None


def expected(name: str, state: CallState) -> type[BookingError]:
    if state == CallState.CANCELLED:
        return AlreadyCancelled
    # Whether they came has nothing to do with their address.
    return NotVerified if state == CallState.UNVERIFIED and name not in ("missed", "came") else NotOpen


@pytest.mark.parametrize("wanted", list(CallState))
@pytest.mark.parametrize("state", list(CallState))
def test_a_call_becomes_only_what_the_table_allows(state: CallState, wanted: CallState) -> None:
    call = Call(id=uuid4(), state=state)
    if wanted in TRANSITIONS[state]:
        become(call, wanted)
        assert call.state == wanted
    else:
        with pytest.raises((AlreadyCancelled, NotOpen)):
            become(call, wanted)
        assert call.state == state


def test_an_act_leaves_the_state_it_says(house: Installation) -> None:
    call = booked(house)
    assert refusal_of(house, ACTS["cancelled"][0], call) is None
    assert row(house, call, "state") == CallState.CANCELLED
