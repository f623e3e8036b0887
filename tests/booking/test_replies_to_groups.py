"""What the advisor's calendar answers to the entry of a group call: noted, shown, told once; nobody loses a seat."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.booking.usecases.change import Change, cancel_call
from shared.events import CalendarReplyReceived
from shared.inbox import publish
from tests.booking.calls import TEN, booked, by_ben, of_type, reply_arrives
from tests.booking.invitations import ANA, NORA, event_of, flat, has_calendar, partstats, story
from tests.furnished import signed_in
from tests.installation import START, Installation
from tests.letters import parsed
from tests.stored import stored


@pytest.fixture
def house(house: Installation) -> Installation:
    """An installation in which Ana and Ben have two of three seats, all mails sent."""
    of_type(house, seats=3)
    booked(house)
    by_ben(house, TEN)
    house.work()
    return house


def answer(house: Installation, partstat: str, who: str = NORA, **changes: Any) -> None:
    """A calendar answers to the group's entry as it stands."""
    [(uid, sequence)] = house.rows("SELECT uid, sequence FROM booking.group_call")
    reply_arrives(house, partstat, who, **({"uid": uid, "sequence": sequence} | changes))


def stands(house: Installation) -> list[tuple[Any, ...]]:
    """The group call: its state, the seats taken, and what the advisor's calendar answered."""
    return [tuple(row) for row in house.rows("SELECT state, taken, advisor_answer FROM booking.group_call")]


@pytest.mark.parametrize("partstat", ["ACCEPTED", "TENTATIVE"])
def test_an_answer_is_noted_and_tells_nobody(house: Installation, partstat: str) -> None:
    seen = len(house.mails())
    answer(house, partstat)
    assert stands(house) == [("confirmed", 2, partstat.lower())]
    assert len(house.mails()) == seen


def test_a_decline_is_told_once_with_what_holds_and_frees_nothing(house: Installation) -> None:
    seen = len(house.mails())
    for minute in (1, 1, 2):
        answer(house, "DECLINED", dtstamp=START + timedelta(minutes=minute))
    assert stands(house) == [("confirmed", 2, "declined")]
    assert house.rows("SELECT DISTINCT state FROM booking.call") == [("confirmed",)]
    assert story(house, since=seen) == [(NORA, None, None)]
    words = flat(parsed(house.mails()[-1]))
    assert "You declined Intro call in your calendar. 2 people have a seat and were not told" in words
    assert "it stands until you move or cancel their seats." in words


def test_a_decline_is_shown_on_today_in_the_room_and_with_each_seat(house: Installation) -> None:
    browser = signed_in(house)
    [(seat,)] = house.rows("SELECT id FROM booking.call ORDER BY id LIMIT 1")
    pages = ("/console", "/console/calls")
    for page in pages:
        assert b"declined in your calendar" not in browser.get(page).data
    answer(house, "DECLINED")
    for page in pages:
        assert b"declined in your calendar" in browser.get(page).data
    assert b"<dt>Your calendar</dt><dd>declined</dd>" in browser.get(f"/console/calls/{seat}").data.replace(b"\n", b"")
    house.pass_time(days=2)
    assert b"declined in your calendar" not in browser.get("/console/calls").data


def test_a_no_that_became_a_yes_before_it_was_told_is_not_told(house: Installation) -> None:
    seen = len(house.mails())
    [(uid, sequence)] = house.rows("SELECT uid, sequence FROM booking.group_call")
    with house.webhooks.sessions.begin() as session:
        for minute, partstat in ((1, "DECLINED"), (2, "ACCEPTED")):
            event = CalendarReplyReceived(
                subject=uuid4(),
                revision=0,
                occurred_at=START,
                method="REPLY",
                uid=uid,
                attendee=NORA,
                partstat=partstat,
                sequence=sequence,
                dtstamp=START + timedelta(minutes=minute),
                sender=NORA,
                authenticated=True,
            )
            publish(session, event)
    house.work()
    assert stands(house) == [("confirmed", 2, "accepted")]
    assert len(house.mails()) == seen


def test_the_next_update_keeps_what_was_answered(house: Installation) -> None:
    answer(house, "TENTATIVE")
    [(token,)] = house.rows("SELECT token FROM booking.call WHERE email = :ana", ana=ANA)
    with house.booking.sessions.begin() as session:
        cancel_call(session, token, Change("prospect"), now=house.clock.now())
    house.work()
    updates = [event_of(mail) for mail in map(parsed, house.mails()) if has_calendar(mail)]
    [(uid,)] = house.rows("SELECT uid FROM booking.group_call")
    last = max((one for one in updates if one["UID"] == uid), key=lambda one: int(one["SEQUENCE"]))
    assert partstats(last) == {NORA: "TENTATIVE"}


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": 0},
        {"sequence": 9},
        {"authenticated": False},
        {"sender": "eve@evil.test"},
        {"who": ANA},
        {"who": "eve@evil.test"},
        {"partstat": "DELEGATED"},
        {"method": "COUNTER", "start": TEN + timedelta(hours=1), "end": TEN + timedelta(hours=2)},
    ],
)
def test_what_is_stale_foreign_forged_or_no_answer_changes_nothing(
    house: Installation, changes: dict[str, Any]
) -> None:
    before = beside_the_inbox(house)
    answer(house, **({"partstat": "DECLINED"} | changes))
    assert beside_the_inbox(house) == before


def test_a_group_call_that_is_over_or_cancelled_cannot_be_declined(house: Installation) -> None:
    house.run("UPDATE booking.group_call SET state = 'cancelled'")
    answer(house, "DECLINED")
    house.run("UPDATE booking.group_call SET state = 'confirmed'")
    house.clock.move(timedelta(days=2))
    answer(house, "DECLINED")
    assert house.rows("SELECT advisor_answer FROM booking.group_call") == [("needs-action",)]


def beside_the_inbox(house: Installation) -> list[tuple[Any, ...]]:
    """All that is stored, but for the inbox that an answer comes through."""
    return [table for table in stored(house) if table[0] != "booking.inbox"]
