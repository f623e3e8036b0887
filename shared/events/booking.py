"""What booking tells the others: asks, calls, and the advisor's own public facts."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime

from shared.events.event import Event, Person, Value

# The parameters of an address that say where somebody came from: campaigns, and the clicks that advertisers number.
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
CLICK_IDS = ("gclid", "fbclid", "msclkid")


class Attribution(Value):
    """Where somebody came from. All as sent by their browser, cut short, and never to be trusted.

    `referrer` is another site's page without its parameters, `landing` the path of the first page here. `via` is the
    id of the letter whose link led here, `click_id` an advertiser's with its kind (`gclid:…`).
    """

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    referrer: str = ""
    landing: str = ""
    via: str = ""
    click_id: str = ""


class AskEvent(Event):
    """Somebody asked for something. `follow_up` is what they ticked: the exact sentence they saw, or None."""

    person: Person
    message: str
    follow_up: str | None
    attribution: Attribution = Attribution()


class ContactRequested(AskEvent, name="booking.contact_requested.v1", to=("nurture", "webhooks")):
    """The contact form, or its API."""


class MentorshipRequested(AskEvent, name="booking.mentorship_requested.v1", to=("nurture", "webhooks")):
    """The mentorship form. `format` is `one_session` or `ongoing`."""

    format: str
    background: str
    preferred_times: str


class AskAnswered(Event, name="booking.ask_answered.v1", to=("webhooks",)):
    """The advisor answered an ask. `answer` is `answered`, `accepted` or `declined`."""

    person: Person
    answer: str


class CallEvent(Event):
    """A call as it stands after the change. `subject` is the call's id; `uid` its iCalendar UID."""

    person: Person
    uid: str
    call_type: str
    call_type_name: str
    start: AwareDatetime
    end: AwareDatetime
    ask: UUID | None = None
    attribution: Attribution = Attribution()


class CallBooked(CallEvent, name="booking.call_booked.v1", to=("nurture", "webhooks")):
    """A call was booked."""


class CallRequested(CallEvent, name="booking.call_requested.v1", to=("nurture", "webhooks")):
    """Somebody asked for a time; the advisor has not said yes yet."""


class CallDeclined(CallEvent, name="booking.call_declined.v1", to=("nurture", "webhooks")):
    """A requested call did not come about. `by` is `advisor`, or `system` when nobody answered in time."""

    by: str
    reason: str = ""


class CallRescheduled(CallEvent, name="booking.call_rescheduled.v1", to=("nurture", "webhooks")):
    """A call was moved. `by` is `prospect` or `advisor`."""

    by: str
    previous_start: AwareDatetime
    reason: str = ""


class CallCancelled(CallEvent, name="booking.call_cancelled.v1", to=("nurture", "webhooks")):
    """A call was cancelled. `by` is `prospect` or `advisor`."""

    by: str
    reason: str = ""


class CallCompleted(CallEvent, name="booking.call_completed.v1", to=("nurture", "webhooks")):
    """A call's end has passed without a cancellation."""


class CallMissed(CallEvent, name="booking.call_missed.v1", to=("webhooks",)):
    """They did not come. Taken back after the call's end by a `call_completed` of a higher revision."""


class OfferedCall(Value):
    """A call that anybody may book, as pages and letters name it."""

    slug: str
    name: str
    minutes: int
    price_text: str = ""


class ProfileChanged(Event, name="booking.profile_changed.v1", to=("nurture",)):
    """The advisor's public facts, as nurture needs them to write in their name."""

    advisor: str
    email: str
    zone: str
    title: str
    photo_url: str = ""
    signature: tuple[str, ...]
    postal_address: str
    call_types: tuple[OfferedCall, ...]


class CallTypeChanged(Event, name="booking.call_type_changed.v1", to=("webhooks",)):
    """A call type was made or changed. `public`: anybody may book it; `active`: it can be booked at all."""

    slug: str
    call_type_name: str
    minutes: int
    active: bool
    public: bool
    price_text: str


class ErasureAsked(Event, name="booking.erasure_asked.v1", to=("nurture",)):
    """A person is to be forgotten: what was kept of them up to `occurred_at`. `key` is the person's."""

    key: str

    @property
    def about(self) -> str | None:
        """Nothing more is written to somebody who waits to be erased."""
        return self.key


class AvailabilityChanged(Event, name="booking.availability_changed.v1", to=("webhooks",)):
    """The advisor changed when they can be booked. `subject` is the advisor; `what` names the change.

    Whoever keeps a copy of free times asks for them again.
    """

    what: str
