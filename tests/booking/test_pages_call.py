"""The page of a call: seen, moved, cancelled, and its file for a calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from services.booking.domain.requests import GuestRequest
from services.booking.models import Call
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call
from services.booking.usecases.choose import choose_time
from services.booking.usecases.guests import add_guests
from services.booking.usecases.propose import propose_times
from tests.booking.calls import of_type
from tests.browsing import Page, opened, post, send
from tests.builders import a_booking, a_visitor
from tests.installation import START, Installation
from tests.letters import calendar_of, link_in, parsed, to
from tests.stored import stored

TEN = "2026-12-08T09:00:00Z"
NEXT_DAY = "2026-12-09T09:00:00Z"


def book(house: Installation, start: str = TEN, **changes: Any) -> str:
    """A booked call's path."""
    with house.booking.sessions.begin() as session:
        request = a_booking(datetime.fromisoformat(start), **changes)
        call = book_call(session, request, uid_domain="firstcall.test", now=house.clock.now())
        return f"/call/{call.token}"


@pytest.fixture
def browser(house: Installation) -> FlaskClient:
    return house.browser()


def test_the_mail_leads_to_the_page_of_the_call(house: Installation, browser: FlaskClient) -> None:
    book(house)
    house.work()
    [mail] = [parsed(mail) for mail in house.mails() if to(parsed(mail)) == "ana@reader.test"]
    page = opened(browser, link_in(mail, "/call/").removeprefix("http://firstcall.test"))
    assert page.heading == "Your call with Nora Feld"
    assert "04:00–04:30 in New York" in page.text
    assert "10:00–10:30 in Berlin, where I am" in page.text
    assert "A yes or a no" in page.text
    assert page.links("https://meet.advisor.test/nora")


def test_right_after_booking_the_page_says_so(house: Installation, browser: FlaskClient) -> None:
    page = opened(browser, book(house) + "?just=booked")
    assert page.heading == "Booked"
    assert "The invitation went to ana@reader.test" in page.text
    assert opened(browser, book(house, NEXT_DAY) + "?just=<script>").heading == "Your call with Nora Feld"


@pytest.mark.parametrize("just", ["booked", "moved", "late", "guests", "cancelled"])
def test_a_step_is_not_told_of_a_call_that_has_become_something_else(
    house: Installation, browser: FlaskClient, just: str
) -> None:
    held, missed, cancelled = (book(house, f"2026-12-08T{hour}:00:00Z") for hour in ("09", "10", "11"))
    with house.booking.sessions.begin() as session:
        cancel_call(session, cancelled.rpartition("/")[2], Change("prospect"), now=START)
    if just != "cancelled":
        assert opened(browser, cancelled).text == opened(browser, f"{cancelled}?just={just}").text
    house.pass_time(hours=28)
    house.run("UPDATE booking.call SET state = 'missed' WHERE token = :token", token=missed.rpartition("/")[2])
    over = book(house, NEXT_DAY)
    house.clock.move(datetime.fromisoformat(NEXT_DAY) + timedelta(hours=1) - house.clock.now())
    for path, heading in ((held, "We spoke"), (missed, "We missed each other"), (over, "This call is over")):
        page = opened(browser, f"{path}?just={just}")
        assert page.heading == heading
        assert page.text == opened(browser, path).text


def test_times_that_the_advisor_proposed_are_a_step_away_until_one_is_chosen(
    house: Installation, browser: FlaskClient
) -> None:
    path = book(house)
    assert "I proposed other times." not in opened(browser, path).text
    with house.booking.sessions.begin() as session:
        call = session.scalars(select(Call)).one()
        start = datetime.fromisoformat(NEXT_DAY)
        proposal = propose_times(session, call.id, [start], "", now=START)
    [times] = opened(browser, path).links("/times/")
    assert times == f"/times/{proposal.token}"
    with house.booking.sessions.begin() as session:
        choose_time(session, proposal.token, start, uid_domain="firstcall.test", now=START)
    assert "I proposed other times." not in opened(browser, path).text


