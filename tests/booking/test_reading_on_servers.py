"""Reading calendars of real CalDAV servers: first whole, then what changed, whatever became of the server meanwhile."""

from __future__ import annotations

import pytest

from deploy.embedded.ports import free_port
from services.booking.tasks import read_calendars
from tests.booking.calendars import event
from tests.booking.reading import connect_caldav, read, slots, stand, taken
from tests.booking.writing import ELEVEN, TUESDAY, book, move, redirect, running, server, write
from tests.fakes.caldav import CalDavServer
from tests.installation import Installation

__all__ = ["running", "server"]

TEN = event("DTSTART:20261208T100000Z", "DTEND:20261208T110000Z", "SUMMARY:Dentist", uid="ten")
NOON = event("DTSTART;TZID=Europe/Berlin:20261208T130000", "DURATION:PT1H", "SUMMARY:Lunch", uid="noon")
AT_TEN, AT_NOON = "2026-12-08 10:00-11:00", "2026-12-08 12:00-13:00"

# Nobody writes such a rule, and who cut it short might free some of its times.
TOO_LONG = "RRULE:FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 367)))


def test_an_event_takes_its_slot_and_gives_it_back(house: Installation, server: CalDavServer) -> None:
    """The way a visitor sees it: offered, gone, offered again."""
    connect_caldav(house, server)
    read_calendars(house.booking)
    before = slots(house)
    assert {"10:00", "10:30"} <= set(before)
    server.put("ten.ics", TEN)
    read(house)
    assert slots(house) == [start for start in before if start not in ("10:00", "10:30")]
    server.delete("ten.ics")
    read(house)
    assert (slots(house), taken(house)) == (before, [])


def test_a_calendar_is_read_whole_first_and_then_by_what_changed(house: Installation, server: CalDavServer) -> None:
    server.put("ten.ics", TEN)
    server.put("noon.ics", NOON)
    connect_caldav(house, server)
    assert read_calendars(house.booking) == 1
    assert taken(house) == [AT_TEN, AT_NOON]
    assert house.rows("SELECT sync_token <> '' FROM booking.calendar") == [(True,)]
    [noon] = house.rows("SELECT xmin, id FROM booking.busy_time WHERE uid = 'noon'")
    server.put("ten.ics", TEN.replace("T110000Z", "T113000Z"))
    read(house)
    assert taken(house) == ["2026-12-08 10:00-11:30", AT_NOON]
    assert house.rows("SELECT xmin, id FROM booking.busy_time WHERE uid = 'noon'") == [noon]
    server.delete("ten.ics")
    read(house)
    assert taken(house) == [AT_NOON]
    assert house.rows("SELECT count(*) FROM booking.calendar_object") == [(1,)]
    contents = "".join(content for (content,) in house.rows("SELECT content FROM booking.calendar_object"))
    assert "Lunch" not in contents


def test_reading_what_has_not_changed_writes_no_row(house: Installation, server: CalDavServer) -> None:
    server.put("ten.ics", TEN)
    connect_caldav(house, server)
    read_calendars(house.booking)
    tables = ("busy_time", "calendar_object")
    before = [house.rows(f"SELECT xmin, * FROM booking.{table}") for table in tables]
    read(house)
    assert [house.rows(f"SELECT xmin, * FROM booking.{table}") for table in tables] == before
    assert stand(house) == (None, 0)


def test_a_token_that_the_server_does_not_know_any_more_makes_it_read_whole(
    house: Installation, server: CalDavServer
) -> None:
    server.put("ten.ics", TEN)
    server.put("noon.ics", NOON)
    connect_caldav(house, server)
    read_calendars(house.booking)
    house.run("UPDATE booking.calendar SET sync_token = 'http://radicale.org/ns/sync/of-long-ago'")
    server.delete("noon.ics")
    read(house)
    assert (taken(house), stand(house)) == ([AT_TEN], (None, 0))


@pytest.mark.parametrize("running", ["radicale"], indirect=True)
def test_a_refused_password_frees_nothing_and_waits_for_an_hour(house: Installation, server: CalDavServer) -> None:
    server.put("ten.ics", TEN)
    connect_caldav(house, server)
    read_calendars(house.booking)
    house.run("UPDATE booking.calendar_account SET password = ''")
    read(house)
    assert (taken(house), stand(house)) == ([AT_TEN], ("password", 1))
    assert house.rows("SELECT retry_at - tried_at > interval '59 minutes' FROM booking.calendar") == [(True,)]


@pytest.mark.parametrize("where", ["/nora/removed/", "nowhere"])
def test_a_calendar_or_server_that_is_gone_frees_nothing(house: Installation, server: CalDavServer, where: str) -> None:
    server.put("ten.ics", TEN)
    connect_caldav(house, server)
    read_calendars(house.booking)
    gone = f"http://127.0.0.1:{free_port()}/" if where == "nowhere" else server.url.rstrip("/") + where
    redirect(house, gone)
    read(house)
    assert taken(house) == [AT_TEN]
    assert stand(house) in ((("unreachable", 1),) if where == "nowhere" else (("not_found", 1), ("forbidden", 1)))
    redirect(house, server.calendar)
    server.delete("ten.ics")
    read(house)
    assert (taken(house), stand(house)) == ([], (None, 0))


@pytest.mark.parametrize("running", ["xandikos"], indirect=True)
def test_an_object_that_cannot_be_read_holds_up_no_other_and_keeps_its_times(
    house: Installation, server: CalDavServer
) -> None:
    server.put("ten.ics", TEN)
    connect_caldav(house, server)
    read_calendars(house.booking)
    server.put("ten.ics", TEN.replace("SUMMARY:Dentist", TOO_LONG))
    server.put("noon.ics", NOON)
    read(house)
    assert (taken(house), stand(house)) == ([AT_TEN, AT_NOON], (None, 0))
    assert house.rows("SELECT sum(doubtful) FROM booking.calendar_object") == [(1,)]
    server.put("ten.ics", TEN)
    read(house)
    assert house.rows("SELECT sum(doubtful) FROM booking.calendar_object") == [(0,)]


def test_our_own_entry_does_not_stand_in_its_calls_way(house: Installation, server: CalDavServer) -> None:
    connect_caldav(house, server)
    house.run("UPDATE booking.calendar SET is_written = true")
    token = book(house)
    write(house)
    read(house)
    [(uid, same)] = house.rows("SELECT b.uid, b.uid = c.uid FROM booking.busy_time b, booking.call c")
    assert same, uid
    half_past = TUESDAY.replace(minute=15)
    house.run("UPDATE booking.call_type SET interval_minutes = 15")
    move(house, token, half_past)
    move(house, token, ELEVEN)
    assert "09:00" in slots(house), "the entry is still at nine o'clock, and the call is not"
    assert "11:00" not in slots(house)
    write(house)
    read(house)
    assert taken(house) == ["2026-12-08 11:00-11:30"]
