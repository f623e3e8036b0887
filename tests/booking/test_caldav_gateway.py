"""The CalDAV gateway against Radicale and Xandikos: found, read by what changed, and written without harm."""

from __future__ import annotations

import pytest

from services.booking.domain.calendar_sources import EntryConflict, SourceFailed, Trouble, entry_url
from tests.booking.calendars import account, event, server
from tests.fakes.caldav import CalDavServer
from tests.fakes.web import Reply, Request, WebServer

__all__ = ["server"]

CALL = event("DTSTART:20261207T090000Z", "DTEND:20261207T093000Z", "SUMMARY:Call", uid="call@firstcall.test")
MOVED = event("DTSTART:20261208T090000Z", "DTEND:20261208T093000Z", "SUMMARY:Call", uid="call@firstcall.test")


def test_the_calendars_of_an_account_are_found_from_the_servers_address(server: CalDavServer) -> None:
    found = account(server.url).calendars()
    assert server.calendar in [one.url for one in found]
    assert all(one.is_writable and one.name for one in found)
    if server.name == "radicale":
        assert [(one.name, one.zone) for one in found] == [("Work", "Europe/Berlin")]


def test_the_address_of_a_calendar_itself_is_that_calendar(server: CalDavServer) -> None:
    assert [one.url for one in account(server.calendar).calendars()] == [server.calendar]


def test_an_entry_is_written_changed_and_removed(server: CalDavServer) -> None:
    dav, url = account(server.url), entry_url(server.calendar, "call@firstcall.test")
    first = dav.put(url, CALL)
    read = dav.get(url)
    assert read is not None
    assert (read.etag, "DTSTART:20261207T090000Z" in read.content) == (first, True)
    second = dav.put(url, MOVED, etag=first)
    assert second not in ("", first)
    dav.delete(url, etag=second)
    assert dav.get(url) is None


def test_an_entry_is_never_written_over_a_newer_one(server: CalDavServer) -> None:
    dav, url = account(server.url), entry_url(server.calendar, "call@firstcall.test")
    ours = dav.put(url, CALL)
    server.put("call@firstcall.test.ics", MOVED)
    with pytest.raises(EntryConflict):
        dav.put(url, CALL)
    with pytest.raises(EntryConflict):
        dav.put(url, CALL, etag=ours)
    with pytest.raises(EntryConflict):
        dav.delete(url, etag=ours)
    assert "20261208T090000Z" in server.content("call@firstcall.test.ics")


def test_removing_what_is_not_there_is_done_already(server: CalDavServer) -> None:
    dav, url = account(server.url), entry_url(server.calendar, "gone@firstcall.test")
    dav.delete(url)
    dav.delete(url, etag='"of-long-ago"')


def test_what_changed_is_read_and_nothing_else(server: CalDavServer) -> None:
    server.put("a.ics", event("DTSTART:20261207T090000Z", uid="a"))
    server.put("b.ics", event("DTSTART:20261207T100000Z", uid="b"))
    first = account(server.url).changes(server.calendar, token="", known={})
    assert {one.href.rpartition("/")[2] for one in first.changed} == {"a.ics", "b.ics"}
    assert not first.gone
    known = {one.href: one.etag for one in first.changed}
    still = account(server.url).changes(server.calendar, token=first.token, known=known)
    assert (still.changed, still.gone) == ((), frozenset())

    server.put("a.ics", event("DTSTART:20261207T110000Z", uid="a"))
    server.delete("b.ics")
    server.put("c.ics", event("DTSTART:20261207T120000Z", uid="c"))
    later = account(server.url).changes(server.calendar, token=first.token, known=known)
    assert {one.href.rpartition("/")[2] for one in later.changed} == {"a.ics", "c.ics"}
    assert later.gone == {server.calendar + "b.ics"}


@pytest.mark.parametrize("token", ["", "http://radicale.org/ns/sync/nonsense", "data:,of-another-server"])
def test_without_a_token_that_the_server_knows_all_is_compared(server: CalDavServer, token: str) -> None:
    server.put("a.ics", event("DTSTART:20261207T090000Z", uid="a"))
    gone = server.calendar + "gone.ics"
    found = account(server.url).changes(server.calendar, token=token, known={gone: '"x"'})
    assert ([one.href for one in found.changed], found.gone) == ([server.calendar + "a.ics"], frozenset({gone}))
    assert found.token != token


def test_names_that_need_quoting_are_read(server: CalDavServer) -> None:
    server.put("Jour%20fixe%20%C3%9Cbung.ics", event("DTSTART:20261207T090000Z", uid="a b"))
    found = account(server.url).changes(server.calendar, token="", known={})
    assert [one.href for one in found.changed] == [server.calendar + "Jour%20fixe%20%C3%9Cbung.ics"]


