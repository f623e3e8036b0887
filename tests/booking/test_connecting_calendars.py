"""Connecting calendars: what is taken of a form, what is kept of it, and what a real server then tells a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from deploy.doctor import examine
from deploy.embedded.ports import free_port
from services.booking.domain.calendar_accounts import PASSING, read_access
from services.booking.domain.calendar_sources import WORDS, FoundCalendar
from services.booking.domain.errors import InvalidInput
from services.booking.gateways.accounts import find_calendars
from services.booking.tasks import look_for_calendars
from services.booking.usecases import finding_calendars
from shared.security import cipher, fingerprint
from tests.booking.calendars import event
from tests.booking.connecting import (
    ROOM,
    SECRET_ADDRESS,
    acts,
    choose,
    chosen,
    connect_account,
    connect_address,
    fields,
    found,
    kept,
    page_of,
)
from tests.booking.reading import read, slots
from tests.booking.writing import TUESDAY, all_of, book, running, server, the_one, write
from tests.browsing import Page, opened, post
from tests.fakes.caldav import MKCALENDAR, PASSWORD, USER, CalDavServer, radicale
from tests.fakes.web import Reply, WebServer
from tests.furnished import signed_in
from tests.installation import Installation

__all__ = ["running", "server"]


@pytest.fixture
def login(tmp_path: Path) -> Iterator[CalDavServer]:
    """A server that asks for a password in the clear: Xandikos asks for none without TLS."""
    with radicale(tmp_path) as started:
        yield started


def test_nothing_is_asked_of_a_server_in_a_request(house: Installation) -> None:
    asked: list[str] = []

    def note(request: object) -> Reply:
        asked.append(str(request))
        return Reply(500)

    browser = signed_in(house)
    with WebServer(note) as web:
        page = connect_account(browser, web.url)
        assert page.status == 200
        assert "Looking for your calendars…" in page.text
        opened(browser, ROOM)
        post(browser, f"{page_of(house)}/look", {"csrf_token": _token(browser)})
        connect_address(browser, f"{web.url}/a.ics")
        assert asked == []
        assert {"booking.accounts", "booking.calendars"} <= set(house.booking.waker.rung)  # type: ignore[attr-defined]
        look_for_calendars(house.booking)
    assert len(asked) >= 1


def test_the_calendars_of_an_account_are_found_and_count_for_nothing(house: Installation, server: CalDavServer) -> None:
    browser = signed_in(house)
    waiting = connect_account(browser, server.url)
    assert waiting.soup.find("meta", attrs={"http-equiv": "refresh"}) is not None
    assert look_for_calendars(house.booking) == 1
    page = opened(browser, page_of(house))
    assert page.soup.find("meta", attrs={"http-equiv": "refresh"}) is None
    assert "Nothing counts yet." in page.text
    assert {(read, written) for read, written, _ in chosen(house)} == {(False, False)}
    if server.name == "radicale":
        assert [legend.get_text() for legend in page.soup.find_all("legend")] == ["Work"]
        assert house.rows("SELECT name, zone, is_writable FROM booking.calendar") == [("Work", "Europe/Berlin", True)]
    assert (
        "None counts for anything" in opened(browser, ROOM).text
        or "It counts for nothing" in opened(browser, ROOM).text
    )
    assert look_for_calendars(house.booking) == 0


def test_what_is_ticked_is_read_and_written_to_from_then_on(house: Installation, server: CalDavServer) -> None:
    browser = signed_in(house)
    book(house)
    page = found(house, browser, server)
    _name_the_only(house, server)
    assert write(house) == 0
    assert "Saved." in choose(browser, page, read=True, written=True, stale="60").text
    assert chosen(house)[0] == (True, True, 60)
    assert house.rows("SELECT count(*) FROM booking.calendar WHERE is_read AND wanted_at IS NOT NULL") == [(1,)]
    assert write(house) == 1
    assert the_one(server)["DTSTART"].dt == TUESDAY
    choose(browser, page, read=False, written=False)
    assert chosen(house)[0] == (False, False, 60)
    assert write(house) == 0
    assert the_one(server)["DTSTART"].dt == TUESDAY
    assert acts(house).count("calendar_roles_set") == 2


def test_each_of_several_calendars_is_read_or_written_to_as_was_chosen(
    house: Installation, server: CalDavServer
) -> None:
    browser, private = signed_in(house), server.calendar.rstrip("/") + "-private/"
    server.ask("MKCALENDAR", private, MKCALENDAR)
    try:
        page, secrets = found(house, browser, server), cipher(house.settings, "calendar")
        rows = house.rows("SELECT id, url FROM booking.calendar")
        ids = {secrets.decrypt(url.encode()).decode(): row for row, url in rows}
        ticked = {f"read-{ids[private]}": "yes", f"written-{ids[server.calendar]}": "yes"}
        assert post(browser, f"{page}/roles", fields(browser, f"{page}/roles", page) | ticked).status_code == 303
        server.ask("PUT", f"{private}ten.ics", event("DTSTART:20261208T100000Z", "DURATION:PT30M", uid="ten"))
        server.put("noon.ics", event("DTSTART:20261208T120000Z", "DURATION:PT30M", uid="noon"))
        read(house)
        assert [start for start in ("10:00", "10:30", "12:00") if start in slots(house)] == ["10:30", "12:00"]
        book(house)
        write(house)
        stand = {url: [one["DTSTART"].dt.hour for one in all_of(server, url)] for url in ids}
        assert (stand[private], stand[server.calendar]) == ([10], [9, 12])
    finally:
        server.ask("DELETE", private)


def test_saving_what_is_for_what_as_it_is_changes_nothing(house: Installation, server: CalDavServer) -> None:
    browser = signed_in(house)
    page = found(house, browser, server)
    before = kept(house)
    assert post(browser, f"{page}/roles", fields(browser, f"{page}/roles", page)).status_code == 303
    assert kept(house) == before
    assert "calendar_roles_set" not in acts(house)


def test_a_calendar_that_the_server_only_lets_us_read_is_not_written_to(
    house: Installation, server: CalDavServer
) -> None:
    browser = signed_in(house)
    page = found(house, browser, server)
    sent = fields(browser, f"{page}/roles", page)
    house.run("UPDATE booking.calendar SET is_writable = false")
    [shown, *_] = [name.removeprefix("stale-") for name in sent if name.startswith("stale-")]
    assert f"written-{shown}" not in opened(browser, page).answer.get_data(as_text=True)
    refused = Page(post(browser, f"{page}/roles", sent | {f"written-{shown}": "yes", f"read-{shown}": "yes"}))
    assert refused.status == 422
    assert refused.wrong(f"written-{shown}").startswith("The server does not let us write into this calendar.")
    assert refused.links(f"#written-{shown}")
    assert {(read, written) for read, written, _ in chosen(house)} == {(False, False)}


def test_a_limit_that_cannot_be_is_told_beside_its_field_and_in_the_summary(
    house: Installation, server: CalDavServer
) -> None:
    browser = signed_in(house)
    page = found(house, browser, server)
    sent = fields(browser, f"{page}/roles", page)
    [stale, *_] = [name for name in sent if name.startswith("stale-")]
    refused = Page(post(browser, f"{page}/roles", sent | {stale: "7"}))
    assert refused.status == 422
    assert refused.wrong(stale)
    assert refused.links(f"#{stale}")


def test_looking_again_finds_what_is_new_and_drops_what_is_gone(house: Installation, server: CalDavServer) -> None:
    browser = signed_in(house)
    page = found(house, browser, server)
    count = len(chosen(house))
    house.run(
        "INSERT INTO booking.calendar (account_id, name, url, url_digest, is_read, is_written)"
        " SELECT account_id, name.name, url, name.name, name.name = 'kept', false FROM booking.calendar c,"
        " (VALUES ('kept'), ('gone')) name (name) WHERE c.id = (SELECT min(id::text)::uuid FROM booking.calendar)"
    )
    house.run("UPDATE booking.calendar SET name = 'Old name' WHERE url_digest NOT IN ('kept', 'gone')")
    post(browser, f"{page}/look", {"csrf_token": _token(browser)})
    assert "Looking for your calendars…" in opened(browser, page).text
    assert look_for_calendars(house.booking) == 1
    names = [name for (name,) in house.rows("SELECT name FROM booking.calendar")]
    assert len(names) == count + 1
    assert "kept" in names, "its times may count: it stays, and is seen to fail"
    assert not {"gone", "Old name"} & set(names)
    assert "calendars_looked_for" in acts(house)


def test_a_wrong_password_is_told_beside_its_field_and_asked_for_anew(house: Installation, login: CalDavServer) -> None:
    browser = signed_in(house)
    connect_account(browser, login.url, password="not-hers")
    look_for_calendars(house.booking)
    page = opened(browser, page_of(house))
    assert "does not accept the name and password" in page.wrong("password")
    today = opened(browser, "/console")
    assert "its calendars could not be found. The server does not accept the name and password." in today.text
    assert [str(one["href"]) for one in today.soup.select("section.warning li a")] == [page_of(house)]
    with house.owner.connect() as connection:
        bad = [finding.line for finding in examine(connection) if finding.bad]
    assert bad == ["the calendars of the account 127.0.0.1 could not be found: password"]
    sent = page.fields(f"{page_of(house)}/access")
    assert (sent["url"], sent["username"], sent["password"]) == (login.url, USER, "")
    assert look_for_calendars(house.booking) == 0, "a wrong password that keeps coming gets accounts locked"
    again = Page(post(browser, f"{page_of(house)}/access", sent | {"password": PASSWORD}, follow_redirects=True))
    assert "Looking for your calendars…" in again.text
    assert look_for_calendars(house.booking) == 1
    assert house.rows("SELECT state, error FROM booking.calendar_account") == [("done", None)]
    assert house.rows("SELECT detail ->> 'changed' FROM access.audit WHERE act = 'calendar_access_changed'") == [
        ("password",)
    ]


def test_a_server_that_is_down_is_asked_again_by_itself(house: Installation, server: CalDavServer) -> None:
    browser, port = signed_in(house), free_port()
    connect_account(browser, f"http://127.0.0.1:{port}/")
    look_for_calendars(house.booking)
    page = opened(browser, page_of(house))
    assert "could not be reached" in page.wrong("url")
    assert "We try again by ourselves." in page.text
    assert page.soup.find("meta", attrs={"http-equiv": "refresh"}) is None, "what is typed would be lost"
    waits = house.rows("SELECT state, attempt, retry_at IS NOT NULL FROM booking.calendar_account")
    assert waits == [("queued", 1, True)]
    sent = page.fields(f"{page_of(house)}/access")
    post(browser, f"{page_of(house)}/access", sent | {"url": server.url, "password": PASSWORD})
    look_for_calendars(house.booking)
    assert house.rows("SELECT state, attempt FROM booking.calendar_account") == [("done", 0)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Reply(200, {"Content-Type": "text/html"}, b"<html><p>Hello</p></html>"), "There is no CalDAV server"),
        (Reply(404), "There is no CalDAV server"),
        (Reply(403), "does not allow this account"),
        (Reply(207, {}, b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "There is no CalDAV server"),
        (Reply(302, {"Location": "http://169.254.169.254/latest"}), "sends us on to another place"),
        (Reply(500), "had an error of its own"),
        (Reply(instead="close"), "could not be reached"),
    ],
)
def test_a_page_that_is_no_calendar_server_is_told_as_such(house: Installation, answer: Reply, words: str) -> None:
    browser = signed_in(house)
    with WebServer(lambda _: answer) as web:
        connect_account(browser, f"{web.url}/dav")
        look_for_calendars(house.booking)
    page = opened(browser, page_of(house))
    assert words in page.text
    assert chosen(house) == []


def test_what_promises_another_try_is_tried_again_and_nothing_else() -> None:
    promising = {trouble for trouble, (_, fix) in WORDS.items() if "by ourselves" in str(fix)}
    assert promising == PASSING


def test_a_server_that_tells_of_far_too_much_is_believed_in_part(house: Installation) -> None:
    browser = signed_in(house)
    connect_account(browser, "http://127.0.0.1:8123/")
    many = [FoundCalendar(f"http://127.0.0.1:8123/{number}/", "x\u202e" * 300, "Mars/" * 99) for number in range(500)]
    many.append(FoundCalendar("http://127.0.0.1:8123/" + "a" * 5000, "long"))
    with house.booking.sessions.begin() as session:
        [ticket] = finding_calendars.claim(session, settings=house.settings)
        finding_calendars.record(session, ticket, many, settings=house.settings)
    [(count, name, zone)] = house.rows("SELECT count(*), max(length(name)), max(length(zone)) FROM booking.calendar")
    assert (count, name <= 200, zone <= 100) == (finding_calendars.MOST_CALENDARS, True, True)


def test_what_was_found_with_an_old_password_is_dropped(house: Installation, server: CalDavServer) -> None:
    browser, settings = signed_in(house), house.settings
    connect_account(browser, server.url)
    with house.booking.sessions.begin() as session:
        claimed = finding_calendars.claim(session, settings=settings)
    with house.booking.sessions.begin() as session:
        begun = finding_calendars.begin(session, claimed, settings=settings)
    [(ticket, finding)] = finding_calendars.act(lambda login: find_calendars(settings, login), begun)
    post(browser, f"{page_of(house)}/look", {"csrf_token": _token(browser)})
    with house.booking.sessions.begin() as session:
        assert finding_calendars.begin(session, claimed, settings=settings) == []
        finding_calendars.record(session, ticket, finding, settings=settings)
    assert chosen(house) == []
    assert house.rows("SELECT state FROM booking.calendar_account") == [("queued",)]


def test_an_account_whose_worker_died_is_taken_up_by_another(house: Installation, server: CalDavServer) -> None:
    connect_account(signed_in(house), server.url)
    with house.booking.sessions.begin() as session:
        assert len(finding_calendars.claim(session, settings=house.settings)) == 1
    assert look_for_calendars(house.booking) == 0, "as long as the lease lasts it is somebody's"
    house.run("UPDATE booking.calendar_account SET lease_until = lease_until - interval '1 day'")
    assert look_for_calendars(house.booking) == 1
    assert len(chosen(house)) >= 1


def test_secrets_are_nowhere_in_the_clear(house: Installation, server: CalDavServer) -> None:
    browser = signed_in(house)
    page = found(house, browser, server)
    connect_address(browser, SECRET_ADDRESS, name="Private")
    choose(browser, page, read=True, written=True)
    post(browser, f"{page}/access", fields(browser, f"{page}/access", page) | {"password": "another-app-password"})
    look_for_calendars(house.booking)
    pages = [ROOM, page, page_of(house, "Private"), "/console/audit"]
    shown = " ".join(opened(browser, path).answer.get_data(as_text=True) for path in pages)
    stored = kept(house) + str(house.rows("SELECT t::text FROM access.audit t"))
    for secret in (PASSWORD, "another-app-password", "private-0123456789abcdef", server.calendar):
        assert secret not in stored
        assert secret not in shown.replace("&#39;", "'")
    assert "calendar.elsewhere.test" in shown


def test_an_address_is_connected_once_however_it_is_written(house: Installation) -> None:
    browser = signed_in(house)
    assert connect_address(browser, SECRET_ADDRESS).status == 200
    for same in (
        SECRET_ADDRESS,
        SECRET_ADDRESS.replace("https", "webcal"),
        SECRET_ADDRESS.replace(".test/", ".TEST:443/"),
    ):
        again = connect_address(browser, f" {same} ")
        assert again.status == 422
        assert "connected already" in again.wrong("url")
    assert house.rows("SELECT count(*) FROM booking.calendar_account") == [(1,)]
    assert house.rows("SELECT is_read, is_written, is_writable FROM booking.calendar") == [(True, False, False)]
    assert connect_address(browser, SECRET_ADDRESS.replace("nora", "other")).status == 200


def test_the_addresses_of_google_and_outlook_are_named_as_they_name_them(quiet_house: Installation) -> None:
    page = opened(signed_in(quiet_house), f"{ROOM}/new/address")
    assert "Google Calendar : “Secret address in iCal format”" in page.text
    assert "Outlook, Microsoft 365 : the ICS link of a published calendar" in page.text


def test_an_account_is_connected_once_and_another_one_on_the_same_server_too(house: Installation) -> None:
    browser = signed_in(house)
    assert connect_account(browser, "https://dav.elsewhere.test").status == 200
    assert connect_account(browser, "https://dav.elsewhere.test/").status == 422
    assert connect_account(browser, "https://dav.elsewhere.test", username="team").status == 200


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://elsewhere.test/a.ics",
        "https://",
        "https:///a.ics",
        "https://nora:secret@elsewhere.test/a.ics",
        "https://elsewhere.test:99999/a.ics",
        "https://elsewhere.test:6379/",
        "https://else where.test/a.ics",
        "https://elsewhere.test/a.ics\r\nHost: evil.test",
        "https://elsewhere.test/\0",
        "https://[::1/a.ics",
        "https://127.1/a.ics",
        "https://169.254.169.254/latest/meta-data",
        "https://" + "a" * 5000,
        "https://☃☃☃.-/",
    ],
)
@pytest.mark.parametrize("connect", [connect_address, connect_account])
def test_what_is_no_address_is_named_and_nothing_is_stored(
    quiet_house: Installation, connect: Callable[[FlaskClient, str], Page], url: str
) -> None:
    refused = connect(signed_in(quiet_house), url)
    assert refused.status == 422
    assert refused.wrong("url")
    assert quiet_house.rows("SELECT count(*) FROM booking.calendar_account") == [(0,)]
    assert acts(quiet_house) == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "no:ra"}, "username"),
        ({"username": "n" * 5000}, "username"),
        ({"password": ""}, "password"),
        ({"password": "a\0b"}, "password"),
        ({"password": "p" * 100_000}, "password"),
        ({"name": "a\nb"}, "name"),
    ],
)
def test_what_else_is_wrong_is_named_and_the_password_is_not_given_back(
    quiet_house: Installation, typed: dict[str, str], field: str
) -> None:
    refused = connect_account(signed_in(quiet_house), "https://dav.elsewhere.test", **typed)
    assert refused.status == 422
    assert refused.wrong(field)
    sent = refused.fields(f"{ROOM}/new/account")
    assert (sent["url"], sent["password"]) == ("https://dav.elsewhere.test", "")
    assert quiet_house.rows("SELECT count(*) FROM booking.calendar_account") == [(0,)]


def test_http_and_addresses_of_ones_own_network_are_taken_only_where_the_operator_allows_them(
    house: Installation,
) -> None:
    house.with_settings(calendars_allow_private=False)
    browser = signed_in(house)
    assert "travels in the clear" in connect_address(browser, "http://elsewhere.test/a.ics").wrong("url")
    for private in ("https://127.0.0.1/a.ics", "https://10.0.0.7/a.ics", "https://[::1]/a.ics"):
        assert "We do not read from that address." in connect_address(browser, private).wrong("url")
    house.with_settings(calendars_allow_private=True)
    assert connect_address(signed_in(house), "http://127.0.0.1/a.ics").status == 200


def test_an_address_that_we_give_out_ourselves_is_not_connected(house: Installation) -> None:
    refused = connect_address(signed_in(house), f"{house.settings.public_url}/calendar/token.ics")
    assert "Firstcall itself" in refused.wrong("url")


@pytest.mark.parametrize(
    ("typed", "kept_as"),
    [
        ("webcal://elsewhere.test/a.ics", "https://elsewhere.test/a.ics"),
        ("elsewhere.test/a.ics#top", "https://elsewhere.test/a.ics"),
        ("https://Bücher.example/Jour fixe.ics".replace(" ", "%20"), "https://xn--bcher-kva.example/Jour%20fixe.ics"),
        ("https://elsewhere.test:8443/übung.ics?a=b&c=é", "https://elsewhere.test:8443/%C3%BCbung.ics?a=b&c=%C3%A9"),
    ],
)
def test_an_address_is_kept_as_http_spells_it(typed: str, kept_as: str) -> None:
    assert read_access({"url": typed}, kind="ics", is_new=True, allow_clear=False).url == kept_as


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_access({"name": "a\nb"}, kind="caldav", is_new=True, allow_clear=False)
    assert {error.field for error in refused.value.errors} == {"name", "url", "username", "password"}


def test_a_kept_password_goes_to_no_other_server_and_no_other_name(house: Installation, server: CalDavServer) -> None:
    browser = signed_in(house)
    page = found(house, browser, server)
    before = kept(house)
    sent = fields(browser, f"{page}/access", page)
    for other in ({"url": "https://evil.test/"}, {"username": "eve"}):
        refused = Page(post(browser, f"{page}/access", sent | other))
        assert refused.status == 422
        assert "Type it once more." in refused.wrong("password")
        assert kept(house) == before


def test_an_account_whose_calendars_are_in_use_stays_on_its_server(house: Installation, server: CalDavServer) -> None:
    browser = signed_in(house)
    page = found(house, browser, server)
    sent = fields(browser, f"{page}/access", page) | {"url": "https://new.test/", "password": PASSWORD}
    choose(browser, page, read=True)
    assert "another server" in Page(post(browser, f"{page}/access", sent)).wrong("url")
    choose(browser, page, read=False)
    assert post(browser, f"{page}/access", sent).status_code == 303
    assert chosen(house) == [], "what nothing hangs on goes with its server"


def test_a_feed_gets_a_new_secret_address_and_its_times_go_on_counting(house: Installation) -> None:
    browser = signed_in(house)
    connect_address(browser, SECRET_ADDRESS, name="Private")
    connect_address(browser, SECRET_ADDRESS.replace("nora", "other"), name="Other")
    page = page_of(house, "Private")
    house.run("UPDATE booking.calendar SET read_at = now(), etag = 'old', error = 'gone'")
    assert "gone from that address" in opened(browser, page).wrong("url")
    sent = opened(browser, page).fields(f"{page}/access")
    assert sent["url"] == "", "the address is a secret"
    house.run(
        "INSERT INTO booking.busy_time (calendar_id, href, uid, during)"
        " SELECT id, '', 'x', '[2026-12-08T09:00Z,2026-12-08T10:00Z)' FROM booking.calendar WHERE name = 'Private'"
    )
    taken = {"url": SECRET_ADDRESS.replace("nora", "other")}
    assert "connected already" in Page(post(browser, f"{page}/access", sent | taken)).wrong("url")
    before = house.rows("SELECT url FROM booking.calendar WHERE name = 'Private'")
    anew = sent | {"url": SECRET_ADDRESS.replace("private", "reset")}
    assert post(browser, f"{page}/access", anew).status_code == 303
    [(etag, error, wanted, url)] = house.rows(
        "SELECT etag, error, wanted_at IS NOT NULL, url FROM booking.calendar WHERE name = 'Private'"
    )
    assert (etag, error, wanted) == ("", None, True)
    assert [(url,)] != before
    assert house.rows("SELECT count(*) FROM booking.busy_time") == [(1,)]


def test_a_new_password_has_the_calls_written_that_waited_for_it(house: Installation, server: CalDavServer) -> None:
    browser = signed_in(house)
    page = found(house, browser, server)
    _name_the_only(house, server)
    choose(browser, page, written=True)
    book(house)
    house.run("UPDATE booking.calendar_entry SET state = 'parked', error = 'password'")
    assert "A call is not in the calendar" in opened(browser, ROOM).text
    post(browser, f"{page}/access", fields(browser, f"{page}/access", page) | {"password": PASSWORD})
    assert write(house) == 1
    assert the_one(server)["DTSTART"].dt == TUESDAY


def test_secrets_of_a_lost_key_are_told_and_given_anew(house: Installation, server: CalDavServer) -> None:
    browser = signed_in(house)
    page = found(house, browser, server)
    choose(browser, page, read=True)
    house.with_settings(secret_key="another-secret-key-of-tests-0123456")
    browser = signed_in(house)
    post(browser, f"{page}/look", {"csrf_token": _token(browser)})
    look_for_calendars(house.booking)
    assert "SECRET_KEY was changed" in opened(browser, page).text
    sent = fields(browser, f"{page}/access", page) | {"url": server.url}
    assert Page(post(browser, f"{page}/access", sent)).wrong("password")
    assert post(browser, f"{page}/access", sent | {"password": PASSWORD}).status_code == 303
    look_for_calendars(house.booking)
    assert house.rows("SELECT state FROM booking.calendar_account") == [("done",)]
    choose(browser, page, read=True, written=True)
    book(house)
    write(house)
    assert house.rows("SELECT DISTINCT state FROM booking.calendar_entry") == [("done",)]


def test_disconnecting_forgets_all_of_it_and_leaves_the_server_alone(house: Installation, server: CalDavServer) -> None:
    browser = signed_in(house)
    page = found(house, browser, server)
    _name_the_only(house, server)
    choose(browser, page, read=True, written=True)
    book(house)
    write(house)
    house.run(
        "INSERT INTO booking.busy_time (calendar_id, href, uid, during)"
        " SELECT id, '', 'x', '[2026-12-09T09:00Z,2026-12-09T10:00Z)' FROM booking.calendar WHERE is_read"
    )
    gone = Page(post(browser, f"{page}/disconnect", {"csrf_token": _token(browser)}, follow_redirects=True))
    assert "Disconnected." in gone.text
    for table in ("calendar_account", "calendar", "busy_time", "calendar_entry"):
        assert house.rows(f"SELECT count(*) FROM booking.{table}") == [(0,)], table
    assert the_one(server)["DTSTART"].dt == TUESDAY, "as docs/guides/calendars.md says"
    assert house.rows("SELECT state FROM booking.call") == [("confirmed",)]
    assert opened(browser, page).status == 404
    assert acts(house)[-1] == "calendar_disconnected"


def test_reading_now_is_asked_for_and_pauses_end(house: Installation) -> None:
    browser = signed_in(house)
    connect_address(browser, SECRET_ADDRESS)
    house.run("UPDATE booking.calendar SET wanted_at = NULL, retry_at = now() + interval '1 hour'")
    house.booking.waker.rung.clear()  # type: ignore[attr-defined]
    answer = post(browser, f"{ROOM}/read", fields(browser, f"{ROOM}/read", ROOM))
    assert answer.status_code == 303
    assert house.rows("SELECT wanted_at IS NOT NULL, retry_at FROM booking.calendar") == [(True, None)]
    assert house.booking.waker.rung == ["booking.calendars"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("read_at", "error", "words"),
    [
        (timedelta(seconds=5), None, "read just now"),
        (timedelta(minutes=4), None, "read 4 minutes ago"),
        (timedelta(hours=7), None, "stale: last read 7 hours ago"),
        (timedelta(hours=1), "password", "does not accept the name and password"),
        (None, None, "not read yet"),
    ],
)
def test_how_fresh_a_calendar_is_stands_beside_it(
    house: Installation, read_at: timedelta | None, error: str | None, words: str
) -> None:
    browser = signed_in(house)
    connect_address(browser, SECRET_ADDRESS)
    house.run(
        "UPDATE booking.calendar SET read_at = now() - CAST(:ago AS interval), error = :error", ago=read_at, error=error
    )
    assert words in opened(browser, ROOM).text


def _token(browser: FlaskClient) -> str:
    return opened(browser, ROOM).fields("/console/feeds")["csrf_token"]


def _name_the_only(house: Installation, server: CalDavServer) -> None:
    """Xandikos may tell of more than one calendar: leave the one that the tests look into."""
    house.run("DELETE FROM booking.calendar WHERE url_digest <> :digest", digest=fingerprint(server.calendar))