def test_a_call_is_moved_from_its_page(house: Installation, browser: FlaskClient) -> None:
    path = book(house)
    assert opened(browser, path + "/move").heading == "Move your call"
    answer = send(browser, f"{path}/move?start={NEXT_DAY}", reason="The train is late")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}?just=moved")
    page = opened(browser, answer.headers["Location"])
    assert page.heading == "Moved"
    assert "9 December" in page.text
    assert house.rows("SELECT sequence, reason FROM booking.call") == [(1, "The train is late")]


def test_going_back_after_booking_says_where_the_way_to_the_call_is(house: Installation, browser: FlaskClient) -> None:
    book(house)
    page = opened(browser, "/book/intro?start=2026-12-08T09:00:00Z").text
    assert "is not free any more. If you have just booked it, the invitation has the way to it." in page


def test_moving_begins_on_the_day_of_the_call_or_the_nearest_free_one_of_its_month(
    house: Installation, browser: FlaskClient
) -> None:
    path = book(house)
    for start, day, month in (
        ("2026-12-08T09:00:00Z", "8 December", "December 2026"),
        ("2026-12-19T09:00:00Z", "18 December", "December 2026"),
        ("2027-01-12T09:00:00Z", "12 January", "January 2027"),
    ):
        at = "starts_at = :start, ends_at = CAST(:start AS timestamptz) + interval '30 minutes'"
        house.run(f"UPDATE booking.call SET {at}", start=start)
        page = opened(browser, f"{path}/move?zone=Europe/Berlin")
        [title] = page.soup.select("#times-title")
        assert day in title.get_text()
        assert month in page.text


def test_the_time_a_call_has_is_not_offered_for_moving_it(house: Installation, browser: FlaskClient) -> None:
    path = book(house)
    offered = [
        str(time["datetime"]) for time in opened(browser, f"{path}/move?day=2026-12-08").soup.select("#times time")
    ]
    assert "2026-12-08T09:00:00+00:00" not in offered
    assert "2026-12-08T09:30:00+00:00" in offered


def test_moving_onto_a_taken_time_offers_others_and_keeps_the_reason(house: Installation, browser: FlaskClient) -> None:
    path = book(house)
    shown = opened(browser, f"{path}/move?start={NEXT_DAY}").fields(f"{path}/move")
    book(house, NEXT_DAY, visitor=a_visitor("Ben", "ben@reader.test"))
    before = stored(house)
    page = Page(browser.post(f"{path}/move", data=shown | {"reason": "The train is late"}))
    assert page.status == 409
    assert page.fields(f"{path}/move")["reason"] == "The train is late"
    assert len(page.soup.select("input[type=radio][name=start]")) == 3
    assert stored(house) == before


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"start": ""}, "start"),
        ({"start": "soon"}, "start"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": "\0"}, "reason"),
    ],
)
def test_a_move_that_needs_another_look_is_shown_again(
    house: Installation, browser: FlaskClient, typed: dict[str, str], field: str
) -> None:
    path = book(house)
    before = stored(house)
    page = Page(send(browser, f"{path}/move?start={NEXT_DAY}", **typed))
    assert page.status == 422
    assert page.links(f"#{field}")
    assert stored(house) == before


def test_a_call_is_cancelled_from_its_page(house: Installation, browser: FlaskClient) -> None:
    path = book(house)
    answer = send(browser, path, action=f"{path}/cancel", reason="Not needed any more")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}?just=cancelled")
    page = opened(browser, answer.headers["Location"])
    assert page.heading == "Cancelled"
    assert "Its time is free again. A mail tells your calendar." in page.text
    assert page.links("/book/intro")
    assert not page.links("/move")
    house.work()
    assert {calendar_of(parsed(mail)).get("STATUS") for mail in house.mails()} == {"CANCELLED"}


def test_of_a_seat_that_is_given_back_the_page_says_that_and_not_that_the_call_is_gone(
    house: Installation, browser: FlaskClient
) -> None:
    of_type(house, seats=3)
    path = book(house)
    answer = send(browser, path, action=f"{path}/cancel")
    text = opened(browser, answer.headers["Location"]).text
    assert "Your seat is free again. A mail tells your calendar." in text
    assert "Its time" not in text


