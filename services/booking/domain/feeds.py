"""What may be subscribed to, as iCalendar text: the advisor's calls, and the times at which they are taken.

Equal values give equal bytes, so that a calendar that asks again is told that nothing has changed. Nobody is invited by
a feed: it has no attendees (RFC 5546 §3.2.1, §3.3.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from icalendar import Event, FreeBusy, vCalAddress, vDuration, vPeriod

from services.booking.domain.ical_values import Text, line, mailto, new_calendar, utc
from services.booking.domain.invites import Invite, Method, event_of

Period = tuple[datetime, datetime]

# How soon a subscriber should ask again. Google takes 8 to 24 hours whatever one says.
ASK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class PublishedCall:
    """A call for a feed: the advisor's own copy of it, when it was made and when it last changed."""

    invite: Invite
    created: datetime
    changed: datetime


@dataclass(frozen=True)
class Taken:
    """When somebody is taken, in `[start, end)`, for whoever should know no more. `organizer` is who publishes it."""

    uid: str
    organizer: str
    start: datetime
    end: datetime
    periods: tuple[Period, ...]
    changed: datetime


def calls_ics(name: str, calls: Sequence[PublishedCall]) -> bytes:
    """A calendar of calls under this name, in the given order. Cancelled ones say so, and free their time."""
    calendar = new_calendar("PUBLISH")
    # RFC 7986 §5.1 and §5.7, each with the older property that the most readers know.
    calendar["NAME"] = calendar["X-WR-CALNAME"] = Text(line(name))
    calendar.add("REFRESH-INTERVAL", vDuration(ASK_AGAIN, params={"VALUE": "DURATION"}))
    calendar.add("X-PUBLISHED-TTL", vDuration(ASK_AGAIN))
    for call in calls:
        calendar.add_component(_published(call))
    content: bytes = calendar.to_ical()
    return content


def free_busy_ics(taken: Taken) -> bytes:
    """The times, merged and in order, as one VFREEBUSY; nothing of whom or what they are for (RFC 5545 §3.6.4)."""
    calendar, component = new_calendar("PUBLISH"), FreeBusy()
    component.add("UID", line(taken.uid))
    component.add("DTSTAMP", utc(taken.changed))
    component.add("DTSTART", utc(taken.start))
    component.add("DTEND", utc(taken.end))
    component.add("ORGANIZER", vCalAddress(mailto(taken.organizer)))
    for start, end in merged(taken.periods, taken.start, taken.end):
        component.add("FREEBUSY", vPeriod((utc(start), utc(end)), params={"FBTYPE": "BUSY"}))
    calendar.add_component(component)
    content: bytes = calendar.to_ical()
    return content


def merged(periods: Iterable[Period], start: datetime, end: datetime) -> list[Period]:
    """The parts of the periods inside `[start, end)`, in order; those that touch or overlap are one.

    >>> day = datetime(2026, 12, 7)
    >>> at = [day.replace(hour=hour) for hour in range(24)]
    >>> merged([(at[9], at[10]), (at[6], at[8]), (at[10], at[11])], at[7], at[23]) == [(at[7], at[8]), (at[9], at[11])]
    True
    """
    found: list[Period] = []
    inside = ((max(first, start), min(last, end)) for first, last in periods)
    for first, last in sorted(period for period in inside if period[0] < period[1]):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _published(call: PublishedCall) -> Event:
    method: Method = "CANCEL" if call.invite.method == "CANCEL" else "PUBLISH"
    # Its last change and never the time of asking, or every answer would be a new one.
    event = event_of(replace(call.invite, method=method, attendees=(), dtstamp=call.changed))
    event.add("CREATED", utc(call.created))
    event.add("LAST-MODIFIED", utc(call.changed))
    return event
