"""Freshness: who looks has calendars read, for one cheap statement; what cannot be read is told above all else."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from deploy.doctor import unread
from services.booking.domain.calendar_sources import Trouble
from services.booking.tasks import read_calendars
from services.booking.usecases.ask import ask_by_contact
from services.booking.usecases.freshness import CalendarNow, calendars_now, read_again, want_reading
from services.booking.usecases.propose import propose_times
from shared.clock import machine_now
from tests.booking.calendars import event
from tests.booking.calls import ELEVEN, booked
from tests.booking.reading import TUESDAY_SLOTS, Feed, connect_feed, feed, read
from tests.builders import a_question
from tests.fakes.web import Reply
from tests.furnished import signed_in
from tests.installation import Bells, Installation
from tests.statements import queries, statements

__all__ = ["feed"]


@pytest.fixture
def connected(house: Installation, feed: Feed) -> Installation:
    """An installation whose one calendar was read four minutes ago, and nobody has looked since."""
    feed.content = event("DTSTART:20261208T100000Z", "DURATION:PT1H")
    connect_feed(house, feed.url)
    read_calendars(house.booking)
    house.run("UPDATE booking.calendar_account SET created_at = now()")
    house.run("UPDATE booking.calendar SET tried_at = tried_at - interval '4 minutes', read_at = tried_at")
    return house


def is_wanted(house: Installation) -> bool:
    """Whether a page wants the calendar read."""
    return house.rows("SELECT coalesce(wanted_at > tried_at, false) FROM booking.calendar") == [(True,)]


def rung(house: Installation) -> int:
    """How often the bell of reading was rung."""
    bells = house.booking.waker
    assert isinstance(bells, Bells)
    return bells.rung.count("booking.calendars")


def now(house: Installation) -> CalendarNow:
    """The one calendar as the console shows it."""
    with house.booking.sessions() as session:
        [one] = calendars_now(session, machine=machine_now())
    return one


@pytest.mark.parametrize(
    "page",
    [
        TUESDAY_SLOTS,
        "/book/intro",
        "/call/{call}/move",
        "/times/{times}",
        "/sent/{ask}",
        "/console",
        "/console/calls/{call_id}",
        "/console/calls/new",
        "/console/asks/{ask_id}/times",
        "/console/why",
        "/console/hours",
        "/console/calendars",
    ],
)
def test_whoever_looks_at_times_has_calendars_read(connected: Installation, page: str) -> None:
    browser, call = signed_in(connected), booked(connected)
    with connected.booking.sessions.begin() as session:
        times = propose_times(session, call.id, [ELEVEN], "Later?", now=connected.clock.now())
        ask = ask_by_contact(session, a_question(), now=connected.clock.now())
    page = page.format(call=call.token, call_id=call.id, times=times.token, ask=ask.token, ask_id=ask.id)
    assert not is_wanted(connected)
    assert browser.get(page).status_code == 200
    assert is_wanted(connected)
    assert rung(connected) == 1
    assert read_calendars(connected.booking) == 1
    assert not is_wanted(connected)


def test_a_page_that_is_not_found_wants_nothing(connected: Installation) -> None:
    assert connected.browser().get("/api/v1/call-types/nothing/slots").status_code == 404
    assert not is_wanted(connected)


def test_many_who_look_are_one_wish(connected: Installation) -> None:
    for _ in range(3):
        connected.browser().get(TUESDAY_SLOTS)
    assert rung(connected) == 1
    connected.run("UPDATE booking.calendar SET wanted_at = wanted_at - interval '61 seconds'")
    connected.browser().get(TUESDAY_SLOTS)
    assert rung(connected) == 2


@pytest.mark.parametrize(
    "why",
    ["tried_at = now() - interval '1 minute'", "retry_at = now() + interval '1 hour'", "is_read = false"],
)
def test_what_is_fresh_or_pauses_or_is_not_read_is_not_wanted(connected: Installation, why: str) -> None:
    connected.run(f"UPDATE booking.calendar SET {why}")
    connected.browser().get(TUESDAY_SLOTS)
    assert (is_wanted(connected), rung(connected)) == (False, 0)


def test_who_looks_never_waits_for_a_worker(connected: Installation) -> None:
    """A worker that writes what it read has the row locked; a visitor passes it by."""
    with connected.owner.connect() as worker, worker.begin():
        worker.exec_driver_sql("SELECT * FROM booking.calendar FOR UPDATE")
        with connected.booking.sessions.begin() as session:
            session.connection().exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
            want_reading(session, machine=machine_now())
    assert rung(connected) == 0


def test_listing_slots_takes_four_statements_at_most(connected: Installation) -> None:
    browser = connected.browser()
    browser.get(TUESDAY_SLOTS)
    with statements() as said:
        assert browser.get(TUESDAY_SLOTS).status_code == 200
    sent = queries(said)
    assert 2 < len(sent) <= 4, sent
    assert sum("booking.calendar" in statement and statement.startswith("UPDATE") for statement in sent) == 1


def test_a_calendar_that_is_well_says_nothing(connected: Installation) -> None:
    one = now(connected)
    assert (one.name, one.account, one.kind, one.is_read, one.is_written) == ("Work", "Work", "ics", True, False)
    assert (one.is_stale, one.trouble, one.words) == (False, None, ())
    assert one.read_at is not None
    assert one.read_at < machine_now()


def test_a_calendar_is_stale_once_it_is_older_than_its_limit(connected: Installation) -> None:
    connected.run("UPDATE booking.calendar SET stale_minutes = 30, read_at = now() - interval '29 minutes'")
    assert not now(connected).is_stale
    connected.run("UPDATE booking.calendar SET read_at = now() - interval '31 minutes'")
    assert now(connected).is_stale
    connected.run("UPDATE booking.calendar SET read_at = NULL")
    assert not now(connected).is_stale, "connected just now"
    assert "not read yet" in str(now(connected).words[0])
    connected.run("UPDATE booking.calendar_account SET created_at = now() - interval '31 minutes'")
    assert now(connected).is_stale
    connected.run("UPDATE booking.calendar SET is_read = false, error = 'password'")
    assert (now(connected).is_stale, now(connected).trouble, now(connected).is_failing) == (False, None, False)


def test_a_wish_from_a_clock_that_is_ahead_is_served_once(connected: Installation) -> None:
    connected.run("UPDATE booking.calendar SET wanted_at = now() + interval '1 minute'")
    assert read_calendars(connected.booking) == 0


def test_what_could_not_be_understood_is_told(connected: Installation, feed: Feed) -> None:
    feed.content = event("DTSTART;TZID=Atlantis:20261208T100000", "DURATION:PT1H")
    read(connected)
    [words] = now(connected).words
    assert "understood: 1." in str(words)


def test_a_failing_source_is_a_banner_above_all_and_read_again_from_there(connected: Installation, feed: Feed) -> None:
    browser = signed_in(connected)
    assert b"could not be read" not in browser.get("/console").data
    feed.reply = Reply(404)
    read(connected)
    page = BeautifulSoup(browser.get("/console").data, "html.parser")
    banner = page.select("main .notice.warning")[0]
    assert banner.find_previous("h1") is None
    assert "A calendar could not be read" in banner.text
    assert "There is no calendar at that address (404)." in banner.text
    assert "Their last busy times go on counting." in banner.text
    assert "last read" in banner.text
    assert [line.text.split(" ·")[0] for line in banner.select("li")] == ["Work"]
    feed.reply = None
    form = {"csrf_token": str(banner.select("input[name=csrf_token]")[0]["value"])}
    answer = browser.post("/console/calendars/read", data=form, follow_redirects=True)
    assert b"They are being read now." in answer.data
    assert read_calendars(connected.booking) == 1
    assert b"could not be read" not in browser.get("/console").data


def test_a_source_that_fails_once_is_told_in_its_room_and_on_today_when_it_fails_again(
    connected: Installation, feed: Feed
) -> None:
    browser = signed_in(connected)
    feed.reply = Reply(500)
    read(connected)
    assert b"could not be read" not in browser.get("/console").data
    assert b"The server had an error of its own." in browser.get("/console/calendars").data
    connected.run("UPDATE booking.calendar SET retry_at = now()")
    read(connected)
    assert b"The server had an error of its own." in browser.get("/console").data
    # It goes on being told while it is tried once more because somebody asked.
    with connected.booking.sessions.begin() as session:
        read_again(session, machine=machine_now())
    assert b"could not be read" in browser.get("/console").data


@pytest.mark.parametrize(
    "older",
    [
        "read_at = now() - interval '21 minutes'",
        "read_at = NULL",
        "stale_minutes = 3, read_at = now() - interval '4 minutes'",
    ],
)
def test_one_failure_is_enough_where_it_was_not_read_lately(connected: Installation, feed: Feed, older: str) -> None:
    feed.reply = Reply(500)
    read(connected)
    connected.run(f"UPDATE booking.calendar SET {older}")
    assert b"could not be read" in signed_in(connected).get("/console").data


def test_a_source_that_nobody_has_read_for_too_long_is_a_banner_though_nothing_failed(connected: Installation) -> None:
    """As when no worker runs: its times stay, and the advisor is told that they may be old."""
    before = connected.rows("SELECT uid, during FROM booking.busy_time")
    connected.run("UPDATE booking.calendar SET stale_minutes = 30, read_at = now() - interval '31 minutes'")
    page = BeautifulSoup(signed_in(connected).get("/console").data, "html.parser")
    [banner] = page.select("main .notice.warning")
    assert "A calendar could not be read" in banner.text
    assert "Their last busy times go on counting." in banner.text
    assert connected.rows("SELECT uid, during FROM booking.busy_time") == before != []


def test_the_doctor_names_what_cannot_be_read(connected: Installation, feed: Feed) -> None:
    def found() -> list[str]:
        with connected.booking.sessions() as session:
            return [finding.line for finding in unread(session, machine=machine_now()) if finding.bad]

    assert found() == []
    feed.reply = Reply(410)
    read(connected)
    assert [line.startswith("the calendar Work was last read 20") for line in found()] == [True]
    assert found()[0].endswith("UTC: gone")
    connected.run("UPDATE booking.calendar SET error = NULL, read_at = NULL, stale_minutes = 0")
    assert found() == ["the calendar Work was last read never: too long ago"]


def test_reading_again_ends_the_pause_of_one_account_or_of_all(connected: Installation, feed: Feed) -> None:
    feed.reply = Reply(404)
    read(connected)
    assert now(connected).trouble == Trouble.NOT_FOUND
    assert read_calendars(connected.booking) == 0
    [(other,)] = connected.rows("SELECT uuidv7()")
    with connected.booking.sessions.begin() as session:
        assert read_again(session, machine=machine_now(), account_id=other) == 0
        assert read_again(session, machine=machine_now()) == 1
    feed.reply = None
    assert read_calendars(connected.booking) == 1
    assert now(connected).trouble is None
