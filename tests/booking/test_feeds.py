"""Addresses to subscribe to: what they give out is what calendars can read, and the same until something changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from services.booking.domain.errors import NotFound
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.feeds import Kind, feeds, make_feed, revoke_feed
from shared.clock import machine_now
from tests.builders import a_booking
from tests.installation import START, Installation

TUESDAY = START.replace(day=8, hour=9)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def browser(house: Installation) -> FlaskClient:
    return house.browser()


def a_feed(house: Installation, kind: Kind = "calls") -> str:
    """The path of a new feed."""
    with house.booking.sessions.begin() as session:
        return f"/calendar/{make_feed(session, kind, 'my phone', now=house.clock.now()).token}.ics"


def book(house: Installation, start: datetime = TUESDAY) -> str:
    """A booked call's token."""
    with house.booking.sessions.begin() as session:
        call = book_call(session, a_booking(start), uid_domain="firstcall.test", now=house.clock.now())
        return call.token


def change(house: Installation, act: Any, token: str, *more: Any) -> None:
    with house.booking.sessions.begin() as session:
        act(session, token, *more, Change("advisor", "I am ill"), now=house.clock.now())


def block(house: Installation, start: datetime, end: datetime, *, uid: str = "theirs@elsewhere.test") -> None:
    """A busy time of a calendar that is read."""
    house.run(
        "WITH a AS (INSERT INTO booking.calendar_account (kind, name, url, created_at)"
        " VALUES ('ics', 'Work', '', now()) RETURNING id),"
        " c AS (INSERT INTO booking.calendar (account_id, name, url, url_digest) SELECT id, 'Work', '', '' FROM a"
        " RETURNING id)"
        " INSERT INTO booking.busy_time (calendar_id, href, uid, during)"
        " SELECT id, '', :uid, tstzrange(:start, :end) FROM c",
        uid=uid,
        start=start,
        end=end,
    )


def parsed(answer: TestResponse) -> Any:
    """The one calendar in it."""
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    for line in answer.data.removesuffix(b"\r\n").split(b"\r\n"):
        assert 0 < len(line) <= 75
        assert b"\n" not in line
    return Calendar.from_ical(answer.data)


def events(answer: TestResponse) -> list[Any]:
    return list(parsed(answer).walk("VEVENT"))


def periods(answer: TestResponse) -> list[tuple[datetime, datetime]]:
    """The times that are taken, as one VFREEBUSY has them."""
    [component] = parsed(answer).walk("VFREEBUSY")
    found = component.get("FREEBUSY", [])
    return [(one.start, one.end) for one in (found if isinstance(found, list) else [found])]


def test_the_advisors_feed_has_their_calls_with_the_briefing_and_invites_nobody(
    house: Installation, browser: FlaskClient
) -> None:
    book(house)
    calendar = parsed(browser.get(a_feed(house)))
    assert calendar["METHOD"] == "PUBLISH"
    assert calendar["NAME"] == calendar["X-WR-CALNAME"] == "Calls of Nora Feld"
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert calendar["REFRESH-INTERVAL"].to_ical() == calendar["X-PUBLISHED-TTL"].to_ical() == b"PT1H"
    [event] = calendar.walk("VEVENT")
    [(uid,)] = house.rows("SELECT uid FROM booking.call")
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (uid, 0, "CONFIRMED")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (TUESDAY, TUESDAY + HALF_AN_HOUR)
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == event["CREATED"].dt == START
    assert "ana@" in event["DESCRIPTION"]
    assert "A yes or a no" in event["DESCRIPTION"]
    assert "ATTENDEE" not in event


def test_a_moved_call_is_the_same_entry_at_another_time(house: Installation, browser: FlaskClient) -> None:
    token, path = book(house), a_feed(house)
    [before] = events(browser.get(path))
    house.clock.move(timedelta(hours=1))
    change(house, move_call, token, TUESDAY.replace(hour=11))
    [event] = events(browser.get(path))
    assert event["UID"] == before["UID"]
    assert event["SEQUENCE"] == 1
    assert event["DTSTART"].dt == TUESDAY.replace(hour=11)
    assert event["CREATED"].dt == START
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == START + timedelta(hours=1)


def test_a_cancelled_call_stays_crossed_out_for_thirty_days(house: Installation, browser: FlaskClient) -> None:
    token, path = book(house), a_feed(house)
    change(house, cancel_call, token)
    house.clock.move(timedelta(days=30))
    [event] = events(browser.get(path))
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)
    house.clock.move(timedelta(seconds=1))
    assert events(browser.get(path)) == []


def test_a_call_that_was_held_stays_for_a_year(house: Installation, browser: FlaskClient) -> None:
    book(house)
    path = a_feed(house)
    house.clock.move(timedelta(days=365))
    assert [event["STATUS"] for event in events(browser.get(path))] == ["CONFIRMED"]
    house.clock.move(timedelta(days=2))
    assert events(browser.get(path)) == []


