"""Events between services: `publish` writes into the listeners' inboxes, `handle` works one inbox off.

The inbox row is committed with the change it tells of, so there is nothing to relay and nothing to lose. A listener
handles a row inside the transaction of its effect. Attempts are counted before, in a transaction of their own, so an
event that kills its worker is counted too; after `MOST_ATTEMPTS` it is parked, shown, and retried by hand.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Index, Select, Text, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.clock import machine_now
from shared.db import Big, Instant, Json, RowId, Tables
from shared.doorbell import wake
from shared.erasure import ErasedColumns, erased_since
from shared.events import Event, known_events, named
from shared.logging import event_id
from shared.ready import Ready
from shared.security import suppression_hash
from shared.service import Service

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 6
BATCH = 100

E = TypeVar("E", bound=Event)
Handler = Callable[[Session, Event, datetime], None]


class InboxColumns(Tables):
    """The table `inbox` of a listener. Emitters may only INSERT here."""

    __abstract__ = True
    __tablename__ = "inbox"

    id: Mapped[RowId]
    name: Mapped[str] = mapped_column(Text)
    person: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[UUID]
    revision: Mapped[Big]
    occurred_at: Mapped[Instant]
    payload: Mapped[Json]
    received_at: Mapped[Instant] = mapped_column(server_default=text("now()"))
    attempts: Mapped[int] = mapped_column(server_default="0")
    retry_at: Mapped[Instant | None]
    handled_at: Mapped[Instant | None]
    parked_at: Mapped[Instant | None]
    error: Mapped[str | None] = mapped_column(Text)


def inbox_indexes(table: type[InboxColumns]) -> tuple[Index, Index, Index]:
    """What the two hot questions need (what waits, and does anything about this person wait), and retention."""
    waiting = table.handled_at.is_(None)
    return (
        Index("inbox_waiting_idx", table.received_at, postgresql_where=waiting),
        Index("inbox_waiting_person_idx", table.person, postgresql_where=waiting),
        Index("inbox_handled_idx", table.handled_at, postgresql_where=table.handled_at.is_not(None)),
    )


def publish(session: Session, event: Event) -> UUID:
    """Insert the event into each listener's inbox, in this transaction, and ring them after the commit.

    Returns the event's id, which is the same in every inbox and in every outward delivery.
    """
    row = {
        "name": event.name,
        "person": event.about,
        "subject": event.subject,
        "revision": event.revision,
        "occurred_at": event.occurred_at,
        "payload": event.model_dump_json(),
    }
    event_uuid: UUID
    [event_uuid] = _into(tuple(event.listeners)).scalars(session, **row)
    for listener in event.listeners:
        wake(session, f"{listener}.inbox")
    return event_uuid


@cache
def _into(listeners: tuple[str, ...]) -> Ready:
    """One statement for all inboxes. The emitter has no right to read what lies in them, so nothing is RETURNed."""
    inserts = "".join(f", in_{listener} AS ({_INSERT.format(listener=listener)})" for listener in listeners)
    return Ready(text(f"WITH event AS MATERIALIZED (SELECT uuidv7() AS id){inserts} SELECT id FROM event"))  # noqa: S608


_INSERT = (
    "INSERT INTO {listener}.inbox (id, name, person, subject, revision, occurred_at, payload)"
    " SELECT id, :name, :person, CAST(:subject AS uuid), CAST(:revision AS bigint),"
    " CAST(:occurred_at AS timestamptz), CAST(:payload AS jsonb) FROM event"
)


class Handlers:
    """Which function handles which event in one service. An event without a handler is noted as handled."""

    def __init__(self) -> None:
        self._by_name: dict[str, Handler] = {}
        self._all: Callable[[Session, Event, datetime, UUID], None] | None = None

    def on(self, kind: type[E], handler: Callable[[Session, E, datetime], None]) -> None:
        """Let `handler(session, event, now)` handle every event of `kind` and of its subclasses."""

        def handle(session: Session, event: Event, now: datetime) -> None:
            if not isinstance(event, kind):
                raise TypeError(f"{event.name} is not a {kind.__name__}")
            handler(session, event, now)

        for name, known in known_events().items():
            if issubclass(known, kind):
                self._by_name[name] = handle

    def on_all(self, handler: Callable[[Session, Event, datetime, UUID], None]) -> None:
        """Let `handler(session, event, now, event_id)` handle every event that reaches this service."""
        self._all = handler

    def handles(self, name: str) -> bool:
        """Whether an event of this name has a handler here."""
        return name in self._by_name or self._all is not None

    def call(self, session: Session, event: Event, now: datetime, event_uuid: UUID) -> None:
        """Let the event take effect in this transaction."""
        if handler := self._by_name.get(event.name):
            handler(session, event, now)
        if self._all is not None:
            self._all(session, event, now, event_uuid)


@dataclass(frozen=True)
class Desk:
    """A listener's own: its inbox, what it does with each event, and whom it has erased."""

    inbox: type[InboxColumns]
    erased: type[ErasedColumns]
    handlers: Handlers


