"""Letting people and services know of a call: two invitations and an event, in the transaction of the change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.booking.models import Call, Message
from services.booking.usecases.availability import Offer
from services.booking.usecases.entries import want_entry
from shared.addresses import person_key
from shared.events import CallCancelled, CallDeclined, CallEvent, CallRequested, CallRescheduled, Person
from shared.inbox import publish
from shared.mail.enqueue import Wanted, enqueue
from shared.mail.row import MailClass


def tell_of_call(
    session: Session,
    call: Call,
    offer: Offer,
    *,
    event: type[CallEvent],
    now: datetime,
    more: dict[str, Any] | None = None,
) -> None:
    """Mail both sides the call as it stands, want it so in the advisor's calendars, and publish the event."""
    session.flush()
    want_entry(session, call)
    kind = _KINDS.get(event, "call_booked")
    context = {"previous_start": (more or {}).get("previous_start", call.starts_at).isoformat()}
    _mail(session, call, kind, to="prospect", address=(call.email, call.name), context=context, now=now)
    advisor = offer.advisor
    _mail(session, call, kind, to="advisor", address=(advisor.email, advisor.name), context=context, now=now)
    publish(session, event(**head_of_call(call, offer), **(more or {}), occurred_at=now))


def tell_verify(session: Session, call: Call, *, now: datetime) -> None:
    """Ask the address whether it is theirs who booked."""
    session.flush()
    _mail(session, call, "address_to_verify", to="prospect", address=(call.email, call.name), context={}, now=now)


_KINDS: dict[type[CallEvent], str] = {
    CallRescheduled: "call_moved",
    CallCancelled: "call_cancelled",
    CallRequested: "call_requested",
    CallDeclined: "call_declined",
}


def person_of(row: Call) -> Person:
    """Who the call is with, as events say it."""
    return Person(key=row.person, email=row.email, name=row.name, zone=row.zone, locale=row.locale, company=row.company)


def head_of_call(call: Call, offer: Offer) -> dict[str, Any]:
    """What every event about this call says of it."""
    return {
        "subject": call.id,
        "revision": call.revision,
        "person": person_of(call),
        "uid": call.uid,
        "call_type": offer.call_type.slug,
        "call_type_name": offer.call_type.name,
        "start": call.starts_at,
        "end": call.ends_at,
        "ask": call.ask_id,
        "attribution": call.attribution,
    }


def _mail(
    session: Session,
    call: Call,
    kind: str,
    *,
    to: str,
    address: tuple[str, str],
    context: dict[str, str],
    now: datetime,
) -> None:
    mailbox, name = address
    wanted = Wanted(
        dedupe_key=f"call:{call.id}:{kind}:{call.sequence}:{to}",
        kind=kind,
        mail_class=MailClass.TRANSACTIONAL,
        recipient=mailbox,
        recipient_name=name,
        person=person_key(mailbox),
        subject_id=call.id,
        due=now,
        ordering_key=f"call:{call.id}:{to}",
        revision=call.sequence,
        context={"to": to, **context},
    )
    enqueue(session, Message, wanted, now=now)
