"""Group calls: one time, one claim, several seats, never more than there are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from services.booking.domain.errors import OpenCallExists, SlotTaken
from services.booking.models import Call
from services.booking.usecases.availability import free_starts, offer_of
from services.booking.usecases.change import Change, move_call
from services.booking.usecases.release import release
from tests.booking.crowd import ELEVEN, TEN, book, require_sound, set_type
from tests.builders import a_visitor
from tests.installation import START, Installation


@pytest.fixture(autouse=True)
def a_group_type(house: Installation) -> None:
    set_type(house, "intro", seats=3, minutes=60, interval_minutes=30)


def free(house: Installation, slug: str = "intro", minutes: int | None = None) -> list[datetime]:
    with house.booking.sessions() as session:
        offer = offer_of(session, slug, minutes=minutes)
        return free_starts(session, offer, now=START, start=TEN, end=TEN + timedelta(hours=4))


def give_up(house: Installation, call: Call) -> None:
    with house.booking.sessions.begin() as session:
        mine = session.get_one(Call, call.id)
        mine.state = "cancelled"
        release(session, mine, now=START)


def group(house: Installation) -> list[tuple[object, ...]]:
    return [tuple(row) for row in house.rows("SELECT state, taken FROM booking.group_call ORDER BY state")]


def test_seats_are_taken_one_by_one_at_one_time_until_there_are_none(house: Installation) -> None:
    calls = [book(house.booking.sessions, TEN, number) for number in range(3)]
    assert len({call.group_call_id for call in calls}) == 1
    assert len({call.uid for call in calls}) == 3  # nobody learns who else comes
    with pytest.raises(SlotTaken):
        book(house.booking.sessions, TEN, 4)
    assert group(house) == [("confirmed", 3)]
    assert house.rows("SELECT count(*) FROM booking.claim") == [(1,)]
    require_sound(house)


def test_all_seats_of_a_group_call_meet_in_one_room(house: Installation) -> None:
    set_type(house, "intro", location_kind="jitsi", location="https://meet.jitsi.test")
    for number in range(2):
        book(house.booking.sessions, TEN, number)
    moved = book(house.booking.sessions, TEN + timedelta(hours=2), 3)
    with house.booking.sessions.begin() as session:
        move_call(session, moved.token, TEN, Change("prospect"), now=START)
    [(rooms, room)] = house.rows(
        "SELECT array_agg(DISTINCT c.location), min(g.location) FROM booking.call c"
        " JOIN booking.group_call g ON g.id = c.group_call_id"
    )
    assert rooms == [room]
    assert room.startswith("https://meet.jitsi.test/")


def test_who_is_called_in_a_group_is_called_at_a_number_of_their_own(house: Installation) -> None:
    set_type(house, "intro", location_kind="phone_out")
    for number in range(2):
        book(house.booking.sessions, TEN, number, phone=f"+49 30 123450{number}")
    assert house.rows("SELECT location FROM booking.call ORDER BY 1") == [("tel:+49301234500",), ("tel:+49301234501",)]


def test_a_group_call_with_a_seat_is_offered_at_its_own_start_and_no_other(house: Installation) -> None:
    book(house.booking.sessions, ELEVEN, 1)
    starts = free(house)
    assert ELEVEN in starts
    assert TEN in starts
    assert ELEVEN - timedelta(minutes=30) not in starts
    assert ELEVEN + timedelta(minutes=30) not in starts
    for number in (2, 3):
        book(house.booking.sessions, ELEVEN, number)
    assert ELEVEN not in free(house)
    with pytest.raises(SlotTaken):
        book(house.booking.sessions, ELEVEN + timedelta(minutes=30), 4)
    require_sound(house)


def test_the_advisor_seats_nobody_where_no_seat_is_left_and_neither_does_the_table(house: Installation) -> None:
    for number in range(3):
        book(house.booking.sessions, TEN, number, by_advisor=True)
    with pytest.raises(SlotTaken):
        book(house.booking.sessions, TEN, 4, by_advisor=True)
    with pytest.raises(IntegrityError):
        house.run("UPDATE booking.group_call SET taken = 4")
    require_sound(house)


def test_a_group_call_takes_its_time_from_all_other_types(house: Installation) -> None:
    book(house.booking.sessions, TEN, 1)
    assert TEN not in free(house, "strategy")
    with pytest.raises(SlotTaken):
        book(house.booking.sessions, TEN, 2, call_type="strategy")


def test_another_length_is_another_time(house: Installation) -> None:
    set_type(house, other_minutes=[30])
    book(house.booking.sessions, TEN, 1)
    assert TEN not in free(house, minutes=30)
    with pytest.raises(SlotTaken):
        book(house.booking.sessions, TEN, 2, minutes=30)
    require_sound(house)


def test_nobody_sits_on_two_seats_of_one_call(house: Installation) -> None:
    book(house.booking.sessions, TEN, 1)
    with pytest.raises(OpenCallExists):
        book(house.booking.sessions, TEN, visitor=a_visitor("Ana 1", "ana1@reader.test"))
    assert group(house) == [("confirmed", 1)]
    require_sound(house)


def test_whoever_waits_for_a_yes_has_a_seat_too(house: Installation) -> None:
    set_type(house, confirmation="always")
    assert book(house.booking.sessions, TEN, 1).state == "pending"
    with pytest.raises(OpenCallExists):
        book(house.booking.sessions, TEN, 1)
    require_sound(house)


def test_a_seat_that_is_given_back_can_be_taken_again(house: Installation) -> None:
    calls = [book(house.booking.sessions, TEN, number) for number in range(3)]
    give_up(house, calls[1])
    assert group(house) == [("confirmed", 2)]
    assert book(house.booking.sessions, TEN, 1).state == "confirmed"
    require_sound(house)


def test_with_its_last_seat_a_group_call_is_cancelled_and_its_time_is_free(house: Installation) -> None:
    calls = [book(house.booking.sessions, TEN, number) for number in range(2)]
    for call in calls:
        give_up(house, call)
    assert group(house) == [("cancelled", 0)]
    assert book(house.booking.sessions, TEN, 3, call_type="strategy").state == "confirmed"
    require_sound(house)


def test_after_that_a_new_one_can_be_made_at_the_same_time(house: Installation) -> None:
    give_up(house, book(house.booking.sessions, TEN, 1))
    assert book(house.booking.sessions, TEN, 2).state == "confirmed"
    assert group(house) == [("cancelled", 0), ("confirmed", 1)]
    require_sound(house)


def test_every_change_of_who_comes_raises_the_sequence_of_the_advisors_entry(house: Installation) -> None:
    first = book(house.booking.sessions, TEN, 1)
    book(house.booking.sessions, TEN, 2)
    give_up(house, first)
    assert house.rows("SELECT sequence FROM booking.group_call") == [(2,)]
