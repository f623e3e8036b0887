"""An SMTP server that keeps what it accepted in a ledger, and fails in the ways that matter to a sender."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
import warnings
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class SmtpFault(StrEnum):
    """What goes wrong with one message. The last two accept it and hide it."""

    REFUSE_RECIPIENT = "550 5.1.1 no such mailbox"
    DEFER_RECIPIENT = "451 4.3.0 try again later"
    REFUSE_MESSAGE = "554 5.7.1 message refused"
    DEFER_MESSAGE = "452 4.2.2 mailbox full"
    CLOSE_BEFORE_MESSAGE = "close before message"
    HANG_BEFORE_MESSAGE = "hang before message"
    ACCEPT_THEN_CLOSE = "accept, then close"
    ACCEPT_THEN_HANG = "accept, then hang"


_AT_RECIPIENT = (
    SmtpFault.REFUSE_RECIPIENT,
    SmtpFault.DEFER_RECIPIENT,
    SmtpFault.CLOSE_BEFORE_MESSAGE,
    SmtpFault.HANG_BEFORE_MESSAGE,
)


@dataclass(frozen=True)
class Delivered:
    """One message that the server took for one recipient, byte for byte."""

    sender: str
    recipient: str
    data: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        parsed = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def arguments(self) -> Mapping[str, str]:
        """The unique arguments of its X-SMTPAPI header: what SendGrid's relay echoes in its events."""
        arguments: dict[str, str] = json.loads(self.message.get("X-SMTPAPI", "{}")).get("unique_args", {})
        return arguments

    @property
    def our_id(self) -> str:
        """The product's own id of the mail, when it came with one for SendGrid's relay."""
        return self.arguments.get("m", "")


class SmtpSink:
    """An SMTP server on loopback. A context manager. With `login` it wants AUTH; with `tls` it offers STARTTLS."""

    def __init__(self, *, login: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.ledger: list[Delivered] = []
        self.connections = 0
        # By recipient, for every message to them, before what `fail_next` queued.
        self.faults: dict[str, SmtpFault] = {}
        self._queued: list[SmtpFault | None] = []
        self._login = login
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(self._loop.create_server(self._protocol, sock=self._socket))
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def fail_next(self, *faults: SmtpFault | None) -> None:
        """Let the next messages go wrong, one fault each, in this order; None is none."""
        self._queued += faults

    def times_delivered(self) -> Counter[str]:
        """How often each Message-ID was accepted."""
        return Counter(str(delivered.message["Message-ID"]) for delivered in list(self.ledger))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _stop(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _protocol(self) -> SMTP:
        self.connections += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a password without TLS is as safe as loopback is
            return SMTP(
                _Handler(self),
                hostname="sink.test",
                loop=self._loop,
                tls_context=self._tls,
                auth_required=self._login is not None,
                auth_require_tls=False,
                authenticator=self._authenticate,
            )

    def _authenticate(self, _: SMTP, __: Session, ___: Envelope, mechanism: str, data: object) -> AuthResult:
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=mechanism in ("LOGIN", "PLAIN") and given == self._login, handled=False)

    def fault_for(self, recipient: str) -> SmtpFault | None:
        """The fault of the message that begins now."""
        if recipient in self.faults:
            return self.faults[recipient]
        return self._queued.pop(0) if self._queued else None


class _Handler:
    """One connection's conversation, in the names that aiosmtpd looks for."""

    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink
        self._fault: SmtpFault | None = None

    async def handle_RCPT(self, server: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]) -> str:  # noqa: N802
        self._fault = self._sink.fault_for(address)
        if self._fault in _AT_RECIPIENT:
            return await self._fail(server)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        fault, data = self._fault, envelope.content
        assert isinstance(data, bytes)
        if fault not in (SmtpFault.REFUSE_MESSAGE, SmtpFault.DEFER_MESSAGE):
            sender = envelope.mail_from or ""
            self._sink.ledger += [Delivered(sender, recipient, data) for recipient in envelope.rcpt_tos]
        return "250 2.0.0 OK" if fault is None else await self._fail(server)

    async def _fail(self, server: SMTP) -> str:
        fault = str(self._fault)
        if fault[0].isdigit():
            return fault
        if "hang" in fault:
            await asyncio.sleep(60)
        assert server.transport is not None
        server.transport.close()
        return "421 closed"
