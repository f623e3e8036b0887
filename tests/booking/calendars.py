"""Calendars for tests: the two real servers, an account on one of them, and events as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.booking.domain.calendar_sources import Login
from services.booking.gateways.caldav import CalDav
from services.booking.gateways.dav import door_to_calendars
from tests.fakes.caldav import PASSWORD, USER, CalDavServer, radicale, xandikos


@pytest.fixture(params=["radicale", "xandikos"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CalDavServer]:
    """Each of the two real servers in turn, with an empty calendar."""
    start = {"radicale": radicale, "xandikos": xandikos}[request.param]
    with start(tmp_path) as running:
        yield running


def account(url: str, *, password: str = PASSWORD, deadline_s: float = 10) -> CalDav:
    """Nora's account at this address."""
    return CalDav(door_to_calendars(True), Login(url, USER, password), deadline_s=deadline_s, allow_clear=True)


def event(*lines: str, uid: str = "one@elsewhere.test") -> str:
    """A calendar with one event of these lines."""
    return calendar("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT")


def calendar(*lines: str) -> str:
    """A calendar of these lines."""
    whole = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Elsewhere//Calendar 1.0//EN", *lines, "END:VCALENDAR")
    return "".join(f"{line}\r\n" for line in whole)
