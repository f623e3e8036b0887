"""An invitation is what calendars can read, whatever people are called (RFC 5545, 5546, 6047)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from services.booking.domain.invites import Attendee, Invite, Organizer, invite_ics

INVITE = Invite(
    method="REQUEST",
    uid="8d0f4c1e-0b5e-4d0a-9f39-3a8f2f1f6a11@calls.example.org",
    sequence=0,
    dtstamp=datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC),
    start=datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
    end=datetime(2026, 12, 1, 9, 30, tzinfo=UTC),
    summary="Discovery call: Ana Lima and Ada Advisor",
    location="",
    join_url="https://meet.example.org/ada",
    description="You leave with a yes, a no, or a better question.\nMove or cancel: https://calls.example.org/call/k3J9",
    manage_url="https://calls.example.org/call/k3J9",
    organizer=Organizer("Ada Advisor (Example)", "bookings@example.org"),
    attendees=(Attendee("Ana Lima", "ana@example.org"), Attendee("Ada Advisor", "ada@example.org")),
)
REQUEST = r"""
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Firstcall//Booking//EN
CALSCALE:GREGORIAN
METHOD:REQUEST
BEGIN:VEVENT
SUMMARY:Discovery call: Ana Lima and Ada Advisor
DTSTART:20261201T090000Z
DTEND:20261201T093000Z
DTSTAMP:20261123T080005Z
UID:8d0f4c1e-0b5e-4d0a-9f39-3a8f2f1f6a11@calls.example.org
SEQUENCE:0
ATTENDEE;CN="Ana Lima";CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:ana@example.org
ATTENDEE;CN="Ada Advisor";CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:ada@example.org
CLASS:PRIVATE
CONFERENCE;FEATURE=VIDEO;LABEL="Discovery call: Ana Lima and Ada Advisor";VALUE=URI:https://meet.example.org/ada
DESCRIPTION:You leave with a yes\, a no\, or a better question.\nMove or cancel: https://calls.example.org/call/k3J9
LOCATION:https://meet.example.org/ada
ORGANIZER;CN="Ada Advisor (Example)":mailto:bookings@example.org
STATUS:CONFIRMED
TRANSP:OPAQUE
URL:https://calls.example.org/call/k3J9
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
END:VEVENT
END:VCALENDAR
"""
hostile = st.text() | st.sampled_from(
    [
        '";:,\r\nATTENDEE:mailto:evil@example.org',
        "x\r\nMETHOD:CANCEL\r\n",
        "x\nEND:VEVENT\nBEGIN:VALARM",
        'Ann "Ace" Lee',
        "^n^'^^ \\n \\N C:\\New\\name; a, b",
        "NUL\x00 DEL\x7f BEL\x07 NEL\x85 LS\u2028 PS\u2029 \ud800 end",
        "👩‍👩‍👧‍👦" * 30,
        "\u202eevil\u202c שלום عربى",
        "é" * 200,
        "\\" * 200,
    ]
)


def test_a_request_says_what_rfc_5546_wants_and_nothing_else() -> None:
    assert unfolded(invite_ics(INVITE)) == REQUEST.strip().splitlines()


def test_a_cancellation_is_of_the_same_call_and_asks_nobody_to_answer() -> None:
    lines = unfolded(invite_ics(replace(INVITE, method="CANCEL", sequence=3)))
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:3", f"UID:{INVITE.uid}"} <= set(lines)
    assert sum(line.startswith("ATTENDEE") for line in lines) == 2
    assert not [line for line in lines if "RSVP" in line or "VALARM" in line or line.startswith("METHOD:REQUEST")]


def test_a_call_by_phone_has_its_place_and_no_conference() -> None:
    lines = unfolded(invite_ics(replace(INVITE, join_url="", location="Ada calls +49 30 1234567")))
    assert "LOCATION:Ada calls +49 30 1234567" in lines
    assert not [line for line in lines if line.startswith("CONFERENCE")]
    assert not [line for line in unfolded(invite_ics(replace(INVITE, join_url=""))) if line.startswith("LOCATION")]


def test_what_has_nothing_to_describe_has_no_description() -> None:
    assert not [line for line in unfolded(invite_ics(replace(INVITE, description=""))) if "DESCRIPTION" in line]


def test_a_phone_link_is_a_conference_by_phone() -> None:
    lines = unfolded(invite_ics(replace(INVITE, join_url="tel:+49301234567")))
    assert [line for line in lines if line.startswith("CONFERENCE;FEATURE=PHONE;")]


def test_times_are_utc_whatever_zone_they_come_in() -> None:
    start = INVITE.start.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert invite_ics(replace(INVITE, start=start)) == invite_ics(INVITE)


def test_equal_invitations_are_equal_bytes() -> None:
    assert invite_ics(replace(INVITE)) == invite_ics(INVITE)
    assert invite_ics(replace(INVITE, sequence=1)) != invite_ics(INVITE)


def test_an_address_or_link_that_would_break_the_object_is_an_error() -> None:
    for address in ("ana@example.org\r\nX:y", "a b@example.org", "", "ana@example.org\x00"):
        with pytest.raises(ValueError, match="cannot stand in an invitation"):
            invite_ics(replace(INVITE, attendees=(Attendee("Ana", address),)))
    with pytest.raises(ValueError, match="cannot stand in an invitation"):
        invite_ics(replace(INVITE, manage_url="https://calls.example.org/\r\nX:y"))
    with pytest.raises(ValueError, match="aware"):
        invite_ics(replace(INVITE, start=INVITE.start.replace(tzinfo=None)))


def test_a_backslash_before_a_capital_n_is_no_line_end() -> None:
    assert r"SUMMARY:C:\\New" in unfolded(invite_ics(replace(INVITE, summary=r"C:\New")))


@settings(deadline=None)
@given(hostile, hostile, hostile)
def test_no_name_breaks_a_line_or_adds_one(name: str, summary: str, description: str) -> None:
    content = invite_ics(hostile_invite(name, summary, description))
    assert content.endswith(b"\r\n")
    for line in content.removesuffix(b"\r\n").split(b"\r\n"):
        assert 0 < len(line) <= 75
        assert not re.search("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]", line.decode())
    plain = unfolded(invite_ics(hostile_invite("x", "y", "z" if description else "")))
    assert names(unfolded(content)) == names(plain)


@settings(deadline=None)
@given(hostile, hostile, hostile)
def test_a_calendar_reads_back_what_was_meant(name: str, summary: str, description: str) -> None:
    event: Any = Calendar.from_ical(invite_ics(hostile_invite(name, summary, description))).walk("VEVENT")[0]
    assert event["UID"] == INVITE.uid
    assert event["DTSTART"].dt == INVITE.start
    assert [str(attendee) for attendee in event["ATTENDEE"]] == ["mailto:ana@example.org", "mailto:ada@example.org"]
    assert str(event["ORGANIZER"]) == "mailto:bookings@example.org"
    for person in (event["ORGANIZER"], event["ATTENDEE"][0]):
        assert squeezed(person.params.get("CN", "")) == squeezed(name).replace('"', "'").replace("\\", "/")


@settings(deadline=None)
@given(st.text("\\nN;,: \nx", min_size=1, max_size=40))
def test_text_is_escaped_so_that_it_can_be_told_apart(description: str) -> None:
    (line,) = [
        line
        for line in unfolded(invite_ics(replace(INVITE, description=description)))
        if line.startswith("DESCRIPTION:")
    ]
    unescaped = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), line.removeprefix("DESCRIPTION:"))
    assert unescaped == description


def hostile_invite(name: str, summary: str, description: str) -> Invite:
    attendees = (replace(INVITE.attendees[0], name=name), INVITE.attendees[1])
    organizer = replace(INVITE.organizer, name=name)
    return replace(INVITE, organizer=organizer, attendees=attendees, summary=summary, description=description)


def unfolded(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def names(lines: list[str]) -> list[str]:
    """The property names in their order, without parameters and values."""
    return [re.split("[;:]", line, maxsplit=1)[0] for line in lines]


def squeezed(text: str) -> str:
    """A name without what cannot be written, each white space one blank."""
    return " ".join(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]", "", text).split())
