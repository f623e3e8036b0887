"""A program's request that is sent twice has one effect: its answer is kept under its Idempotency-Key for a day.

The names and meanings follow draft-ietf-httpapi-idempotency-key-header. Only answers to requests that had an effect are
kept: a refused request changed nothing, so sending it again asks anew.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.domain.errors import KeyReused, Message, invalid
from services.booking.models import AnsweredRequest

KEPT = timedelta(hours=24)
LONGEST_KEY = 255


@dataclass(frozen=True)
class Answered:
    """What a request was answered before: the HTTP status and the JSON body."""

    status: int
    answer: dict[str, Any]


def request_key(caller: str, route: str, key: str) -> str:
    """What a key is kept under: bound to who sent it and where to, so that nobody reads another's answer by a guess.

    `key` is the header as it came. Raises `InvalidInput` (field `Idempotency-Key`) when it is empty, too long or not
    plain text.
    """
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        message = Message("This key cannot be used.")
        fix = Message("Send up to %(most)s plain characters, a new UUID for each request.", {"most": LONGEST_KEY})
        raise invalid("Idempotency-Key", message, fix)
    return _digest([caller, route, key])


def body_digest(body: object) -> str:
    """What two bodies share when they say the same, whatever the order of their members. `body` is as JSON has it.

    >>> body_digest({"a": 1, "b": 2}) == body_digest({"b": 2, "a": 1})
    True
    """
    return _digest(body)


def remembered(session: Session, key: str, body: str, *, machine: datetime) -> Answered | None:
    """What this request was answered before; None for a new one, which is noted as begun in this transaction.

    Of two identical requests at once the later one waits here for the earlier one's transaction, and then reads its
    answer, or takes its place if that came to nothing: the primary key decides. Ask before any other lock is taken, and
    after None call `remember` in the same transaction. `key` is from `request_key`, `body` from `body_digest`. Raises
    `KeyReused` when the key came with another body.
    """
    fresh = {"body": body, "status": 0, "answer": {}, "at": machine}
    new = insert(AnsweredRequest).values(key=key, **fresh)
    # A row whose day is over is as good as none.
    mine = new.on_conflict_do_update(
        index_elements=["key"], set_=fresh, where=AnsweredRequest.at <= machine - KEPT
    ).returning(AnsweredRequest.key)
    if session.execute(mine).first() is not None:
        return None
    before = session.execute(
        select(AnsweredRequest.body, AnsweredRequest.status, AnsweredRequest.answer).where(AnsweredRequest.key == key)
    ).one()
    if before.body != body:
        raise KeyReused
    return Answered(before.status, before.answer)


def remember(session: Session, key: str, answered: Answered) -> None:
    """Keep the answer of a request that `remembered` did not know, in the transaction of its effect."""
    session.execute(
        update(AnsweredRequest).where(AnsweredRequest.key == key).values(status=answered.status, answer=answered.answer)
    )


def _digest(value: object) -> str:
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(written.encode()).hexdigest()
