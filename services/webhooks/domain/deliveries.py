"""One delivery to somebody's endpoint: what goes out, and what one attempt at it showed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True)
class OutgoingDelivery:
    """What one attempt needs. `id` is the event's and the same over all attempts; `at` is the machine time of this
    one; `secrets` are the endpoint's current one and those still within their overlap."""

    id: str
    url: str
    secrets: tuple[str, ...]
    body: bytes
    at: datetime
    deadline_s: float


class Outcome(StrEnum):
    """How far an attempt came."""

    ANSWERED = "answered"
    NOT_SENT = "not_sent"
    # Our own rules forbid the address. Nothing more is told about it: an error text must not map our network.
    BLOCKED = "blocked"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True)
class Attempt:
    """What one attempt showed. `status` is there when the outcome is `answered`; `retry_after` is the header as it
    came; `body` is the beginning of the answer as text."""

    outcome: Outcome
    status: int | None = None
    reason: str = ""
    retry_after: str = ""
    body: str = ""
    duration_ms: int = 0
