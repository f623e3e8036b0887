"""Letting people and services know of a call: two invitations and an event, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.models import Ask, Call, Guest, Message, Proposal
from services.booking.usecases.availability import Offer, advisor_of
from services.booking.usecases.entries import want_entry
from shared.addresses import person_key
from shared.events import (
    CallCancelled,
    CallDeclined,
    CallEvent,
    CallMissed,
    CallRequested,
    CallRescheduled,
    Person,
)
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
    if event is CallMissed:
        publish(session, event(**head_of_call(call, offer), occurred_at=now))
        return
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


def tell_of_guests(
    session: Session,
    call: Call,
    offer: Offer,  # noqa: ARG001 - one shape with `tell_of_call`
    *,
    added: Sequence[Guest],
    removed: Sequence[Guest],
    now: datetime,
) -> None:
    """Send the invitation to those who were added, and its cancellation to those who were removed."""
    want_entry(session, call)
    for kind, guests in (("guest_invited", added), ("guest_removed", removed)):
        for guest in guests:
            to = (guest.email, guest.name)
            _note(session, f"call:{call.id}:{call.sequence}:guest:{guest.id}", kind, call.id, to=to, now=now)


def tell_late(session: Session, call: Call, *, minutes: int, by: str, now: datetime) -> None:
    """Tell the other side and the guests at once that somebody comes late; once a side, minutes and call."""
    advisor = advisor_of(session)
    guests = session.scalars(select(Guest).where(Guest.call_id == call.id, Guest.removed_at.is_(None)))
    other = (advisor.email, advisor.name) if by == "prospect" else (call.email, call.name)
    for to in (other, *((guest.email, guest.name) for guest in guests)):
        key = f"call:{call.id}:late:{by}:{minutes}:{person_key(to[0])}"
        _note(session, key, "call_late", call.id, to=to, context={"by": by, "minutes": minutes}, now=now)


def tell_proposed(session: Session, proposal: Proposal, *, now: datetime) -> None:
    """Send proposed times to who chooses: the advisor's to the prospect, a prospect's COUNTER to the advisor."""
    row = session.get_one(Call, proposal.call_id) if proposal.call_id else session.get_one(Ask, proposal.ask_id)
    advisor = advisor_of(session)
    to = (row.email, row.name) if proposal.made_by == "advisor" else (advisor.email, advisor.name)
    _note(session, f"proposal:{proposal.id}", f"times_by_{proposal.made_by}", proposal.id, to=to, now=now)


def tell_counter_refused(session: Session, proposal: Proposal, *, now: datetime) -> None:
    """Tell the prospect that the call stays where it is."""
    call = session.get_one(Call, proposal.call_id)
    key = f"proposal:{proposal.id}:refused"
    _note(session, key, "counter_refused", proposal.id, to=(call.email, call.name), now=now)


def _note(
    session: Session,
    key: str,
    kind: str,
    subject: UUID,
    *,
    to: tuple[str, str],
    now: datetime,
    context: dict[str, Any] | None = None,
) -> None:
    """A mail that stands for itself: none replaces another."""
    wanted = Wanted(
        dedupe_key=key,
        kind=kind,
        mail_class=MailClass.TRANSACTIONAL,
        recipient=to[0],
        recipient_name=to[1],
        person=person_key(to[0]),
        subject_id=subject,
        due=now,
        ordering_key=key,
        context=context or {},
    )
    enqueue(session, Message, wanted, now=now)


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
