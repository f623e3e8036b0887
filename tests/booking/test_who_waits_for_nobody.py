"""While somebody is counted, and the advisor's row is theirs: who has no need of it is not kept waiting (ADR 13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from services.booking.domain.requests import GuestRequest
from services.booking.models import Call
from services.booking.usecases.availability import offer_of
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.claims import lock_advisor
from services.booking.usecases.confirm import confirm_call, decline_call, lapse_call
from services.booking.usecases.guests import add_guests
from services.booking.usecases.hold import hold_time
from services.booking.usecases.late import say_late
from services.booking.usecases.missed import mark_missed
from services.booking.usecases.propose import propose_times
from shared.clock import machine_now
from tests.booking.crowd import ELEVEN, TEN, Sessions, book, require_sound, sessions, set_type
from tests.builders import a_booking, a_visitor
from tests.installation import START, Installation

__all__ = ["sessions"]

Act = Callable[[Session, Call], object]

BEN = GuestRequest("Ben", "ben@reader.test", "ben@reader.test")


def booked(session: Session, _: Call) -> Call:
    request = a_booking(ELEVEN, visitor=a_visitor("Ben", "ben@reader.test"))
    return book_call(session, request, uid_domain="firstcall.test", now=START)


def held(session: Session, _: Call) -> object:
    offer = offer_of(session, "intro")
    return hold_time(session, offer, ELEVEN, holder="a visitor", seconds=300, now=START)


NEEDS_NO_LOCK: dict[str, Act] = {
    "booked": booked,
    "held": held,
    "cancelled": lambda session, call: cancel_call(session, call.token, Change("prospect"), now=START),
    "late": lambda session, call: say_late(session, call.token, 5, by="prospect", now=TEN),
    "missed": lambda session, call: mark_missed(session, call.id, now=TEN + timedelta(minutes=5)),
    "invited": lambda session, call: add_guests(session, call.token, [BEN], now=START),
    "proposed": lambda session, call: propose_times(session, call.id, [ELEVEN], "", now=START),
}
OF_A_REQUEST: dict[str, Act] = {
    "declined": lambda session, call: decline_call(session, call.id, "", now=START),
    "lapsed": lambda session, _: lapse_call(session, now=TEN, machine=machine_now()),
}


def act_meanwhile(sessions: Sessions, act: Act, call: Call) -> None:
    """Do it while another connection has the advisor's row, which is given up after a second."""
    with sessions.begin() as counting:
        lock_advisor(counting)
        with sessions.begin() as session:
            act(session, call)


@pytest.mark.parametrize("name", NEEDS_NO_LOCK)
def test_what_takes_no_counted_time_goes_on(house: Installation, sessions: Sessions, name: str) -> None:
    call = book(sessions)
    act_meanwhile(sessions, NEEDS_NO_LOCK[name], call)
    require_sound(house)


@pytest.mark.parametrize("name", OF_A_REQUEST)
def test_so_does_the_end_of_what_waited(house: Installation, sessions: Sessions, name: str) -> None:
    set_type(house, confirmation="always")
    act_meanwhile(sessions, OF_A_REQUEST[name], book(sessions))
    assert house.rows("SELECT state FROM booking.call") == [(name,)]
    require_sound(house)


@pytest.mark.parametrize("how", ["moved", "confirmed", "seat"])
def test_what_changes_a_claim_or_a_number_of_seats_waits(house: Installation, sessions: Sessions, how: str) -> None:
    set_type(house, confirmation="always" if how == "confirmed" else "none", seats=3 if how == "seat" else 1)
    acts: dict[str, Act] = {
        "moved": lambda session, call: move_call(session, call.token, ELEVEN, Change("prospect"), now=START),
        "confirmed": lambda session, call: confirm_call(session, call.id, now=START),
        "seat": NEEDS_NO_LOCK["cancelled"],
    }
    call = book(sessions)
    with pytest.raises(OperationalError, match="lock timeout"):
        act_meanwhile(sessions, acts[how], call)
    require_sound(house)
