"""Somebody's endpoint: takes our deliveries, verifies them as the public library does, keeps a ledger."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from standardwebhooks import Webhook, WebhookVerificationError

from tests.fakes.web import Reply, Request, WebServer


@dataclass(frozen=True)
class Received:
    """One delivery as it came. `verified`: signed with the endpoint's secret, in time."""

    id: str
    body: bytes
    headers: Mapping[str, str]
    verified: bool


class FakeEndpoint:
    """Answers 200, or what `answer_next` queued. A context manager."""

    def __init__(self, secret: str) -> None:
        self.ledger: list[Received] = []
        self.secret = secret
        self._queued: list[Reply] = []
        self._lock = threading.Lock()
        self._server = WebServer(self._respond)
        self.url = f"{self._server.url}/webhooks"

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def answer_next(self, *replies: Reply) -> None:
        """Queue answers, one for each of the next deliveries."""
        with self._lock:
            self._queued += replies

    def _respond(self, request: Request) -> Reply:
        received = Received(
            request.headers.get("webhook-id", ""), request.body, request.headers, self._is_genuine(request)
        )
        with self._lock:
            self.ledger.append(received)
            return self._queued.pop(0) if self._queued else Reply(200, body=b"thank you")

    def _is_genuine(self, request: Request) -> bool:
        try:
            Webhook(self.secret).verify(request.body, dict(request.headers))
        except WebhookVerificationError:
            return False
        return True
