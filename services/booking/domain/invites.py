"""A call as an iCalendar object: the invitation, its update and its cancellation.

By RFC 5545 (format), 5546 (scheduling), 6047 (mail) and 7986 (conference). Times are UTC: one call needs no zone, and
no client can read them wrongly. There is no alarm, because Apple asks its owner and Google drops it; reminders are
mails. There is no SCHEDULE-AGENT: it belongs into CalDAV, not into mail. The MIME around it: `shared.mail.compose`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from icalendar import Calendar, Event, vCalAddress, vText, vUri

# PUBLISH is a file to put into a calendar: nobody is asked, so it names no attendees (RFC 5546 §3.2.1). DECLINECOUNTER
# says no to a time that an attendee proposed (§3.2.8).
Method = Literal["REQUEST", "CANCEL", "PUBLISH", "DECLINECOUNTER"]
Partstat = Literal["NEEDS-ACTION", "ACCEPTED", "TENTATIVE", "DECLINED"]
Role = Literal["REQ-PARTICIPANT", "OPT-PARTICIPANT"]

_PRODID = "-//Firstcall//Booking//EN"
# C0 but for the tab and the line feed, DEL, C1, and what cannot be written in UTF-8.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029]")


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
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", _PRODID)
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", invite.method)
    calendar.add_component(_event(invite))
    content: bytes = calendar.to_ical()
    return content


class _Text(vText):
    """TEXT as RFC 5545 §3.3.11 wants it. The library takes a backslash before N for a line end, so `C:\\New` breaks."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()


def _event(invite: Invite) -> Event:
    event = Event()
    event.add("UID", _line(invite.uid))
    event.add("DTSTAMP", _utc(invite.dtstamp))
    event.add("DTSTART", _utc(invite.start))
    event.add("DTEND", _utc(invite.end))
    event.add("SEQUENCE", invite.sequence)
    event["SUMMARY"] = _Text(_line(invite.summary))
    event["DESCRIPTION"] = _Text(_lines(invite.description))
    if place := invite.join_url or invite.location:
        event["LOCATION"] = _Text(_line(place))
    if invite.join_url:
        event.add("CONFERENCE", _conference(invite.join_url, invite.summary))
    event.add("URL", _uri(invite.manage_url))
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
    return vCalAddress(_mailto(organizer.address), params=_cn(organizer.name))


def _attendee(attendee: Attendee, method: Method) -> vCalAddress:
    params = {"CUTYPE": "INDIVIDUAL", "ROLE": attendee.role, "PARTSTAT": attendee.partstat}
    if method == "REQUEST":
        # Without it some clients show no buttons.
        params["RSVP"] = "TRUE"
    return vCalAddress(_mailto(attendee.address), params=params | _cn(attendee.name))


def _conference(url: str, label: str) -> vUri:
    feature = "PHONE" if url.startswith("tel:") else "VIDEO"
    return vUri(_uri(url), params={"VALUE": "URI", "FEATURE": feature, "LABEL": _parameter(label)})


def _tell_outlook(event: Event, method: Method) -> None:
    """What Exchange shows the time as, now and once it is accepted ([MS-OXCICAL] §2.1.3.1.1.20)."""
    if method == "DECLINECOUNTER":
        return
    cancelled = method == "CANCEL"
    event.add("X-MICROSOFT-CDO-BUSYSTATUS", "FREE" if cancelled else "BUSY")
    if not cancelled:
        event.add("X-MICROSOFT-CDO-INTENDEDSTATUS", "BUSY")


def _cn(name: str) -> dict[str, str]:
    clean = _parameter(name)
    return {"CN": clean} if clean else {}


def _parameter(text: str) -> str:
    """Text for a parameter, which knows no escapes of its own.

    A double quote cannot stand in one and few read RFC 6868's way to write it; a backslash at its end is taken by some
    readers as hiding the colon or quote that follows.
    """
    return _line(text).replace('"', "'").replace("\\", "/")


def _mailto(address: str) -> str:
    return f"mailto:{_uri(address)}"


def _uri(text: str) -> str:
    if not text or not text.isprintable() or " " in text:
        raise ValueError(f"{text!r} cannot stand in an invitation as it is")
    return text


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an invitation's times are aware")
    return at.astimezone(UTC).replace(microsecond=0)


def _lines(text: str) -> str:
    return _UNWRITABLE.sub("", _LINE_ENDS.sub("\n", text))


def _line(text: str) -> str:
    return " ".join(_lines(text).split())
