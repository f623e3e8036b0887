"""A call as an iCalendar object: the invitation, its update and its cancellation.

By RFC 5545 (format), 5546 (scheduling), 6047 (mail) and 7986 (conference). Times are UTC: one call needs no zone, and
no client can read them wrongly. There is no alarm, because Apple asks its owner and Google drops it; reminders are
mails. There is no SCHEDULE-AGENT: it belongs into CalDAV, not into mail. The MIME around it: `shared.mail.compose`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from icalendar import Event, vCalAddress, vUri

from services.booking.domain.ical_values import Text, cn, line, lines, mailto, new_calendar, parameter, uri, utc

# PUBLISH is a file to put into a calendar: nobody is asked, so it names no attendees (RFC 5546 §3.2.1). DECLINECOUNTER
# says no to a time that an attendee proposed (§3.2.8).
Method = Literal["REQUEST", "CANCEL", "PUBLISH", "DECLINECOUNTER"]
Partstat = Literal["NEEDS-ACTION", "ACCEPTED", "TENTATIVE", "DECLINED"]
Role = Literal["REQ-PARTICIPANT", "OPT-PARTICIPANT"]


@dataclass(frozen=True)
class Organizer:
    """Who sends the invitation and reads the answers, in the advisor's name: the system's mailbox or the advisor."""

    name: str
    address: str


@dataclass(frozen=True)
class Attendee:
    """Somebody invited. `address` is letter for letter the one that their mail goes to, or clients show no buttons."""

    name: str
    address: str
    partstat: Partstat = "NEEDS-ACTION"
    role: Role = "REQ-PARTICIPANT"


@dataclass(frozen=True)
class Invite:
    """One revision of a call, as one recipient gets it.

    `uid` is the call's for life; `sequence` rises with every change, the cancellation included; `dtstamp` is when this
    revision's message was made. `attendees` are all of them, whoever the recipient is; `description` and `manage_url`
    may be the recipient's own. `join_url` is "" when the call is not held at an address on the net. `uninvites`: a
    CANCEL that takes out only the attendees it names, while the call itself stays (RFC 5546 §3.2.5).
    """

    method: Method
    uid: str
    sequence: int
    dtstamp: datetime
    start: datetime
    end: datetime
    summary: str
    location: str
    join_url: str
    description: str
    manage_url: str
    organizer: Organizer
    attendees: tuple[Attendee, ...]
    uninvites: bool = False


def invite_ics(invite: Invite) -> bytes:
    """The invitation as bytes: CRLF, lines of at most 75 octets. Equal invites give equal bytes.

    Raises `ValueError` for an address or URL that holds white space or control characters, and for a naive time.
    """
    calendar = new_calendar(invite.method)
    calendar.add_component(event_of(invite))
    content: bytes = calendar.to_ical()
    return content


def event_of(invite: Invite) -> Event:
    """The call as a component: what is mailed, written into a calendar and published is the same event."""
    event = Event()
    event.add("UID", line(invite.uid))
    event.add("DTSTAMP", utc(invite.dtstamp))
    event.add("DTSTART", utc(invite.start))
    event.add("DTEND", utc(invite.end))
    event.add("SEQUENCE", invite.sequence)
    event["SUMMARY"] = Text(line(invite.summary))
    if invite.description:
        event["DESCRIPTION"] = Text(lines(invite.description))
    if place := invite.join_url or invite.location:
        event["LOCATION"] = Text(line(place))
    if invite.join_url:
        event.add("CONFERENCE", _conference(invite.join_url, invite.summary))
    event.add("URL", uri(invite.manage_url))
    if status := _status(invite):
        event.add("STATUS", status)
    event.add("TRANSP", "OPAQUE")
    # Whoever may look into the advisor's calendar should not read there who asks for advice.
    event.add("CLASS", "PRIVATE")
    event.add("ORGANIZER", _organizer(invite.organizer))
    for attendee in invite.attendees:
        event.add("ATTENDEE", _attendee(attendee, invite.method))
    _tell_outlook(event, invite.method)
    return event


def _status(invite: Invite) -> str:
    """By the tables of RFC 5546 §3.2: who is only uninvited must not read that the whole call is off."""
    if invite.uninvites or invite.method == "DECLINECOUNTER":
        return ""
    return "CANCELLED" if invite.method == "CANCEL" else "CONFIRMED"


def _organizer(organizer: Organizer) -> vCalAddress:
    return vCalAddress(mailto(organizer.address), params=cn(organizer.name))


def _attendee(attendee: Attendee, method: Method) -> vCalAddress:
    params = {"CUTYPE": "INDIVIDUAL", "ROLE": attendee.role, "PARTSTAT": attendee.partstat}
    if method == "REQUEST":
        # Without it some clients show no buttons.
        params["RSVP"] = "TRUE"
    return vCalAddress(mailto(attendee.address), params=params | cn(attendee.name))


def _conference(url: str, label: str) -> vUri:
    feature = "PHONE" if url.startswith("tel:") else "VIDEO"
    return vUri(uri(url), params={"VALUE": "URI", "FEATURE": feature, "LABEL": parameter(label)})


def _tell_outlook(event: Event, method: Method) -> None:
    """What Exchange shows the time as, now and once it is accepted ([MS-OXCICAL] §2.1.3.1.1.20)."""
    if method == "DECLINECOUNTER":
        return
    cancelled = method == "CANCEL"
    event.add("X-MICROSOFT-CDO-BUSYSTATUS", "FREE" if cancelled else "BUSY")
    if not cancelled:
        event.add("X-MICROSOFT-CDO-INTENDEDSTATUS", "BUSY")
