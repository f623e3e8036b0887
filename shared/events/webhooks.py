"""What webhooks tells the others: the signals that came in from outside."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.events.event import Event, Value

FeedbackKind = Literal[
    "processed", "delivered", "deferred", "bounced_hard", "bounced_soft", "dropped", "complained", "unsubscribed"
]


class Feedback(Value):
    """What a provider said of one message.

    `message` is our own id, which the provider echoes. `address` is who the provider tried to reach, as it said it.
    """

    id: str
    kind: FeedbackKind
    sender: str
    message: UUID | None
    attempt: int | None = None
    address: str
    at: AwareDatetime
    reason: str = ""


class MailFeedbackReceived(Event, name="webhooks.mail_feedback_received.v1", to=("booking", "nurture")):
    """A batch of provider events, each of which is new."""

    items: tuple[Feedback, ...]


class EndpointChanged(Event, name="webhooks.endpoint_changed.v1", to=("booking",)):
    """An endpoint was added or removed: for the trail, which booking keeps.

    Of its address only the host: the rest may be a secret.
    """

    act: Literal["endpoint_added", "endpoint_removed"]
    host: str
