"""A SendGrid of our own: the v3 mail API with a ledger of what it accepted, and the signed events that follow.

The ledger is the truth of a test: a mail that stands in it was sent, whatever the client was told.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.web import Reply, Request, WebServer


class Fault(StrEnum):
    """What goes wrong with one request. The first three accept the mail and hide it."""

    NONE = "none"
    ACCEPT_THEN_CLOSE = "accept_then_close"
    ACCEPT_THEN_500 = "accept_then_500"
    ACCEPT_THEN_HANG = "accept_then_hang"
    CLOSE = "close"
    RATE_LIMITED = "429"
    BAD_REQUEST = "400"
    UNAUTHORIZED = "401"
    UNAVAILABLE = "503"


@dataclass(frozen=True)
class Accepted:
    """One mail that SendGrid took. `arguments` are its custom arguments; `mail` is the request as it was sent."""

    message_id: str
    to: str
    arguments: Mapping[str, str]
    mail: Mapping[str, Any]

    @property
    def our_id(self) -> str:
        """The product's own id of the mail."""
        return self.arguments.get("m", "")


class FakeSendGrid:
    """`POST /v3/mail/send` on loopback. A context manager; give `url` and `api_key` to the product."""

    def __init__(self, *, port: int = 0) -> None:
        self.api_key = "SG." + secrets.token_urlsafe(16)
        self.ledger: list[Accepted] = []
        self.requests = 0
        # Asked for every mail when nothing is queued by `fail_next`; a test may replace it.
        self.fault_for: Callable[[Mapping[str, Any]], Fault] = lambda _: Fault.NONE
        self._queued: list[Fault] = []
        self._lock = threading.Lock()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._server = WebServer(self._respond, port=port)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    @property
    def public_key(self) -> str:
        """The verification key as SendGrid's console shows it."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def fail_next(self, *faults: Fault) -> None:
        """Let the next requests go wrong, one fault each, in this order."""
        with self._lock:
            self._queued += faults

    def times_sent(self) -> Counter[str]:
        """How often each of our ids was accepted."""
        with self._lock:
            return Counter(accepted.our_id for accepted in self.ledger)

    def event(self, kind: str, accepted: Accepted, **more: Any) -> dict[str, Any]:
        """One event about an accepted mail, as the Event Webhook would tell it."""
        return {
            "email": accepted.to,
            "timestamp": int(time.time()),
            "event": kind,
            "sg_event_id": secrets.token_urlsafe(16),
            "sg_message_id": f"{accepted.message_id}.recvd-5f54b5d587-pczjm-1-67BADEEA-6.0",
            "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
            **accepted.arguments,
            **more,
        }

    def signed(self, events: Sequence[Any] | bytes, *, at_s: float | None = None) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of one Event Webhook request. Bytes are signed as they are."""
        body = events if isinstance(events, bytes) else json.dumps(events).encode() + b"\r\n"
        timestamp = str(int(time.time() if at_s is None else at_s))
        signature = self._key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return body, {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }

    def _respond(self, request: Request) -> Reply:
        with self._lock:
            self.requests += 1
        if (request.method, request.path) != ("POST", "/v3/mail/send"):
            return _error(404, "not found")
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            return _error(401, "The provided authorization grant is invalid, expired, or revoked")
        problem, mail = _read(request)
        if problem:
            return _error(400, problem)
        return self._send(mail)

    def _send(self, mail: Mapping[str, Any]) -> Reply:
        with self._lock:
            fault = self._queued.pop(0) if self._queued else self.fault_for(mail)
        if fault is Fault.CLOSE:
            return Reply(instead="close")
        if fault.value.isdigit():
            return _error(int(fault.value), f"injected {fault}")
        message_id = self._accept(mail)
        answers = {
            Fault.ACCEPT_THEN_CLOSE: Reply(instead="close"),
            Fault.ACCEPT_THEN_HANG: Reply(instead="hang"),
            Fault.ACCEPT_THEN_500: _error(500, "injected after acceptance"),
        }
        return answers.get(fault, Reply(202, {"X-Message-Id": message_id}))

    def _accept(self, mail: Mapping[str, Any]) -> str:
        message_id = secrets.token_urlsafe(16)
        with self._lock:
            for person in mail["personalizations"]:
                arguments = {**mail.get("custom_args", {}), **person.get("custom_args", {})}
                self.ledger.append(Accepted(message_id, person["to"][0]["email"], arguments, mail))
        return message_id


_RESERVED = {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"} | {
    *("to", "from", "subject", "reply-to", "cc", "bcc"),
}


def _read(request: Request) -> tuple[str, Mapping[str, Any]]:
    """What is wrong with a request (empty: nothing), and the mail in it. The checks that SendGrid makes itself."""
    try:
        mail = json.loads(request.body)
    except ValueError:
        return "Bad Request", {}
    if not mail.get("personalizations") or not all(person.get("to") for person in mail["personalizations"]):
        return "The personalizations field is required and must have at least one personalization.", {}
    if not mail.get("from", {}).get("email"):
        return "The from object must be provided for every email send.", {}
    if not mail.get("content") or not all(part.get("value") for part in mail["content"]):
        return "The content value must be a string at least one character in length.", {}
    names = {name.lower() for name in mail.get("headers", {})}
    for person in mail["personalizations"]:
        names |= {name.lower() for name in person.get("headers", {})}
        if len(json.dumps(person.get("custom_args", {}))) >= 10_000:
            return "The custom_args are too long.", {}
    return (f"The header {min(names & _RESERVED)} is reserved.", {}) if names & _RESERVED else ("", mail)


def _error(status: int, message: str) -> Reply:
    body = json.dumps({"errors": [{"message": message, "field": None, "help": None}]}).encode()
    return Reply(status, {"Content-Type": "application/json"}, body)
