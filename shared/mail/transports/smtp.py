"""Mail over SMTP: one connection, many messages, every command within a deadline.

What decides the answer is how far the conversation got. Before the message's final dot nothing was handed over, so
whatever happens is `NotSent` or `Refused`; after it a lost answer is `Ambiguous` (RFC 5321 §4.2.5, §6.1).
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from shared import net
from shared.deadline import Deadline
from shared.mail.compose import compose
from shared.mail.outgoing import Accepted, Ambiguous, NotSent, Outgoing, Refused, Result
from shared.mail.transports.cutoff import cut_off_at

# Servers dislike endless sessions; a hundred messages is the usual limit (nurture.md §5 item 22).
MESSAGES_PER_CONNECTION = 100
# How long a server may take to say goodbye.
LEAVE_S = 1.0
# Enhanced codes that say that the mailbox does not exist (RFC 3463): the address, not this message, is at fault.
NO_SUCH_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")


@dataclass(frozen=True)
class SmtpServer:
    """Where to connect. `tls`: `none`, `offered` (STARTTLS when the server has it), `starttls` or `implicit`."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = ""


class SmtpTransport:
    """Sends over a kept-open connection that is renewed after an error and after a hundred messages."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    @classmethod
    def at(cls, url: str) -> Self:
        """From `smtp://user:password@host:587` (STARTTLS when offered; `?tls=none|starttls`) or `smtps://…:465`."""
        parts = urlsplit(url)
        implicit = parts.scheme == "smtps"
        asked = parse_qs(parts.query).get("tls", ["implicit" if implicit else "offered"])[0]
        return cls(
            SmtpServer(
                host=parts.hostname or "localhost",
                port=parts.port or (465 if implicit else 587),
                tls=asked,
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
            )
        )

    def send(self, mails: Sequence[Outgoing], *, deadline: float, budget: float) -> Iterable[tuple[Outgoing, Result]]:
        """Send each mail over one connection; see `Transport.send`."""
        until = Deadline.after(budget)
        line: smtplib.SMTP | None = None
        sent = 0
        try:
            for mail in mails:
                if until.passed():
                    yield mail, NotSent("not begun within the time of its group")
                    continue
                limit = Deadline.after(deadline)
                if line is None or sent >= MESSAGES_PER_CONNECTION:
                    _close(line)
                    line, sent = None, 0
                    opened = self._open(limit)
                    if isinstance(opened, NotSent):
                        yield mail, opened
                        continue
                    line = opened
                result = _send_one(line, mail, limit)
                sent += 1
                if isinstance(result, Ambiguous) or not _clean(line, limit):
                    _abandon(line)
                    line = None
                yield mail, result
        finally:
            _close(line)

    def _open(self, limit: Deadline) -> smtplib.SMTP | NotSent:
        server = self._server
        try:
            connection = _connect(server, limit)
        except (net.NotSent, OSError) as error:
            return NotSent(f"no connection to {server.host}: {_reason(error)}")
        line = _Line(server.host, connection)
        try:
            with cut_off_at(connection, limit.left()):
                _greet(line, server)
        except (OSError, smtplib.SMTPException) as error:
            _abandon(line)
            return NotSent(f"no connection to {server.host}: {_reason(error)}")
        return line


class _Line(smtplib.SMTP):
    """smtplib's conversation over a socket of ours: its own constructor waits for the greeting without an end."""

    def __init__(self, host: str, connection: socket.socket) -> None:
        # We are named by our address (RFC 5321 §4.1.3). smtplib would look our own name up, which may hang.
        address = connection.getsockname()[0]
        super().__init__(local_hostname=f"[IPv6:{address}]" if ":" in address else f"[{address}]")
        # `_host` is what STARTTLS holds the certificate against.
        self.sock, self.file, self._host = connection, None, host


