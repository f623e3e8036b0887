"""The room Calls: what is coming by day, what waits, what is over page by page, and finding a call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from services.booking.domain.states import CallState
from services.booking.routes import console_room
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call
from tests.booking.calls import ELEVEN, NIGHT, TEN, TWELVE, booked, by_ben, in_state, of_type
from tests.booking.crowd import set_type
from tests.browsing import Page, opened
from tests.builders import a_booking, a_visitor
from tests.furnished import signed_in
from tests.installation import Installation

DAY = timedelta(days=1)


@pytest.fixture
def console(house: Installation) -> FlaskClient:
    return signed_in(house)


def people(page: Page, heading: str = "found") -> list[str]:
    """Who stands in a section, in its order."""
    return _said(page, heading, ".person")


def state_of(page: Page, heading: str) -> list[str]:
    """How each entry of a section stands."""
    return _said(page, heading, ".state")


def _said(page: Page, heading: str, part: str) -> list[str]:
    section = page.soup.select_one(f"section[aria-labelledby={heading}]")
    assert section is not None
    return [element.get_text() for element in section.select(part)]


def by(house: Installation, name: str, days: int, **changes: str) -> None:
    visitor = a_visitor(name, f"{name.lower().replace(' ', '.')}@reader.test", **changes)
    booked(house, TEN + days * DAY, visitor=visitor)


def test_an_empty_room_says_what_will_stand_there(console: FlaskClient) -> None:
    text = opened(console, "/console/calls").text
    assert "No call is coming." in text
    assert "Calls that are over are found here." in text


def test_coming_calls_stand_by_the_advisors_day_with_who_their_words_and_how_they_stand(
    house: Installation, console: FlaskClient
) -> None:
    by_ben(house, ELEVEN + DAY)
    call = booked(house, TEN)
    house.run("UPDATE booking.advisor SET zone = 'Asia/Kathmandu'")
    house.run("UPDATE booking.call SET answer = 'tentative' WHERE id = :id", id=call.id)
    page = opened(console, "/console/calls")
    assert people(page, "day-1") == ["Ana Lima"]
    assert people(page, "day-2") == ["Ben"]
    assert "Tuesday 8 December" in page.text
    assert "14:45 Ana Lima A yes or a no may come" in page.text
    assert page.links(f"/console/calls/{call.id}")


def test_a_call_of_late_evening_stands_under_the_day_it_has_for_the_advisor(
    house: Installation, console: FlaskClient
) -> None:
    with house.booking.sessions.begin() as session:
        book_call(session, a_booking(NIGHT), uid_domain="firstcall.test", now=house.clock.now(), by_advisor=True)
    house.run("UPDATE booking.advisor SET zone = 'Asia/Tokyo'")
    assert "Wednesday 9 December" in opened(console, "/console/calls").text


def test_what_waits_for_a_yes_is_confirmed_from_the_room(house: Installation, console: FlaskClient) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    page = opened(console, "/console/calls")
    assert people(page, "waiting") == ["Ana Lima"]
    assert page.fields(f"/console/calls/{call.id}/confirm")["back"] == "calls"


def test_a_group_call_is_one_entry_with_its_seats(house: Installation, console: FlaskClient) -> None:
    set_type(house, "intro", seats=6)
    by(house, "Ana", 0)
    by(house, "Ben", 0)
    page = opened(console, "/console/calls")
    assert people(page, "day-1") == ["Intro call"]
    assert "2/6 seats" in page.text
    assert state_of(page, "day-1") == ["booked"]
    assert len(page.soup.select(".seats a")) == 2


def test_a_seat_that_was_given_back_is_past_and_the_group_call_is_still_coming(
    house: Installation, console: FlaskClient
) -> None:
    set_type(house, "intro", seats=6)
    ben = by_ben(house, TEN)
    by(house, "Ana", 0)
    with house.booking.sessions.begin() as session:
        cancel_call(session, ben.token, Change("prospect"), now=house.clock.now())
    page = opened(console, "/console/calls")
    assert "1/6 seats" in page.text
    assert people(page, "day-1") == people(page, "called-off") == ["Intro call"]
    assert state_of(page, "called-off") == ["cancelled by them"]
    assert state_of(page, "day-1") == ["booked"]


def test_a_group_call_stands_as_its_seats_do(house: Installation, console: FlaskClient) -> None:
    set_type(house, "intro", seats=6)
    for name in ("Ana", "Ben", "Cem"):
        by(house, name, 0)
    house.run("UPDATE booking.call SET answer = 'accepted' WHERE name <> 'Ben'")
    assert state_of(opened(console, "/console/calls"), "day-1") == ["accepted: 2 · booked: 1"]
    house.pass_time(days=2)
    assert state_of(opened(console, "/console/calls"), "found") == ["held"]


def test_what_was_called_off_stands_apart_by_time_until_it_would_be_over(
    house: Installation, console: FlaskClient
) -> None:
    for state, start in ((CallState.LAPSED, TWELVE), (CallState.DECLINED, ELEVEN), (CallState.CANCELLED, TEN + DAY)):
        in_state(house, state, start)
    page = opened(console, "/console/calls")
    assert "3 that were called off" in page.text
    assert state_of(page, "called-off") == ["declined by you", "not answered in time", "cancelled by them"]
    assert people(page, "found") == []
    house.pass_time(days=1, hours=4)
    page = opened(console, "/console/calls")
    assert "One that was called off" in page.text
    assert state_of(page, "found") == ["not answered in time", "declined by you"]


def test_what_is_over_is_past_newest_first(house: Installation, console: FlaskClient) -> None:
    in_state(house, CallState.DECLINED, TWELVE)
    by(house, "Ben Okafor", 1)
    by(house, "Cem", 2)
    assert people(opened(console, "/console/calls")) == []
    house.pass_time(days=4)
    page = opened(console, "/console/calls")
    assert people(page) == ["Cem", "Ben Okafor", "Ana Lima"]
    assert "Ana Lima A yes or a no declined by you" in page.text
    assert "Ben Okafor A yes or a no held" in page.text


@pytest.mark.parametrize("together", [False, True])
def test_the_past_is_read_page_by_page_and_everybody_once(
    house: Installation, console: FlaskClient, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_room, "PAGE", 2)
    names = ["Ana", "Ben", "Cem", "Dua", "Eli"]
    for number, name in enumerate(names):
        by(house, name, 0 if together else 7 * number)
        house.run("UPDATE booking.claim SET active = false")
        house.run("UPDATE booking.call SET state = 'declined'")
    house.clock.move(60 * DAY)
    seen: list[str] = []
    address = "/console/calls"
    while address:
        page = opened(console, address)
        assert len(people(page)) <= 2
        seen += people(page)
        address = next(iter(page.links("after=")), "")
    assert sorted(seen) == names
    assert together or seen == names[::-1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=okafor", ["Ben Okafor"]),
        ("q=BEN.OK", ["Ben Okafor"]),
        ("q=%20lima%20", ["Ana Lima"]),
        ("q=logistics", ["Ana Lima"]),
        ("state=cancelled", ["Ben Okafor"]),
        ("state=confirmed&q=reader", ["Ana Lima"]),
        ("state=lapsed", []),
        ("q=%25", []),
        ("q=_", []),
        ("q=%5C", []),
        ("q=%00", ["Ana Lima"]),
        ("q=" + "x" * 9000, []),
        ("q=' OR '1'='1", []),
    ],
)
def test_a_call_is_found_by_who_and_by_how_it_stands(
    house: Installation, console: FlaskClient, query: str, found: list[str]
) -> None:
    booked(house, visitor=a_visitor(company="Lima Logistics"))
    ben = booked(house, ELEVEN, visitor=a_visitor("Ben Okafor", "ben.okafor@reader.test"))
    with house.booking.sessions.begin() as session:
        cancel_call(session, ben.token, Change("prospect"), now=house.clock.now())
    page = opened(console, f"/console/calls?{query}")
    assert page.status == 200
    if query == "q=%00":
        assert people(page, "day-1") == found  # nothing is left to search for
    else:
        assert people(page) == found


@pytest.mark.parametrize(
    ("query", "field"), [("state=nonsense", "state"), ("state=%00", "state"), ("after=soon&entry=x", "after")]
)
def test_a_search_that_cannot_be_is_told_and_the_room_is_shown(
    quiet_house: Installation, query: str, field: str
) -> None:
    page = opened(signed_in(quiet_house), f"/console/calls?{query}")
    assert page.status == 422
    assert page.heading == "Calls"
    assert page.soup.select_one(f".notice.error a[href='#{field}']") is not None
