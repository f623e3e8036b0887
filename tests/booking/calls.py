"""Calls for tests: booked by the use case, then put into the state or the call type a test is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.booking.domain.states import CallState
from services.booking.models import Call
from services.booking.usecases.ask import ask_by_contact, ask_for_mentorship
from services.booking.usecases.book import book_call
from services.booking.usecases.replies import take_calendar_reply
from shared.events import CalendarReplyReceived
from shared.inbox import publish
from tests.builders import a_booking, a_question, a_visitor, a_wish_for_mentorship
from tests.installation import START, Installation

TEN = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
"""A Tuesday, ten o'clock in Berlin: free, and 25 hours after tests begin."""
ELEVEN, TWELVE = TEN + timedelta(hours=1), TEN + timedelta(hours=2)
NIGHT = TEN.replace(hour=22)
"""Outside all hours."""


def booked(house: Installation, start: datetime = TEN, **changes: Any) -> Call:
    """Ana's intro call."""
    with house.booking.sessions.begin() as session:
        return book_call(session, a_booking(start, **changes), uid_domain="firstcall.test", now=house.clock.now())


def by_ben(house: Installation, start: datetime) -> Call:
    """Somebody else's call, in the way."""
    return booked(house, start, visitor=a_visitor("Ben", "ben@reader.test"))


def in_state(house: Installation, state: CallState, start: datetime = TEN) -> Call:
    """Ana's call, as if it had come to this state."""
    call = booked(house, start)
    house.run("UPDATE booking.call SET state = :state WHERE id = :id", state=state, id=call.id)
    return call


def of_type(house: Installation, **changes: Any) -> None:
    """Change all call types."""
    values = ", ".join(f"{column} = :{column}" for column in changes)
    house.run(f"UPDATE booking.call_type SET {values}", **changes)


def row(house: Installation, call: Call, columns: str) -> Any:
    """Some columns of a call as they are stored."""
    [found] = house.rows(f"SELECT {columns} FROM booking.call WHERE id = :id", id=call.id)
    return tuple(found) if len(found) > 1 else found[0]


def events(house: Installation, name: str) -> list[dict[str, Any]]:
    """What was told outward of one kind, oldest first."""
    query = "SELECT payload FROM webhooks.inbox WHERE name = :name ORDER BY id"
    return [payload for (payload,) in house.rows(query, name=f"booking.{name}.v1")]


def mailed(house: Installation, call_or_ask: UUID) -> list[tuple[str, str]]:
    """The mails about one call or ask, as (kind, recipient), in the order in which they were wanted."""
    query = "SELECT kind, recipient FROM booking.message WHERE subject_id = :id ORDER BY id"
    return [tuple(found) for found in house.rows(query, id=call_or_ask)]


def asked(house: Installation, **changes: Any) -> UUID:
    """Ana's question by the contact form."""
    with house.booking.sessions.begin() as session:
        return ask_by_contact(session, a_question(**changes), now=house.clock.now()).id


def wished(house: Installation) -> UUID:
    """Ana's wish for one session."""
    with house.booking.sessions.begin() as session:
        return ask_for_mentorship(session, a_wish_for_mentorship(), now=house.clock.now()).id


def answers(house: Installation, call: Call, attendee: str, partstat: str, comment: str = "") -> None:
    """The answer of a calendar to the invitation as it stands takes effect."""
    [(sequence,)] = house.rows("SELECT sequence FROM booking.call WHERE id = :id", id=call.id)
    event = CalendarReplyReceived(
        subject=uuid4(),
        revision=0,
        occurred_at=house.clock.now(),
        uid=call.uid,
        method="REPLY",
        sequence=sequence,
        dtstamp=house.clock.now(),
        attendee=attendee,
        sender=attendee,
        authenticated=True,
        partstat=partstat,
        comment=comment,
    )
    with house.booking.sessions.begin() as session:
        take_calendar_reply(session, event, house.clock.now())


def reply_arrives(house: Installation, partstat: str, who: str, **changes: Any) -> None:
    """An answer of a calendar arrives as webhooks passes it on, and is handled; `uid` and `sequence` say of what."""
    values: dict[str, Any] = {
        "subject": uuid4(),
        "revision": 0,
        "occurred_at": house.clock.now(),
        "method": "REPLY",
        "attendee": who,
        "partstat": partstat,
        "dtstamp": START + timedelta(minutes=1),
        "sender": who,
        "authenticated": True,
    }
    with house.webhooks.sessions.begin() as session:
        publish(session, CalendarReplyReceived(**(values | changes)))
    house.work()
    assert house.rows("SELECT error FROM booking.inbox WHERE handled_at IS NULL") == []
