"""Wanting a mail: a row, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, bindparam, column, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from shared.db import table_of
from shared.doorbell import wake
from shared.mail.row import MailClass, MailState, MessageColumns
from shared.ready import Ready


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
    rows = [vars(one) | {"subject_id": str(one.subject_id), "due": one.due.isoformat()} for one in wanted]
    inserted = set(_insertion(message).scalars(session, rows=rows, now=now))
    for key, revision in {(one.ordering_key, one.revision) for one in wanted if one.dedupe_key in inserted}:
        # Nothing is older than the first: a booking spends no statement on it.
        if revision > 0:
            _supersede(session, message, key, revision)
    if inserted:
        wake(session, f"{message.metadata.schema}.mail")
    return len(inserted)


@cache
def _insertion(message: type[MessageColumns]) -> Ready:
    """The statement of a service for any number of mails at once."""
    columns = [column(one.name, table_of(message).c[one.name].type) for one in fields(Wanted)]
    rows = func.jsonb_to_recordset(bindparam("rows", type_=JSONB)).table_valued(*columns, name="wanted")
    given = rows.render_derived(with_types=True)
    names = [*(one.name for one in columns), "created_at"]
    new = insert(message).from_select(names, select(*given.c, bindparam("now", type_=DateTime(timezone=True))))
    return Ready(new.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(message.dedupe_key))


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
