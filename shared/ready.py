"""Statements that are run often: compiled once, and run by the driver itself, in the session's own transaction.

Through the session the same statement costs three to five times as much, most of it for what is the same every time.
What is run seldom, or brings objects, goes through the session.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import psycopg
from sqlalchemy import Dialect, Engine, Executable, text
from sqlalchemy.dialects.postgresql.psycopg import dialect as make_dialect
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

_dialect: Dialect = make_dialect()  # type: ignore[no-untyped-call]


class Ready:
    """A statement that brings rows, made once. It is run with its `bindparam`s by their names.

    `columns` are those that an insert without `values` is run with.
    """

    def __init__(self, statement: Executable, *, columns: Collection[str] | None = None) -> None:
        assert isinstance(statement, ClauseElement)  # noqa: S101  # every statement is both
        compiled: Any = statement.compile(dialect=_dialect, column_keys=None if columns is None else list(columns))
        self._sql = str(compiled)
        # `in_` has another statement for each number of values; `= any_(array)` has one.
        assert "POSTCOMPILE" not in self._sql  # noqa: S101
        self._as_sent = [(name, to_send) for name, bind in compiled.binds.items() if (to_send := _processor(bind))]
        self._fixed = {name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required}

    def rows(self, session: Session, **values: Any) -> list[tuple[Any, ...]]:
        """Run it and return all rows, their values as the driver reads them.

        What waits in the session is written first. Raises as the session does.
        """
        if session.new or session.dirty or session.deleted:
            session.flush()
        connection = session.connection()
        try:
            return self._run(connection.connection.driver_connection, values)
        except OperationalError as error:
            if error.connection_invalidated:
                connection.invalidate(error)
            raise

    def look(self, engine: Engine, **values: Any) -> list[tuple[Any, ...]]:
        """Run it by itself, in no transaction: for a look at one thing that nothing else hangs on."""
        connection = engine.raw_connection()
        driver: Any = connection.driver_connection
        try:
            driver.autocommit = True
            return self._run(driver, values)
        except OperationalError as error:
            connection.invalidate(error)
            raise
        finally:
            if not driver.closed:
                driver.autocommit = False
            connection.close()

    def scalars(self, session: Session, **values: Any) -> list[Any]:
        """Run it and return the first value of each row."""
        return [row[0] for row in self.rows(session, **values)]

    def _run(self, driver: Any, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        try:
            rows: list[tuple[Any, ...]] = driver.execute(self._sql, self._sent(values)).fetchall()
        except psycopg.Error as error:
            raise _wrapped(self._sql, error, is_gone=driver.closed) from error
        return rows

    def _sent(self, values: dict[str, Any]) -> dict[str, Any]:
        sent = self._fixed | values
        for name, process in self._as_sent:
            sent[name] = process(sent[name])
        return sent


def _processor(bind: Any) -> Callable[[Any], Any] | None:
    found: Callable[[Any], Any] | None = bind.type.dialect_impl(_dialect).bind_processor(_dialect)
    return found


def _wrapped(sql: str, error: psycopg.Error, *, is_gone: bool) -> BaseException:
    """The error as SQLAlchemy raises it, without the values, which may be somebody's words."""
    return DBAPIError.instance(
        sql, None, error, psycopg.Error, hide_parameters=True, connection_invalidated=is_gone, dialect=_dialect
    )


def one_by_one(session: Session, whose: str) -> None:
    """Wait until nobody else is at what has this name, and keep others waiting until this transaction ends."""
    _LOCK.rows(session, whose=whose)


_LOCK = Ready(text("SELECT CAST(pg_advisory_xact_lock(hashtextextended(:whose, 0)) AS text)"))
