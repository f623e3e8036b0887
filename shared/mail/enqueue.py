"""Wanting a mail: a row, in the transaction of what it tells of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

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
    """Insert the mail unless it is there already, and replace what it outdates. False when it was there.

    Unsent mails of the same ordering key with a lower revision are skipped in this transaction, so nothing old can
    leave after something new; one that is leaving at this moment goes first, and this one waits for it.
    """
    values = vars(wanted) | {"created_at": now}
    new = insert(message).values(**values).on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(message.id)
    if session.execute(new).scalar_one_or_none() is None:
        return False
    _supersede(session, message, wanted)
    wake(session, f"{message.metadata.schema}.mail")
    return True


def _supersede(session: Session, message: type[MessageColumns], wanted: Wanted) -> None:
    outdated = (
        update(message)
        .where(
            message.ordering_key == wanted.ordering_key,
            message.revision < wanted.revision,
            message.state.in_([MailState.QUEUED, MailState.CLAIMED]),
        )
        .values(state=MailState.SKIPPED, skip_reason="superseded")
        .execution_options(synchronize_session=False)
    )
    session.execute(outdated)