@pytest.mark.parametrize("step", ["move", "cancel"])
def test_no_page_says_of_a_calendar_that_it_has_changed(house: Installation, browser: FlaskClient, step: str) -> None:
    path = book(house)
    form = f"{path}/move?start={NEXT_DAY}" if step == "move" else path
    answer = send(browser, form, **({} if step == "move" else {"action": f"{path}/cancel"}))
    just = opened(browser, answer.headers["Location"]).text
    assert "A mail tells your calendar" in just
    for text in (just, opened(browser, path).text):
        assert "oth calendars" not in text


def test_cancelling_twice_is_cancelling_once(house: Installation, browser: FlaskClient) -> None:
    path = book(house)
    shown = opened(browser, path).fields(f"{path}/cancel")
    for _ in range(2):
        assert browser.post(f"{path}/cancel", data=shown).status_code == 303
    assert house.rows("SELECT sequence FROM booking.call") == [(1,)]


def test_a_reason_that_cannot_be_taken_is_told_beside_its_field_and_the_call_stays(
    house: Installation, browser: FlaskClient
) -> None:
    path = book(house)
    before = stored(house)
    page = Page(send(browser, path, action=f"{path}/cancel", reason="x" * 1001))
    assert page.status == 422
    assert page.wrong("reason")
    assert stored(house) == before


def test_a_call_that_the_advisor_cancelled_says_so(house: Installation, browser: FlaskClient) -> None:
    path = book(house)
    with house.booking.sessions.begin() as session:
        cancel_call(session, path.rpartition("/")[2], Change("advisor", "I am ill"), now=START)
    page = opened(browser, path)
    assert "I had to cancel this call." in page.text
    assert "I am ill" in page.text


def test_too_late_to_change_says_whom_to_write_to(house: Installation, browser: FlaskClient) -> None:
    path = book(house)
    shown = opened(browser, path).fields(f"{path}/cancel")
    moving = opened(browser, f"{path}/move?start={NEXT_DAY}").fields(f"{path}/move")
    house.pass_time(hours=20)
    page = opened(browser, path)
    assert "It begins in less than 12 h" in page.text
    assert page.links("mailto:nora@advisor.test")
    assert opened(browser, path + "/move").heading == "Your call with Nora Feld"
    before = stored(house)
    assert browser.post(f"{path}/cancel", data=shown).status_code == 409
    assert browser.post(f"{path}/move", data=moving).status_code == 409
    assert stored(house) == before


DAY, BEGUN = 1440, "It has begun, so it can no longer be changed here."
"""A day's notice in minutes; what a page says once a call has begun."""
ENOUGH = "It was moved as often as it can be from here."


@pytest.mark.parametrize(
    ("move", "cancel", "moves", "hours", "said"),
    [
        (720, 0, None, 1, "Move until 12 h before. Cancel until it begins."),
        (720, 0, None, 22, "It begins in less than 12 h, so it can no longer be moved here."),
        (720, DAY, None, 22, "It begins in less than 12 h, so it can no longer be changed here."),
        (720, 0, None, 25.2, BEGUN),
        (0, DAY, 0, 22, f"{ENOUGH} It begins in less than 24 h, so it can no longer be cancelled here."),
        (720, DAY, 0, 22, f"{ENOUGH} It begins in less than 24 h, so it can no longer be cancelled here."),
        (720, 0, 0, 22, ENOUGH),
        (720, 0, 0, 25.2, f"{ENOUGH} {BEGUN}"),
    ],
)
def test_what_can_no_longer_be_changed_says_why(
    house: Installation, browser: FlaskClient, move: int, cancel: int, moves: int | None, hours: float, said: str
) -> None:
    of_type(house, move_notice_minutes=move, cancel_notice_minutes=cancel, most_moves=moves)
    path = book(house)
    house.clock.move(timedelta(hours=hours))
    told = " ".join(opened(browser, path).soup.select(".call > p:is(.caption, .small)")[-1].get_text().split())
    assert told.removesuffix(" If something came up, write to nora@advisor.test.") == said


