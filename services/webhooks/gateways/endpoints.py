"""Delivering to somebody's endpoint: signs, sends once through the HTTP door, tells what happened."""

from __future__ import annotations

import time
from functools import cache

from services.webhooks.domain.deliveries import Attempt, Outcome, OutgoingDelivery
from services.webhooks.domain.errors import FieldError
from services.webhooks.domain.standard_webhooks import signed_headers
from shared.http import Ambiguous, Answer, HttpDoor, NotSent, Outgoing, Refused

# What is kept of an answer: enough to see an error message, too little to make our log somebody's storage.
_KEPT_BYTES = 2_000


@cache
def door_for(allow_private: bool) -> HttpDoor:
    """This process's door to endpoints, with its kept-alive connections."""
    return HttpDoor(allow_private=allow_private)


def deliver(door: HttpDoor, delivery: OutgoingDelivery) -> Attempt:
    """Make one attempt. Never raises for anything that the other side or the way to it can do."""
    began = time.monotonic()
    try:
        answer = door.send(_request(delivery))
    except Refused:
        return Attempt(Outcome.BLOCKED, reason="not an address that we deliver to")
    except NotSent as error:
        return Attempt(Outcome.NOT_SENT, reason=error.reason, duration_ms=_since(began))
    except Ambiguous as error:
        return Attempt(Outcome.AMBIGUOUS, reason=error.reason, duration_ms=_since(began))
    return _answered(answer, _since(began))


def check(door: HttpDoor, url: str) -> None:
    """Whether deliveries to this address could leave now. Raises `FieldError` on the field `url`."""
    try:
        door.check(url)
    except Refused as error:
        raise FieldError("url", f"We do not deliver there: {error.detail}.", "Give a public https address.") from None
    except NotSent:
        raise FieldError("url", "The host name is not known.", "Check its spelling, or try again later.") from None


def _request(delivery: OutgoingDelivery) -> Outgoing:
    headers = signed_headers(
        delivery.body,
        message_id=delivery.id,
        timestamp_s=int(delivery.at.timestamp()),
        secrets=delivery.secrets,
    )
    return Outgoing(
        method="POST",
        url=delivery.url,
        headers={"Content-Type": "application/json", **headers},
        body=delivery.body,
        deadline_s=delivery.deadline_s,
        max_response_bytes=_KEPT_BYTES,
    )


def _answered(answer: Answer, duration_ms: int) -> Attempt:
    return Attempt(
        Outcome.ANSWERED,
        status=answer.status,
        retry_after=answer.headers.get("retry-after", "")[:100],
        body=answer.body.decode("utf-8", "replace").replace("\0", ""),
        duration_ms=duration_ms,
    )


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
