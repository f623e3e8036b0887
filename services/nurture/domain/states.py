"""An enrolment: one lead in one sequence. Its states, and what may follow what.

Only an active enrolment sends. The sender checks that in the statement that claims a mail; nothing here is a substitute
for that check, and nothing here knows about consent or suppression, which hold for a person and not for one enrolment.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class EnrolmentState(StrEnum):
    """Where a lead is in a sequence. `done` and `exited` are ends."""

    ACTIVE = "active"
    PAUSED = "paused"
    DONE = "done"
    EXITED = "exited"


class ExitReason(StrEnum):
    """Why somebody left a sequence before its last mail."""

    BOOKED = "booked"
    REPLIED = "replied"
    STOPPED = "stopped"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    WITHDRAWN = "withdrawn"
    # Not a no for good: whoever asks anew, with the box ticked, is written to again.
    ERASED = "erased"


TRANSITIONS: Mapping[EnrolmentState, frozenset[EnrolmentState]] = {
    EnrolmentState.ACTIVE: frozenset({EnrolmentState.PAUSED, EnrolmentState.DONE, EnrolmentState.EXITED}),
    # A paused lead who books, answers or says stop leaves like an active one; a paused one never finishes by itself.
    EnrolmentState.PAUSED: frozenset({EnrolmentState.ACTIVE, EnrolmentState.EXITED}),
    # Late arrivals. A booking, a reply or a bounce that comes after the last mail changes nothing here: there is
    # nothing left to stop, and "done" stays true. A late stop or complaint still suppresses the person; that is kept
    # with the person.
    EnrolmentState.DONE: frozenset(),
    # A second reason to leave (booked, then bounced) does not replace the first: the first is what ended the sequence.
    # Providers repeat events for days, so an exit that arrives again is the usual case and no error.
    EnrolmentState.EXITED: frozenset(),
}


def may_follow(state: EnrolmentState, following: EnrolmentState) -> bool:
    """Whether an enrolment in `state` may become `following`. A late or repeated arrival answers False: leave it be.

    >>> may_follow(EnrolmentState.ACTIVE, EnrolmentState.EXITED)
    True
    >>> may_follow(EnrolmentState.EXITED, EnrolmentState.ACTIVE)
    False
    """
    return following in TRANSITIONS[state]
