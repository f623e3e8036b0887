"""What the product says to PostgreSQL during one act, as a script for pgbench: the same statements, nothing else.

The act is done twice and written down both times (`tests/statements.py`). A value that differs between the two (the
start, an id, a key) becomes an expression in `slot`, another number in each transaction of pgbench; all other values
stay as they were. Equal values become equal expressions, so that rows still refer to each other. Instants that moved
with the act move with `slot`, from the year 2100 on, where nothing of the product's is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.adapt import PyFormat, Transformer
from psycopg.types.range import Range

from tests.statements import Said

FAR = datetime(2100, 1, 1, tzinfo=UTC)
_NAMED = re.compile(r"%\((\w+)\)s")


def script(first: Sequence[Said], second: Sequence[Said], *, starts: tuple[datetime, datetime], step: timedelta) -> str:
    """The script: `first` with what differs in `second` as expressions.

    `starts` are the instants that the two acts were about; in the script they lie `step` apart. Raises `ValueError`
    when the two did not say the same.
    """
    if [said.sql for said in first] != [said.sql for said in second]:
        raise ValueError("the act does not say the same twice")
    writer = _Writer(starts, step)
    pairs = zip(first, second, strict=True)
    return _COUNT + "".join(writer.statement(one.sql, one.values, other.values) for one, other in pairs)


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
            bounds = zip((one.lower, one.upper), (other.lower, other.upper), strict=True)
            return f"tstzrange({', '.join(self._value(*bound) for bound in bounds)})"
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
