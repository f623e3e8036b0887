"""Mail over SMTP: what each way to go wrong means, how long it may take, and how few connections it needs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.mail.compose import compose
from shared.mail.outgoing import Accepted, Ambiguous, NotSent, Refused
from shared.mail.transports.smtp import SmtpTransport
from tests.fakes.certificates import Authority
from tests.fakes.raw import FOR_GOOD_S, RawServer, hanging
from tests.fakes.smtp_sink import SmtpFault, SmtpSink
from tests.shared.mails import an_invitation, an_outgoing, sent, sent_one


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as server:
        yield server


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Who signs the servers' certificates; this machine trusts it."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", made.ca_file)
    return made


def to(sink: SmtpSink | RawServer, login: str = "") -> SmtpTransport:
    return SmtpTransport.at(f"smtp://{login}127.0.0.1:{sink.port}?tls=none")


def test_a_mail_arrives_with_its_envelope_and_its_bytes(sink: SmtpSink) -> None:
    mail = an_invitation(text=".\n..two dots\nand the end\n.")
    assert isinstance(sent_one(to(sink), mail), Accepted)
    [arrived] = sink.ledger
    assert (arrived.sender, arrived.recipient) == (mail.sender, mail.recipient)
    assert arrived.data == compose(mail)


@pytest.mark.parametrize(
    ("fault", "kind", "in_ledger"),
    [
        (SmtpFault.REFUSE_RECIPIENT, Refused, 0),
        (SmtpFault.REFUSE_MESSAGE, Refused, 0),
        (SmtpFault.DEFER_RECIPIENT, NotSent, 0),
        (SmtpFault.DEFER_MESSAGE, NotSent, 0),
        (SmtpFault.CLOSE_BEFORE_MESSAGE, NotSent, 0),
        (SmtpFault.HANG_BEFORE_MESSAGE, NotSent, 0),
        (SmtpFault.ACCEPT_THEN_CLOSE, Ambiguous, 1),
        (SmtpFault.ACCEPT_THEN_HANG, Ambiguous, 1),
    ],
)
def test_what_went_wrong_decides_what_it_means(
    sink: SmtpSink, fault: SmtpFault, kind: type[object], in_ledger: int
) -> None:
    sink.fail_next(fault)
    first, second = an_outgoing(), an_outgoing()
    results = sent(to(sink), first, second, deadline=2)
    assert type(results[first.id]) is kind
    assert isinstance(results[second.id], Accepted), "a fault is about one mail"
    assert len(sink.ledger) == 1 + in_ledger


def test_every_fault_is_one_of_those_that_are_tested(sink: SmtpSink) -> None:
    assert len(SmtpFault) == 8


@pytest.mark.parametrize(("fault", "bad"), [(SmtpFault.REFUSE_RECIPIENT, True), (SmtpFault.REFUSE_MESSAGE, False)])
def test_only_a_missing_mailbox_is_a_bad_address(sink: SmtpSink, fault: SmtpFault, bad: bool) -> None:
    sink.fail_next(fault)
    result = sent_one(to(sink), an_outgoing())
    assert isinstance(result, Refused)
    assert (result.bad_address, result.reason) == (bad, str(fault))


def test_many_mails_need_few_connections(sink: SmtpSink) -> None:
    mails = [an_outgoing() for _ in range(250)]
    results = sent(to(sink), *mails, budget=30)
    assert all(isinstance(result, Accepted) for result in results.values())
    assert sink.connections <= 3
    assert [delivered.message["Message-ID"] for delivered in sink.ledger] == [mail.message_id for mail in mails]


@pytest.mark.parametrize("fault", [SmtpFault.HANG_BEFORE_MESSAGE, SmtpFault.ACCEPT_THEN_HANG])
def test_a_server_that_hangs_costs_one_deadline(sink: SmtpSink, fault: SmtpFault) -> None:
    sink.fail_next(fault)
    began = time.monotonic()
    sent_one(to(sink), an_outgoing(), deadline=0.3)
    assert 0.25 < time.monotonic() - began < FOR_GOOD_S


def dripping_greeting(connection: socket.socket, stop: threading.Event) -> None:
    """One byte at a time, each well within any timeout of a read."""
    while not stop.wait(0.02):
        connection.sendall(b"2")


@pytest.mark.parametrize("script", [hanging, dripping_greeting])
def test_a_server_that_never_finishes_its_greeting_costs_one_deadline(script: object) -> None:
    with RawServer(script) as server:  # type: ignore[arg-type]  # both are scripts
        began = time.monotonic()
        result = sent_one(to(server), an_outgoing(), deadline=0.3)
        assert isinstance(result, NotSent)
        assert 0.25 < time.monotonic() - began < FOR_GOOD_S


def test_mails_that_are_not_begun_within_the_budget_are_not_sent(sink: SmtpSink) -> None:
    sink.fail_next(*[SmtpFault.HANG_BEFORE_MESSAGE] * 10)
    mails = [an_outgoing() for _ in range(10)]
    began = time.monotonic()
    results = sent(to(sink), *mails, deadline=0.2, budget=0.5)
    assert time.monotonic() - began < FOR_GOOD_S
    assert {type(result) for result in results.values()} == {NotSent}
    late = [r for r in results.values() if isinstance(r, NotSent) and "within the time of its group" in r.reason]
    assert 5 <= len(late) <= 9


def test_nobody_at_the_address_is_a_mail_that_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    result = sent_one(SmtpTransport.at(f"smtp://127.0.0.1:{port}"), an_outgoing())
    assert isinstance(result, NotSent)


def test_a_name_that_does_not_resolve_is_a_mail_that_was_not_sent() -> None:
    result = sent_one(SmtpTransport.at(f"smtp://{uuid4().hex}.invalid:25"), an_outgoing())
    assert isinstance(result, NotSent)
    assert "dns" in result.reason


@pytest.mark.parametrize("greeting", [b"554 5.7.1 go away\r\n", b"421 4.3.2 too busy\r\n", b"HTTP/1.1 400 Bad\r\n"])
def test_a_server_that_does_not_want_us_is_about_the_way_and_not_the_mail(greeting: bytes) -> None:
    def script(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(greeting)

    with RawServer(script) as server:
        assert isinstance(sent_one(to(server), an_outgoing()), NotSent)


@pytest.mark.parametrize(
    ("answer", "kind"), [(b"250 ok\r\n", Accepted), (b"gibberish\r\n", Ambiguous), (b"", Ambiguous), (b"5", Ambiguous)]
)
def test_only_a_clear_answer_after_the_message_is_one(answer: bytes, kind: type[object]) -> None:
    def script(connection: socket.socket, _: threading.Event) -> None:
        lines = connection.makefile("rb")
        connection.sendall(b"220 sink.test\r\n")
        for command in lines:
            if command.lower().startswith(b"data"):
                connection.sendall(b"354 go on\r\n")
                while lines.readline() != b".\r\n":
                    pass
                connection.sendall(answer)
                return
            connection.sendall(b"250 ok\r\n")

    with RawServer(script) as server:
        assert type(sent_one(to(server), an_outgoing())) is kind


def test_the_login_is_used_and_a_wrong_one_is_about_the_way_and_not_the_mail() -> None:
    with SmtpSink(login=("user", "pass word")) as sink:
        assert isinstance(sent_one(to(sink, "user:pass%20word@"), an_outgoing()), Accepted)
        assert isinstance(sent_one(to(sink, "user:wrong@"), an_outgoing()), NotSent)
        assert len(sink.ledger) == 1


def test_tls_that_was_asked_for_and_is_not_offered_keeps_the_mail_here(sink: SmtpSink) -> None:
    result = sent_one(SmtpTransport.at(f"smtp://127.0.0.1:{sink.port}?tls=starttls"), an_outgoing())
    assert isinstance(result, NotSent)
    assert sink.ledger == []


def test_a_password_is_not_sent_in_clear_unless_that_was_asked_for() -> None:
    with SmtpSink(login=("user", "word")) as sink:
        result = sent_one(SmtpTransport.at(f"smtp://user:word@127.0.0.1:{sink.port}"), an_outgoing())
        assert isinstance(result, NotSent)
        assert "in clear" in result.reason
        assert sink.ledger == []


def test_tls_is_used_as_soon_as_it_is_offered(authority: Authority) -> None:
    with SmtpSink(login=("user", "word"), tls=authority.server("localhost")) as sink:
        transport = SmtpTransport.at(f"smtp://user:word@localhost:{sink.port}")
        results = sent(transport, an_outgoing(), an_outgoing())
        assert all(isinstance(result, Accepted) for result in results.values())
        assert sink.connections == 1


def test_a_server_that_cannot_prove_its_name_gets_no_mail(authority: Authority) -> None:
    with SmtpSink(tls=authority.server("elsewhere.test")) as sink:
        result = sent_one(SmtpTransport.at(f"smtp://localhost:{sink.port}"), an_outgoing())
        assert isinstance(result, NotSent)
        assert "certificate" in result.reason.lower()
        assert sink.ledger == []


def test_tls_from_the_first_byte(authority: Authority) -> None:
    def script(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(b"421 4.3.2 it was TLS\r\n")

    with RawServer(script, tls=authority.server("localhost")) as server:
        result = sent_one(SmtpTransport.at(f"smtps://localhost:{server.port}"), an_outgoing())
        assert isinstance(result, NotSent)
        assert "it was TLS" in result.reason
