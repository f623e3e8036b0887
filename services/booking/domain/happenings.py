"""What can happen to a call, the mails about it, and the events that come in, in the advisor's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.booking.domain.errors import Message


@dataclass(frozen=True)
class Happening:
    """One thing that happened: a key of `HAPPENED`, who did it ("" for nobody in particular), and the words' facts.

    `said` is what somebody wrote with it.
    """

    at: datetime
    what: str
    who: str = ""
    facts: Mapping[str, str | int | datetime] = field(default_factory=dict)
    said: str = ""


HAPPENED: Mapping[str, Message] = {
    "booked": Message("Booked for %(start)s"),
    "asked": Message("Asked for %(start)s"),
    "chosen": Message("Chose %(start)s among the proposed times"),
    "proposal_chosen": Message("Chose %(after)s among the proposed times, instead of %(before)s"),
    "counter_accepted": Message("Accepted %(after)s, which their calendar proposed, instead of %(before)s"),
    "length_accepted": Message("Accepted how long their calendar proposed it to last"),
    "moved": Message("Moved from %(before)s to %(after)s"),
    "another_length": Message("Changed how long it lasts"),
    "confirmed": Message("Confirmed; the invitation went out"),
    "paid": Message("Noted as paid"),
    "guest_invited": Message("Invited %(to)s"),
    "guest_removed": Message("Took back the invitation of %(to)s"),
    "times_proposed": Message("Proposed other times: %(count)s"),
    "counter": Message("Their calendar proposed %(start)s"),
    "counter_refused": Message("Refused the proposed time"),
    "late": Message("Said to be %(minutes)s minutes late"),
    "reminder": Message("Reminder sent to %(to)s"),
    "call_follow_up": Message("Follow-up sent to %(to)s"),
    "call_missed_sent": Message("Wrote to %(to)s that you missed each other"),
    "accepted": Message("Accepted the invitation"),
    "tentative": Message("Answered the invitation with maybe"),
    "declined": Message("Declined the invitation"),
    "declined_in_calendar": Message("Declined in their calendar; the time is free again"),
    "call_missed": Message("Noted that they did not come"),
    "call_held": Message("Noted that they came after all"),
    "notes_written": Message("Wrote notes"),
    "completed": Message("Held"),
    "cancelled": Message("Cancelled"),
    "refused": Message("Said no to it"),
    "lapsed": Message("Got no answer in time"),
}

MAILS: Mapping[str, Message] = {
    "address_to_verify": Message("Is this address yours?"),
    "ask_arrived": Message("A question or request arrived"),
    "call_booked": Message("Invitation"),
    "call_cancelled": Message("Cancellation"),
    "call_changed": Message("Update: who comes"),
    "call_declined": Message("A no to the time"),
    "call_declined_by_calendar": Message("They declined"),
    "call_follow_up": Message("Follow-up"),
    "call_gone": Message("Not booked any more"),
    "call_lapsed": Message("Not answered in time"),
    "call_late": Message("Somebody is running late"),
    "call_missed": Message("We missed each other"),
    "call_moved": Message("Update: another time"),
    "call_open": Message("The way to an open call"),
    "call_requested": Message("The wish for a time"),
    "call_withdrawn": Message("The wish is withdrawn"),
    "contact_received": Message("Your question reached me"),
    "counter_refused": Message("It stays as it is"),
    "decline_passed_on": Message("You declined; other times were offered"),
    "decline_taken": Message("Their decline was taken"),
    "decline_without_times": Message("You declined; no other time is free"),
    "group_call": Message("The group call's entry"),
    "group_declined": Message("You declined the group call; it stands"),
    "guest_invited": Message("Invitation of a guest"),
    "guest_removed": Message("A guest's invitation is taken back"),
    "mentorship_accepted": Message("A yes to a request"),
    "mentorship_declined": Message("A no to a request"),
    "mentorship_received": Message("Your request reached me"),
    "reminder": Message("Reminder"),
    "request_moved": Message("The wish for another time"),
    "times_by_advisor": Message("Proposed times"),
    "times_by_prospect": Message("Their calendar proposes a time"),
}
"""Each kind of mail that booking sends, as it is called before it is written."""

EVENTS: Mapping[str, Message] = {
    "nurture.article_published.v1": Message("An article that was published"),
    "nurture.person_erased.v1": Message("That a person was erased"),
    "webhooks.calendar_reply_received.v1": Message("An answer by calendar"),
    "webhooks.endpoint_changed.v1": Message("A change of who is told of events"),
    "webhooks.mail_feedback_received.v1": Message("What became of a mail"),
}
"""Each event that other services send here, as the console calls it."""
