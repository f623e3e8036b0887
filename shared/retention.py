"""Letting go of what was kept long enough: batch by batch, each a short transaction (ADR 10).

A service says what goes (`usecases/retain.py`); how a batch is dropped is the same for all. An instant is held against
the clock that wrote it: what happened to people by product time, what machines did by machine time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_
from sqlalchemy.orm import DeclarativeBase, Session

# Some tens of milliseconds of work: a mail that is to leave meanwhile does not notice.
BATCH = 500


@dataclass(frozen=True)
class Outlived:
    """Rows whose time is over."""

    table: type[DeclarativeBase]
    where: ColumnElement[bool]


def drop_batch(session: Session, outlived: Sequence[Outlived]) -> int:
    """Delete at most a batch of each table, passing over what somebody else holds. Returns the most that any lost.

    Fewer than a batch means that no table has more.
    """
    return max(_drop(session, one) for one in outlived)


def _drop(session: Session, outlived: Outlived) -> int:
    key = tuple_(*inspect(outlived.table).primary_key)
    some = select(*inspect(outlived.table).primary_key).where(outlived.where).limit(BATCH)
    free = some.with_for_update(skip_locked=True).cte("outlived").prefix_with("MATERIALIZED")
    gone = delete(outlived.table).where(key.in_(select(*free.c))).returning(*inspect(outlived.table).primary_key)
    return len(session.execute(gone, execution_options={"synchronize_session": False}).all())
