"""Writing calls into calendars, for tests: a connected calendar, calls that change, and what a server then holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from icalendar import Calendar

from services.booking.domain.calendar_sources import Resource
from services.booking.tasks import write_entries
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call, move_call
from shared.security import cipher
from tests.booking.calendars import account
from tests.builders import a_booking, a_visitor
from tests.fakes.caldav import PASSWORD, USER, CalDavServer, radicale, xandikos
from tests.installation import START, Installation

TUESDAY = START.replace(day=8, hour=9)
ELEVEN = TUESDAY.replace(hour=11)
_STATES = "SELECT state, coalesce(error, '') AS error, wanted, written, gone, attempt, href FROM booking.calendar_entry"


@pytest.fixture(scope="module", params=["radicale", "xandikos"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    """Each of the two real servers in turn, one process for all tests of a file."""
    start = {"radicale": radicale, "xandikos": xandikos}[request.param]
    with start(tmp_path_factory.mktemp(request.param)) as started:
        yield started


@pytest.fixture
def server(running: CalDavServer) -> CalDavServer:
    """The server with an empty calendar."""
    for resource in held(running):
        running.ask("DELETE", resource.href)
    return running


def connect(house: Installation, server: CalDavServer, *, at: str = "", password: str = PASSWORD) -> None:
    """The server's calendar, to be written to; `at` another address of it."""
    secrets = cipher(house.settings, "calendar")
    house.run(
        "WITH a AS (INSERT INTO booking.calendar_account (kind, name, url, username, password, created_at)"
        " VALUES ('caldav', 'Work', :url, :user, :password, :now) RETURNING id)"
        " INSERT INTO booking.calendar (account_id, name, url, url_digest, is_written)"
        " SELECT id, 'Work', :calendar, '', true FROM a",
        url=secrets.encrypt(server.url.encode()).decode(),
        user=USER,
        password=secrets.encrypt(password.encode()).decode(),
        calendar=secrets.encrypt((at or server.calendar).encode()).decode(),
        now=START,
    )


def redirect(house: Installation, calendar: str) -> None:
    """The calendar is at another address from now on."""
    secret = cipher(house.settings, "calendar").encrypt(calendar.encode()).decode()
    house.run("UPDATE booking.calendar SET url = :url", url=secret)


def book(
    house: Installation, start: datetime = TUESDAY, *, email: str = "ana@reader.test", by_advisor: bool = False
) -> str:
    """A booked call's token."""
    request = replace(a_booking(start), visitor=a_visitor("Ana Lima", email))
    booker: dict[str, Any] = {"uid_domain": "firstcall.test", "by_advisor": by_advisor}
    with house.booking.sessions.begin() as session:
        return book_call(session, request, **booker, now=house.clock.now()).token


def move(house: Installation, token: str, start: datetime) -> None:
    """The advisor moves it."""
    with house.booking.sessions.begin() as session:
        move_call(session, token, start, Change("advisor", "A clash"), now=house.clock.now())


def cancel(house: Installation, token: str) -> None:
    """The advisor cancels it."""
    with house.booking.sessions.begin() as session:
        cancel_call(session, token, Change("advisor", "I am ill"), now=house.clock.now())


def cancel_all(house: Installation) -> None:
    """The advisor cancels every call that stands."""
    for (token,) in house.rows("SELECT token FROM booking.call WHERE state = 'confirmed' ORDER BY id"):
        cancel(house, token)


def write(house: Installation) -> int:
    """Let the worker write what is due, its pauses passed."""
    house.run("UPDATE booking.calendar_entry SET retry_at = NULL")
    return write_entries(house.booking)


def entries(house: Installation) -> list[Any]:
    """The rows: state, error, wanted, written, gone, attempt, href."""
    return house.rows(f"{_STATES} ORDER BY uid")


def held(server: CalDavServer, calendar: str = "") -> list[Resource]:
    """Everything that stands in the server's calendar, or in another one of it."""
    return list(account(server.url).changes(calendar or server.calendar, token="", known={}).changed)


def the_one(server: CalDavServer) -> Any:
    """The one event in the server's calendar."""
    [event] = all_of(server)
    return event


def all_of(server: CalDavServer, calendar: str = "") -> list[Any]:
    """Every event in the server's calendar, or in another one of it, by time."""
    found = [
        event for resource in held(server, calendar) for event in Calendar.from_ical(resource.content).walk("VEVENT")
    ]
    return sorted(found, key=lambda event: event["DTSTART"].dt)


def edit(server: CalDavServer, old: str, new: str) -> None:
    """The advisor changes the entry in a program of their own; `old` is a pattern."""
    [resource] = held(server)
    changed = re.sub(old, new, resource.content.replace("\r\n ", ""))
    assert changed != resource.content
    server.ask("PUT", resource.href, changed)
