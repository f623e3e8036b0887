"""The one shape of work that leaves the process: claim, commit; begin, commit; act; record, commit.

`claim` (a use case) takes a lease on rows that are due. `begin` (a use case) marks a small group as leaving, fenced by
the claim: from here on the world may have seen it, so a death after it leaves rows that are *unknown*, never rows that
look unsent. `act` (a gateway) does the work and holds no transaction. `record` (a use case) writes what came of it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

log = logging.getLogger(__name__)

# A death between `begin` and `record` leaves at most this many rows whose fate is unknown.
GROUP = 20

Item = TypeVar("Item")
Result = TypeVar("Result")


def drain(
    sessions: sessionmaker[Session],
    *,
    claim: Callable[[Session], Sequence[Item]],
    begin: Callable[[Session, Sequence[Item]], Sequence[Item]],
    act: Callable[[Sequence[Item]], Iterable[tuple[Item, Result]]],
    record: Callable[[Session, Item, Result], None],
) -> int:
    """Work off what is due, batch after batch, until a claim comes back empty. Returns how many items were acted on.

    Every batch is claimed before its first group leaves; whatever another worker took from it meanwhile (a newer
    revision, a stop) is dropped by `begin`, which returns only the items that are still this worker's to send.
    """
    done = 0
    while items := _in(sessions, claim):
        for group in _groups(items):
            ours = _in(sessions, lambda session, group=group: begin(session, group))  # type: ignore[misc]
            done += _act(sessions, ours, act, record) if ours else 0
    return done


def _act(
    sessions: sessionmaker[Session],
    ours: Sequence[Item],
    act: Callable[[Sequence[Item]], Iterable[tuple[Item, Result]]],
    record: Callable[[Session, Item, Result], None],
) -> int:
    results: list[tuple[Item, Result]] = []
    try:
        results.extend(act(ours))
    finally:
        # Also when `act` broke off: what is known of those before must not become unknown with the rest.
        _record(sessions, results, record)
    return len(results)


def _record(
    sessions: sessionmaker[Session],
    results: Sequence[tuple[Item, Result]],
    record: Callable[[Session, Item, Result], None],
) -> None:
    """Write what came of a group in one commit; when the database refuses that, each by itself and a few times.

    A deadlock or a lost connection must not turn twenty known answers into twenty unknown ones.
    """
    try:
        with sessions.begin() as session:
            for item, result in results:
                record(session, item, result)
    except DBAPIError as error:
        log.warning("a group is recorded one by one", extra={"error": type(error.orig).__name__})
        for item, result in results:
            _record_one(sessions, item, result, record)


def _record_one(
    sessions: sessionmaker[Session], item: Item, result: Result, record: Callable[[Session, Item, Result], None]
) -> None:
    for pause in (0.1, 0.5, None):
        try:
            with sessions.begin() as session:
                return record(session, item, result)
        except DBAPIError:
            if pause is None:
                log.exception("an answer could not be recorded")
            else:
                time.sleep(pause)
    return None


def _in(sessions: sessionmaker[Session], step: Callable[[Session], Sequence[Item]]) -> Sequence[Item]:
    with sessions.begin() as session:
        return step(session)


def _groups(items: Sequence[Item]) -> Iterable[Sequence[Item]]:
    return (items[start : start + GROUP] for start in range(0, len(items), GROUP))
