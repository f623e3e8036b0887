"""Sending what is due: the claim, the point of no return, and what is written afterwards.

The three steps of `shared.drain` for mail, the same for every sender. A sender brings its tables, the SQL that says
why a mail is no longer wanted, and the function that renders one. `sweep` moves what a dead worker left behind.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, case, exists, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from shared.clock import machine_now
from shared.drain import drain
from shared.mail.body import Rendered, outgoing, store_body
from shared.mail.compose import compose
from shared.mail.outgoing import Accepted, Ambiguous, NotSent, Outgoing, Refused, Result, Transport
from shared.mail.row import BodyColumns, MailState, MessageColumns
from shared.service import Service

log = logging.getLogger(__name__)

BATCH = 100
# A day of pauses that double up to an hour: after that a person should know that the way out is shut.
MOST_ATTEMPTS = 30
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True)
class Sender:
    """What a service brings so that its mail is sent.

    `unwanted` is SQL over `message`: the reason why a row must not be sent any more, or NULL. It is asked at the
    claim and once more at the point of no return. `waits` is SQL that holds a row back for now. `render` makes the
    mail from the row and what the service knows now. `bounced` is told of an address that does not exist.
    """

    message: type[MessageColumns]
    body: type[BodyColumns]
    unwanted: ColumnElement[str | None]
    waits: ColumnElement[bool]
    render: Callable[[Session, MessageColumns, datetime], Rendered]
    bounced: Callable[[Session, MessageColumns, datetime], None]


@dataclass(frozen=True)
class Ticket:
    """A claimed mail in a worker's hands: the bytes to send and the claim that fences every later write."""

    claim: UUID
    mail: Outgoing


def send_due(service: Service, sender: Sender, transport: Transport) -> int:
    """Send every mail that is due. Returns how many left the process, whatever came of them."""
    timings = service.settings.timings
    # A group may take half its lease; a mail begun in that half ends before the lease does (Settings checks it).
    send = partial(transport.send, deadline=timings.mail_deadline, budget=timings.mail_lease / 2)
    return drain(
        service.sessions,
        claim=lambda session: claim(session, service, sender),
        begin=lambda session, tickets: begin(session, service, sender, tickets),
        act=lambda tickets: _act(send, tickets),
        record=lambda session, ticket, result: record(session, service, sender, ticket, result),
    )


def claim(session: Session, service: Service, sender: Sender) -> Sequence[Ticket]:
    """Lease a batch of due mails and render those that were never rendered; skip what is no longer wanted.

    An empty answer means that nothing can be claimed now; a batch in which all was skipped is followed by the next.
    """
    now, machine, message = service.clock.now(), machine_now(), sender.message
    claim_id = uuid4()
    lease = machine + timedelta(seconds=service.settings.timings.mail_lease)
    while rows := _take(session, sender, now=now, machine=machine, claim_id=claim_id, lease=lease):
        tickets = [
            ticket
            for row in session.scalars(select(message).where(message.id.in_(rows)).order_by(message.due, message.id))
            if row.state == MailState.CLAIMED and (ticket := _ticket(session, service, sender, row, now))
        ]
        if tickets:
            return tickets
    return ()


