"""The rows of mails about a call: who is written to, in which order, and what makes two of them the same mail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking.models import Advisor, Ask, Call, GroupCall, Guest, Message
from shared.addresses import person_key
from shared.mail.enqueue import Wanted, enqueue_all
from shared.mail.row import MailClass


@dataclass(frozen=True)
class Addressee:
    """One of those who are written to. `to` is `prospect`, `advisor`, or `guest:` and the guest's id."""

    to: str
    email: str
    name: str


def prospect_of(row: Call | Ask) -> Addressee:
    """Who booked or asked."""
    return Addressee("prospect", row.email, row.name)


def the_advisor(advisor: Advisor) -> Addressee:
    """The one who is booked."""
    return Addressee("advisor", advisor.email, advisor.name)


def guest_as(guest: Guest) -> Addressee:
    """Somebody whom the prospect invited, or has uninvited."""
    return Addressee(f"guest:{guest.id}", guest.email, guest.name)


@dataclass(frozen=True)
class Mail:
    """One mail about a call's present revision. `mark` tells apart those of one kind; `due` is now unless given."""

    kind: str
    whom: Addressee
    due: datetime | None = None
    mark: str = ""
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Seat:
    """What became of a seat in a group call: `took`, `cancelled`, `declined`, `left` or `came`, and whose wish it was.

    `elsewhere` is the time it moved to or came from. Read again by `render.call`; whose seat it is, is read there.
    """

    call: Call
    did: str
    by: str = ""
    elsewhere: datetime | None = None

    def told(self) -> dict[str, Any]:
        """As a mail's context."""
        elsewhere = {"elsewhere": self.elsewhere.isoformat()} if self.elsewhere else {}
        facts = {"seat": str(self.call.id), "revision": self.call.revision, "did": self.did, "by": self.by}
        # Who did it themselves has heard of it.
        return facts | elsewhere | ({"knows": True} if self.by == "advisor" else {})


def want(session: Session, call: Call, mails: Iterable[Mail], *, now: datetime) -> None:
    """Enqueue mails about a call as it stands. A later revision replaces those that have not left by then."""
    enqueue_all(session, Message, [_of_call(call, mail, now=now) for mail in mails], now=now)


def want_of_group(session: Session, group_id: UUID, advisor: Advisor, seat: Seat, *, now: datetime) -> None:
    """Enqueue the advisor's one entry of a group call as it stands, after something became of this seat."""
    group = session.get_one(GroupCall, group_id, populate_existing=True)
    key = f"group:{group.id}:advisor"
    mail = _wanted("group_call", the_advisor(advisor), group.id, key=f"{key}:{group.sequence}", due=now)
    order = {"ordering_key": key, "revision": group.sequence, "context": {**mail["context"], **seat.told()}}
    enqueue_all(session, Message, [Wanted(**{**mail, **order})], now=now)


def want_once(session: Session, key: str, mail: Mail, subject: UUID, *, now: datetime) -> None:
    """Enqueue a mail that stands for itself: none replaces another, and asking twice for it is asking once."""
    row = _wanted(mail.kind, mail.whom, subject, key=key, due=now)
    context = {**row["context"], **mail.context}
    enqueue_all(session, Message, [Wanted(**{**row, "context": context})], now=now)


def _of_call(call: Call, mail: Mail, *, now: datetime) -> Wanted:
    to = mail.whom.to
    key = f"call:{call.id}:{call.revision}:{mail.kind}:{to}{mail.mark}"
    row = _wanted(mail.kind, mail.whom, call.id, key=key, due=mail.due or now)
    order = {"ordering_key": f"call:{call.id}:{to}", "revision": call.revision}
    # The calendar's count: what has the right one is still true, whatever else has changed about the call.
    context = {**row["context"], "sequence": call.sequence, **mail.context}
    return Wanted(**{**row, **order, "context": context})


def _wanted(kind: str, whom: Addressee, subject: UUID, *, key: str, due: datetime) -> dict[str, Any]:
    return {
        "dedupe_key": key,
        "kind": kind,
        "mail_class": MailClass.TRANSACTIONAL,
        "recipient": whom.email,
        "recipient_name": whom.name,
        "person": person_key(whom.email),
        "subject_id": subject,
        "due": due,
        "ordering_key": key,
        "context": {"to": whom.to},
    }
