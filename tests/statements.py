"""What is said to PostgreSQL, as the driver says it: whatever stands between it and who asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from psycopg import Connection, Cursor
from psycopg.pq import TransactionStatus


class Said(NamedTuple):
    """A statement and the values of its parameters. BEGIN, COMMIT and ROLLBACK have none."""

    sql: str
    values: Mapping[str, Any]


@contextmanager
def statements() -> Iterator[list[Said]]:
    """All that this process says meanwhile, in its order."""
    said: list[Said] = []
    execute, commit, rollback = Cursor.execute, Connection.commit, Connection.rollback

    def note(cursor: Any, sql: Any, values: Any = None, **options: Any) -> Any:
        if not cursor.connection.autocommit and _is_idle(cursor.connection):
            said.append(Said("BEGIN", {}))
        said.append(Said(str(sql), dict(values or {})))
        return execute(cursor, sql, values, **options)

    def note_end(connection: Any, sql: str, end: Any) -> None:
        if not _is_idle(connection):
            said.append(Said(sql, {}))
        end(connection)

    with (
        patch.object(Cursor, "execute", note),
        patch.object(Connection, "commit", lambda connection: note_end(connection, "COMMIT", commit)),
        patch.object(Connection, "rollback", lambda connection: note_end(connection, "ROLLBACK", rollback)),
    ):
        yield said


def queries(said: list[Said]) -> list[str]:
    """The statements that look or write: not where transactions begin and end, nor whether a connection still lives."""
    return [one.sql for one in said if one.sql not in ("BEGIN", "COMMIT", "ROLLBACK", "SELECT 1")]


def _is_idle(connection: Any) -> bool:
    return bool(connection.info.transaction_status == TransactionStatus.IDLE)