@pytest.mark.parametrize(("hours", "heading"), [(25.2, "Your call with Nora Feld"), (26, "We spoke")])
def test_a_call_that_began_or_is_over_cannot_be_changed(
    house: Installation, browser: FlaskClient, hours: float, heading: str
) -> None:
    path = book(house)
    house.pass_time(hours=hours)
    page = opened(browser, path)
    assert (page.status, page.heading) == (200, heading)
    assert not page.links("/move")


def test_between_its_end_and_the_next_tick_a_call_is_over_already(house: Installation, browser: FlaskClient) -> None:
    path = book(house)
    house.clock.move(house.clock.now() - START + (datetime.fromisoformat(NEXT_DAY) - START))
    assert opened(browser, path).heading == "This call is over"
    shown = {"csrf_token": opened(browser, "/contact").fields("/contact")["csrf_token"]}
    assert browser.post(f"{path}/cancel", data=shown).status_code == 409


def test_the_calendar_file_is_the_prospects_copy(house: Installation, browser: FlaskClient) -> None:
    path = book(house, visitor=a_visitor(company="Lima & Sons"))
    answer = browser.get(f"{path}/invite.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="call.ics"'
    calendar = Calendar.from_ical(answer.data)
    [event] = calendar.walk("VEVENT")
    [(uid,)] = house.rows("SELECT uid FROM booking.call")
    assert (str(calendar["METHOD"]), str(event["UID"]), event["SEQUENCE"]) == ("PUBLISH", uid, 0)
    assert f"http://firstcall.test{path}" in str(event["URL"])
    for private in ("A yes or a no", "Lima & Sons"):
        assert private not in answer.get_data(as_text=True)


def test_the_calendar_file_of_a_cancelled_call_takes_it_out(house: Installation, browser: FlaskClient) -> None:
    path = book(house)
    send(browser, path, action=f"{path}/cancel")
    calendar = Calendar.from_ical(browser.get(f"{path}/invite.ics").data)
    [event] = calendar.walk("VEVENT")
    assert (str(calendar["METHOD"]), event["SEQUENCE"]) == ("CANCEL", 1)


@pytest.mark.parametrize("token", ["x", "A" * 22, "%00", "%F0%9F%A6%86", "..%2F..", "' OR '1'='1"])
def test_a_link_to_no_call_leads_nowhere(quiet_house: Installation, token: str) -> None:
    browser = quiet_house.browser()
    csrf = opened(browser, "/contact").fields("/contact")["csrf_token"]
    for path in ("", "/move", "/invite.ics"):
        assert browser.get(f"/call/{token}{path}").status_code == 404
    for path in ("/move", "/cancel"):
        answer = post(browser, f"/call/{token}{path}", {"csrf_token": csrf, "start": NEXT_DAY})
        assert answer.status_code == 404


def test_a_call_whose_type_is_not_offered_any_more_can_still_be_changed(
    house: Installation, browser: FlaskClient
) -> None:
    path = book(house)
    house.run("UPDATE booking.call_type SET active = false")
    assert opened(browser, path).status == 200
    assert send(browser, f"{path}/move?start={NEXT_DAY}").status_code == 303
    assert send(browser, path, action=f"{path}/cancel").status_code == 303


def test_who_says_that_they_are_late_reads_who_is_told(house: Installation, browser: FlaskClient) -> None:
    path = book(house)
    house.clock.move(datetime.fromisoformat(TEN) - timedelta(minutes=10) - START)
    assert "A mail tells me at once that you are running late." in opened(browser, f"{path}?just=late").text
    with house.booking.sessions.begin() as session:
        add_guests(
            session,
            path.rpartition("/")[2],
            [GuestRequest("Gil", "gil@guest.test", "gil@guest.test")],
            now=house.clock.now(),
        )
    page = opened(browser, f"{path}?just=late")
    assert "A mail tells me and your guests at once that you are running late." in page.text
