"""Connecting calendars in the console, for tests: the forms as a browser sends them, and what is kept then."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from services.booking.tasks import look_for_calendars
from tests.browsing import Page, opened, post
from tests.fakes.caldav import PASSWORD, USER, CalDavServer
from tests.installation import Installation

ROOM = "/console/calendars"
SECRET_ADDRESS = "https://calendar.elsewhere.test/ical/nora/private-0123456789abcdef/basic.ics"
_TABLES = "calendar_account", "calendar", "calendar_entry", "calendar_object"


def connect_account(browser: FlaskClient, url: str, **typed: str) -> Page:
    """Send the form of an account; the page that it leads to, or the form again."""
    return _sent(browser, f"{ROOM}/new/account", {"url": url, "username": USER, "password": PASSWORD} | typed)


def connect_address(browser: FlaskClient, url: str, **typed: str) -> Page:
    """Send the form of an address; the page that it leads to, or the form again."""
    return _sent(browser, f"{ROOM}/new/address", {"url": url} | typed)


def found(house: Installation, browser: FlaskClient, server: CalDavServer) -> str:
    """The page of an account on this server, whose calendars a worker has found."""
    assert connect_account(browser, server.url).status == 200
    assert look_for_calendars(house.booking) == 1
    return page_of(house)


def page_of(house: Installation, name: str = "127.0.0.1") -> str:
    """The page of the source of this name."""
    [(account,)] = house.rows("SELECT id FROM booking.calendar_account WHERE name = :name", name=name)
    return f"{ROOM}/{account}"


def choose(browser: FlaskClient, page: str, **ticked: bool | str) -> Page:
    """Send the form of what the first calendar of a source is for: read, written, stale."""
    [stale] = [name for name in fields(browser, f"{page}/roles", page) if name.startswith("stale-")][:1]
    sent = fields(browser, f"{page}/roles", page)
    for role, value in ticked.items():
        name = stale.replace("stale", role)
        sent.pop(name, None)
        if value:
            sent[name] = "yes" if value is True else value
    return Page(post(browser, f"{page}/roles", sent, follow_redirects=True))


def fields(browser: FlaskClient, action: str, page: str) -> dict[str, str]:
    """What a browser would send of a form of the page."""
    return opened(browser, page).fields(action)


def kept(house: Installation) -> str:
    """All that the tables of calendars hold, as one text."""
    return str([house.rows(f"SELECT t::text FROM booking.{table} t") for table in _TABLES])


def chosen(house: Installation) -> list[Any]:
    """What each calendar is for: read, written, stale after."""
    return house.rows("SELECT is_read, is_written, stale_minutes FROM booking.calendar ORDER BY name")


def acts(house: Installation) -> list[str]:
    """The trail of what was changed."""
    return [act for (act,) in house.rows("SELECT act FROM access.audit ORDER BY id")]


def _sent(browser: FlaskClient, path: str, typed: dict[str, str]) -> Page:
    return Page(post(browser, path, fields(browser, path, path) | typed, follow_redirects=True))
