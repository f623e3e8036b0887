"""Calls that wait for the advisor's yes: who waits, what is kept for them meanwhile, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from services.booking import tasks
from services.booking.domain.errors import AlreadyCancelled, NotFound, NotOpen, SlotTaken
from services.booking.domain.states import CallState
from services.booking.models import Call
from services.booking.usecases.change import Change, cancel_call
from services.booking.usecases.confirm import confirm_call, decline_call, lapse_call, mark_paid
from services.booking.usecases.links import make_link
from shared.clock import machine_now
from tests.booking.calls import TEN, booked, by_ben, events, in_state, mailed, of_type, row
from tests.booking.crowd import book, require_sound
from tests.builders import a_visitor
from tests.installation import START, Installation


def confirm(house: Installation, call: Call) -> Call:
    with house.booking.sessions.begin() as session:
        return confirm_call(session, call.id, now=house.clock.now())


def decline(house: Installation, call: Call, reason: str = "") -> Call:
    with house.booking.sessions.begin() as session:
        return decline_call(session, call.id, reason, now=house.clock.now())


def pay(house: Installation, call: Call) -> Call:
    with house.booking.sessions.begin() as session:
        return mark_paid(session, call.id, now=house.clock.now())


@pytest.mark.parametrize(
    ("confirmation", "email", "state"),
    [
        ("none", "ana@gmail.com", "confirmed"),
        ("always", "ana@reader.test", "pending"),
        ("free_mail", "ana@reader.test", "confirmed"),
        ("free_mail", "ana@gmail.com", "pending"),
        ("free_mail", "ana@yahoo.co.uk", "pending"),
    ],
)
def test_who_waits_for_a_yes_follows_from_the_call_type_and_the_address(
    house: Installation, confirmation: str, email: str, state: str
) -> None:
    of_type(house, confirmation=confirmation)
    assert booked(house, visitor=a_visitor(email=email)).state == state


def test_a_request_is_told_as_one_and_spends_no_invitation(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    assert [kind for kind, _ in mailed(house, call.id)] == ["call_requested"] * 2
    assert [event["subject"] for event in events(house, "call_requested")] == [str(call.id)]
    assert events(house, "call_booked") == []
    assert row(house, call, "sequence") == 0


def test_a_yes_makes_it_a_call_like_any_other(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    assert confirm(house, call).state == "confirmed"
    assert confirm(house, call).state == "confirmed"
    [told] = events(house, "call_booked")
    assert (told["subject"], told["revision"]) == (str(call.id), 1)
    assert row(house, call, "sequence") == 0
    require_sound(house)


def test_a_request_keeps_its_time_unless_its_type_says_otherwise(house: Installation) -> None:
    of_type(house, confirmation="always")
    booked(house)
    with pytest.raises(SlotTaken):
        by_ben(house, TEN)
    of_type(house, pending_blocks=False)
    later = TEN + timedelta(hours=1)
    booked(house, later)
    assert by_ben(house, later).state == "pending"
    require_sound(house)


def test_of_two_requests_for_one_time_the_second_yes_is_refused_with_other_times(house: Installation) -> None:
    of_type(house, confirmation="always", pending_blocks=False)
    ana, ben = booked(house), by_ben(house, TEN)
    confirm(house, ben)
    with pytest.raises(SlotTaken) as refused:
        confirm(house, ana)
    assert len(refused.value.nearest) == 3
    assert row(house, ana, "state") == "pending"
    require_sound(house)


@pytest.mark.parametrize("say_yes", [confirm, pay])
def test_a_yes_keeps_the_time_that_the_request_has_though_buffers_were_raised_since(
    house: Installation, say_yes: Callable[[Installation, Call], Call]
) -> None:
    of_type(house, confirmation="always", buffer_before_minutes=0, buffer_after_minutes=0)
    ana, ben = booked(house), by_ben(house, TEN + timedelta(minutes=30))
    of_type(house, buffer_before_minutes=15, buffer_after_minutes=15)
    for call in (ana, ben):
        assert say_yes(house, call).state == "confirmed"
    of_type(house, buffer_before_minutes=0, buffer_after_minutes=0)
    require_sound(house)


def test_a_no_frees_the_time_and_says_why(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    for _ in range(2):
        assert decline(house, call, "I am away that week").state == "declined"
    [told] = events(house, "call_declined")
    assert (told["by"], told["reason"]) == ("advisor", "I am away that week")
    assert ("call_declined", "ana@reader.test") in mailed(house, call.id)
    assert by_ben(house, TEN).state == "pending"
    require_sound(house)


def test_what_a_declined_call_was_booked_with_is_given_back(house: Installation) -> None:
    of_type(house, confirmation="always")
    with house.booking.sessions.begin() as session:
        [(intro,)] = house.rows("SELECT id FROM booking.call_type WHERE slug = 'intro'")
        link = make_link(session, intro, label="", most_uses=1, expires_at=None, now=START)
    decline(house, booked(house, link=link.token))
    assert booked(house, link=link.token).state == "pending"
    require_sound(house)


@pytest.mark.parametrize("state", [CallState.COMPLETED, CallState.MISSED, CallState.LAPSED, CallState.DECLINED])
def test_what_has_come_to_its_end_is_not_confirmed(house: Installation, state: CallState) -> None:
    with pytest.raises(NotOpen):
        confirm(house, in_state(house, state))


def test_a_request_whose_time_is_over_is_not_confirmed_before_the_sweep_either(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    house.clock.move(call.ends_at - START)
    with pytest.raises(NotOpen):
        confirm(house, call)
    assert row(house, call, "state") == "pending"


def test_what_is_confirmed_is_cancelled_and_not_declined(house: Installation) -> None:
    with pytest.raises(NotOpen):
        decline(house, booked(house))


def test_a_cancelled_request_is_neither_confirmed_nor_declined(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("prospect"), now=START)
    for act in (confirm, decline):
        with pytest.raises(AlreadyCancelled):
            act(house, call)
    require_sound(house)


def test_a_call_that_there_is_not_is_not_found(house: Installation) -> None:
    for act in (confirm_call, mark_paid):
        with pytest.raises(NotFound), house.booking.sessions.begin() as session:
            act(session, uuid4(), now=START)


def test_a_payment_confirms_what_waited_for_it(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    pay(house, call)
    house.clock.move(timedelta(hours=1))
    pay(house, call)
    assert row(house, call, "state, paid_at") == ("confirmed", START)
    assert len(events(house, "call_booked")) == 1
    require_sound(house)


def test_a_payment_is_noted_on_a_call_that_stands(house: Installation) -> None:
    call = booked(house)
    pay(house, call)
    assert row(house, call, "state, paid_at") == ("confirmed", START)
    assert len(events(house, "call_booked")) == 1


def test_a_request_that_nobody_answers_lapses_at_its_start(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    house.clock.move(TEN - START - timedelta(seconds=1))
    assert tasks.lapse(house.booking) == 0
    house.clock.move(timedelta(seconds=1))
    assert tasks.lapse(house.booking) == 1
    assert row(house, call, "state, cancelled_by") == ("lapsed", "system")
    [told] = events(house, "call_declined")
    assert told["by"] == "system"
    assert tasks.lapse(house.booking) == 0
    require_sound(house)


def test_a_confirmed_call_never_lapses(house: Installation) -> None:
    booked(house)
    with house.booking.sessions.begin() as session:
        assert not lapse_call(session, now=TEN + timedelta(days=1), machine=machine_now())


def test_the_advisor_who_books_for_somebody_waits_for_nobody(house: Installation) -> None:
    of_type(house, confirmation="always", verify_email=True)
    assert book(house.booking.sessions, by_advisor=True).state == "confirmed"
