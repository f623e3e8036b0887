"""A call that a calendar does not take waits for a person, who is told, and who tries again."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from deploy.doctor import examine
from services.booking.domain.calendar_sources import Trouble
from services.booking.usecases.entries import retry_entries
from shared.security import cipher
from tests.booking.writing import ELEVEN, TUESDAY, book, connect, entries, held, move, running, server, the_one, write
from tests.fakes.caldav import PASSWORD, CalDavServer
from tests.furnished import signed_in
from tests.installation import Installation

__all__ = ["running", "server"]
pytestmark = pytest.mark.parametrize("running", ["radicale"], indirect=True)


def mend(house: Installation) -> None:
    """The advisor gives the right password."""
    secret = cipher(house.settings, "calendar").encrypt(PASSWORD.encode()).decode()
    house.run("UPDATE booking.calendar_account SET password = :secret", secret=secret)


def found(house: Installation) -> list[str]:
    """What the doctor calls bad."""
    with house.owner.connect() as connection:
        return [finding.line for finding in examine(connection) if finding.bad]


def test_a_password_that_is_refused_is_told_and_tried_again_by_hand(house: Installation, server: CalDavServer) -> None:
    connect(house, server, password="an old one")
    book(house)
    write(house)
    assert [(row.state, row.error) for row in entries(house)] == [("parked", "password")]
    assert write(house) == 0, "a wrong password that keeps coming locks the account"
    assert found(house) == ["calls that could not be written into the calendar Work: 1, password"]
    mend(house)
    with house.booking.sessions.begin() as session:
        assert retry_entries(session) == 1
    write(house)
    assert the_one(server)["DTSTART"].dt == TUESDAY
    assert found(house) == []


def test_the_console_says_why_and_tries_again(house: Installation, server: CalDavServer) -> None:
    connect(house, server, password="an old one")
    book(house)
    write(house)
    browser = signed_in(house)
    page = BeautifulSoup(browser.get("/console").data, "html.parser")
    [line] = page.select(".notice.warning li")
    assert "A call is not in the calendar Work." in line.text
    assert "does not accept the name and password" in line.text
    mend(house)
    token = str(page.select(".notice.warning input[name=csrf_token]")[0]["value"])
    answer = browser.post("/console/calendars/again", data={"csrf_token": token}, follow_redirects=True)
    assert b"We try once more" in answer.data
    write(house)
    assert len(held(server)) == 1
    assert b"notice warning" not in browser.get("/console").data


def test_a_new_revision_of_a_parked_call_is_tried_by_itself(house: Installation, server: CalDavServer) -> None:
    connect(house, server, password="an old one")
    token = book(house)
    write(house)
    mend(house)
    move(house, token, ELEVEN)
    write(house)
    assert the_one(server)["DTSTART"].dt == ELEVEN


def test_a_secret_that_cannot_be_read_is_told_before_anything_is_sent(
    house: Installation, server: CalDavServer
) -> None:
    connect(house, server)
    house.run("UPDATE booking.calendar_account SET password = 'encrypted with another key'")
    book(house)
    write(house)
    assert [(row.state, row.error) for row in entries(house)] == [("parked", "key")]


def test_a_calendar_that_was_removed_is_told(house: Installation, server: CalDavServer) -> None:
    connect(house, server, at=f"{server.url}nora/removed/")
    book(house)
    write(house)
    [row] = entries(house)
    assert row.state == "parked"
    assert Trouble(row.error)


def test_a_call_that_cannot_be_rendered_holds_up_no_other(house: Installation, server: CalDavServer) -> None:
    connect(house, server)
    book(house)
    book(house, ELEVEN)
    house.run("UPDATE booking.call SET email = 'two words' WHERE starts_at = :start", start=TUESDAY)
    write(house)
    assert sorted((row.state, row.error) for row in entries(house)) == [("done", ""), ("parked", "entry")]
    assert the_one(server)["DTSTART"].dt == ELEVEN


def test_one_server_that_fails_is_asked_once_for_all_its_calls(house: Installation, server: CalDavServer) -> None:
    connect(house, server, password="an old one")
    for hour in (9, 10, 11):
        book(house, TUESDAY.replace(hour=hour))
    write(house)
    assert sorted((row.state, row.attempt) for row in entries(house)) == [("parked", 1), ("queued", 0), ("queued", 0)]


@pytest.mark.parametrize("account", [None, "another"])
def test_only_the_entries_of_one_account_are_tried_again_when_it_is_mended(
    house: Installation, server: CalDavServer, account: str | None
) -> None:
    connect(house, server)
    book(house)
    house.run("UPDATE booking.calendar_entry SET state = 'parked', attempt = 30, error = 'password'")
    [(own,)] = house.rows("SELECT id FROM booking.calendar_account")
    [(other,)] = house.rows("SELECT uuidv7()")
    with house.booking.sessions.begin() as session:
        assert retry_entries(session, other if account else own) == (0 if account else 1)
