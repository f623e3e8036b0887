"""Many at once: real threads, each with a connection of its own, and what must hold of the table when they are done.

Nothing here measures time. A deadlock is an error among the results, and so is a lock that is never given
(`lock_timeout`), and no test that counts its results lets one by. How long anybody waits is asked of a machine with
nothing else to do: `python -m bench.waiting` runs the same crowds with a limit of its own.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from services.booking.models import Call
from services.booking.usecases.book import book_call
from shared.db import engine_for, sessions_for
from tests.builders import a_booking, a_visitor
from tests.installation import START, Installation

TEN = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
ELEVEN = TEN + timedelta(hours=1)
CROWD = 50
# Ten times the second that docs/adr/0013 allows, or what the bench says.
MOST_WAIT_MS = int(os.environ.get("CROWD_MOST_WAIT_MS", "10000"))

Sessions = sessionmaker[Session]
Act = Callable[[int], object]


@pytest.fixture
def sessions(house: Installation) -> Iterator[Sessions]:
    """As many connections as there are threads: nobody waits for a pool instead of for the database."""
    engine = engine_for(house.settings.database_of("booking"), pool_size=CROWD)

    @event.listens_for(engine, "connect")
    def hurry(connection: Any, _: object) -> None:
        connection.execute(f"SET lock_timeout = '{MOST_WAIT_MS}ms'")
        connection.commit()

    # Opened before the rush: a connection costs the server a process, and that is not what is looked at.
    for connection in [engine.connect() for _ in range(CROWD)]:
        connection.close()
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
            # What the database says tells a wait from a deadlock.
            return type(getattr(error, "orig", None) or error).__name__

    usual = sys.getswitchinterval()
    # Who has the lock must not stand behind forty-nine threads that only compute: in one process they are one queue.
    sys.setswitchinterval(usual / 10)
    try:
        with ThreadPoolExecutor(count) as crowd:
            return Counter(crowd.map(one, range(count)))
    finally:
        sys.setswitchinterval(usual)


def book(sessions: Sessions, start: datetime = TEN, number: int = 1, **changes: Any) -> Call:
    """A call of person `number`. `holder` and `by_advisor` are told to `book_call`, all else is the request's."""
    told = {"holder", "by_advisor", "now"} & set(changes)
    who: dict[str, Any] = {"now": START} | {name: changes.pop(name) for name in told}
    request = a_booking(start, **({"visitor": a_visitor(f"Ana {number}", f"ana{number}@reader.test")} | changes))
    with sessions.begin() as session:
        return book_call(session, request, uid_domain="firstcall.test", **who)


def set_type(house: Installation, slug: str = "intro", **columns: Any) -> None:
    """Change columns of a call type, as the advisor might."""
    values = ", ".join(f"{name} = :{name}" for name in columns)
    house.run(f"UPDATE booking.call_type SET {values} WHERE slug = :slug", slug=slug, **columns)


def states(house: Installation) -> Counter[str]:
    """How many calls there are in each state."""
    return Counter(dict(map(tuple, house.rows("SELECT state, count(*) FROM booking.call GROUP BY state"))))


def require_sound(house: Installation) -> None:
    """Nothing is taken twice, told from the calls themselves and not from what the constraint of the claims looks at.

    Each time with the buffers of its own call type; claims, seats and uses of links agree with the calls that stand.
    """
    taken = house.rows(_TAKEN)
    assert [pair for pair in pairwise(taken) if pair[0].ends > pair[1].begins] == []
    assert house.rows(_UNCLAIMED) == []
    assert house.rows(_SEATS) == []
    assert house.rows(_USES) == []


# In order of their begin, so a time that reaches into a later one reaches into the next.
_TAKEN = """
    SELECT begins, ends FROM (
        SELECT c.starts_at - make_interval(mins => t.buffer_before_minutes) AS begins,
               c.ends_at + make_interval(mins => t.buffer_after_minutes) AS ends
        FROM booking.call c JOIN booking.call_type t ON t.id = c.call_type_id
        WHERE c.group_call_id IS NULL AND (c.state = 'confirmed'
            OR c.state = 'pending' AND t.pending_blocks OR c.state = 'unverified' AND c.verify_by > now())
        UNION ALL
        SELECT g.starts_at - make_interval(mins => t.buffer_before_minutes),
               g.ends_at + make_interval(mins => t.buffer_after_minutes)
        FROM booking.group_call g JOIN booking.call_type t ON t.id = g.call_type_id WHERE g.state = 'confirmed'
        UNION ALL
        SELECT lower(during), upper(during) FROM booking.claim WHERE kind = 'hold' AND active
    ) AS taken ORDER BY begins, ends
"""
_UNCLAIMED = """
    SELECT 'call', c.id FROM booking.call c
    WHERE c.group_call_id IS NULL AND (c.state IN ('confirmed', 'completed', 'missed')) <> EXISTS (
        SELECT 1 FROM booking.claim WHERE call_id = c.id AND active AND kind = 'call'
            AND lower(during) <= c.starts_at AND upper(during) >= c.ends_at)
    UNION ALL
    SELECT 'group', g.id FROM booking.group_call g
    WHERE (g.state = 'confirmed') <> EXISTS (
        SELECT 1 FROM booking.claim WHERE group_call_id = g.id AND active
            AND lower(during) <= g.starts_at AND upper(during) >= g.ends_at)
"""
_SEATS = """
    SELECT g.id, g.taken, g.capacity, count(c.id) FROM booking.group_call g
    LEFT JOIN booking.call c ON c.group_call_id = g.id AND c.state NOT IN ('cancelled', 'declined', 'lapsed')
    GROUP BY g.id HAVING g.taken <> count(c.id) OR g.taken > g.capacity OR (g.taken = 0) <> (g.state = 'cancelled')
"""
_USES = """
    SELECT l.id, l.uses, count(c.id) FROM booking.private_link l
    LEFT JOIN booking.call c ON c.link_id = l.id AND c.state NOT IN ('cancelled', 'declined', 'lapsed')
    GROUP BY l.id HAVING l.uses <> count(c.id) OR l.uses > l.most_uses
"""
