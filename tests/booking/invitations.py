"""Invitations as calendars are strict about them: what left, held against RFC 5545, 5546 and 6047."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from icalendar import Calendar

from services.booking.models import Call
from tests.installation import Installation
from tests.letters import ics_of, parsed, text_of, to

NORA, ANA = "nora@advisor.test", "ana@reader.test"
# What stands only in the advisor's copies: Ana's words.
BRIEFING = "A yes or a no"


@dataclass(frozen=True)
class Sent:
    """One mail: to whom, with which method and sequence; both None when it carries no calendar object."""

    to: str
    method: str | None
    sequence: int | None


def sent(mail: EmailMessage) -> Sent:
    """The mail in short."""
    if not has_calendar(mail):
        return Sent(to(mail), None, None)
    calendar = Calendar.from_ical(ics_of(mail))
    return Sent(to(mail), str(calendar["METHOD"]), int(event_of(mail)["SEQUENCE"]))


def story(house: Installation, *, since: int = 0) -> list[tuple[str, str | None, int | None]]:
    """All mails that left, in short and in order of sequence and recipient."""
    shorts = [sent(parsed(mail)) for mail in house.mails()[since:]]
    return sorted(
        ((one.to, one.method, one.sequence) for one in shorts), key=lambda one: (one[2] or 0, one[0], one[1] or "")
    )


def flat(mail: EmailMessage) -> str:
    """Its text in one line."""
    return " ".join(text_of(mail).split())


def has_calendar(mail: EmailMessage) -> bool:
    """Whether the mail is an invitation or another message to calendars."""
    return any(part.get_content_type() == "text/calendar" for part in mail.walk())


def event_of(mail: EmailMessage) -> Any:
    """Its one VEVENT."""
    [event] = Calendar.from_ical(ics_of(mail)).walk("VEVENT")
    return event


def attendees(event: Any) -> list[str]:
    """The bare addresses of its attendees."""
    found = event.get("ATTENDEE", [])
    return [str(one).removeprefix("mailto:") for one in (found if isinstance(found, list) else [found])]


def partstats(event: Any) -> dict[str, str]:
    """What each attendee is said to have answered."""
    found = event["ATTENDEE"]
    every = found if isinstance(found, list) else [found]
    return {str(one).removeprefix("mailto:"): one.params["PARTSTAT"] for one in every}


def conforms(mail: EmailMessage, call: Call, *, organizer: str = "bookings@firstcall.test") -> None:
    """Hold a mail to the rules of calendar mail, as far as one mail can show them."""
    # One message for each who is told: nobody reads who else is, and a provider's news is about one person.
    assert [one.addr_spec for one in mail["To"].addresses] == [to(mail)]
    assert (mail["Cc"], mail["Bcc"]) == (None, None)
    _secrets_stay(mail, call)
    if not has_calendar(mail):
        return
    content = ics_of(mail)
    _shape(mail, content)
    _text(content)
    calendar, event = Calendar.from_ical(content), event_of(mail)
    method = str(calendar["METHOD"])
    assert event["UID"] == call.uid
    assert str(event["ORGANIZER"]) == f"mailto:{organizer}"
    assert _bare(mail["Reply-To"])
    if method == "PUBLISH" or to(mail) == organizer:
        assert "ATTENDEE" not in event
    else:
        assert to(mail).lower() in [one.lower() for one in attendees(event)]
        assert _bare(mail["From"]) == organizer
    assert event.get("STATUS") in _STATUS[method]
    assert event["DTSTAMP"].dt.utcoffset().total_seconds() == 0
    assert not any(name.startswith("SCHEDULE-") or name == "BEGIN:VALARM" for name in event)
    assert (b"RSVP=TRUE" in content.replace(b"\r\n ", b"")) == (method == "REQUEST")


# An absent STATUS uninvites one attendee; for the others see the tables of RFC 5546 §3.2.
_STATUS = {
    "REQUEST": ("CONFIRMED",),
    "PUBLISH": ("CONFIRMED",),
    "CANCEL": ("CANCELLED", None),
    "DECLINECOUNTER": (None,),
}


def _shape(mail: EmailMessage, content: bytes) -> None:
    """RFC 6047 §2.4: the calendar last in the alternative, its method in the header, the same bytes attached."""
    assert mail.get_content_type() == "multipart/mixed"
    alternative, attached = list(mail.iter_parts())
    assert [part.get_content_type() for part in alternative.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    calendar = list(alternative.iter_parts())[-1]
    assert calendar["Content-Disposition"] is None
    assert calendar["Content-Transfer-Encoding"] == "base64"
    params = calendar["Content-Type"].params
    assert params["charset"].upper() == "UTF-8"
    assert f"METHOD:{params['method']}\r\n".encode() in content
    assert attached.get_content_type() == "application/ics"
    assert attached.get_payload(decode=True) == content


def _text(content: bytes) -> None:
    """RFC 5545 §3.1: CRLF, at most 75 octets, no blank line, METHOD once and before the event."""
    lines = content.removesuffix(b"\r\n").split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert all(0 < len(line) <= 75 for line in lines)
    assert content.count(b"METHOD:") == 1
    assert content.index(b"METHOD:") < content.index(b"BEGIN:VEVENT")


def _secrets_stay(mail: EmailMessage, call: Call) -> None:
    """The prospect's link is for the prospect, their words for the advisor; nobody else reads either."""
    shown = "".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")
    if has_calendar(mail):
        shown += ics_of(mail).replace(b"\r\n ", b"").decode()
    if to(mail) != ANA:
        assert call.token not in shown
    if to(mail) != ANA and not to(mail).startswith("nora@"):
        assert BRIEFING not in shown
    if to(mail) == ANA and has_calendar(mail):
        assert BRIEFING not in shown


def _bare(header: Any) -> str:
    [address] = header.addresses
    return str(address.addr_spec)
