"""What the HTTP door does with servers that misbehave, and what it then says (webhooks.md §5, S4, S6 to S8, S11)."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from shared.http import Ambiguous, Answer, HttpDoor, NotSent, Outgoing, Refused
from tests.fakes.certificates import Authority
from tests.fakes.raw import FOR_GOOD_S, RawServer, Script, answering, dripping, flooding, hanging, read_request

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def door() -> HttpDoor:
    return HttpDoor(allow_private=True, user_agent="Firstcall/test")


def post(door: HttpDoor, url: str, *, body: bytes = b"{}", deadline_s: float = 1.5, cap: int = 65_536) -> Answer:
    return door.send(Outgoing("POST", url, {"Content-Type": "application/json"}, body, deadline_s, cap))


def test_a_request_arrives_as_it_was_given_and_the_answer_comes_back(door: HttpDoor) -> None:
    seen: list[bytes] = []

    def script(connection: socket.socket, _: threading.Event) -> None:
        seen.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nX-Message-Id: abc\r\nContent-Length: 5\r\n\r\nhello")

    with RawServer(script) as server:
        answer = post(door, server.url("/a?b=c"), body=b'{"x": 1}')
    assert answer == Answer(202, {"x-message-id": "abc", "content-length": "5"}, b"hello")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert body == b'{"x": 1}'
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert b"Host: 127.0.0.1:%d" % server.port in head
    assert b"Accept-Encoding: identity" in head
    assert b"User-Agent: Firstcall/test" in head


def test_connections_are_kept_and_shared_by_threads(door: HttpDoor) -> None:
    with RawServer(answering(*[_OK] * 200)) as server, ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: post(door, server.url(), deadline_s=5).body, range(80)))
    assert answers == [b"ok"] * 80
    assert server.connections <= 4


def test_a_connection_that_its_server_closed_is_not_used_again(door: HttpDoor) -> None:
    closed = threading.Semaphore(0)

    def script(connection: socket.socket, _: threading.Event) -> None:
        read_request(connection)
        connection.sendall(_OK)
        connection.close()
        closed.release()

    with RawServer(script) as server:
        for _ in range(3):
            assert post(door, server.url()).status == 200
            assert closed.acquire(timeout=5)
    assert server.connections == 3


def test_a_connection_that_was_idle_too_long_is_left_alone(door: HttpDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.pinned._IDLE_S", 0)
    with RawServer(answering(_OK, _OK)) as server:
        post(door, server.url())
        post(door, server.url())
    assert server.connections == 2


def test_version_6_literals_work(door: HttpDoor) -> None:
    with RawServer(answering(_OK), family=socket.AF_INET6) as server:
        assert post(door, server.url(host="[::1]")).body == b"ok"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(door: HttpDoor, status: int) -> None:
    with RawServer(answering(_OK)) as elsewhere:
        redirect = b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (
            status,
            elsewhere.url().encode(),
        )
        with RawServer(answering(redirect)) as server:
            assert post(door, server.url()).status == status
    assert elsewhere.connections == 0


def test_no_cookie_is_kept(door: HttpDoor) -> None:
    seen: list[bytes] = []

    def script(connection: socket.socket, _: threading.Event) -> None:
        while request := read_request(connection):
            seen.append(request)
            connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n")

    with RawServer(script) as server:
        post(door, server.url())
        post(door, server.url())
    assert len(seen) == 2
    assert b"ookie" not in seen[1]


def test_proxies_and_netrc_of_the_environment_are_ignored(
    door: HttpDoor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login canary password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[bytes] = []

    def script(connection: socket.socket, _: threading.Event) -> None:
        seen.append(read_request(connection))
        connection.sendall(_OK)

    with RawServer(hanging) as proxy, RawServer(script) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())
        assert post(door, server.url()).status == 200
    assert proxy.connections == 0
    assert b"uthorization" not in seen[0]


# ── What is known after a failure ────────────────────────────────────────────────────────────────────────────────────


def test_a_closed_port_means_surely_not_sent(door: HttpDoor) -> None:
    with RawServer(hanging) as server:
        url = server.url()
    with pytest.raises(NotSent, match="connect"):
        post(door, url)


def test_a_lookup_without_end_means_surely_not_sent_within_the_deadline() -> None:
    released = threading.Event()

    def slow(_: str) -> list[str]:
        released.wait(30)
        return ["127.0.0.1"]

    began = time.monotonic()
    with pytest.raises(NotSent, match="dns"):
        post(HttpDoor(allow_private=True, resolver=slow), "http://slow.example/", deadline_s=0.2)
    assert time.monotonic() - began < FOR_GOOD_S
    released.set()


def test_lookups_left_behind_are_bounded() -> None:
    released = threading.Event()

    def slow(_: str) -> list[str]:
        released.wait(30)
        return []

    door = HttpDoor(resolver=slow)
    reasons = []
    for _ in range(33):
        with pytest.raises(NotSent) as caught:
            post(door, "http://slow.example/", deadline_s=0.01)
        reasons.append(caught.value.detail)
    released.set()
    assert reasons == ["no answer in time"] * 32 + ["too many lookups are waiting"]


@contextmanager
def silent_listener(host: str, port: int = 0) -> Iterator[int]:
    """A port whose queue is full: not even the handshake of TCP ends."""
    with socket.socket() as listener, ExitStack() as fillers:
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(4):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_a_connection_that_is_never_accepted_means_surely_not_sent(door: HttpDoor) -> None:
    with silent_listener("127.0.0.1") as port, pytest.raises(NotSent, match="connect"):
        post(door, f"http://127.0.0.1:{port}/", deadline_s=0.2)


def test_the_second_address_is_tried_when_the_first_is_silent() -> None:
    door = HttpDoor(allow_private=True, resolver=lambda _: ["127.0.0.2", "127.0.0.1"])
    with RawServer(answering(_OK)) as server, silent_listener("127.0.0.2", server.port):
        assert post(door, server.url(host="two.example")).status == 200


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(lambda c, _: c.close(), id="closes at once"),
        pytest.param(lambda c, _: (read_request(c), c.close()), id="reads and closes"),
        pytest.param(hanging, id="hangs"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nX-Drip: "), id="drips a header"),
        pytest.param(dripping(b"HTTP"), id="drips the status line"),
        pytest.param(flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="flood of 100"),
        pytest.param(answering(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), id="103"),
        pytest.param(flooding(b"HTTP/1.1 200 OK\r\n", b"X-Header: 1\r\n"), id="headers without end"),
        pytest.param(flooding(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 4096), id="header line without end"),
        pytest.param(answering(b"<html>hello from HTTP/0.9"), id="no status line"),
        pytest.param(answering(b"\x00\xff\xfe garbage\r\n\r\n"), id="garbage"),
    ],
)
def test_no_status_after_the_request_began_is_ambiguous_within_the_deadline(door: HttpDoor, script: Script) -> None:
    began = time.monotonic()
    with RawServer(script) as server, pytest.raises(Ambiguous):
        post(door, server.url())
    assert time.monotonic() - began < FOR_GOOD_S


def test_a_flood_before_the_status_ends_by_its_size_long_before_the_deadline(door: HttpDoor) -> None:
    script = flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
    with RawServer(script) as server, pytest.raises(Ambiguous, match="too long"):
        post(door, server.url(), deadline_s=10)


def test_a_server_that_does_not_read_is_ambiguous_within_the_deadline(door: HttpDoor) -> None:
    began = time.monotonic()
    with RawServer(hanging) as server, pytest.raises(Ambiguous, match="deadline"):
        post(door, server.url(), body=b"x" * 20_000_000, deadline_s=0.3)
    assert time.monotonic() - began < FOR_GOOD_S


def test_the_deadline_is_one_for_looking_up_and_sending() -> None:
    def slow(_: str) -> list[str]:
        threading.Event().wait(1.5)
        return ["127.0.0.1"]

    door = HttpDoor(allow_private=True, resolver=slow)
    began = time.monotonic()
    with RawServer(hanging) as server, pytest.raises(Ambiguous, match="deadline"):
        post(door, server.url(host="slow.example"), body=b"x" * 20_000_000, deadline_s=1.6)
    assert time.monotonic() - began < 3


# ── Answers that come only in part ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("script", "cut"),
    [
        (dripping(b"HTTP/1.1 202 Accepted\r\nContent-Length: 9999\r\n\r\n"), "deadline"),
        (dripping(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n"), "deadline"),
        (flooding(b"HTTP/1.1 202 Accepted\r\n\r\n", b"x" * 65_536), "too long"),
        (flooding(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), "too long"),
        (flooding(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 65_536), "broken off"),
        (answering(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n"), "broken off"),
        (answering(b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nhalf"), "broken off"),
    ],
)
def test_a_status_counts_even_when_its_body_does_not_come_whole(door: HttpDoor, script: Script, cut: str) -> None:
    began = time.monotonic()
    with RawServer(script) as server:
        answer = post(door, server.url(), cap=10_000)
    assert (answer.status, answer.cut) == (202, cut)
    assert len(answer.body) <= 10_000
    assert time.monotonic() - began < FOR_GOOD_S


def test_a_compressed_answer_is_never_unpacked(door: HttpDoor) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with RawServer(answering(head + bomb)) as server:
        answer = post(door, server.url())
    assert (answer.status, answer.body, answer.cut) == (200, b"", "encoded")


def test_a_body_cut_off_never_becomes_the_next_answer(door: HttpDoor) -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + b"x" * 50_000
    with RawServer(answering(long, _OK)) as server:
        assert post(door, server.url(), cap=10).cut == "too long"
        assert post(door, server.url(), cap=10).body == b"x" * 10
    assert server.connections == 2


# ── What may be asked ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("X-Name", "a\r\nX-Other: b"), ("X-Name", "a\nb"), ("X-Name", "a\0b"), ("X-Name", "é"), ("X Name", "a")],
        *[("X-Name\r\n", "a"), ("", "a"), ("Host", "evil.example"), ("Content-Length", "1")],
        *[("transfer-encoding", "chunked"), ("Connection", "close"), ("Accept-Encoding", "gzip")],
    ],
)
def test_a_header_that_would_change_the_request_is_refused(door: HttpDoor, name: str, value: str) -> None:
    with RawServer(answering(_OK)) as server, pytest.raises(Refused, match="header"):
        door.send(Outgoing("POST", server.url(), {name: value}))
    assert server.connections == 0


def test_a_method_that_is_not_a_word_is_refused(door: HttpDoor) -> None:
    with pytest.raises(Refused, match="method"):
        door.send(Outgoing("GET / HTTP/1.1\r\nX:", "http://127.0.0.1:8080/"))


# ── TLS ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def tls_door(authority: Authority) -> HttpDoor:
    return HttpDoor(allow_private=True, ca_file=authority.ca_file, resolver=lambda _: ["127.0.0.1"])


def test_a_certificate_of_the_name_is_accepted_at_the_pinned_address(authority: Authority) -> None:
    names: list[str | None] = []
    context = authority.server("hooks.example")
    context.sni_callback = lambda _, name, __: names.append(name)
    door = tls_door(authority)
    with RawServer(answering(_OK, _OK), tls=context) as server:
        assert [post(door, server.url(host="hooks.example"), deadline_s=5).body for _ in range(2)] == [b"ok", b"ok"]
    assert names == ["hooks.example"]
    assert server.connections == 1


@pytest.mark.parametrize("case", ["expired", "wrong name", "unknown authority"])
def test_a_bad_certificate_means_surely_not_sent(authority: Authority, tmp_path: Path, case: str) -> None:
    contexts = {
        "expired": lambda: authority.server("hooks.example", expired=True),
        "wrong name": lambda: authority.server("other.example"),
        "unknown authority": lambda: Authority(tmp_path).server("hooks.example"),
    }
    with RawServer(answering(_OK), tls=contexts[case]()) as server, pytest.raises(NotSent, match="certificate"):
        post(tls_door(authority), server.url(host="hooks.example"), deadline_s=5)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_an_old_protocol_means_surely_not_sent(authority: Authority) -> None:
    context = authority.server("hooks.example")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with RawServer(answering(_OK), tls=context) as server, pytest.raises(NotSent, match="tls"):
        post(tls_door(authority), server.url(host="hooks.example"), deadline_s=5)


def test_a_handshake_without_end_means_surely_not_sent_within_the_deadline(authority: Authority) -> None:
    began = time.monotonic()
    with RawServer(hanging) as server, pytest.raises(NotSent, match="deadline"):
        post(tls_door(authority), f"https://hooks.example:{server.port}/", deadline_s=0.3)
    assert time.monotonic() - began < FOR_GOOD_S


def test_a_drip_under_tls_ends_at_the_deadline(authority: Authority) -> None:
    began = time.monotonic()
    script = dripping(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    with RawServer(script, tls=authority.server("hooks.example")) as server, pytest.raises(Ambiguous, match="deadline"):
        post(tls_door(authority), server.url(host="hooks.example"))
    assert time.monotonic() - began < FOR_GOOD_S
