"""Whether a calendar's answer counts (RFC 5546 §2.1.5, RFC 6047 §3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

TAKEN = ("accepted", "tentative", "declined")


@dataclass(frozen=True)
class CalendarAnswer:
    """One answer: `proven` is whether the mail came from the attendee whose answer it says to be.

    `partstat` is in lower case; `stamp` is its DTSTAMP, an aware instant.
    """

    proven: bool
    counters: bool
    partstat: str
    sequence: int
    stamp: datetime


@dataclass(frozen=True)
class Standing:
    """What an answer meets: whether the call is still to come, its SEQUENCE, and the last answer of this attendee."""

    is_open: bool
    sequence: int
    stamp: datetime | None


def why_ignored(answer: CalendarAnswer, standing: Standing) -> str:
    """Why an answer changes nothing, or "" when it counts.

    Without proof anybody could free anybody's time. An answer to an older invitation says nothing of the new time, and
    one to a newer than there is, is made up. Of two answers to the same invitation the later DTSTAMP holds, whatever
    their order of arrival; an equal one is the same answer again.
    """
    if not answer.proven:
        return "not_proven"
    if not standing.is_open:
        return "closed"
    if answer.sequence != standing.sequence:
        return "stale" if answer.sequence < standing.sequence else "unknown_revision"
    if standing.stamp is not None and answer.stamp <= standing.stamp:
        return "not_newer"
    return "" if answer.counters or answer.partstat in TAKEN else "no_answer"