def _connect(server: SmtpServer, limit: Deadline) -> socket.socket:
    """The first address that answers; each gets its share of the time. The timeout is for every read after it."""
    addresses = net.addresses_of(server.host, resolver=net.system_resolver, deadline=limit, allow_private=True)
    for tried, address in enumerate(addresses, start=1):
        try:
            connection = socket.create_connection((str(address), server.port), limit.share(len(addresses) - tried + 1))
        except OSError:
            if tried == len(addresses):
                raise
        else:
            connection.settimeout(limit.left())
            return connection
    raise OSError("no address")


def _greet(line: smtplib.SMTP, server: SmtpServer) -> None:
    """Everything up to the first mail: TLS, the greeting, the login. Raises `SMTPException` or `OSError`."""
    context = ssl.create_default_context()
    if server.tls == "implicit":
        line.sock = context.wrap_socket(_socket(line), server_hostname=server.host)
    code, answer = line.getreply()
    if code != 220:
        raise smtplib.SMTPConnectError(code, answer)
    line.ehlo()
    if server.tls == "starttls" or (server.tls == "offered" and line.has_extn("starttls")):
        line.starttls(context=context)
        line.ehlo()
    elif server.user and server.tls == "offered":
        # `?tls=none` says that the way is safe without; nobody has said so here.
        raise smtplib.SMTPNotSupportedError("it offers no TLS, and a password is not sent in clear")
    if server.user:
        line.login(server.user, server.password)


def _send_one(line: smtplib.SMTP, mail: Outgoing, limit: Deadline) -> Result:
    data = compose(mail)
    try:
        with cut_off_at(_socket(line), limit.left()):
            early = _envelope(line, mail)
            if early is not None:
                return early
            return _content(line, data)
    except (OSError, smtplib.SMTPException) as error:
        return NotSent(f"the connection broke before the message: {_reason(error)}")


def _envelope(line: smtplib.SMTP, mail: Outgoing) -> Result | None:
    """MAIL, RCPT and DATA. A refusal here is about this mail; nothing has been handed over."""
    for code, answer in (line.mail(mail.sender), line.rcpt(mail.recipient)):
        if code not in (250, 251):
            return _refusal(code, answer)
    code, answer = line.docmd("data")
    return None if code == 354 else _refusal(code, answer)


def _content(line: smtplib.SMTP, data: bytes) -> Result:
    """The message and its final dot. From the first byte on a lost answer is ambiguous, never unsent."""
    try:
        line.send(_dot_stuffed(data))
        code, answer = line.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Ambiguous(f"no answer after the message: {_reason(error)}")
    if 200 <= code < 300:
        return Accepted(answer.decode("utf-8", "replace")[:200])
    if not 400 <= code < 600:
        return Ambiguous(f"an answer that says nothing: {code}")
    return _refusal(code, answer)


def _refusal(code: int, answer: bytes) -> Result:
    reason = f"{code} {answer.decode('utf-8', 'replace')}"[:300]
    if not 500 <= code < 600:
        return NotSent(reason)
    # The enhanced code is a word of its own: 5.1.1 is no mailbox, 5.1.10 is another.
    return Refused(reason, bad_address=any(word in NO_SUCH_MAILBOX for word in reason.split()[1:2]))


def _dot_stuffed(data: bytes) -> bytes:
    """RFC 5321 §4.5.2, with the end of data."""
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _clean(line: smtplib.SMTP, limit: Deadline) -> bool:
    """Whether the connection can carry another message."""
    try:
        with cut_off_at(_socket(line), limit.left()):
            return line.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _close(line: smtplib.SMTP | None) -> None:
    """Take leave as RFC 5321 §4.1.1.10 wants it, from a server that was well a moment ago."""
    if line is None:
        return
    with suppress(OSError, smtplib.SMTPException), cut_off_at(_socket(line), LEAVE_S):
        line.docmd("QUIT")
    _abandon(line)


def _abandon(line: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        line.close()


def _socket(line: smtplib.SMTP) -> socket.socket:
    if line.sock is None:
        raise smtplib.SMTPServerDisconnected("not connected")
    return line.sock


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
