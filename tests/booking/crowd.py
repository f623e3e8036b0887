"""Many at once: real threads, each with a connection of its own, and what must hold of the table when they are done.

Nothing here measures time. The connections give up a lock after a second (`lock_timeout`), so a longer wait, like a
deadlock, is an error among the results, and no test that counts its results lets one by.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from shared.db import engine_for, sessions_for
from tests.installation import Installation

TEN = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
ELEVEN = TEN + timedelta(hours=1)
CROWD = 50

Sessions = sessionmaker[Session]
Act = Callable[[int], object]


@pytest.fixture
def sessions(house: Installation) -> Iterator[Sessions]:
    """As many connections as there are threads: nobody waits for a pool instead of for the database."""
    engine = engine_for(house.settings.database_of("booking"), pool_size=CROWD)

    @event.listens_for(engine, "connect")
    def hurry(connection: Any, _: object) -> None:
        connection.execute("SET lock_timeout = '1s'")
        connection.commit()

    yield sessions_for(engine)
    engine.dispose()


def at_once(act: Act, count: int = CROWD) -> Counter[str]:
    """Let `count` threads begin at the same moment. What came of each, by the name of its error or of its result."""
    gate = threading.Barrier(count)

    def one(number: int) -> str:
        gate.wait()
        try:
            return str(act(number))
        except Exception as error:
            return type(error).__name__

    with ThreadPoolExecutor(count) as crowd:
        return Counter(crowd.map(one, range(count)))
