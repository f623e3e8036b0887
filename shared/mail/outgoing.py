"""What a transport is given and what it answers. The answer's type decides the retry; see `dispatch`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Outgoing:
    """One mail, ready to leave. Equal values give equal bytes, so a retry repeats the first try to the letter.

    `headers` are the additional ones in their order. `date` is aware UTC. `ics` goes with `method`
    (REQUEST, CANCEL …), both or neither.
    """

    id: UUID
    service: str
    attempt: int
    message_id: str
    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    ics: bytes | None
    method: str | None
    headers: tuple[tuple[str, str], ...]
    date: datetime
    boundary: str


@dataclass(frozen=True)
class Accepted:
    """The other side took responsibility. `provider_id` is its name for the mail, if it gave one."""

    provider_id: str = ""


@dataclass(frozen=True)
class NotSent:
    """Surely not sent: it may be tried again. DNS, connect, TLS, 4xx, or not begun before the deadline."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """Refused for good. `bad_address`: the recipient does not exist, so nothing more should go there."""

    reason: str
    bad_address: bool = False


@dataclass(frozen=True)
class Ambiguous:
    """It may have been sent: a timeout, a reset or a 5xx after the mail was handed over."""

    reason: str


Result = Accepted | NotSent | Refused | Ambiguous


class Transport(Protocol):
    """A way out."""

    def send(self, mails: Sequence[Outgoing], *, deadline: float, budget: float) -> Iterable[tuple[Outgoing, Result]]:
        """Send each mail at most once and tell what came of each.

        `deadline` bounds one mail and `budget` the whole group, both in seconds of machine time. A mail that was not
        begun within the budget is `NotSent`. Never raises for what the other side does.
        """