@pytest.mark.parametrize("state", ["pending", "unverified", "declined", "lapsed"])
def test_what_is_no_call_yet_or_never_was_one_is_not_in_the_feed(
    house: Installation, browser: FlaskClient, state: str
) -> None:
    book(house)
    house.run("UPDATE booking.call SET state = :state", state=state)
    assert events(browser.get(a_feed(house))) == []


def test_a_group_call_is_one_entry_that_says_who_comes(house: Installation, browser: FlaskClient) -> None:
    book(house)
    book(house, TUESDAY.replace(hour=11))
    house.run(
        "WITH g AS (INSERT INTO booking.group_call (uid, call_type_id, starts_at, ends_at, capacity, taken, sequence,"
        " created_at, changed_at) SELECT 'group@firstcall.test', id, :start, :end, 8, 2, 1, :now, :now"
        " FROM booking.call_type WHERE slug = 'intro' RETURNING id)"
        " UPDATE booking.call SET group_call_id = g.id FROM g",
        start=TUESDAY,
        end=TUESDAY + HALF_AN_HOUR,
        now=START,
    )
    house.run("UPDATE booking.call SET name = 'Ben Ode' WHERE starts_at <> :start", start=TUESDAY)
    [event] = events(browser.get(a_feed(house)))
    assert (event["UID"], event["SEQUENCE"]) == ("group@firstcall.test", 1)
    assert "Ana Lima" in event["DESCRIPTION"]
    assert "Ben Ode" in event["DESCRIPTION"]
    assert "(2/8)" in event["SUMMARY"]


@pytest.mark.parametrize("kind", ["calls", "free_busy"])
def test_nothing_changes_while_nothing_changes(house: Installation, browser: FlaskClient, kind: Kind) -> None:
    book(house)
    path = a_feed(house, kind)
    first = browser.get(path)
    house.clock.move(timedelta(hours=3))
    again = browser.get(path)
    assert again.data == first.data
    for header in ("ETag", "Last-Modified"):
        assert again.headers[header] == first.headers[header]
    assert first.headers["ETag"].startswith('"')
    assert first.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("kind", ["calls", "free_busy"])
