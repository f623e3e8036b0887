"""Wanting a mail: a row, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from shared.db import table_of
from shared.doorbell import wake
from shared.mail.row import MailClass, MailState, MessageColumns


@dataclass(frozen=True)
class Wanted:
    """A mail that should be sent. See `MessageColumns` for what the fields mean."""

    dedupe_key: str
    kind: str
    mail_class: MailClass
    recipient: str
    recipient_name: str
    person: str
    subject_id: UUID
    due: datetime
    ordering_key: str
    revision: int = 0
    context: dict[str, Any] = field(default_factory=dict)


def enqueue(session: Session, message: type[MessageColumns], wanted: Wanted, *, now: datetime) -> bool:
    """Insert the mail unless it is there already, and replace what it outdates. False when it was there."""
    return enqueue_all(session, message, [wanted], now=now) == 1


def enqueue_all(session: Session, message: type[MessageColumns], wanted: Sequence[Wanted], *, now: datetime) -> int:
    """Insert these mails, those that are there already left out, and replace what they outdate. Returns how many.

    Unsent mails of the same ordering key with a lower revision are skipped in this transaction, so nothing old can
    leave after something new; one that is leaving at this moment goes first, and the new one waits for it.
    """
    if not wanted:
        return 0
    values = [vars(one) | {"created_at": now} for one in wanted]
    inserted = set(session.execute(_insertion(message), values).scalars())
    for key, revision in {(one.ordering_key, one.revision) for one in wanted if one.dedupe_key in inserted}:
        # Nothing is older than the first: a booking spends no statement on it.
        if revision > 0:
            _supersede(session, message, key, revision)
    if inserted:
        wake(session, f"{message.metadata.schema}.mail")
    return len(inserted)


@cache
def _insertion(message: type[MessageColumns]) -> ReturningInsert[str]:
    """The statement, made once for each service: it is run with any number of rows."""
    table = table_of(message)
    return insert(table).on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(table.c.dedupe_key)


def _supersede(session: Session, message: type[MessageColumns], key: str, revision: int) -> None:
    outdated = (
        update(message)
        .where(
            message.ordering_key == key,
            message.revision < revision,
            message.state.in_([MailState.QUEUED, MailState.CLAIMED]),
        )
        .values(state=MailState.SKIPPED, skip_reason="superseded")
        .execution_options(synchronize_session=False)
    )
    session.execute(outdated)