def handle_inbox(service: Service, desk: Desk) -> int:
    """Handle what waits in this service's inbox, each event in a transaction of its own. Returns how many."""
    handled = 0
    while ids := _claim(service, desk.inbox):
        handled += sum(_handle_one(service, desk, row_id) for row_id in ids)
    return handled


def _claim(service: Service, table: type[InboxColumns]) -> list[UUID]:
    """Count an attempt for a batch of waiting rows. The pause before the next attempt keeps others away meanwhile.

    Rows that were tried before come one at a time, after the new ones: an event that kills its worker then takes no
    other's attempts with it.
    """
    machine = machine_now()
    waits = (
        select(table.id)
        .where(table.handled_at.is_(None), table.parked_at.is_(None))
        .where(or_(table.retry_at.is_(None), table.retry_at <= machine))
        .with_for_update(skip_locked=True)
    )
    new = waits.where(table.attempts == 0).order_by(table.received_at).limit(BATCH)
    again = waits.where(table.attempts.between(1, MOST_ATTEMPTS - 1)).order_by(table.attempts, table.received_at)
    with service.sessions.begin() as session:
        _park_the_deadly(session, table, waits.where(table.attempts >= MOST_ATTEMPTS), machine)
        pause = timedelta(seconds=service.settings.timings.inbox_backoff)
        later = machine + pause * func.power(2, table.attempts)
        for rows in (new, again.limit(1)):
            counted = (
                update(table)
                .where(table.id.in_(rows.scalar_subquery()))
                .values(attempts=table.attempts + 1, retry_at=later)
                .returning(table.id)
                .execution_options(synchronize_session=False)
            )
            if ids := sorted(session.execute(counted).scalars()):
                return ids
    return []


def _park_the_deadly(session: Session, table: type[InboxColumns], rows: Select[UUID], machine: datetime) -> None:
    """Rows whose last attempt nobody lived to tell of."""
    parked = (
        update(table)
        .where(table.id.in_(rows.scalar_subquery()))
        .values(parked_at=machine, error=func.coalesce(table.error, "the worker died while handling it"))
        .execution_options(synchronize_session=False)
    )
    session.execute(parked)


def _handle_one(service: Service, desk: Desk, row_id: UUID) -> bool:
    event_id.set(str(row_id))
    table = desk.inbox
    try:
        with service.sessions.begin() as session:
            row = session.scalar(
                select(table)
                .where(table.id == row_id, table.handled_at.is_(None), table.parked_at.is_(None))
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return False
            _take_effect(session, row, desk, service)
            return True
    except Exception as error:
        log.exception("event not handled")
        _note_failure(service, table, row_id, error)
        return False
    finally:
        event_id.set("")


def _take_effect(session: Session, row: InboxColumns, desk: Desk, service: Service) -> None:
    kind = named(row.name)
    if _comes_too_late(session, row, desk, service):
        row.payload, row.person = {}, None
    elif kind is not None and desk.handlers.handles(row.name):
        event = kind.model_validate_json(json.dumps(row.payload))
        desk.handlers.call(session, event, service.clock.now(), row.id)
    row.handled_at = machine_now()
    row.error = None


def _comes_too_late(session: Session, row: InboxColumns, desk: Desk, service: Service) -> bool:
    """News of somebody from before they were erased: taking it would bring back what is gone."""
    if row.person is None:
        return False
    return erased_since(session, desk.erased, suppression_hash(service.settings, row.person), row.occurred_at)


def _note_failure(service: Service, table: type[InboxColumns], row_id: UUID, error: Exception) -> None:
    """Keep why it failed; park it once it has failed often enough. Parked rows are the operator's."""
    with service.sessions.begin() as session:
        row = session.get(table, row_id)
        if row is None or row.handled_at is not None:
            return
        row.error = f"{type(error).__name__}: {error}"[:2000]
        if row.attempts >= MOST_ATTEMPTS:
            row.parked_at = machine_now()


def retry_parked(session: Session, table: type[InboxColumns]) -> int:
    """Give every parked event a fresh start: what the operator does once the cause is mended."""
    again = (
        update(table)
        .where(table.parked_at.is_not(None))
        .values(parked_at=None, attempts=0, retry_at=None)
        .returning(table.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.execute(again).scalars().all())
