"""The states of a call, and which may follow which. Nothing else changes a call's state."""

from __future__ import annotations

from enum import StrEnum


class CallState(StrEnum):
    """Where a call stands.

    `unverified`: booked with an address that has not answered our mail yet; its time is kept for a while.
    `pending`: waits for the advisor's yes. `lapsed`: nobody answered in time. `missed`: they did not come.
    """

    UNVERIFIED = "unverified"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    MISSED = "missed"


TRANSITIONS: dict[CallState, frozenset[CallState]] = {
    CallState.UNVERIFIED: frozenset(
        {CallState.PENDING, CallState.CONFIRMED, CallState.LAPSED, CallState.CANCELLED, CallState.DECLINED}
    ),
    CallState.PENDING: frozenset({CallState.CONFIRMED, CallState.DECLINED, CallState.LAPSED, CallState.CANCELLED}),
    CallState.CONFIRMED: frozenset({CallState.CANCELLED, CallState.COMPLETED, CallState.MISSED}),
    # The advisor may find out, or find out otherwise, after the call was taken for held.
    CallState.COMPLETED: frozenset({CallState.MISSED}),
    # Who was late is taken for missing and then comes: the call goes on, or is over when its end has passed.
    CallState.MISSED: frozenset({CallState.CONFIRMED, CallState.COMPLETED}),
    CallState.DECLINED: frozenset(),
    CallState.LAPSED: frozenset(),
    CallState.CANCELLED: frozenset(),
}

OPEN = (CallState.UNVERIFIED, CallState.PENDING, CallState.CONFIRMED)
"""Calls that will take place unless somebody does something: they count for limits and for a person's open calls."""

STANDING = (CallState.CONFIRMED, CallState.COMPLETED, CallState.MISSED)
"""What stands in calendars: a call that waits for a yes, or for its address to answer, is in none of them."""

GONE = (CallState.DECLINED, CallState.LAPSED, CallState.CANCELLED)
"""Calls that did not come about: what they used up (an invitation, a link, a seat) is given back."""


def may_become(state: str, wanted: CallState) -> bool:
    """Whether a call in `state` may be put into the state `wanted`.

    >>> may_become("pending", CallState.CONFIRMED), may_become("cancelled", CallState.CONFIRMED)
    (True, False)
    """
    return wanted in TRANSITIONS[CallState(state)]
