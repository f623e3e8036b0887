"""Reading a feed into busy times: what changes, and what a server can do instead of answering, which frees nothing."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event

import pytest

from deploy.embedded.ports import free_port
from services.booking.domain.calendar_accounts import Access
from services.booking.domain.calendar_sources import SourceFailed, Trouble
from services.booking.domain.calendar_text import MOST_LINES
from services.booking.gateways.feeds import fetch_feed
from services.booking.gateways.reading import ask_source
from services.booking.tasks import read_calendars
from services.booking.usecases import reading_calendars as reading
from services.booking.usecases.absences import set_zone
from services.booking.usecases.calendars import By
from services.booking.usecases.changing_access import change_access
from shared.clock import machine_now
from shared.security import cipher
from tests.booking.calendars import calendar, event
from tests.booking.reading import Feed, connect_feed, feed, read, slots, stand, taken
from tests.fakes.raw import RawServer
from tests.fakes.web import Reply, Request, WebServer
from tests.installation import Bells, Installation

__all__ = ["feed"]

TEN = event("DTSTART:20261208T100000Z", "DTEND:20261208T110000Z", "SUMMARY:Dentist", "LOCATION:Main street")
ELEVEN = TEN.replace("T110000Z", "T120000Z").replace("T100000Z", "T110000Z")
START_OF_2028 = datetime(2028, 1, 3, 8, tzinfo=UTC)
AT_TEN, AT_ELEVEN = ["2026-12-08 10:00-11:00"], ["2026-12-08 11:00-12:00"]


@pytest.fixture
def connected(house: Installation, feed: Feed) -> Installation:
    """An installation that has read the dentist out of a feed."""
    feed.content = TEN
    connect_feed(house, feed.url)
    assert read_calendars(house.booking) == 1
    assert taken(house) == AT_TEN
    return house


def test_an_event_takes_its_time_and_gives_it_back(house: Installation, feed: Feed) -> None:
    before = slots(house)
    feed.content = TEN
    connect_feed(house, feed.url)
    assert read_calendars(house.booking) == 1
    assert set(before) - set(slots(house)) == {"10:00", "10:30"}
    assert house.rows("SELECT read_at = tried_at, failures, error, retry_at FROM booking.calendar") == [
        (True, 0, None, None)
    ]
    feed.content = calendar()
    read(house)
    assert taken(house) == []
    assert slots(house) == before


@pytest.mark.parametrize(
    ("attendee", "is_free"),
    [
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:Nora@Advisor.test", True),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:nora@private.test", True),
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:nora@advisor.test", False),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:somebody@else.test", False),
    ],
)
def test_what_the_advisor_declined_by_an_address_of_theirs_takes_no_time(
    house: Installation, feed: Feed, attendee: str, *, is_free: bool
) -> None:
    """Of the profile, or the name they connect with."""
    before = slots(house)
    feed.content = event("DTSTART:20261208T100000Z", "DTEND:20261208T110000Z", "ORGANIZER:mailto:x@y.test", attendee)
    connect_feed(house, feed.url)
    house.run("UPDATE booking.calendar_account SET username = 'nora@Private.test'")
    assert read_calendars(house.booking) == 1
    assert taken(house) == ([] if is_free else AT_TEN)
    assert set(before) - set(slots(house)) == (set() if is_free else {"10:00", "10:30"})


def test_nothing_is_stored_of_what_it_is_about(connected: Installation) -> None:
    [(content,)] = connected.rows("SELECT content FROM booking.calendar_object")
    assert "DTSTART:20261208T100000Z" in content
    assert "Dentist" not in content
    assert "street" not in content


def test_a_feed_is_not_read_again_before_its_time(connected: Installation, feed: Feed) -> None:
    assert read_calendars(connected.booking) == 0
    connected.run("UPDATE booking.calendar SET tried_at = tried_at - interval '899 seconds'")
    assert read_calendars(connected.booking) == 0
    connected.run("UPDATE booking.calendar SET tried_at = tried_at - interval '2 seconds'")
    assert read_calendars(connected.booking) == 1
    assert len(feed.asked) == 2


def test_a_feed_that_has_not_changed_is_not_sent_again(connected: Installation, feed: Feed) -> None:
    rows = connected.rows("SELECT xmin, ctid, during FROM booking.busy_time")
    read(connected)
    [first, second] = feed.asked
    assert "if-none-match" not in first.headers
    assert second.headers["if-none-match"]
    assert second.headers["if-modified-since"] == "Mon, 07 Dec 2026 08:00:00 GMT"
    assert connected.rows("SELECT xmin, ctid, during FROM booking.busy_time") == rows
    assert stand(connected) == (None, 0)


def test_reading_the_same_again_writes_nothing(connected: Installation, feed: Feed) -> None:
    """Google gives no ETag and stamps every answer anew."""
    tables = ("busy_time", "calendar_object")
    rows = [connected.rows(f"SELECT xmin, * FROM booking.{table}") for table in tables]
    feed.content = TEN.replace("DTSTAMP:20261101T000000Z", "DTSTAMP:20261102T000000Z")
    feed.reply = Reply(200, {"Content-Type": "text/calendar"}, feed.content.encode())
    read(connected)
    # The etag of an object of a feed is the calendar's, so even the object is left alone.
    assert [connected.rows(f"SELECT xmin, * FROM booking.{table}") for table in tables] == rows
    assert connected.rows("SELECT etag, last_modified FROM booking.calendar") == [("", "")]


def test_a_change_is_the_only_thing_that_is_written(connected: Installation, feed: Feed) -> None:
    feed.content = several(TEN, "two", "20261209T100000Z/PT1H")
    read(connected)
    [kept] = connected.rows("SELECT xmin, id FROM booking.busy_time WHERE uid = 'one@elsewhere.test'")
    feed.content = several(TEN, "two", "20261209T110000Z/PT1H")
    read(connected)
    assert taken(connected) == [*AT_TEN, "2026-12-09 11:00-12:00"]
    assert connected.rows("SELECT xmin, id FROM booking.busy_time WHERE uid = 'one@elsewhere.test'") == [kept]


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        (Reply(401), Trouble.PASSWORD),
        (Reply(403), Trouble.FORBIDDEN),
        (Reply(404), Trouble.NOT_FOUND),
        (Reply(410), Trouble.GONE),
        (Reply(429), Trouble.BUSY_SERVER),
        (Reply(500), Trouble.SERVER_ERROR),
        (Reply(503), Trouble.BUSY_SERVER),
        (Reply(204), Trouble.SERVER_ERROR),
        (Reply(418), Trouble.SERVER_ERROR),
        (Reply(200, {"Content-Type": "text/html"}, b"BEGIN:VCALENDAR"), Trouble.WEB_PAGE),
        (Reply(200, {"Content-Type": "text/calendar"}, b"\xef\xbb\xbf \n<!doctype html>Sign in"), Trouble.WEB_PAGE),
        (Reply(200, {"Content-Type": "text/calendar"}, b""), Trouble.NOT_A_CALENDAR),
        (Reply(200, {"Content-Type": "text/calendar"}, b'{"events": []}'), Trouble.NOT_A_CALENDAR),
        (Reply(200, {"Content-Type": "text/calendar"}, TEN[:-30].encode()), Trouble.NOT_A_CALENDAR),
        (Reply(200, {"Content-Encoding": "br"}, TEN.encode()), Trouble.UNREACHABLE),
        (Reply(instead="close"), Trouble.UNREACHABLE),
        (Reply(302, {"Location": "/elsewhere.ics"}), Trouble.REDIRECTS),
        (Reply(302), Trouble.SERVER_ERROR),
        (Reply(302, {"Location": "ftp://127.0.0.1/a.ics"}), Trouble.ADDRESS),
        (Reply(302, {"Location": "http://169.254.169.254/latest/meta-data"}), Trouble.ADDRESS),
        (
            Reply(200, {}, event("DTSTART:20261208T100000Z", *["EXDATE:20270101T090000Z"] * (MOST_LINES + 1)).encode()),
            Trouble.TOO_MUCH,
        ),
    ],
)
def test_a_source_that_fails_frees_nothing_and_says_why(
    connected: Installation, feed: Feed, reply: Reply, trouble: Trouble
) -> None:
    read_at = connected.rows("SELECT read_at FROM booking.calendar")
    feed.reply = reply
    assert read(connected) == 1
    assert taken(connected) == AT_TEN
    assert stand(connected) == (trouble.value, 1)
    assert connected.rows("SELECT read_at FROM booking.calendar") == read_at
    assert connected.rows("SELECT retry_at > now() + interval '55 seconds' FROM booking.calendar") == [(True,)]
    read(connected)
    assert stand(connected) == (trouble.value, 2)
    feed.reply, feed.content = None, ELEVEN
    read(connected)
    assert (taken(connected), stand(connected)) == (AT_ELEVEN, (None, 0))


def test_a_body_that_breaks_off_frees_nothing(connected: Installation) -> None:
    """The server names a length and sends less; what came looks like a whole calendar."""

    def cut(connection: socket.socket, _: Event) -> None:
        connection.recv(65_536)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\nContent-Length: 5000\r\n\r\n"
        connection.sendall(head + calendar().encode())
        connection.close()

    with RawServer(cut) as server:
        secret = cipher(connected.settings, "calendar").encrypt(server.url("/a.ics").encode()).decode()
        connected.run("UPDATE booking.calendar SET url = :url", url=secret)
        read(connected)
    assert (taken(connected), stand(connected)) == (AT_TEN, ("unreachable", 1))


def test_a_server_that_never_answers_is_waited_for_until_the_deadline(connected: Installation, feed: Feed) -> None:
    timings = connected.settings.timings.model_copy(update={"calendar_deadline": 0.3})
    connected.with_settings(timings=timings)
    feed.reply = Reply(instead="hang")
    read(connected)
    assert (taken(connected), stand(connected)) == (AT_TEN, ("no_answer", 1))


def test_a_server_that_is_not_there_frees_nothing(house: Installation) -> None:
    connect_feed(house, f"http://127.0.0.1:{free_port()}/a.ics")
    read_calendars(house.booking)
    assert stand(house) == ("unreachable", 1)


def test_a_failing_source_is_left_alone_for_ever_longer(connected: Installation, feed: Feed) -> None:
    feed.reply = Reply(500)
    pauses = []
    for _ in range(4):
        read(connected)
        [(pause,)] = connected.rows("SELECT extract(epoch FROM retry_at - tried_at) FROM booking.calendar")
        pauses.append(float(pause))
    assert [round(pause / 60) for pause in pauses] == [1, 2, 4, 8]
    asked = len(feed.asked)
    connected.run("UPDATE booking.calendar SET wanted_at = now(), tried_at = tried_at - interval '1 hour'")
    assert read_calendars(connected.booking) == 0
    assert len(feed.asked) == asked


def test_a_redirect_is_followed_to_another_place(house: Installation, feed: Feed) -> None:
    feed.content = TEN
    with WebServer(lambda _: Reply(301, {"Location": f"{feed.url}#here"})) as first:
        connect_feed(house, f"{first.url}/old.ics")
        read_calendars(house.booking)
        read(house)
    assert (taken(house), stand(house)) == (AT_TEN, (None, 0))
    assert [bool(request.headers.get("if-none-match")) for request in feed.asked] == [False, True]
    assert not any("authorization" in request.headers for request in feed.asked)


@pytest.mark.parametrize("place", ["https://[", "//a\u2100b/", "https://a:port/"])
def test_a_redirect_to_no_address_is_a_trouble_and_no_failure_of_ours(house: Installation, place: str) -> None:
    reply = Reply(302, {"Location": place.encode().decode("latin-1")})
    with WebServer(lambda _: reply) as server, pytest.raises(SourceFailed) as failed:
        fetch_feed(house.settings, server.url)
    assert failed.value.trouble in (Trouble.ADDRESS, Trouble.UNREACHABLE)


def test_webcal_is_https_and_https_never_leads_to_http(house: Installation) -> None:
    settings = house.settings.model_copy(update={"calendars_allow_private": False})
    for url, trouble in (
        ("http://calendar.example/a.ics", Trouble.IN_THE_CLEAR),
        ("webcal://127.0.0.1/a.ics", Trouble.ADDRESS),
        ("https://10.0.0.1/a.ics", Trouble.ADDRESS),
        ("https://user:secret@127.0.0.1/a.ics", Trouble.ADDRESS),
        ("file:///etc/passwd", Trouble.ADDRESS),
    ):
        with pytest.raises(SourceFailed) as failed:
            fetch_feed(settings, url)
        assert failed.value.trouble == trouble, url


def test_a_secret_that_cannot_be_read_is_said_before_anything_is_asked(connected: Installation, feed: Feed) -> None:
    connected.run("UPDATE booking.calendar SET url = 'encrypted with another key'")
    read(connected)
    assert (taken(connected), stand(connected), len(feed.asked)) == (AT_TEN, ("key", 1), 1)


def test_a_validator_that_no_header_can_carry_is_not_kept(connected: Installation, feed: Feed) -> None:
    feed.content = ELEVEN
    feed.reply = Reply(200, {"ETag": '"caf\xe9"', "Last-Modified": "x" * 600}, ELEVEN.encode())
    read(connected)
    assert (taken(connected), stand(connected)) == (AT_ELEVEN, (None, 0))
    assert connected.rows("SELECT etag, last_modified FROM booking.calendar") == [("", "")]


def test_what_is_not_understood_is_counted_and_the_rest_is_read(connected: Installation, feed: Feed) -> None:
    feed.content = TEN.replace(
        "END:VCALENDAR", "BEGIN:VEVENT\r\nUID:bad\r\nDTSTART:soon\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )
    read(connected)
    assert taken(connected) == AT_TEN
    assert connected.rows("SELECT doubtful FROM booking.calendar_object") == [(1,)]


# Worked out anew, without asking.


def test_what_repeats_reaches_as_far_as_anybody_can_book(house: Installation, feed: Feed) -> None:
    feed.content = event("DTSTART:20261208T100000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
    connect_feed(house, feed.url)
    read_calendars(house.booking)
    assert len(taken(house)) >= 53
    house.run("UPDATE booking.call_type SET horizon_kind = 'business_days', horizon_days = 400 WHERE slug = 'intro'")
    assert read_calendars(house.booking) == 1
    assert len(taken(house)) >= 80
    house.run(
        "UPDATE booking.call_type SET horizon_kind = 'dates', first_date = '2029-01-01', last_date = '2029-02-01'"
        " WHERE slug = 'strategy'"
    )
    read_calendars(house.booking)
    assert "2029-01-30 10:00-11:00" in taken(house)
    assert len(feed.asked) == 1


def test_a_source_that_fails_for_months_does_not_run_out_of_busy_times(house: Installation, feed: Feed) -> None:
    feed.content = event("DTSTART:20261208T100000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
    connect_feed(house, feed.url)
    read_calendars(house.booking)
    feed.reply = Reply(404)
    read(house)
    house.clock.move(START_OF_2028 - house.clock.now())
    assert read_calendars(house.booking) == 1
    assert "2028-12-05 10:00-11:00" in taken(house)
    assert stand(house) == ("not_found", 1)
    assert len(feed.asked) == 2
    assert read_calendars(house.booking) == 0


def test_another_zone_of_the_advisor_moves_floating_times_and_whole_days(house: Installation, feed: Feed) -> None:
    feed.content = calendar(
        *("BEGIN:VEVENT", "UID:floating", "DTSTART:20261208T100000", "DURATION:PT1H", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:day", "DTSTART;VALUE=DATE:20261209", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:fixed", "DTSTART:20261210T100000Z", "DURATION:PT1H", "END:VEVENT"),
    )
    connect_feed(house, feed.url)
    read_calendars(house.booking)
    assert taken(house) == [
        *("2026-12-08 09:00-10:00", "2026-12-08 23:00-2026-12-09 23:00", "2026-12-10 10:00-11:00"),
    ]
    feed.reply = Reply(500)
    with house.booking.sessions.begin() as session:
        set_zone(session, "America/New_York", now=house.clock.now())
    assert isinstance(house.booking.waker, Bells)
    assert "booking.calendars" in house.booking.waker.rung
    assert read_calendars(house.booking) == 1
    assert taken(house) == [
        *("2026-12-08 15:00-16:00", "2026-12-09 05:00-2026-12-10 05:00", "2026-12-10 10:00-11:00"),
    ]
    house.run("UPDATE booking.calendar SET zone = 'Asia/Tokyo'")
    read_calendars(house.booking)
    assert "2026-12-08 15:00-2026-12-09 15:00" in taken(house)
    assert (len(feed.asked), read_calendars(house.booking)) == (1, 0)


def test_a_calendar_that_is_not_read_counts_for_nothing_and_is_fresh_when_it_is_again(
    connected: Installation, feed: Feed
) -> None:
    connected.run("UPDATE booking.calendar SET is_read = false")
    feed.content = event("DTSTART:20261208T110000", "DURATION:PT1H")
    assert read(connected) == 0
    assert "10:00" in slots(connected)
    connected.run("UPDATE booking.advisor SET zone = 'Europe/London'")
    connected.run("UPDATE booking.calendar SET is_read = true")
    assert read_calendars(connected.booking) == 1
    assert taken(connected) == AT_ELEVEN


# Two workers.


def test_a_worker_that_comes_back_from_the_dead_changes_nothing(connected: Installation, feed: Feed) -> None:
    now, settings = connected.clock.now(), connected.settings
    connected.run("UPDATE booking.calendar SET tried_at = tried_at - interval '1 hour'")
    with connected.booking.sessions.begin() as session:
        claimed = reading.claim(session, settings=settings, now=now)
        assert len(claimed) == 1
    with connected.booking.sessions.begin() as session:
        [late] = reading.begin(session, claimed, settings=settings, now=now)
        assert reading.claim(session, settings=settings, now=now) == []
    [(_, outcome)] = reading.act(lambda source: ask_source(settings, source), [late])
    assert stand(connected) == (None, 1), "a try that kills its worker has been counted"
    feed.content = ELEVEN
    connected.run("UPDATE booking.calendar SET lease_until = now() - interval '1 second', retry_at = NULL")
    assert read(connected) == 1
    with connected.booking.sessions.begin() as session:
        assert reading.begin(session, claimed, settings=settings, now=now) == []
        reading.record(session, late, outcome)
    assert (taken(connected), stand(connected)) == (AT_ELEVEN, (None, 0))


def test_what_is_read_at_an_old_address_is_not_taken_for_the_new_ones(connected: Installation, feed: Feed) -> None:
    """With its validators the new address would be asked for news only, and might say that there are none."""
    now, settings = connected.clock.now(), connected.settings
    connected.run("UPDATE booking.calendar SET tried_at = tried_at - interval '1 hour'")
    feed.content = ELEVEN
    with connected.booking.sessions.begin() as session:
        claimed = reading.claim(session, settings=settings, now=now)
    with connected.booking.sessions.begin() as session:
        [ticket] = reading.begin(session, claimed, settings=settings, now=now)
    [(_, outcome)] = reading.act(lambda source: ask_source(settings, source), [ticket])
    [(account,)] = connected.rows("SELECT id FROM booking.calendar_account")
    by = By("nora@advisor.test", now, machine_now())
    with connected.booking.sessions.begin() as session:
        change_access(session, settings, account, Access("Work", f"{feed.url}?anew"), by=by)
    with connected.booking.sessions.begin() as session:
        reading.record(session, ticket, outcome)
    assert connected.rows("SELECT etag, last_modified, claim_id FROM booking.calendar") == [("", "", None)]
    assert read_calendars(connected.booking) == 1
    assert feed.asked[-1].path.endswith("?anew")
    assert "if-none-match" not in feed.asked[-1].headers


def test_one_refused_password_is_tried_once_for_all_calendars_of_the_account(house: Installation) -> None:
    asked: Iterator[int] = itertools.count(1)

    def refuse(_: Request) -> Reply:
        next(asked)
        return Reply(401)

    with WebServer(refuse) as server:
        connect_feed(house, f"{server.url}/a.ics")
        house.run(
            "INSERT INTO booking.calendar (account_id, name, url, url_digest)"
            " SELECT account_id, 'Other', url, 'other' FROM booking.calendar"
        )
        read_calendars(house.booking)
    assert next(asked) == 2
    assert house.rows("SELECT error FROM booking.calendar") == [("password",), ("password",)]


def several(text: str, uid: str, period: str) -> str:
    """The calendar with one more event."""
    start, _, length = period.partition("/")
    more = ("BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{start}", f"DURATION:{length}", "END:VEVENT", "END:VCALENDAR")
    return text.replace("END:VCALENDAR", "\r\n".join(more))
