"""Every event that crosses a service's border, who emits it and who listens.

An event is a frozen pydantic model with a versioned name (`booking.call_booked.v1`). Within a version no field is
removed or re-meant; readers drop fields they do not know. Golden payloads in tests/contracts fail when one changes.
"""

from shared.events.booking import (
    AskAnswered,
    AskEvent,
    AvailabilityChanged,
    CallBooked,
    CallCancelled,
    CallCompleted,
    CallDeclined,
    CallEvent,
    CallMissed,
    CallRequested,
    CallRescheduled,
    CallTypeChanged,
    ContactRequested,
    ErasureAsked,
    MentorshipRequested,
    OfferedCall,
    ProfileChanged,
)
from shared.events.event import Event, Person, known_events, named
from shared.events.nurture import (
    ArticlePublished,
    LeadCaptured,
    LeadUnsubscribed,
    PersonErased,
    SequenceFinished,
)
from shared.events.webhooks import CalendarReplyReceived, EndpointChanged, Feedback, MailFeedbackReceived

__all__ = [
    "ArticlePublished",
    "AskAnswered",
    "AskEvent",
    "AvailabilityChanged",
    "CalendarReplyReceived",
    "CallBooked",
    "CallCancelled",
    "CallCompleted",
    "CallDeclined",
    "CallEvent",
    "CallMissed",
    "CallRequested",
    "CallRescheduled",
    "CallTypeChanged",
    "ContactRequested",
    "EndpointChanged",
    "ErasureAsked",
    "Event",
    "Feedback",
    "LeadCaptured",
    "LeadUnsubscribed",
    "MailFeedbackReceived",
    "MentorshipRequested",
    "OfferedCall",
    "Person",
    "PersonErased",
    "ProfileChanged",
    "SequenceFinished",
    "known_events",
    "named",
]
