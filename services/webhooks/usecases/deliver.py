"""Outward: every public event becomes one delivery per endpoint that asked for it, made at least once.

The three steps of `shared.drain`. A delivery that a worker took and died with is simply taken again after its lease;
receivers tell repeats by `webhook-id`, which is the event's id (Standard Webhooks).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from cryptography.fernet import InvalidToken, MultiFernet
from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.webhooks.domain.deliveries import Attempt as AttemptShown
from services.webhooks.domain.deliveries import Outcome, OutgoingDelivery
from services.webhooks.domain.retries import Fate, decide
from services.webhooks.models import Attempt, Delivery, Endpoint
from services.webhooks.usecases.endpoints import INSIDE
from shared.clock import machine_now
from shared.doorbell import wake
from shared.events import Event
from shared.settings import Timings

BATCH = 40

# The gateway that makes one attempt.
DeliverOne = Callable[[OutgoingDelivery], AttemptShown]


@dataclass(frozen=True)
class Ticket:
    """A delivery in a worker's hands, and the claim that fences what is written about it."""

    delivery: UUID
    claim: UUID
    outgoing: OutgoingDelivery


def owe(session: Session, event: Event, now: datetime, event_uuid: UUID) -> None:  # noqa: ARG001 - a handler's shape
    """An event of another service was heard: owe it to every active endpoint that asked for it. Once."""
    if event.name in INSIDE:
        return
    asked_for = or_(func.cardinality(Endpoint.events) == 0, Endpoint.events.contains([event.name]))
    for endpoint in session.scalars(select(Endpoint).where(Endpoint.state == "active", asked_for)):
        values = {
            "endpoint_id": endpoint.id,
            "event_id": event_uuid,
            "event_name": event.name,
            "body": body_of(event),
            "due": machine_now(),
        }
        session.execute(insert(Delivery).values(**values).on_conflict_do_nothing())
    wake(session, "webhooks.deliver")


def body_of(event: Event) -> str:
    """The payload as Standard Webhooks has it: `{"type", "timestamp", "data"}`."""
    data = event.model_dump(mode="json")
    timestamp = event.occurred_at.isoformat().replace("+00:00", "Z")
    return json.dumps({"type": event.name, "timestamp": timestamp, "data": data}, ensure_ascii=False)


def claim(session: Session, *, timings: Timings, cipher: MultiFernet) -> Sequence[Ticket]:
    """Lease a batch of deliveries whose time has come. The attempt is counted here, so a crash counts too."""
    machine, claim_id = machine_now(), uuid4()
    due = (
        select(Delivery, Endpoint)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .where(Delivery.state == "owed", Delivery.due <= machine, Endpoint.state == "active")
        .where(or_(Delivery.lease_until.is_(None), Delivery.lease_until <= machine))
        .order_by(Delivery.due)
        .limit(BATCH)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    tickets = []
    for delivery, endpoint in session.execute(due):
        delivery.attempts += 1
        if (secret := _secret_of(endpoint, cipher)) is None:
            _settle(session, delivery, _UNREADABLE, machine)
            continue
        delivery.claim_id, delivery.lease_until = claim_id, machine + timedelta(seconds=timings.delivery_lease)
        outgoing = OutgoingDelivery(
            id=str(delivery.event_id),
            url=endpoint.url,
            secrets=(secret,),
            body=delivery.body.encode(),
            at=machine,
            deadline_s=timings.delivery_deadline,
        )
        tickets.append(Ticket(delivery.id, claim_id, outgoing))
    return tickets


def begin(session: Session, tickets: Sequence[Ticket], *, timings: Timings) -> Sequence[Ticket]:
    """Those that are still ours, with the lease begun anew: the group before this one may have taken its time."""
    machine = machine_now()
    ids = {ticket.delivery: ticket for ticket in tickets}
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.id.in_(ids), Delivery.state == "owed", Delivery.claim_id == tickets[0].claim)
        .with_for_update()
    )
    ours = []
    for row in rows:
        row.lease_until = machine + timedelta(seconds=timings.delivery_lease)
        ours.append(ids[row.id])
    return ours


def act(send: DeliverOne, tickets: Sequence[Ticket]) -> Iterable[tuple[Ticket, AttemptShown]]:
    """Make the attempts of a group at once, so that one silent endpoint holds up no other."""
    with ThreadPoolExecutor(max(len(tickets), 1)) as pool:
        yield from zip(tickets, pool.map(lambda ticket: send(ticket.outgoing), tickets), strict=True)


def record(session: Session, ticket: Ticket, shown: AttemptShown) -> None:
    """Write what an attempt showed and what follows from it."""
    machine = machine_now()
    row = session.scalar(
        select(Delivery)
        .where(Delivery.id == ticket.delivery, Delivery.claim_id == ticket.claim, Delivery.state == "owed")
        .with_for_update()
    )
    if row is not None:
        _settle(session, row, shown, machine)


# Tried again by the same schedule as everything else: naming the old key mends it.
_UNREADABLE = AttemptShown(
    Outcome.NOT_SENT, reason="its secret cannot be read: SECRET_KEY was changed and SECRET_KEY_OLD does not name it"
)


def _secret_of(endpoint: Endpoint, cipher: MultiFernet) -> str | None:
    """The endpoint's secret; None when it was encrypted with a key that is not known any more."""
    try:
        return cipher.decrypt(endpoint.secret.encode()).decode()
    except InvalidToken:
        return None


def _settle(session: Session, row: Delivery, shown: AttemptShown, machine: datetime) -> None:
    session.add(_attempt(row, shown, machine))
    verdict = decide(shown, number=row.attempts, jitter=random.random(), now=machine)  # noqa: S311 - spreading, not hiding
    row.lease_until, row.claim_id = None, None
    match verdict.fate:
        case Fate.DELIVERED:
            row.state, row.settled_at = "delivered", machine
        case Fate.AGAIN:
            row.due = machine + timedelta(seconds=verdict.wait_s or 0)
        case Fate.FAILED:
            row.state, row.settled_at = "failed", machine
        case Fate.GONE:
            row.state, row.settled_at = "failed", machine
            endpoint = session.get_one(Endpoint, row.endpoint_id)
            endpoint.state, endpoint.disabled_reason = "disabled", "the endpoint answered 410 Gone"


def _attempt(row: Delivery, shown: AttemptShown, machine: datetime) -> Attempt:
    return Attempt(
        delivery_id=row.id,
        number=row.attempts,
        at=machine,
        outcome=shown.outcome.value,
        status=shown.status,
        reason=shown.reason,
        answer=shown.body,
        duration_ms=shown.duration_ms,
    )
