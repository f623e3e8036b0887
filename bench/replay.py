"""What the product says to PostgreSQL during one act, as a script for pgbench: the same statements, without the product.

The act is done twice and written down both times. A value that differs between the two (the start, an id, a key) becomes
an expression in `slot`, which is another number in each transaction of pgbench; all other values stay as they were.
Equal values become equal expressions, so that rows still refer to each other. Instants that moved with the act move
with `slot`, from the year 2100 on, where nothing of the product's is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.adapt import PyFormat, Transformer
from psycopg.types.range import Range
from sqlalchemy import Engine, event

FAR = datetime(2100, 1, 1, tzinfo=UTC)
_NAMED = re.compile(r"%\((\w+)\)s")


@dataclass
class Heard:
    """Statements in their order, each with its parameters; BEGIN and COMMIT are among them."""

    statements: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def say(self, sql: str, values: Mapping[str, Any] | None = None) -> None:
        """One more."""
        self.statements.append((sql, values or {}))


@contextmanager
def listening(engine: Engine) -> Iterator[Heard]:
    """Write down all that is said through an engine meanwhile."""
    heard = Heard()

    begun: set[int] = set()

    def statement(connection: Any, _: Any, sql: str, values: Any, *__: Any) -> None:
        # The driver opens a transaction with its first statement, and none where each is one of its own.
        if not connection.connection.autocommit and id(connection) not in begun:
            begun.add(id(connection))
            heard.say("BEGIN")
        heard.say(sql, values)

    def ended(connection: Any) -> None:
        if id(connection) in begun:
            begun.remove(id(connection))
            heard.say("COMMIT")

    hooks = {"before_cursor_execute": statement, "commit": ended, "rollback": ended}
    for name, hook in hooks.items():
        event.listen(engine, name, hook)
    try:
        yield heard
    finally:
        for name, hook in hooks.items():
            event.remove(engine, name, hook)


def script(first: Heard, second: Heard, *, starts: tuple[datetime, datetime], step: timedelta) -> str:
    """The script: `first` with what differs in `second` as expressions.

    `starts` are the instants that the two acts were about; in the script they lie `step` apart. Raises `ValueError` when
    the two did not say the same.
    """
    if [sql for sql, _ in first.statements] != [sql for sql, _ in second.statements]:
        raise ValueError("the act does not say the same twice")
    writer = _Writer(starts, step)
    pairs = zip(first.statements, second.statements, strict=True)
    return _COUNT + "".join(writer.statement(sql, one, other) for (sql, one), (_, other) in pairs)


# Each client counts by itself, and none meets another's numbers.
_COUNT = "\\set n :n + 1\n\\set slot :n * 64 + :client_id\n"


class _Writer:
    def __init__(self, starts: tuple[datetime, datetime], step: timedelta) -> None:
        self._start, self._moved, self._step = starts[0], starts[1] - starts[0], step
        self._known: dict[Any, int] = {}

    def statement(self, sql: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
        written = _NAMED.sub(lambda name: self._value(one[name[1]], other[name[1]]), sql)
        return written.replace("%%", "%") + ";\n"

    def _value(self, one: Any, other: Any) -> str:
        if _text(one) == _text(other):
            return _literal(one)
        if isinstance(one, datetime):
            return self._instant(one, other)
        if isinstance(one, Range):
            return f"tstzrange({self._instant(one.lower, other.lower)}, {self._instant(one.upper, other.upper)})"
        if isinstance(one, UUID):
            return f"CAST(md5('{self._name(one)}' || CAST(:slot AS text)) AS uuid)"
        if isinstance(one, str) and not one.startswith("{"):
            return f"('{self._name(one)}' || CAST(:slot AS text))"
        # JSON and lists: nothing hangs on what is in them.
        return _literal(one)

    def _instant(self, one: datetime, other: datetime) -> str:
        if other - one != self._moved:
            return _literal(one)
        far, step = _literal(FAR + (one - self._start)), self._step.total_seconds()
        return f"(CAST({far} AS timestamptz) + CAST(:slot AS bigint) * interval '{step:.0f} seconds')"

    def _name(self, value: Any) -> str:
        return f"s{self._known.setdefault(value, len(self._known))}-"


def _literal(value: Any) -> str:
    """A value as pgbench can read it, which takes every colon before a letter for a variable."""
    text = _text(value)
    if text is None:
        return "NULL"
    return "E'" + text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a") + "'"


def _text(value: Any) -> str | None:
    """A value as the driver writes it."""
    if value is None:
        return None
    return bytes(Transformer().get_dumper(value, PyFormat.TEXT).dump(value) or b"").decode()
