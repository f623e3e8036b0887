"""The whole way of a call through real CalDAV servers: booked, moved, cancelled, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

import pytest

from deploy.embedded.ports import free_port
from services.booking.domain.entries import Written
from services.booking.domain.requests import GuestRequest
from services.booking.gateways.entries import keep_entry
from services.booking.usecases import writing_entries
from services.booking.usecases.guests import add_guests
from tests.booking.writing import (
    ELEVEN,
    TUESDAY,
    all_of,
    book,
    cancel,
    cancel_all,
    connect,
    edit,
    entries,
    held,
    move,
    redirect,
    running,
    server,
    the_one,
    write,
)
from tests.fakes.caldav import CalDavServer
from tests.fakes.web import Reply, Request, WebServer
from tests.installation import Installation

__all__ = ["running", "server"]

TWO = TUESDAY.replace(hour=14)
ALARM = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Soon\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT"


def test_a_booked_call_stands_in_the_calendar_with_its_briefing(house: Installation, server: CalDavServer) -> None:
    connect(house, server)
    book(house)
    assert write(house) == 1
    [resource], event = held(server), the_one(server)
    [(uid,)] = house.rows("SELECT uid FROM booking.call")
    assert (str(event["UID"]), event["SEQUENCE"], event["STATUS"]) == (uid, 0, "CONFIRMED")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (TUESDAY, TUESDAY + timedelta(minutes=30))
    assert "ana@reader.test" in event["DESCRIPTION"]
    assert "A yes or a no" in event["DESCRIPTION"]
    assert "METHOD" not in resource.content
    people = [event["ORGANIZER"], *event["ATTENDEE"]]
    assert [person.params.get("SCHEDULE-AGENT") for person in people] == ["CLIENT"] * 3
    advisors = next(one for one in event["ATTENDEE"] if one == "mailto:nora@advisor.test")
    assert advisors.params["PARTSTAT"] == "ACCEPTED"
    [row] = entries(house)
    assert (row.state, row.wanted, row.written) == ("done", 0, 0)
    assert unquote(row.href) == unquote(resource.href)
    assert write(house) == 0


def test_a_moved_call_is_the_same_resource_at_another_time(house: Installation, server: CalDavServer) -> None:
    connect(house, server)
    token = book(house)
    write(house)
    [before] = held(server)
    move(house, token, ELEVEN)
    write(house)
    [after], event = held(server), the_one(server)
    assert after.href == before.href
    assert after.etag != before.etag
    assert (event["SEQUENCE"], event["DTSTART"].dt) == (1, ELEVEN)


def test_a_cancelled_call_is_taken_out(house: Installation, server: CalDavServer) -> None:
    connect(house, server)
    token = book(house)
    write(house)
    cancel(house, token)
    write(house)
    assert held(server) == []
    assert [(row.state, row.gone, row.written) for row in entries(house)] == [("done", True, None)]


def test_a_call_cancelled_before_it_was_written_never_appears(house: Installation, server: CalDavServer) -> None:
    connect(house, server)
    cancel(house, book(house))
    write(house)
    assert held(server) == []
    assert [row.state for row in entries(house)] == ["done"]


@pytest.mark.parametrize("state", ["pending", "unverified"])
def test_what_is_no_call_yet_is_not_written(house: Installation, server: CalDavServer, state: str) -> None:
    connect(house, server)
    setting = {"pending": "confirmation = 'always'", "unverified": "verify_email = true"}[state]
    house.run(f"UPDATE booking.call_type SET {setting}")
    book(house)
    assert house.rows("SELECT state FROM booking.call") == [(state,)]
    assert write(house) == 0
    assert held(server) == []


def test_a_server_that_is_down_gets_the_call_later(house: Installation, server: CalDavServer) -> None:
    connect(house, server, at=f"http://127.0.0.1:{free_port()}/nora/")
    token = book(house)
    write(house)
    assert [(row.state, row.error, row.attempt) for row in entries(house)] == [("queued", "unreachable", 1)]
    assert house.rows("SELECT retry_at IS NOT NULL FROM booking.calendar_entry") == [(True,)]
    move(house, token, ELEVEN)
    redirect(house, server.calendar)
    write(house)
    assert the_one(server)["DTSTART"].dt == ELEVEN
    assert [(row.state, row.error) for row in entries(house)] == [("done", "")]


def test_an_answer_that_is_lost_on_the_way_makes_no_second_entry(house: Installation, server: CalDavServer) -> None:
    with Proxy(server) as proxy:
        connect(house, server, at=proxy.calendar)
        token = book(house)
        for start in (TUESDAY, ELEVEN, TWO):
            move(house, token, start)
            proxy.lose_next = "PUT"
            write(house)
            assert [row.state for row in entries(house)] == ["queued"]
            write(house)
            assert [row.state for row in entries(house)] == ["done"]
            assert len(held(server)) == 1
        assert (the_one(server)["SEQUENCE"], the_one(server)["DTSTART"].dt) == (2, TWO)
        cancel(house, token)
        proxy.lose_next = "DELETE"
        write(house)
        assert [row.state for row in entries(house)] == ["queued"]
        write(house)
    assert held(server) == []
    assert [row.state for row in entries(house)] == ["done"]


def test_a_call_that_moves_while_it_is_written_is_written_again(house: Installation, server: CalDavServer) -> None:
    connect(house, server)
    token, settings = book(house), house.settings
    with house.booking.sessions.begin() as session:
        claimed = writing_entries.claim(session, settings=settings)
    with house.booking.sessions.begin() as session:
        [ticket] = writing_entries.begin(session, claimed, settings=settings)
    move(house, token, ELEVEN)
    assert write(house) == 0, "another worker leaves what is being written alone"
    [(_, outcome)] = writing_entries.act(lambda entry: keep_entry(settings, entry), [ticket], budget_s=5)
    with house.booking.sessions.begin() as session:
        writing_entries.record(session, ticket, outcome, settings=settings)
    assert the_one(server)["DTSTART"].dt == TUESDAY
    assert [(row.state, row.wanted, row.written) for row in entries(house)] == [("queued", 1, 0)]
    write(house)
    assert (the_one(server)["SEQUENCE"], the_one(server)["DTSTART"].dt) == (1, ELEVEN)


def test_a_worker_that_comes_back_from_the_dead_changes_nothing(house: Installation, server: CalDavServer) -> None:
    connect(house, server)
    token, settings = book(house), house.settings
    with house.booking.sessions.begin() as session:
        claimed = writing_entries.claim(session, settings=settings)
    with house.booking.sessions.begin() as session:
        [late] = writing_entries.begin(session, claimed, settings=settings)
    house.run("UPDATE booking.calendar_entry SET lease_until = now() - interval '1 second'")
    move(house, token, ELEVEN)
    write(house)
    before = entries(house)
    with house.booking.sessions.begin() as session:
        assert writing_entries.begin(session, claimed, settings=settings) == []
        writing_entries.record(session, late, Written("elsewhere", "etag"), settings=settings)
    assert entries(house) == before
    assert [(row.state, row.written) for row in before] == [("done", 1)]
    assert the_one(server)["DTSTART"].dt == ELEVEN


def test_ours_comes_back_when_the_advisor_changed_the_entry_and_their_alarm_stays(
    house: Installation, server: CalDavServer
) -> None:
    connect(house, server)
    token = book(house)
    write(house)
    edit(server, "END:VEVENT", ALARM)
    edit(server, r"SUMMARY:[^\r\n]*", "SUMMARY:Mine")
    edit(server, r"DTSTART:[^\r\n]*", "DTSTART:20261208T070000Z")
    for start in (ELEVEN, TWO):
        move(house, token, start)
        write(house)
        event = the_one(server)
        assert event["DTSTART"].dt == start
        assert event["SUMMARY"].startswith("Intro call")
        [alarm] = event.walk("VALARM")
        assert alarm["TRIGGER"].dt == timedelta(minutes=-15)
    edit(server, r"SUMMARY:[^\r\n]*", "SUMMARY:Mine again")
    cancel(house, token)
    write(house)
    assert held(server) == []


def test_what_the_advisor_changes_in_the_very_moment_of_writing_is_seen_and_not_written_over(
    house: Installation, server: CalDavServer
) -> None:
    with Proxy(server) as proxy:
        connect(house, server, at=proxy.calendar)
        token = book(house)
        write(house)
        move(house, token, ELEVEN)
        proxy.before_next_put = lambda: edit(server, "END:VEVENT", ALARM)
        write(house)
    event = the_one(server)
    assert event["DTSTART"].dt == ELEVEN
    assert len(event.walk("VALARM")) == 1


def test_an_entry_that_the_advisor_removed_comes_back_with_the_next_change(
    house: Installation, server: CalDavServer
) -> None:
    connect(house, server)
    token = book(house)
    write(house)
    server.ask("DELETE", held(server)[0].href)
    assert write(house) == 0
    move(house, token, ELEVEN)
    write(house)
    assert the_one(server)["DTSTART"].dt == ELEVEN
    server.ask("DELETE", held(server)[0].href)
    cancel(house, token)
    write(house)
    assert [row.state for row in entries(house)] == ["done"]


def test_an_invitation_that_the_advisors_program_put_there_first_is_the_entry(
    house: Installation, server: CalDavServer
) -> None:
    connect(house, server)
    token = book(house)
    [(uid,)] = house.rows("SELECT uid FROM booking.call")
    lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", "BEGIN:VEVENT", f"UID:{uid}")
    times = ("DTSTAMP:20261101T000000Z", "DTSTART:20261208T090000Z", "SUMMARY:By mail", "END:VEVENT", "END:VCALENDAR")
    server.put("by-mail.ics", "".join(f"{line}\r\n" for line in (*lines, *times)))
    write(house)
    [resource] = held(server)
    assert resource.href == f"{server.calendar}by-mail.ics"
    assert the_one(server)["SUMMARY"].startswith("Intro call")
    move(house, token, ELEVEN)
    write(house)
    assert the_one(server)["DTSTART"].dt == ELEVEN
    cancel(house, token)
    write(house)
    assert held(server) == []


def test_a_group_call_is_one_entry(house: Installation, server: CalDavServer) -> None:
    connect(house, server)
    house.run("UPDATE booking.call_type SET seats = 3 WHERE slug = 'intro'")
    for email in ("ana@reader.test", "ben@reader.test"):
        book(house, email=email, by_advisor=True)
        write(house)
    event = the_one(server)
    [(uid, sequence)] = house.rows("SELECT uid, sequence FROM booking.group_call")
    assert (str(event["UID"]), event["SEQUENCE"]) == (uid, sequence)
    assert "ana@reader.test" in event["DESCRIPTION"]
    assert "ben@reader.test" in event["DESCRIPTION"]
    assert [(row.wanted, row.written) for row in entries(house)] == [(sequence, sequence)]
    [(token,)] = house.rows("SELECT token FROM booking.call WHERE email = 'ben@reader.test'")
    move(house, token, ELEVEN)
    write(house)
    described = [str(event["DESCRIPTION"]) for event in all_of(server)]
    assert [("ana@" in text, "ben@" in text) for text in described] == [(True, False), (False, True)]
    cancel_all(house)
    write(house)
    assert held(server) == []
    assert {row.state for row in entries(house)} == {"done"}


def test_guests_who_are_invited_later_stand_in_the_entry(house: Installation, server: CalDavServer) -> None:
    connect(house, server)
    token = book(house)
    write(house)
    guest = GuestRequest("Gus", "gus@reader.test", "gus@reader.test")
    with house.booking.sessions.begin() as session:
        add_guests(session, token, [guest], now=house.clock.now())
    write(house)
    assert the_one(server)["SEQUENCE"] == 1


def test_a_calendar_is_filled_when_writing_to_it_begins(house: Installation, server: CalDavServer) -> None:
    cancel(house, book(house, TWO))
    book(house)
    connect(house, server)
    assert [write(house), write(house)] == [1, 0]
    assert the_one(server)["DTSTART"].dt == TUESDAY


def test_an_entry_follows_its_call_also_where_nothing_new_is_written_to(
    house: Installation, server: CalDavServer
) -> None:
    connect(house, server)
    token = book(house)
    write(house)
    house.run("UPDATE booking.calendar SET is_written = false")
    move(house, token, ELEVEN)
    book(house, TWO)
    write(house)
    assert the_one(server)["DTSTART"].dt == ELEVEN


class Proxy:
    """Passes every request on to the server; the answer to the next one of a method can be lost on the way.

    Or somebody else is quicker than the next writing.
    """

    def __init__(self, server: CalDavServer) -> None:
        self.lose_next = ""
        self.before_next_put: Callable[[], None] | None = None
        self._target = server.url.rstrip("/")
        self._web = WebServer(self._respond)
        self.calendar = self._web.url + urlsplit(server.calendar).path

    def __enter__(self) -> Proxy:
        self._web.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._web.__exit__()

    def _respond(self, request: Request) -> Reply:
        if request.method == "PUT" and self.before_next_put is not None:
            quicker, self.before_next_put = self.before_next_put, None
            quicker()
        kept = {name: value for name, value in request.headers.items() if name not in ("host", "connection")}
        reply = self._passed(UrlRequest(self._target + request.path, request.body, kept, method=request.method))
        if request.method == self.lose_next:
            self.lose_next = ""
            return Reply(instead="close")
        return reply

    def _passed(self, request: UrlRequest) -> Reply:
        try:
            with urlopen(request, timeout=10) as answer:
                return Reply(answer.status, {"ETag": answer.headers.get("ETag", "")}, answer.read())
        except HTTPError as error:
            return Reply(error.code, {}, error.read())
