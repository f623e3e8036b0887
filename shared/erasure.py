"""A person's erasure, as every service does it: what takes the place of their words, and how late news stays out.

An erasure has an instant. Whatever was stored up to it is overwritten; whatever happens after it is somebody new. Each
service keeps the keyed digest of who was erased and when, and nothing else, so that an event which was on its way
brings nothing back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ColumnElement, Text, cast, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.db import Instant, Tables
from shared.security import suppression_hash
from shared.settings import Settings

# Stands where a name, an address or a person's key stood. It is no address, so it is nobody's.
ERASED = "erased"


class ErasedColumns(Tables):
    """The table `erased` of a service: who was erased, as the suppression list names people, and up to when."""

    __abstract__ = True
    __tablename__ = "erased"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[Instant]


@dataclass(frozen=True)
class Erasure:
    """Whom to erase (their key), how they are known afterwards (`digest`), and up to which product time."""

    key: str
    digest: str
    at: datetime

    @classmethod
    def of(cls, settings: Settings, key: str, *, at: datetime) -> Self:
        """The erasure of the person with this key."""
        return cls(key, suppression_hash(settings, key), at)

    def is_in(self, text: Any) -> ColumnElement[bool]:
        """Whether a column of text, or of JSON, says the address anywhere."""
        return named_in(text, self.key)


def named_in(text: Any, key: str) -> ColumnElement[bool]:
    """Whether a column of text, or of JSON, says an address anywhere. Reads the whole table."""
    return cast(text, Text).regexp_match(pattern_of(key), flags="i")


def pattern_of(key: str) -> str:
    """A regular expression, the same for Python and PostgreSQL, that finds an address in a text.

    Whole addresses only: `ana@reader.test` is not in `diana@reader.test` or `ana@reader.test.example`.
    """
    address = re.escape(key).replace("@", "(?:@|%40)")
    return rf"(?<![\w.+-]){address}(?![\w-]|\.\w)"


def note_erasure(session: Session, table: type[ErasedColumns], erasure: Erasure) -> None:
    """Remember that this person was erased. Of two erasures the later one counts."""
    new = insert(table).values(digest=erasure.digest, at=erasure.at)
    session.execute(
        new.on_conflict_do_update(index_elements=["digest"], set_={"at": func.greatest(table.at, new.excluded.at)})
    )


def erased_since(session: Session, table: type[ErasedColumns], digest: str, at: datetime) -> bool:
    """Whether the person was erased at or after an instant: what they did then must not be stored again."""
    return bool(session.scalar(select(exists().where(table.digest == digest, table.at >= at))))


# The fields of an event, or of a provider's, that say who somebody is. Others are taken out only if they name them.
_OF_A_PERSON = frozenset({"key", "email", "address", "name", "company", "phone", "reason"})


def without(value: Any, erasure: Erasure) -> Any:
    """A JSON value without this person: texts that say their address, and who they are beside it.

    >>> from datetime import UTC, datetime
    >>> ana = Erasure("ana@reader.test", "", datetime(2026, 12, 7, tzinfo=UTC))
    >>> without({"n": 1, "guests": [{"name": "Ana", "email": "Ana@reader.test"}, {"name": "Ben"}]}, ana)
    {'n': 1, 'guests': [{'name': 'erased', 'email': 'erased'}, {'name': 'Ben'}]}
    """
    if isinstance(value, dict):
        about_them = any(_says(one, erasure) for one in value.values())
        return {
            name: ERASED if about_them and name in _OF_A_PERSON and isinstance(one, str) else without(one, erasure)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [without(one, erasure) for one in value]
    return ERASED if _says(value, erasure) else value


def _says(value: Any, erasure: Erasure) -> bool:
    return isinstance(value, str) and re.search(pattern_of(erasure.key), value, re.IGNORECASE) is not None