def test_who_has_it_already_is_told_so_until_something_changes(
    house: Installation, browser: FlaskClient, kind: Kind
) -> None:
    token, path = book(house), a_feed(house, kind)
    first = browser.get(path)
    has = {"If-None-Match": first.headers["ETag"]}
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    for headers in (has, since, has | since):
        answer = browser.get(path, headers=headers)
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == first.headers["ETag"]
    house.clock.move(timedelta(minutes=5))
    change(house, move_call, token, TUESDAY.replace(hour=11))
    for headers in (has, since, has | since):
        answer = browser.get(path, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["ETag"] != first.headers["ETag"]
        assert answer.last_modified == START + timedelta(minutes=5)


def test_a_head_request_tells_the_same_without_the_calendar(house: Installation, browser: FlaskClient) -> None:
    book(house)
    path = a_feed(house)
    read, asked = browser.get(path), browser.head(path)
    assert (asked.status_code, asked.data) == (200, b"")
    for header in ("ETag", "Last-Modified", "Content-Type", "Content-Length"):
        assert asked.headers[header] == read.headers[header]


def test_what_the_advisor_changed_about_themselves_reaches_a_reader_who_asks_by_date(
    house: Installation, browser: FlaskClient
) -> None:
    book(house)
    path = a_feed(house)
    since = {"If-Modified-Since": browser.get(path).headers["Last-Modified"]}
    house.clock.move(timedelta(minutes=5))
    house.run("UPDATE booking.advisor SET video_url = 'https://meet.advisor.test/other'")
    [event] = events(browser.get(path, headers=since))
    assert event["LOCATION"] == "https://meet.advisor.test/other"


@pytest.mark.parametrize("kind", ["calls", "free_busy"])
def test_a_revoked_address_is_nobodys(house: Installation, browser: FlaskClient, kind: Kind) -> None:
    path = a_feed(house, kind)
    assert browser.get(path).status_code == 200
    with house.booking.sessions.begin() as session:
        [feed] = feeds(session)
        revoke_feed(session, feed.id, now=START)
    assert browser.get(path).status_code == 404
    with house.booking.sessions.begin() as session:
        assert feeds(session) == []
        revoke_feed(session, feed.id, now=START + timedelta(days=1))
    [(revoked_at,)] = house.rows("SELECT revoked_at FROM booking.feed")
    assert revoked_at == START


def test_an_unknown_address_is_nobodys(house: Installation, browser: FlaskClient) -> None:
    for path in ("/calendar/made-up.ics", "/calendar/%00.ics", "/calendar/.ics", "/calendar/é.ics"):
        assert browser.get(path).status_code == 404
    with house.booking.sessions.begin() as session, pytest.raises(NotFound):
        revoke_feed(session, session.connection().exec_driver_sql("SELECT uuidv7()").scalar_one(), now=START)


def test_taken_times_are_in_order_and_touching_ones_are_one(house: Installation, browser: FlaskClient) -> None:
    block(house, TUESDAY.replace(hour=15), TUESDAY.replace(hour=16))
    book(house, TUESDAY)
    book(house, TUESDAY + HALF_AN_HOUR)
    block(house, TUESDAY.replace(hour=10), TUESDAY.replace(hour=12))
    calendar = parsed(answer := browser.get(a_feed(house, "free_busy")))
    [component] = calendar.walk("VFREEBUSY")
    assert calendar["METHOD"] == "PUBLISH"
    assert component["DTSTART"].dt == START.replace(hour=0)
    assert component["DTEND"].dt == START.replace(hour=0) + timedelta(days=91)
    assert component["ORGANIZER"] == "mailto:bookings@firstcall.test"
    assert periods(answer) == [
        (TUESDAY, TUESDAY.replace(hour=12)),
        (TUESDAY.replace(hour=15), TUESDAY.replace(hour=16)),
    ]
    assert answer.data.count(b"FREEBUSY;FBTYPE=BUSY:") == 2


def test_taken_times_name_nobody(house: Installation, browser: FlaskClient) -> None:
    book(house)
    block(house, TUESDAY.replace(hour=10), TUESDAY.replace(hour=12), uid="payroll@elsewhere.test")
    text = browser.get(a_feed(house, "free_busy")).get_data(as_text=True)
    assert periods(browser.get(a_feed(house, "free_busy")))
    for word in ("Ana", "ana@", "yes or a no", "payroll", "elsewhere", "Nora", "Intro", "SUMMARY", "DESCRIPTION"):
        assert word not in text


def test_an_event_that_began_before_the_window_is_cut_to_it(house: Installation, browser: FlaskClient) -> None:
    midnight = START.replace(hour=0)
    block(house, midnight - timedelta(days=3), midnight + timedelta(hours=2))
    block(house, midnight + timedelta(days=200), midnight + timedelta(days=201))
    assert periods(browser.get(a_feed(house, "free_busy"))) == [(midnight, midnight + timedelta(hours=2))]


def test_a_hold_is_taken_while_it_lives_and_a_cancelled_call_is_free(house: Installation, browser: FlaskClient) -> None:
    token, path = book(house), a_feed(house, "free_busy")
    hold = (
        "INSERT INTO booking.claim (advisor_id, during, kind, holder, expires_at)"
        " SELECT id, tstzrange(:start, :end), 'hold', :holder, :until FROM booking.advisor"
    )
    for hour, seconds in ((13, 60), (15, -1)):
        start, until = TUESDAY.replace(hour=hour), machine_now() + timedelta(seconds=seconds)
        house.run(hold, start=start, end=start + HALF_AN_HOUR, holder=str(hour), until=until)
    one = TUESDAY.replace(hour=13)
    assert periods(browser.get(path)) == [(TUESDAY, TUESDAY + HALF_AN_HOUR), (one, one + HALF_AN_HOUR)]
    change(house, cancel_call, token)
    assert periods(browser.get(path)) == [(one, one + HALF_AN_HOUR)]


def test_our_own_call_read_back_from_a_calendar_does_not_outlive_it(house: Installation, browser: FlaskClient) -> None:
    token, path = book(house), a_feed(house, "free_busy")
    [(uid,)] = house.rows("SELECT uid FROM booking.call")
    block(house, TUESDAY, TUESDAY + HALF_AN_HOUR, uid=uid)
    change(house, cancel_call, token)
    assert periods(browser.get(path)) == []


def test_a_calendar_that_is_not_read_takes_no_time(house: Installation, browser: FlaskClient) -> None:
    block(house, TUESDAY, TUESDAY + HALF_AN_HOUR)
    house.run("UPDATE booking.calendar SET is_read = false")
    assert periods(browser.get(a_feed(house, "free_busy"))) == []


@pytest.mark.parametrize(
    ("address", "organizer"),
    [("nora@firstcall.test", "nora@firstcall.test"), ("nora@elsewhere.test", "bookings@firstcall.test")],
)
def test_the_organizer_is_the_advisor_when_they_chose_so_and_we_may_send_as_them(
    house: Installation, browser: FlaskClient, address: str, organizer: str
) -> None:
    house.run("UPDATE booking.advisor SET organizer = 'advisor', email = :address", address=address)
    [component] = parsed(browser.get(a_feed(house, "free_busy"))).walk("VFREEBUSY")
    assert component["ORGANIZER"] == f"mailto:{organizer}"
