"""Nothing external in any request: with calendars connected and due, all is served while no network is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from flask import Flask
from werkzeug.routing import Rule

from services.booking.tasks import look_for_calendars, read_calendars, write_entries
from tests.booking.calls import asked, booked, wished
from tests.booking.connecting import connect_account, connect_address
from tests.booking.programs import A_CALL, A_QUESTION, A_WISH, Advisors, call
from tests.booking.reading import TUESDAY_SLOTS, Feed, connect_caldav, connect_feed, feed
from tests.booking.writing import ELEVEN
from tests.browsing import opened, send
from tests.builders import a_visitor
from tests.fakes.caldav import CalDavServer, radicale
from tests.furnished import signed_in
from tests.installation import Installation
from tests.network import no_network

__all__ = ["feed"]

WHO = {"name": "Ana Lima", "email": "ana@reader.test"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CalDavServer]:
    with radicale(tmp_path) as running:
        yield running


@pytest.fixture
def connected(house: Installation, feed: Feed, server: CalDavServer) -> Installation:
    """An installation with a feed and an account, both to be read again; the account's calendar is written to."""
    feed.content = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nEND:VCALENDAR\r\n"
    connect_feed(house, feed.url)
    connect_caldav(house, server)
    house.run(
        "UPDATE booking.calendar SET is_written = true FROM booking.calendar_account a"
        " WHERE a.id = account_id AND a.kind = 'caldav'"
    )
    assert read_calendars(house.booking) == 2
    house.run("UPDATE booking.calendar SET tried_at = tried_at - interval '1 day', read_at = tried_at")
    return house


def test_the_network_is_really_gone(feed: Feed) -> None:
    with no_network() as tried, pytest.raises(URLError):
        urlopen(feed.url)
    assert len(tried) == 1
    assert feed.asked == []
    with urlopen(feed.url) as answer:
        assert answer.status == 200


def test_a_program_lists_books_moves_and_cancels_without_any_network(connected: Installation, feed: Feed) -> None:
    client, seen = connected.browser(), len(feed.asked)
    with no_network() as tried:
        assert client.get(TUESDAY_SLOTS).status_code == 200
        made = call(client, "/bookings", A_CALL)
        assert made.status_code == 201
        token = made.get_json()["manage_url"].rpartition("/")[2]
        assert call(client, f"/bookings/{token}/reschedule", {"start": "2026-12-08T10:00:00Z"}).status_code == 200
        assert call(client, f"/bookings/{token}/cancel", {"reason": "A clash"}).status_code == 200
        assert call(client, "/contact", A_QUESTION).status_code == 201
        assert call(client, "/mentorship-requests", A_WISH).status_code == 201
    assert (tried, len(feed.asked)) == ([], seen)


def test_a_visitor_books_moves_and_cancels_without_any_network(connected: Installation, feed: Feed) -> None:
    browser, seen = connected.browser(), len(feed.asked)
    with no_network() as tried:
        assert all(opened(browser, page).status == 200 for page in ("/", "/book/intro", "/contact", "/mentorship"))
        there = send(browser, "/book/intro?start=2026-12-08T09:00:00Z", **WHO).headers["Location"].partition("?")[0]
        assert opened(browser, there).status == 200
        assert send(browser, f"{there}/move?start=2026-12-08T10:00:00Z").status_code == 303
        assert send(browser, there, action=f"{there}/cancel").status_code == 303
        sent = send(browser, "/contact", **WHO, message="What does it cost?")
        assert opened(browser, sent.headers["Location"]).status == 200
    assert (tried, len(feed.asked)) == ([], seen)
    assert connected.rows("SELECT state, starts_at FROM booking.call") == [("cancelled", ELEVEN.replace(hour=10))]


def test_the_console_is_served_and_works_without_any_network(connected: Installation, feed: Feed) -> None:
    browser, seen = signed_in(connected), len(feed.asked)
    first, ask, _ = booked(connected), asked(connected, visitor=a_visitor("Ben", "ben@reader.test")), wished(connected)
    [(account,)] = connected.rows("SELECT id FROM booking.calendar_account WHERE kind = 'caldav'")
    page = f"/console/calls/{first.id}"
    with no_network() as tried:
        for path in (*rooms(browser.application), page, f"/console/asks/{ask}/times", f"/console/calendars/{account}"):
            assert opened(browser, path).status == 200, path
        assert send(browser, page, action=f"{page}/move", start="2026-12-08T10:00:00Z").status_code == 303
        assert send(browser, page, action=f"{page}/cancel").status_code == 303
        assert connect_address(browser, f"{feed.url}?another").status == 200
        assert connect_account(browser, "https://dav.elsewhere.test/").status == 200
        assert Advisors(connected).get("/calls")["items"]
    assert (tried, len(feed.asked)) == ([], seen)


def test_what_was_left_to_workers_they_do_once_the_network_is_there(connected: Installation, feed: Feed) -> None:
    seen = len(feed.asked)
    with no_network() as tried:
        send(connected.browser(), "/book/intro?start=2026-12-08T09:00:00Z", **WHO)
    assert tried == []
    assert read_calendars(connected.booking) == 2
    assert len(feed.asked) == seen + 1
    assert write_entries(connected.booking) == 1
    assert look_for_calendars(connected.booking) == 0


def rooms(app: Flask) -> list[str]:
    """Every page of the console that is one by itself."""

    def is_room(rule: Rule) -> bool:
        return rule.rule.startswith("/console") and not rule.arguments and "GET" in (rule.methods or ())

    return sorted(rule.rule for rule in app.url_map.iter_rules() if is_room(rule) and not rule.rule.endswith("signin"))
