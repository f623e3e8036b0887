"""How a call stands, in the advisor's words: one short line for lists and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.booking.domain.errors import Message
from services.booking.domain.states import CallState


@dataclass(frozen=True)
class Facts:
    """What the line is made of; `answer` and `advisor_answer` are PARTSTATs in lower case, `over` when it has ended."""

    state: str
    answer: str = "needs-action"
    advisor_answer: str = "needs-action"
    cancelled_by: str = ""
    over: bool = False


def standing(facts: Facts) -> Message:
    """How it stands.

    >>> str(standing(Facts("confirmed", answer="tentative"))), str(standing(Facts("cancelled", cancelled_by="advisor")))
    ('may come', 'cancelled by you')
    """
    if facts.state == CallState.CONFIRMED:
        return _of_a_call_to_come(facts)
    if facts.state == CallState.CANCELLED:
        return _of_a_cancelled_call(facts)
    return _OTHERWISE[facts.state]


def answer_in_words(answer: str) -> Message:
    """What a calendar answered; `answer` is one of `ANSWERED`."""
    return _ANSWERS[answer]


DECLINED_BY_YOU = Message("declined in your calendar")
"""Of a call or a group call that stands although the advisor's own calendar said no."""

STATES: Mapping[str, Message] = {
    CallState.PENDING: Message("Waits for your yes"),
    CallState.CONFIRMED: Message("Booked"),
    CallState.COMPLETED: Message("Held"),
    CallState.MISSED: Message("Did not come"),
    CallState.CANCELLED: Message("Cancelled"),
    CallState.DECLINED: Message("Declined by you"),
    CallState.LAPSED: Message("Not answered in time"),
    CallState.UNVERIFIED: Message("Address not confirmed yet"),
}
"""All states, as what a list can be narrowed down to."""

ANSWERED = ("accepted", "tentative", "declined")
"""What a calendar can have answered: PARTSTATs in lower case. Of one that has not, nothing is said."""


def _of_a_call_to_come(facts: Facts) -> Message:
    if facts.over:
        return Message("is over")
    if facts.advisor_answer == "declined":
        return DECLINED_BY_YOU
    return _OF_BOOKED[facts.answer]


def _of_a_cancelled_call(facts: Facts) -> Message:
    if facts.cancelled_by == "advisor":
        return Message("cancelled by you")
    return Message("declined in their calendar") if facts.answer == "declined" else Message("cancelled by them")


_OF_BOOKED = {
    "needs-action": Message("booked"),
    "accepted": Message("accepted"),
    "tentative": Message("may come"),
    # A decline that counts ends the call; this one was said of an earlier time.
    "declined": Message("booked"),
}
_OTHERWISE: Mapping[str, Message] = {
    CallState.UNVERIFIED: Message("waits for their address to answer"),
    CallState.PENDING: Message("waits for your yes"),
    CallState.DECLINED: Message("declined by you"),
    CallState.LAPSED: Message("not answered in time"),
    CallState.COMPLETED: Message("held"),
    CallState.MISSED: Message("did not come"),
}
_ANSWERS = {
    "accepted": Message("accepted"),
    "tentative": Message("maybe"),
    "declined": Message("declined"),
}
