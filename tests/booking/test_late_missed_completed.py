"""Around a call: being late, not coming, the advisor's notes, and calls that are over."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from services.booking.domain.errors import InvalidInput, NotFound, NotOpen, NotYet
from services.booking.domain.states import CallState
from services.booking.models import Call
from services.booking.usecases.calls import Side
from services.booking.usecases.change import Change, move_call
from services.booking.usecases.complete import complete_calls
from services.booking.usecases.late import say_late
from services.booking.usecases.missed import mark_missed, unmark_missed
from services.booking.usecases.notes import write_notes
from tests.booking.calls import ELEVEN, TEN, booked, by_ben, events, in_state, of_type, row
from tests.booking.test_moving_and_cancelling import a_group_call_of
from tests.browsing import opened
from tests.furnished import signed_in
from tests.installation import START, Installation
from tests.stored import stored


def late(house: Installation, call: Call, minutes: int = 5, by: Side = "prospect") -> None:
    with house.booking.sessions.begin() as session:
        say_late(session, call.token, minutes, by=by, now=house.clock.now())


def missed(house: Installation, call: Call) -> None:
    with house.booking.sessions.begin() as session:
        mark_missed(session, call.id, now=house.clock.now())


def came(house: Installation, call: Call) -> None:
    with house.booking.sessions.begin() as session:
        unmark_missed(session, call.id, now=house.clock.now())


def complete(house: Installation) -> int:
    with house.booking.sessions.begin() as session:
        return complete_calls(session, now=house.clock.now())


def at(house: Installation, minutes: float) -> None:
    """Let it be so many minutes after the call's start."""
    house.clock.move(TEN + timedelta(minutes=minutes) - house.clock.now())


def mails(house: Installation) -> int:
    return int(house.rows("SELECT count(*) FROM booking.message")[0][0])


@pytest.mark.parametrize("minutes", [-60, -1, 0, 29.9])
@pytest.mark.parametrize("by", ["prospect", "advisor"])
def test_from_an_hour_before_until_its_end_one_can_be_late(house: Installation, by: Side, minutes: float) -> None:
    call = booked(house)
    at(house, minutes)
    before = mails(house)
    late(house, call, by=by)
    assert mails(house) > before
    assert row(house, call, "revision, sequence") == (0, 0)


def test_earlier_than_an_hour_before_nobody_is_late(house: Installation) -> None:
    call = booked(house)
    at(house, -61)
    with pytest.raises(NotYet):
        late(house, call)


def test_after_its_end_nobody_is_late_any_more(house: Installation) -> None:
    call = booked(house)
    at(house, 30)
    with pytest.raises(NotOpen):
        late(house, call)


@pytest.mark.parametrize("minutes", [0, 1, -5, 7, 15, 1000])
def test_only_five_or_ten_minutes_can_be_said(house: Installation, minutes: int) -> None:
    call = booked(house)
    at(house, -10)
    with pytest.raises(InvalidInput, match="minutes"):
        late(house, call, minutes)


def test_the_same_is_said_once_and_more_is_said_again(house: Installation) -> None:
    call = booked(house)
    at(house, -10)
    late(house, call, 5)
    before = mails(house)
    late(house, call, 5)
    assert mails(house) == before
    late(house, call, 10)
    late(house, call, 5, by="advisor")
    assert mails(house) > before + 1


def test_who_did_not_come_is_noted_once_and_told(house: Installation) -> None:
    call = booked(house)
    at(house, 15)
    missed(house, call)
    before = stored(house)
    missed(house, call)
    assert stored(house) == before
    assert row(house, call, "state, revision, sequence") == ("missed", 1, 0)
    [event] = events(house, "call_missed")
    assert (event["revision"], event["subject"]) == (1, str(call.id))


def test_a_call_that_has_not_begun_cannot_have_been_missed(house: Installation) -> None:
    call = booked(house)
    at(house, -1)
    with pytest.raises(NotYet):
        missed(house, call)
    assert row(house, call, "state") == "confirmed"


def test_a_call_that_was_taken_for_held_can_turn_out_missed(house: Installation) -> None:
    call = booked(house)
    at(house, 40)
    complete(house)
    missed(house, call)
    assert row(house, call, "state, revision") == ("missed", 2)


def test_who_comes_late_after_all_is_not_missing_and_the_call_is_completed_once(house: Installation) -> None:
    call = booked(house)
    at(house, 10)
    missed(house, call)
    came(house, call)
    assert row(house, call, "state") == "confirmed"
    assert events(house, "call_completed") == []
    at(house, 30)
    assert complete(house) == 1
    [event] = events(house, "call_completed")
    assert event["revision"] == 3


def test_taking_back_a_miss_after_the_end_says_that_the_call_was_held(house: Installation) -> None:
    call = booked(house)
    at(house, 40)
    complete(house)
    missed(house, call)
    came(house, call)
    came(house, call)
    assert row(house, call, "state") == "completed"
    told = [event["revision"] for event in (*events(house, "call_missed"), *events(house, "call_completed"))]
    assert sorted(told) == [1, 2, 3]
    assert events(house, "call_completed")[-1]["revision"] == 3


