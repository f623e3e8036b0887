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


class CalendarReplyReceived(Event, name="webhooks.calendar_reply_received.v1", to=("booking",)):
    """What somebody's calendar answered to an invitation: a REPLY or a COUNTER (RFC 5546 §3.2.3, §3.2.7).

    `subject` is the row of the mail that brought it. `attendee` is whose answer it says to be and `sender` who sent the
    mail, both bare addresses; only when `authenticated` (DKIM or DMARC passed for the sender's domain) is `sender`
    proven. `start` and `end` are what a COUNTER proposes.
    """

    method: Literal["REPLY", "COUNTER"]
    uid: str
    attendee: str
    partstat: str
    sequence: int
    dtstamp: AwareDatetime
    comment: str = ""
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    sender: str
    authenticated: bool
