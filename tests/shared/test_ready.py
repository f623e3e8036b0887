"""Statements that are compiled once: they do what the session would have done, errors and all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, Text, bindparam, insert, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, Range
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from services.booking.models import Blocked
from shared.ready import Ready
from tests.installation import Installation

TEN = datetime(2026, 12, 8, 10, tzinfo=UTC)
BLOCKED = Ready(insert(Blocked).returning(Blocked.pattern), columns=("pattern", "note", "created_at"))
PATTERNS = Ready(select(Blocked.pattern).order_by(Blocked.pattern))
MINE = "SELECT pg_backend_pid()"


@pytest.fixture
def session(installation: Installation) -> Iterator[Session]:
    with installation.booking.sessions() as session:
        yield session


def test_values_arrive_as_the_types_of_the_statement_say(session: Session) -> None:
    asked = select(
        bindparam("person", type_=Text),
        bindparam("many", type_=ARRAY(Text)),
        bindparam("said", type_=JSONB),
        bindparam("during", type_=TSTZRANGE).op("@>")(literal(TEN)),
        literal("always"),
    )
    during = Range(TEN, TEN.replace(hour=11))
    rows = Ready(asked).rows(session, person=None, many=["a", "b,c"], said={"a": [1, None]}, during=during)
    assert rows == [(None, ["a", "b,c"], {"a": [1, None]}, True, "always")]


def test_it_runs_in_the_sessions_transaction_after_what_waits_in_it(session: Session) -> None:
    session.add(Blocked(pattern="@one.test", note="", created_at=TEN))
    assert BLOCKED.scalars(session, pattern="@two.test", note="", created_at=TEN) == ["@two.test"]
    assert PATTERNS.scalars(session) == ["@one.test", "@two.test"]
    session.rollback()
    assert PATTERNS.scalars(session) == []


def test_a_refusal_is_the_sessions_error_without_anybodys_words(session: Session) -> None:
    BLOCKED.rows(session, pattern="@one.test", note="", created_at=TEN)
    with pytest.raises(IntegrityError) as refused:
        BLOCKED.rows(session, pattern="@one.test", note="their words", created_at=TEN)
    assert refused.value.orig is not None
    assert "their words" not in str(refused.value)


def end(installation: Installation, backend: int) -> None:
    """As a restart of PostgreSQL does."""
    installation.run("SELECT pg_terminate_backend(:backend)", backend=backend)


def test_a_connection_that_is_gone_is_an_error_once(installation: Installation) -> None:
    mine = Ready(text(MINE))
    with installation.booking.sessions() as session:
        [backend] = mine.scalars(session)
        end(installation, backend)
        with pytest.raises(OperationalError):
            mine.rows(session)
    with installation.booking.sessions() as session:
        assert mine.scalars(session) != [backend]


def test_a_connection_that_lay_idle_is_asked_whether_it_lives(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a restart costs nobody an error. Here any time is idle enough."""
    monkeypatch.setattr("shared.db._TRUSTED_S", 0)
    mine = Ready(text(MINE))
    with installation.booking.sessions() as session:
        [backend] = mine.scalars(session)
    end(installation, backend)
    with installation.booking.sessions() as session:
        assert mine.scalars(session) != [backend]


def test_a_look_leaves_no_transaction_behind_and_survives_a_restart(installation: Installation) -> None:
    engine, mine = installation.booking.engine, Ready(text(MINE))
    engine.dispose()
    [(backend,)] = mine.look(engine)
    states = "SELECT state, xact_start FROM pg_stat_activity WHERE pid = :pid"
    assert installation.rows(states, pid=backend) == [("idle", None)]
    end(installation, backend)
    with pytest.raises(OperationalError):
        mine.look(engine)
    [(other,)] = mine.look(engine)
    assert other != backend
    with installation.booking.sessions() as session:
        session.execute(text("SELECT 1"))
        assert not session.connection().connection.driver_connection.autocommit  # type: ignore[union-attr]


def test_a_statement_that_changes_with_the_number_of_values_is_refused() -> None:
    with pytest.raises(AssertionError):
        Ready(select(Blocked.id).where(Blocked.pattern.in_(["a", "b"])))


def test_ids_are_given_and_come_back_as_uuids(session: Session) -> None:
    given = uuid4()
    [(same, said)] = Ready(text("SELECT CAST(:id AS uuid), CAST(:said AS jsonb)")).rows(
        session, id=given, said=Jsonb({"a": 1})
    )
    assert isinstance(same, UUID)
    assert (same, said) == (given, {"a": 1})
