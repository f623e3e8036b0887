"""Mails for the tests of composing and sending: say only what the test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from shared.mail.outgoing import Accepted, Ambiguous, NotSent, Outgoing, Refused, Result, Transport

ICS = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"


def an_outgoing(mail_id: UUID | None = None, **changes: Any) -> Outgoing:
    """A letter without a calendar object."""
    made = mail_id or uuid4()
    values: dict[str, Any] = {
        "id": made,
        "service": "nurture",
        "attempt": 1,
        "message_id": f"<{made}@firstcall.test>",
        "sender": "letters@firstcall.test",
        "sender_name": "Nora Feld",
        "recipient": "ana@reader.test",
        "recipient_name": "Ana Lima",
        "reply_to": "nora@advisor.test",
        "subject": "Your question",
        "text": "One line.\n",
        "html": "<p>One line.</p>",
        "ics": None,
        "method": None,
        "headers": (),
        "date": datetime(2026, 12, 7, 8, 0, tzinfo=UTC),
        "boundary": f"firstcall-{made.hex}",
    }
    return Outgoing(**(values | changes))


def an_invitation(mail_id: UUID | None = None, **changes: Any) -> Outgoing:
    """A mail with a calendar object."""
    return an_outgoing(mail_id, **({"service": "booking", "ics": ICS, "method": "REQUEST"} | changes))


def sent(
    transport: Transport, *mails: Outgoing, deadline: float = 5.0, budget: float = 20.0
) -> dict[UUID, Accepted | NotSent | Refused | Ambiguous]:
    """What came of each mail, by its id."""
    results: dict[UUID, Result] = {}
    for mail, result in transport.send(mails, deadline=deadline, budget=budget):
        assert mail.id not in results, "one mail, one result"
        results[mail.id] = result
    return results


def sent_one(
    transport: Transport, mail: Outgoing, *, deadline: float = 5.0
) -> Accepted | NotSent | Refused | Ambiguous:
    """What came of one mail."""
    [result] = sent(transport, mail, deadline=deadline).values()
    return result
