"""What SendGrid says about our mails, in the words of the product.

The body of an Event Webhook is a JSON array from outside: one element that cannot be read is set aside and the others
count, because a refused batch would come again, whole, for 24 hours. The raw body is kept elsewhere and in full.
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.webhooks.domain.json_array import Poison, elements
from shared.events.webhooks import Feedback, FeedbackKind

Element = dict[str, Any]

_KINDS: dict[str, FeedbackKind] = {
    "processed": "processed",
    "delivered": "delivered",
    "deferred": "deferred",
    "dropped": "dropped",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
# A drop ends the message; by these reasons it also repeats what SendGrid had learned about the address before.
_DROPS: dict[str, FeedbackKind] = {
    "bounced address": "bounced_hard",
    "invalid": "bounced_hard",
    "spam reporting address": "complained",
    "unsubscribed address": "unsubscribed",
}
# 2009 to 2100: outside of it a number is not the unix time of an event, whatever it is.
_EARLIEST_S, _LATEST_S = 1_230_768_000, 4_102_444_800


@dataclass(frozen=True)
class Rejected:
    """An element that says nothing we can use. `position` counts from 0."""

    position: int
    reason: str


class _Unusable(Exception):
    """Why one element cannot be used."""


def translate(raw: bytes) -> tuple[list[Feedback], list[Rejected]]:
    """The feedback in one body, in its order, and what was set aside.

    Opens, clicks and events of kinds that we do not know give neither: they are no feedback and no fault. One drop
    can give two feedbacks, about the message and about the address; the second id is the first with the kind added.
    """
    feedback: list[Feedback] = []
    rejected: list[Rejected] = []
    for position, element in enumerate(elements(raw)):
        try:
            feedback += _feedback_in(element)
        except _Unusable as error:
            rejected.append(Rejected(position, str(error)))
    return feedback, rejected


def _feedback_in(element: object) -> Iterator[Feedback]:
    if isinstance(element, Poison):
        raise _Unusable(element.reason)
    if not isinstance(element, dict):
        raise _Unusable("is not an object")
    event = element.get("event")
    if not isinstance(event, str):
        raise _Unusable("has no event")
    return iter([_feedback(element, kind, extra) for kind, extra in _kinds_of(event, element)])


def _kinds_of(event: str, element: Element) -> list[tuple[FeedbackKind, str]]:
    if event in ("bounce", "blocked"):
        return [("bounced_soft" if _is_soft(event, element) else "bounced_hard", "")]
    kind = _KINDS.get(event)
    if kind is None:
        return []
    about_address = _DROPS.get(_text(element, "reason").strip().lower()) if kind == "dropped" else None
    return [(kind, "")] + ([(about_address, f"#{about_address}")] if about_address else [])


def _is_soft(event: str, element: Element) -> bool:
    """Whether the bounce says nothing against the address itself: content, reputation, a full mailbox, a busy server.

    Of enhanced codes only those that speak of the mailbox or its domain are the address's (RFC 3463: 5.1.x, 5.2.1).
    """
    status = _text(element, "status")
    enhanced = "." in status
    against_address = status.startswith("5.1.") or status == "5.2.1" if enhanced else not status.startswith("4")
    return event == "blocked" or element.get("type") == "blocked" or not against_address


def _feedback(element: Element, kind: FeedbackKind, extra: str) -> Feedback:
    address, message = _text(element, "email", 320), _message_of(element)
    if not address and message is None:
        raise _Unusable("names neither an address nor a message")
    return Feedback(
        id=_id_of(element) + extra,
        kind=kind,
        sender=_text(element, "s", 20),
        message=message,
        attempt=_attempt_of(element),
        address=address,
        at=_instant_of(element),
        reason=_text(element, "reason") or _text(element, "response"),
    )


def _id_of(element: Element) -> str:
    """SendGrid's id of the event. Where it gives none, the element itself is its identity."""
    given = _text(element, "sg_event_id", 100)
    if given:
        return given
    return "sha256:" + hashlib.sha256(json.dumps(element, sort_keys=True).encode()).hexdigest()


def _message_of(element: Element) -> UUID | None:
    try:
        return UUID(_text(element, "m", 37))
    except ValueError:
        return None


def _attempt_of(element: Element) -> int | None:
    # Custom arguments come back as text; a small whole number is the only thing we ever send here.
    text = str(element.get("a", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _instant_of(element: Element) -> datetime:
    value = element.get("timestamp")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if not isinstance(value, int | float) or not _EARLIEST_S <= value <= _LATEST_S:
        raise _Unusable("has no usable timestamp")
    return datetime.fromtimestamp(int(value), UTC)


def _text(element: Element, key: str, longest: int = 500) -> str:
    """A field as text that a database can keep: no NUL, no half of a surrogate pair, not endless."""
    value = element.get(key)
    if not isinstance(value, str):
        return ""
    return value[:longest].replace("\0", "").encode("utf-8", "replace").decode()
