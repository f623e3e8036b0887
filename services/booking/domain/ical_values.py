"""The pieces that every iCalendar object of ours is made of: text, addresses and instants that no reader misreads.

By RFC 5545 §3.2 (parameters) and §3.3 (values). Which properties an object has, and why, is the business of the
modules that write one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from icalendar import Calendar, vText

PRODID = "-//Firstcall//Booking//EN"
# C0 but for the tab and the line feed, DEL, C1, and what cannot be written in UTF-8.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029]")


def new_calendar(method: str = "") -> Calendar:
    """An empty calendar object. What is stored on a CalDAV server has no METHOD (RFC 4791 §4.1)."""
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODID)
    calendar.add("CALSCALE", "GREGORIAN")
    if method:
        calendar.add("METHOD", method)
    return calendar


class Text(vText):
    """TEXT as RFC 5545 §3.3.11 wants it. The library takes a backslash before N for a line end, so `C:\\New` breaks."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()


def cn(name: str) -> dict[str, str]:
    """The parameter that names a person, if they have a name."""
    clean = parameter(name)
    return {"CN": clean} if clean else {}


def parameter(text: str) -> str:
    """Text for a parameter, which knows no escapes of its own.

    A double quote cannot stand in one and few read RFC 6868's way to write it; a backslash at its end is taken by some
    readers as hiding the colon or quote that follows.
    """
    return line(text).replace('"', "'").replace("\\", "/")


def mailto(address: str) -> str:
    """The address as a URI. Raises as `uri`."""
    return f"mailto:{uri(address)}"


def uri(text: str) -> str:
    """The text, if it can stand in an object as it is. Raises `ValueError` for white space and control characters."""
    if not text or not text.isprintable() or " " in text:
        raise ValueError(f"{text!r} cannot stand in an invitation as it is")
    return text


def utc(at: datetime) -> datetime:
    """The instant in UTC, to the second. Raises `ValueError` for a naive time."""
    if at.tzinfo is None:
        raise ValueError("an invitation's times are aware")
    return at.astimezone(UTC).replace(microsecond=0)


def line(text: str) -> str:
    """The text on one line, each white space one blank."""
    return " ".join(lines(text).split())


def lines(text: str) -> str:
    """The text without what cannot be written, its line ends as `\\n`."""
    return _UNWRITABLE.sub("", _LINE_ENDS.sub("\n", text))