def test_a_server_without_sync_collection_is_read_by_comparing_etags(server: CalDavServer) -> None:
    """A proxy that refuses the report stands for such a server."""
    server.put("a.ics", event("DTSTART:20261207T090000Z", uid="a"))

    def pass_on(request: Request) -> Reply:
        if b"sync-collection" in request.body:
            return Reply(501)
        answer = account(server.url)._dav.send(
            request.method, server.url.rstrip("/") + request.path, _kept(request), request.body
        )
        return Reply(answer.status, {"Content-Type": "application/xml"}, answer.body)

    with WebServer(pass_on) as proxy:
        calendar = proxy.url + server.calendar.removeprefix(server.url.rstrip("/"))
        found = account(proxy.url).changes(calendar, token="", known={})
        assert ([one.href for one in found.changed], found.token) == ([calendar + "a.ics"], "")
        again = account(proxy.url).changes(calendar, token="", known={one.href: one.etag for one in found.changed})
        assert again.changed == ()


def test_a_wrong_password_is_told_as_such(server: CalDavServer) -> None:
    if server.name == "xandikos":
        pytest.skip("Xandikos asks for no password without TLS")
    for ask in (
        lambda: account(server.url, password="wrong").calendars(),
        lambda: account(server.url, password="wrong").changes(server.calendar, token="", known={}),
        lambda: account(server.url, password="wrong").put(server.calendar + "x.ics", CALL),
    ):
        with pytest.raises(SourceFailed) as error:
            ask()
        assert error.value.trouble is Trouble.PASSWORD


def test_a_calendar_that_was_deleted_is_not_found(server: CalDavServer) -> None:
    with pytest.raises(SourceFailed) as error:
        account(server.url).changes(
            server.calendar.replace("/work/", "/none/").replace("/calendar/", "/none/"), token="", known={}
        )
    assert error.value.trouble is Trouble.NOT_FOUND


@pytest.mark.parametrize(
    "answer",
    [
        Reply(
            207,
            body=b"<D:multistatus xmlns:D='DAV:'><D:response><D:href>https://[</D:href></D:response></D:multistatus>",
        ),
        Reply(
            207, body=b"<D:multistatus xmlns:D='DAV:'><D:response><D:href>//a:b/</D:href></D:response></D:multistatus>"
        ),
        Reply(301, {"Location": "https://["}),
        Reply(301, {"Location": "//127.0.0.1:port/"}),
    ],
)
def test_an_address_that_is_none_is_a_trouble_and_no_failure_of_ours(answer: Reply) -> None:
    with WebServer(lambda _: answer) as web:
        for ask in (
            lambda: account(web.url).calendars(),
            lambda: account(web.url).changes(f"{web.url}/work/", token="", known={}),
        ):
            with pytest.raises(SourceFailed):
                ask()


def test_a_password_for_an_address_with_tls_goes_to_none_without() -> None:
    """Wherever a server says that its calendars are, and also where the operator allows addresses in the clear."""
    asked: list[Request] = []

    def note(request: Request) -> Reply:
        asked.append(request)
        return Reply(404)

    with WebServer(note) as web:
        typed = account(web.url.replace("http:", "https:"))
        with pytest.raises(SourceFailed) as error:
            typed.changes(f"{web.url}/work/", token="", known={})
    assert (error.value.trouble, asked) == (Trouble.IN_THE_CLEAR, [])


def test_a_status_without_an_end_is_none() -> None:
    status = b"<D:status>HTTP/1.1 " + b"4" * 10_000 + b"</D:status>"
    one = b"<D:response><D:href>/work/a.ics</D:href>" + status + b"</D:response>"
    body = b"<D:multistatus xmlns:D='DAV:'>" + one + b"</D:multistatus>"
    with WebServer(lambda _: Reply(207, body=body)) as web:
        assert account(web.url).changes(f"{web.url}/work/", token="", known={}).gone == frozenset()


def test_more_than_can_be_held_is_not_read(server: CalDavServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer has its limit, and there may be hundreds of them."""
    server.put("a.ics", event("DTSTART:20261207T090000Z", uid="a"))
    server.put("b.ics", event("DTSTART:20261207T090000Z", uid="b"))
    monkeypatch.setattr("services.booking.gateways.caldav.MOST_CONTENT", 300)
    with pytest.raises(SourceFailed) as error:
        account(server.url).changes(server.calendar, token="", known={})
    assert error.value.trouble is Trouble.TOO_MUCH


def _kept(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name in ("depth", "content-type")}
