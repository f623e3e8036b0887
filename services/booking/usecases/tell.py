"""Letting people and services know of a call: two invitations and an event, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.booking.models import Ask, Call, Guest, Message, Proposal
from services.booking.usecases.availability import Offer
from shared.addresses import person_key
from shared.events import CallCancelled, CallEvent, CallMissed, CallRescheduled, Person
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
    """Mail both sides the call as it stands and publish the event."""
    session.flush()
    if event is CallMissed:
        publish(session, event(**head_of_call(call, offer), occurred_at=now))
        return
    kind = {CallRescheduled: "call_moved", CallCancelled: "call_cancelled"}.get(event, "call_booked")
    context = {"previous_start": (more or {}).get("previous_start", call.starts_at).isoformat()}
    _mail(session, call, kind, to="prospect", address=(call.email, call.name), context=context, now=now)
    advisor = offer.advisor
    _mail(session, call, kind, to="advisor", address=(advisor.email, advisor.name), context=context, now=now)
    publish(session, event(**head_of_call(call, offer), **(more or {}), occurred_at=now))


def tell_of_guests(
    session: Session,
    call: Call,
    offer: Offer,  # noqa: ARG001 - one shape with `tell_of_call`
    *,
    added: Sequence[Guest],
    removed: Sequence[Guest],
    now: datetime,
) -> None:
    """Invite the added guests, tell the removed ones, and everybody else that the round has changed."""
    for guest in (*added, *removed):
        kind = "call_cancelled" if guest in removed else "call_booked"
        _mail(session, call, kind, to=f"guest:{guest.id}", address=(guest.email, guest.name), context={}, now=now)


def tell_late(session: Session, call: Call, *, minutes: int, by: str, now: datetime) -> None:
    """Tell the other side at once."""
    _note(session, f"late:{call.id}:{by}:{minutes}", "call_late", call, now=now)


def tell_proposed(session: Session, proposal: Proposal, *, now: datetime) -> None:
    """Send the proposed times to who chooses among them."""
    row = session.get_one(Call, proposal.call_id) if proposal.call_id else session.get_one(Ask, proposal.ask_id)
    _note(session, f"proposal:{proposal.id}", "times_proposed", row, now=now)


def tell_counter_refused(session: Session, proposal: Proposal, *, now: datetime) -> None:
    """Tell the proposer that it stays as it is (DECLINECOUNTER)."""
    call = session.get_one(Call, proposal.call_id)
    _note(session, f"counter:{proposal.id}", "counter_refused", call, now=now)


def _note(session: Session, key: str, kind: str, row: Call | Ask, *, now: datetime) -> None:
    wanted = Wanted(
        dedupe_key=key,
        kind=kind,
        mail_class=MailClass.TRANSACTIONAL,
        recipient=row.email,
        recipient_name=row.name,
        person=row.person,
        subject_id=row.id,
        due=now,
        ordering_key=key,
    )
    enqueue(session, Message, wanted, now=now)


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
        dedupe_key=f"call:{call.id}:{call.sequence}:{to}",
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