def test_a_missed_call_is_not_completed_by_itself(house: Installation) -> None:
    call = booked(house)
    at(house, 10)
    missed(house, call)
    house.pass_time(days=1)
    assert row(house, call, "state") == "missed"


def test_notes_are_kept_and_nobody_is_told(house: Installation) -> None:
    call = booked(house)
    told = house.rows("SELECT count(*) FROM webhooks.inbox")
    with house.booking.sessions.begin() as session:
        write_notes(session, call.id, "Wants a price first")
        assert write_notes(session, call.id, "Wants a price first\nSend it").revision == 0
    assert row(house, call, "notes") == "Wants a price first\nSend it"
    assert house.rows("SELECT count(*) FROM webhooks.inbox") == told


def test_a_call_that_is_not_there_cannot_be_noted(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        with pytest.raises(NotFound):
            write_notes(session, uuid4(), "x")
        with pytest.raises(NotFound):
            mark_missed(session, uuid4(), now=START)
        with pytest.raises(NotFound):
            unmark_missed(session, uuid4(), now=START)
        with pytest.raises(NotFound):
            say_late(session, "made-up", 5, by="prospect", now=START)


def test_a_call_is_completed_with_its_end_and_not_before(house: Installation) -> None:
    call = booked(house)
    at(house, 29.9)
    assert complete(house) == 0
    at(house, 30)
    assert complete(house) == 1
    assert row(house, call, "state, revision, sequence") == ("completed", 1, 0)
    assert complete(house) == 0
    assert len(events(house, "call_completed")) == 1


@pytest.mark.parametrize("state", [state for state in CallState if state != CallState.CONFIRMED])
def test_what_was_not_confirmed_is_not_completed(house: Installation, state: CallState) -> None:
    in_state(house, state)
    at(house, 60)
    assert complete(house) == 0


def test_a_group_call_is_completed_with_the_last_of_its_seats(house: Installation) -> None:
    first, second = booked(house), by_ben(house, ELEVEN)
    a_group_call_of(house, first, second)
    house.run("UPDATE booking.call SET state = 'cancelled' WHERE id = :id", id=second.id)
    at(house, 29)
    complete(house)
    assert house.rows("SELECT state FROM booking.group_call") == [("confirmed",)]
    at(house, 30)
    complete(house)
    assert house.rows("SELECT state FROM booking.group_call") == [("completed",)]
    assert (row(house, first, "state"), row(house, second, "state")) == ("completed", "cancelled")


def test_a_cancelled_group_call_stays_cancelled(house: Installation) -> None:
    a_group_call_of(house, booked(house))
    house.run("UPDATE booking.group_call SET state = 'cancelled'")
    house.run("UPDATE booking.call SET state = 'cancelled'")
    at(house, 60)
    complete(house)
    assert house.rows("SELECT state FROM booking.group_call") == [("cancelled",)]


@pytest.mark.parametrize("by", ["advisor", "prospect"])
def test_who_comes_late_is_said_on_both_sides_until_the_call_is_over(house: Installation, by: Side) -> None:
    call, console, browser = booked(house), signed_in(house), house.browser()
    pages = ((browser, f"/call/{call.token}"), (console, f"/console/calls/{call.id}"), (console, "/console"))

    def said() -> list[bool]:
        found = [opened(client, path).soup.main for client, path in pages]
        return ["minutes late." in (main.get_text(" ") if main else "") for main in found]

    at(house, -10)
    assert said() == [False] * 3
    late(house, call, 5, by)
    late(house, call, 10, by)
    assert said() == [True] * 3
    texts = [opened(client, path).text for client, path in pages]
    words = {
        "advisor": ["I am running", "You said that you are running"],
        "prospect": ["You said that you are running", "They are running"],
    }[by]
    assert [f"{words[side]} 10 minutes late." in text for side, text in zip((0, 1, 1), texts, strict=True)] == [
        True
    ] * 3
    at(house, 30)
    assert said() == [False] * 3


def test_of_another_time_nobody_has_said_to_be_late_and_can_say_it_again(house: Installation) -> None:
    call = booked(house)
    at(house, -10)
    late(house, call, 5)
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, TEN + timedelta(minutes=30), Change("advisor"), now=house.clock.now())
    page = f"/call/{call.token}"
    assert "5 minutes late." not in opened(house.browser(), page).text
    before = mails(house)
    late(house, call, 5)
    assert mails(house) == before + 1
    assert "You said that you are running 5 minutes late." in opened(house.browser(), page).text


def test_a_seat_of_a_group_call_says_on_today_who_comes_late(house: Installation) -> None:
    of_type(house, seats=3)
    call = booked(house)
    by_ben(house, TEN)
    at(house, -10)
    late(house, call, 5)
    [line] = opened(signed_in(house), "/console").soup.select("summary .said")
    assert " ".join(line.get_text().split()) == "Ana Lima: They are running 5 minutes late. 2/3 seats"


def test_a_call_that_has_begun_is_not_the_next_one(house: Installation) -> None:
    booked(house)
    console = signed_in(house)
    at(house, -1)
    assert "Next call 10:00." in opened(console, "/console").text
    at(house, 0)
    page = opened(console, "/console").text
    assert "Your 10:00 call is under way." in page
    assert "Next call" not in page
