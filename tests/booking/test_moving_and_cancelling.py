"""Moving and cancelling: what binds the prospect and not the advisor, what is kept, and what is given back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.booking.domain.errors import (
    AlreadyCancelled,
    InvalidInput,
    NotFound,
    NotVerified,
    SlotTaken,
    TooLate,
    TooManyMoves,
)
from services.booking.domain.requests import GuestRequest
from services.booking.domain.states import CallState
from services.booking.models import Call
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.guests import add_guests
from tests.booking.calls import (
    ELEVEN,
    NIGHT,
    TEN,
    TWELVE,
    booked,
    by_ben,
    events,
    in_state,
    mailed,
    of_type,
    row,
)
from tests.browsing import opened
from tests.installation import Installation
from tests.stored import stored

PROSPECT, ADVISOR = Change("prospect", "The train is late"), Change("advisor", "I am ill")


def move(house: Installation, call: Call, start: datetime, change: Change = PROSPECT) -> None:
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, start, change, now=house.clock.now())


def cancel(house: Installation, call: Call, change: Change = PROSPECT) -> None:
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, change, now=house.clock.now())


def test_a_prospect_moves_a_call_as_often_as_its_type_allows(house: Installation) -> None:
    of_type(house, most_moves=2)
    call = booked(house)
    move(house, call, ELEVEN)
    move(house, call, TWELVE)
    before = stored(house)
    with pytest.raises(TooManyMoves) as refused:
        move(house, call, TEN)
    assert refused.value.most == 2
    assert stored(house) == before


@pytest.mark.parametrize("bound", ["move", "cancel"])
def test_moving_and_cancelling_each_have_a_notice_of_their_own(house: Installation, bound: str) -> None:
    """The call is 25 hours away; 26 are wanted of one of the two."""
    of_type(house, move_notice_minutes=0, cancel_notice_minutes=0)
    of_type(house, **{f"{bound}_notice_minutes": 26 * 60})
    call = booked(house)
    page = opened(house.browser(), f"/call/{call.token}")
    assert bool(page.links(f"/call/{call.token}/move")) == (bound != "move")
    assert bool(page.soup.select("form[action$='/cancel']")) == (bound != "cancel")
    with pytest.raises(TooLate):
        move(house, call, ELEVEN) if bound == "move" else cancel(house, call)
    cancel(house, call) if bound == "move" else move(house, call, ELEVEN)
    assert row(house, call, "sequence") == 1


def test_the_advisors_moves_are_not_counted_and_not_limited(house: Installation) -> None:
    of_type(house, most_moves=0)
    call = booked(house)
    move(house, call, ELEVEN, ADVISOR)
    move(house, call, TWELVE, ADVISOR)
    assert row(house, call, "moves, sequence") == (0, 2)
    with pytest.raises(TooManyMoves):
        move(house, call, TEN)


def test_moving_a_call_to_where_it_is_counts_as_no_move(house: Installation) -> None:
    of_type(house, most_moves=0)
    call = booked(house)
    before = stored(house)
    move(house, call, TEN)
    assert stored(house) == before


def test_the_advisor_is_bound_by_no_notice_and_by_no_hours(house: Installation) -> None:
    call = booked(house)
    house.clock.move(timedelta(hours=20))
    with pytest.raises(TooLate):
        move(house, call, TWELVE)
    move(house, call, NIGHT, ADVISOR)
    assert row(house, call, "starts_at, reason") == (NIGHT, "I am ill")


def test_the_advisor_too_cannot_move_a_call_onto_what_is_taken(house: Installation) -> None:
    call = booked(house)
    by_ben(house, ELEVEN)
    before = stored(house)
    with pytest.raises(SlotTaken) as refused:
        move(house, call, ELEVEN, ADVISOR)
    assert len(refused.value.nearest) == 3
    assert stored(house) == before


@pytest.mark.parametrize("change", [PROSPECT, ADVISOR])
def test_a_start_without_its_offset_is_refused(house: Installation, change: Change) -> None:
    call = booked(house)
    with pytest.raises(InvalidInput, match="in which zone"):
        move(house, call, ELEVEN.replace(tzinfo=None), change)


@pytest.mark.parametrize("start", [TEN - timedelta(days=2), TEN + timedelta(seconds=30)])
def test_the_advisor_moves_only_to_a_whole_minute_to_come(house: Installation, start: datetime) -> None:
    call = booked(house)
    with pytest.raises(InvalidInput):
        move(house, call, start, ADVISOR)


def test_a_moved_call_keeps_its_length_even_when_it_is_not_offered_any_more(house: Installation) -> None:
    call = booked(house)
    of_type(house, minutes=60)
    move(house, call, ELEVEN)
    assert row(house, call, "ends_at - starts_at") == timedelta(minutes=30)
    [(during,)] = house.rows("SELECT during FROM booking.claim WHERE call_id = :id", id=call.id)
    assert (during.lower, during.upper) == (ELEVEN, ELEVEN + timedelta(minutes=30))


def test_a_moved_call_gets_the_length_that_was_chosen(house: Installation) -> None:
    of_type(house, other_minutes=[45])
    call = booked(house)
    move(house, call, TEN, Change("prospect", minutes=45))
    assert row(house, call, "ends_at - starts_at, sequence") == (timedelta(minutes=45), 1)


def test_a_length_that_is_not_offered_is_refused(house: Installation) -> None:
    call = booked(house)
    with pytest.raises(InvalidInput, match="minutes"):
        move(house, call, ELEVEN, Change("prospect", minutes=480))


def test_a_longer_length_does_not_fit_before_the_next_call(house: Installation) -> None:
    of_type(house, other_minutes=[90])
    call = booked(house)
    by_ben(house, ELEVEN)
    with pytest.raises(SlotTaken):
        move(house, call, TEN, Change("prospect", minutes=90))


def test_whoever_had_accepted_is_asked_again_after_a_move(house: Installation) -> None:
    call = booked(house)
    with house.booking.sessions.begin() as session:
        add_guests(session, call.token, [GuestRequest("", "gil@reader.test", "gil@reader.test")], now=house.clock.now())
    house.run("UPDATE booking.call SET answer = 'accepted', advisor_answer = 'tentative'")
    house.run("UPDATE booking.guest SET answer = 'declined'")
    move(house, call, ELEVEN)
    assert row(house, call, "answer, advisor_answer") == ("needs-action", "needs-action")
    assert house.rows("SELECT answer FROM booking.guest") == [("needs-action",)]


@pytest.mark.parametrize("blocks", [True, False])
def test_a_moved_request_stays_a_request_and_its_claim_what_it_was(house: Installation, blocks: bool) -> None:
    call = in_state(house, CallState.PENDING)
    house.run("UPDATE booking.claim SET kind = 'pending', active = :blocks", blocks=blocks)
    move(house, call, ELEVEN)
    assert row(house, call, "state, starts_at, sequence, revision") == ("pending", ELEVEN, 0, 1)
    claim = house.rows("SELECT kind, active, lower(during) FROM booking.claim")
    assert claim == [("pending", blocks, ELEVEN)]


def test_a_request_that_does_not_block_cannot_be_moved_onto_a_call(house: Installation) -> None:
    call = in_state(house, CallState.PENDING)
    house.run("UPDATE booking.claim SET kind = 'pending', active = false")
    by_ben(house, ELEVEN)
    for change in (PROSPECT, ADVISOR):
        with pytest.raises(SlotTaken):
            move(house, call, ELEVEN, change)


def test_what_waits_for_an_address_cannot_be_moved_by_anybody(house: Installation) -> None:
    call = in_state(house, CallState.UNVERIFIED)
    for change in (PROSPECT, ADVISOR):
        with pytest.raises(NotVerified):
            move(house, call, ELEVEN, change)


def test_a_request_can_be_cancelled_and_its_time_is_free(house: Installation) -> None:
    call = in_state(house, CallState.PENDING)
    cancel(house, call)
    assert row(house, call, "state, cancelled_by, reason, sequence") == ("cancelled", "prospect", PROSPECT.reason, 0)
    assert by_ben(house, TEN).state == "confirmed"
    assert events(house, "call_cancelled")[0]["by"] == "prospect"


def test_cancelling_what_waits_for_an_address_frees_the_time_and_tells_nobody(house: Installation) -> None:
    call = in_state(house, CallState.UNVERIFIED)
    before = mailed(house, call.id)
    cancel(house, call)
    assert row(house, call, "state") == "cancelled"
    assert mailed(house, call.id) == before
    assert events(house, "call_cancelled") == []
    assert by_ben(house, TEN).state == "confirmed"


def test_a_cancelled_call_gives_back_the_use_of_its_private_link_once(house: Installation) -> None:
    call = booked(house)
    house.run("UPDATE booking.call SET link_id = :link", link=a_link_of(house, call))
    for _ in range(2):
        cancel(house, call)
    assert house.rows("SELECT uses FROM booking.private_link") == [(0,)]


def test_a_cancelled_seat_is_given_back_and_the_last_one_cancels_the_group_call(house: Installation) -> None:
    first, second = booked(house), by_ben(house, ELEVEN)
    group = a_group_call_of(house, first, second)
    cancel(house, first)
    assert house.rows("SELECT taken, state, sequence FROM booking.group_call") == [(1, "confirmed", 1)]
    assert house.rows("SELECT active FROM booking.claim WHERE group_call_id = :id", id=group) == [(True,)]
    cancel(house, second)
    assert house.rows("SELECT taken, state, sequence FROM booking.group_call") == [(0, "cancelled", 2)]
    assert house.rows("SELECT active FROM booking.claim WHERE group_call_id = :id", id=group) == [(False,)]


def test_a_call_that_was_moved_and_then_cancelled_cannot_be_moved(house: Installation) -> None:
    call = booked(house)
    move(house, call, ELEVEN)
    cancel(house, call, ADVISOR)
    for change in (PROSPECT, ADVISOR):
        with pytest.raises(AlreadyCancelled):
            move(house, call, TEN, change)


@pytest.mark.parametrize("token", ["", "x", "%", "' OR 1=1"])
def test_an_unknown_token_is_not_found(house: Installation, token: str) -> None:
    with house.booking.sessions.begin() as session:
        with pytest.raises(NotFound):
            move_call(session, token, ELEVEN, PROSPECT, now=house.clock.now())
        with pytest.raises(NotFound):
            cancel_call(session, token, PROSPECT, now=house.clock.now())


def a_group_call_of(house: Installation, *seats: Call) -> UUID:
    """Make two calls the seats of one group call, whose claim stands for both."""
    house.run("DELETE FROM booking.claim")
    house.run(
        "INSERT INTO booking.group_call"
        " (uid, call_type_id, starts_at, ends_at, capacity, taken, created_at, changed_at)"
        " SELECT 'group@firstcall.test', call_type_id, starts_at, ends_at, 5, :taken, created_at, created_at"
        " FROM booking.call WHERE id = :id",
        id=seats[0].id,
        taken=len(seats),
    )
    [(group,)] = house.rows("SELECT id FROM booking.group_call")
    house.run(
        "UPDATE booking.call SET group_call_id = :group, starts_at = :start, ends_at = :end",
        group=group,
        start=TEN,
        end=TEN + timedelta(minutes=30),
    )
    house.run(
        "INSERT INTO booking.claim (advisor_id, during, kind, group_call_id)"
        " SELECT a.id, tstzrange(g.starts_at, g.ends_at), 'call', g.id FROM booking.advisor a, booking.group_call g"
    )
    return UUID(str(group))


def a_link_of(house: Installation, call: Call) -> UUID:
    house.run(
        "INSERT INTO booking.private_link (token, call_type_id, most_uses, uses, created_at)"
        " SELECT 'a-link', call_type_id, 1, 1, created_at FROM booking.call WHERE id = :id",
        id=call.id,
    )
    [(link,)] = house.rows("SELECT id FROM booking.private_link")
    return UUID(str(link))
