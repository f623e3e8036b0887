"""A call as an entry in a calendar on a CalDAV server, and what becomes of writing it.

The same event as the invitation (`invites.py`), as it is stored (RFC 4791 §4.1): without a METHOD, and with
SCHEDULE-AGENT=CLIENT on everybody in it (RFC 6638 §7.1), because servers that schedule would send invitations of their
own beside ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from icalendar import Calendar

from services.booking.domain.busy_times import BROKEN
from services.booking.domain.calendar_sources import Login, Trouble
from services.booking.domain.ical_values import new_calendar
from services.booking.domain.invites import Invite, event_of

# A day of pauses that double up to an hour; after that a person should know.
MOST_ATTEMPTS = 30
LONGEST_PAUSE_S = 3600.0
# Of an entry that somebody else has changed, so much is looked through for alarms.
LONGEST_THEIRS = 200_000
# What no later try will mend. A wrong password that keeps coming gets accounts locked.
LASTING = {
    *(Trouble.PASSWORD, Trouble.FORBIDDEN, Trouble.NOT_FOUND, Trouble.GONE, Trouble.ADDRESS, Trouble.IN_THE_CLEAR),
    *(Trouble.REDIRECTS, Trouble.NOT_CALDAV, Trouble.WEB_PAGE, Trouble.KEY, Trouble.ENTRY),
}


@dataclass(frozen=True)
class Entry:
    """What should stand in a calendar under a UID, or with `content` None: that nothing should.

    `href` is where it was last seen or should be made; `etag` the server's answer to our last writing, "" for none.
    `is_new` when it was surely never written.
    """

    login: Login
    calendar: str
    href: str
    uid: str
    content: str | None = field(repr=False)
    etag: str = ""
    is_new: bool = False


@dataclass(frozen=True)
class Written:
    """The calendar is as it should be. `was_changed`: somebody else had changed our entry meanwhile."""

    href: str
    etag: str
    was_changed: bool = False


@dataclass(frozen=True)
class Failed:
    """It is not, or nobody knows: trying again finds out and does no harm."""

    trouble: Trouble


class NotNow(StrEnum):
    """It was not tried: the time was up, or its server has just failed for another entry."""

    LATER = "later"


Outcome = Written | Failed | NotNow


class Fate(StrEnum):
    """What becomes of an entry after a failure."""

    AGAIN = "again"
    PARKED = "parked"


def decide(trouble: Trouble, attempt: int) -> Fate:
    """Whether it is tried again after this attempt (the first is 1), or waits for a person.

    >>> decide(Trouble.NO_ANSWER, 1).value, decide(Trouble.NO_ANSWER, 30).value, decide(Trouble.PASSWORD, 1).value
    ('again', 'parked', 'parked')
    """
    return Fate.PARKED if trouble in LASTING or attempt >= MOST_ATTEMPTS else Fate.AGAIN


def pause_s(attempt: int, first_s: float) -> float:
    """Seconds until the next try.

    >>> pause_s(1, 5), pause_s(3, 5), pause_s(30, 5)
    (5.0, 20.0, 3600.0)
    """
    return min(first_s * 2.0 ** (attempt - 1), LONGEST_PAUSE_S)


def entry_ics(invite: Invite) -> str:
    """The call as it is stored. Equal calls give equal text."""
    calendar, event = new_calendar(), event_of(invite)
    for person in (event["ORGANIZER"], *_listed(event.get("ATTENDEE"))):
        person.params["SCHEDULE-AGENT"] = "CLIENT"
        person.params.pop("RSVP", None)
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content.decode()


def with_alarms_of(content: str, theirs: str) -> str:
    """Our text with the alarms that the advisor set on the entry: those are theirs, all else in it is ours.

    Put in as text, because the library cannot write back every text that it has read. What cannot be read is left out.
    """
    alarms = "".join(_alarms(theirs))
    return content.replace("END:VEVENT\r\n", f"{alarms}END:VEVENT\r\n", 1)


def _alarms(text: str) -> list[str]:
    if len(text) > LONGEST_THEIRS:
        return []
    try:
        return [alarm.to_ical().decode() for alarm in Calendar.from_ical(text).walk("VALARM")]
    except BROKEN:
        return []


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