def _take(
    session: Session, sender: Sender, *, now: datetime, machine: datetime, claim_id: UUID, lease: datetime
) -> Sequence[UUID]:
    """The claim: one statement that finds, locks, checks and leases."""
    message = sender.message
    older = aliased(message)
    due = (
        select(message.id, sender.unwanted.label("reason"))
        .where(
            message.state == MailState.QUEUED,
            message.due <= now,
            or_(message.retry_at.is_(None), message.retry_at <= machine),
            ~sender.waits,
            # Nothing overtakes a mail of the same conversation that is leaving right now.
            ~exists().where(older.ordering_key == message.ordering_key, older.state == MailState.SENDING),
        )
        .order_by(message.due, message.id)
        .limit(BATCH)
        .with_for_update(of=message, skip_locked=True)
        .cte("due")
    )
    wanted = due.c.reason.is_(None)
    taken = (
        update(message)
        .where(message.id == due.c.id)
        .values(
            state=case((wanted, literal(MailState.CLAIMED.value)), else_=literal(MailState.SKIPPED.value)),
            skip_reason=due.c.reason,
            claim_id=claim_id,
            lease_until=lease,
        )
        .returning(message.id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(taken).scalars().all()


def _ticket(session: Session, service: Service, sender: Sender, row: MessageColumns, now: datetime) -> Ticket | None:
    """The mail of a claimed row. One that cannot be written is parked, so that it holds up nobody else."""
    if row.claim_id is None:
        raise RuntimeError("a claimed mail has no claim")
    try:
        with session.begin_nested():
            body = session.get(sender.body, row.id) or store_body(
                session, sender.body, row.id, sender.render(session, row, now), at=now
            )
            mail = outgoing(service, row, body)
            # Tried here and thrown away: in a transport it would take its whole group down with it.
            compose(mail)
    except Exception as error:
        log.exception("mail not written", extra={"mail": str(row.id), "kind": row.kind})
        row.state, row.error = MailState.PARKED, f"{type(error).__name__}: {error}"[:500]
        row.claim_id, row.lease_until = None, None
        return None
    return Ticket(row.claim_id, mail)


def begin(session: Session, service: Service, sender: Sender, tickets: Sequence[Ticket]) -> Sequence[Ticket]:
    """The point of no return: `claimed → sending`, only for rows that are still ours and still wanted."""
    message = sender.message
    ids = {ticket.mail.id: ticket for ticket in tickets}
    ours = and_(
        message.id.in_(ids),
        message.state == MailState.CLAIMED,
        message.claim_id == tickets[0].claim,
        sender.unwanted.is_(None),
        ~sender.waits,
    )
    leaving = (
        update(message)
        .where(ours)
        .values(
            state=MailState.SENDING,
            attempt=message.attempt + 1,
            lease_until=machine_now() + timedelta(seconds=service.settings.timings.mail_lease),
        )
        .returning(message.id)
        .execution_options(synchronize_session=False)
    )
    left = set(session.execute(leaving).scalars())
    _give_back(session, sender, [row for row in ids if row not in left], tickets[0].claim)
    return [ticket for ticket in tickets if ticket.mail.id in left]


def _give_back(session: Session, sender: Sender, ids: Sequence[UUID], claim_id: UUID) -> None:
    """What was stopped between claim and leaving: skipped with its reason, or queued again if it only waits."""
    message = sender.message
    back = (
        update(message)
        .where(message.id.in_(ids), message.state == MailState.CLAIMED, message.claim_id == claim_id)
        .values(
            state=case(
                (sender.unwanted.is_(None), literal(MailState.QUEUED.value)),
                else_=literal(MailState.SKIPPED.value),
            ),
            skip_reason=sender.unwanted,
            claim_id=None,
            lease_until=None,
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(back)


def _act(
    send: Callable[[Sequence[Outgoing]], Iterable[tuple[Outgoing, Result]]], tickets: Sequence[Ticket]
) -> Iterable[tuple[Ticket, Result]]:
    by_mail = {ticket.mail.id: ticket for ticket in tickets}
    for mail, result in send([ticket.mail for ticket in tickets]):
        yield by_mail[mail.id], result


def record(session: Session, service: Service, sender: Sender, ticket: Ticket, result: Result) -> None:
    """Write what came of one mail. Fenced by the claim; an answer that outlived its lease still settles `unknown`."""
    message = sender.message
    row = session.scalar(
        select(message)
        .where(message.id == ticket.mail.id, message.claim_id == ticket.claim)
        .where(message.state.in_([MailState.SENDING, MailState.UNKNOWN]))
        .with_for_update()
    )
    if row is None:
        return
    machine, now = machine_now(), service.clock.now()
    row.lease_until = None
    match result:
        case Accepted(provider_id):
            row.state, row.provider_id, row.accepted_at, row.error = MailState.ACCEPTED, provider_id, now, None
        case Refused(reason, bad_address):
            row.state, row.error = MailState.FAILED, reason
            if bad_address:
                sender.bounced(session, row, now)
        case Ambiguous(reason):
            row.state, row.error, row.unknown_since = MailState.UNKNOWN, reason, machine
        case NotSent(reason):
            _again_later(service, row, reason, machine)
    log.info("mail", extra={"mail": str(row.id), "kind": row.kind, "state": row.state, "attempt": row.attempt})


def _again_later(service: Service, row: MessageColumns, reason: str, machine: datetime) -> None:
    pause = timedelta(seconds=service.settings.timings.mail_backoff) * 2 ** min(row.attempt - 1, 20)
    row.error, row.claim_id = reason, None
    row.retry_at = machine + min(pause, LONGEST_PAUSE)
    row.state = MailState.QUEUED if row.attempt < MOST_ATTEMPTS else MailState.PARKED
