"""Call types that want the address to answer first: the time is kept for a while, and the link in our mail counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.booking import tasks
from services.booking.domain.errors import NotFound, NotOpen, SlotTaken
from services.booking.models import Call
from services.booking.usecases.change import Change, cancel_call
from services.booking.usecases.confirm import lapse_call
from services.booking.usecases.verify import verify_address
from shared.clock import machine_now
from tests.booking.calls import TEN, booked, by_ben, events, mailed, of_type, row
from tests.booking.crowd import require_sound
from tests.installation import START, Installation


@pytest.fixture(autouse=True)
def a_wary_type(house: Installation) -> None:
    of_type(house, verify_email=True)


def verify(house: Installation, call: Call, now: datetime = START) -> Call:
    with house.booking.sessions.begin() as session:
        return verify_address(session, call.verify_token or "", now=now)


def let_the_time_pass(house: Installation) -> None:
    """As if the mail had been sent half an hour ago."""
    past = machine_now() - timedelta(seconds=1)
    house.run("UPDATE booking.call SET verify_by = :past", past=past)
    house.run("UPDATE booking.claim SET expires_at = :past", past=past)


def test_a_call_counts_once_its_address_has_answered(house: Installation) -> None:
    call = booked(house)
    assert call.state == "unverified"
    assert mailed(house, call.id) == [("address_to_verify", "ana@reader.test")]
    assert events(house, "call_booked") == []
    assert verify(house, call).state == "confirmed"
    assert len(events(house, "call_booked")) == 1
    assert row(house, call, "verify_by") is None
    require_sound(house)


def test_the_link_may_be_opened_again(house: Installation) -> None:
    call = booked(house)
    assert verify(house, call).state == verify(house, call).state == "confirmed"
    assert len(events(house, "call_booked")) == 1


def test_whoever_needs_a_yes_too_waits_for_it_then(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    assert verify(house, call).state == verify(house, call).state == "pending"
    assert len(events(house, "call_requested")) == 1
    with pytest.raises(SlotTaken):
        by_ben(house, TEN)
    require_sound(house)


def test_a_request_that_does_not_block_gives_its_time_free_once_verified(house: Installation) -> None:
    of_type(house, confirmation="always", pending_blocks=False)
    call = booked(house)
    with pytest.raises(SlotTaken):
        by_ben(house, TEN)
    verify(house, call)
    assert by_ben(house, TEN).state == "unverified"
    require_sound(house)


def test_the_time_is_kept_for_half_an_hour_and_then_anybodys(house: Installation) -> None:
    call = booked(house)
    with pytest.raises(SlotTaken):
        by_ben(house, TEN)
    left = call.verify_by - machine_now() if call.verify_by else timedelta(0)
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    let_the_time_pass(house)
    assert by_ben(house, TEN).state == "unverified"
    with pytest.raises(SlotTaken):
        verify(house, call)
    require_sound(house)


def test_an_answer_that_comes_late_counts_while_the_time_is_still_free(house: Installation) -> None:
    call = booked(house)
    let_the_time_pass(house)
    assert verify(house, call).state == "confirmed"
    require_sound(house)


def test_an_address_that_stays_silent_lapses_and_nobody_is_told(house: Installation) -> None:
    call = booked(house)
    assert tasks.lapse(house.booking) == 0
    let_the_time_pass(house)
    assert tasks.lapse(house.booking) == 1
    assert row(house, call, "state") == "lapsed"
    assert events(house, "call_declined") == []
    assert [kind for kind, _ in mailed(house, call.id)] == ["address_to_verify"]
    with pytest.raises(NotOpen):
        verify(house, call)
    require_sound(house)


def test_a_call_that_would_have_begun_lapses_however_fast_the_clock_is(house: Installation) -> None:
    booked(house)
    with house.booking.sessions.begin() as session:
        assert lapse_call(session, now=TEN, machine=machine_now())


def test_a_call_whose_time_is_over_is_not_verified_before_the_sweep_either(house: Installation) -> None:
    call = booked(house)
    with pytest.raises(NotOpen):
        verify(house, call, now=call.ends_at)
    assert row(house, call, "state") == "unverified"


def test_what_was_cancelled_stays_so(house: Installation) -> None:
    call = booked(house)
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("prospect"), now=START)
    with pytest.raises(NotOpen):
        verify(house, call)
    require_sound(house)


def test_a_made_up_link_is_not_found(house: Installation) -> None:
    booked(house)
    for token in ("made-up", ""):
        with pytest.raises(NotFound), house.booking.sessions.begin() as session:
            verify_address(session, token, now=START)
