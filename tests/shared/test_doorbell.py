"""Bells: rung after the commit, heard by a broker if there is one, and never anybody's burden."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db import engine_for, sessions_for
from shared.doorbell import Waker, bare_celery, ring, wake, wake_after_commit
from shared.settings import Settings
from tests.fakes.raw import RawServer, hanging
from tests.installation import Bells, Installation, settings_for


def at(port: int) -> Settings:
    return settings_for("postgresql://nobody/x", Path("unused"), broker_url=f"redis://127.0.0.1:{port}/0")


class Broker:
    """Stands where a broker should be, closes every connection, and lets a test wait for the next one."""

    def __init__(self) -> None:
        self._visits = threading.Semaphore(0)
        self.server = RawServer(self._visit)

    def _visit(self, connection: socket.socket, _: threading.Event) -> None:
        connection.close()
        self._visits.release()

    def was_visited(self) -> bool:
        """Whether somebody came, or comes within five seconds."""
        return self._visits.acquire(timeout=5)


@pytest.fixture
def broken() -> Iterator[Broker]:
    broker = Broker()
    with broker.server:
        yield broker


def test_ringing_at_a_broker_that_breaks_off_neither_raises_nor_ends_the_bells(broken: Broker) -> None:
    waker = Waker(at(broken.server.port))
    waker.wake("booking.mail")
    assert broken.was_visited()
    waker.wake("nurture.mail")
    assert broken.was_visited(), "the thread goes on after a failure"


@pytest.mark.parametrize("times", [1, 2])
def test_a_wake_up_that_cannot_be_sent_is_noted_and_nothing_more(caplog: pytest.LogCaptureFixture, times: int) -> None:
    app = bare_celery(at(1))
    for _ in range(times):
        ring(app, f"booking.rung-{times}")
    noted = [record.getMessage() for record in caplog.records if vars(record).get("work") == f"booking.rung-{times}"]
    assert noted == ["wake-up not sent"] * times


@pytest.mark.parametrize("dead", ["nobody listens", "somebody listens and never answers"])
def test_ringing_at_a_dead_broker_delays_nobody(dead: str) -> None:
    with RawServer(hanging) as server:
        waker = Waker(at(server.port if dead.startswith("somebody") else 1))
        began = time.monotonic()
        for number in range(5):
            waker.wake(f"booking.work-{number}")
        assert time.monotonic() - began < 1


def test_many_who_ring_one_bell_while_it_is_rung_are_heard_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = threading.Event(), threading.Event()
    heard: queue.Queue[str] = queue.Queue()

    def slowly(_: object, name: str) -> None:
        heard.put(name)
        begun.set()
        may_end.wait(5)

    monkeypatch.setattr("shared.doorbell.ring", slowly)
    waker = Waker(at(1))
    waker.wake("booking.mail")
    assert begun.wait(5)
    for _ in range(50):
        waker.wake("booking.mail")
        waker.wake("nurture.inbox")
    may_end.set()
    assert heard.get(timeout=5) == "booking.mail"
    assert {heard.get(timeout=5), heard.get(timeout=5)} == {"booking.mail", "nurture.inbox"}
    waker.wake("the.last")
    assert heard.get(timeout=5) == "the.last", "nothing was rung twice"


@pytest.fixture
def bells(installation: Installation) -> Bells:
    assert isinstance(installation.booking.waker, Bells)
    installation.booking.waker.rung.clear()
    return installation.booking.waker


def test_a_bell_is_rung_once_and_only_after_the_commit(installation: Installation, bells: Bells) -> None:
    with installation.booking.sessions.begin() as session:
        wake(session, "booking.mail")
        wake(session, "booking.mail")
        assert bells.rung == []
    assert bells.rung == ["booking.mail"]


def test_what_is_rolled_back_rings_no_bell(installation: Installation, bells: Bells) -> None:
    with installation.booking.sessions() as session:
        session.execute(text("SELECT 1"))
        wake(session, "booking.mail")
        session.rollback()
        session.execute(text("SELECT 1"))
        session.commit()
    assert bells.rung == []


def test_the_end_of_a_savepoint_is_not_yet_the_commit(installation: Installation, bells: Bells) -> None:
    with installation.booking.sessions.begin() as session:
        with session.begin_nested():
            session.execute(text("SELECT 1"))
            wake(session, "booking.mail")
        assert bells.rung == []
    assert bells.rung == ["booking.mail"]


def test_a_savepoint_that_is_rolled_back_forgets_no_bell_noted_before_it(
    installation: Installation, bells: Bells
) -> None:
    with installation.booking.sessions.begin() as session:
        session.execute(text("SELECT 1"))
        wake(session, "booking.mail")
        with suppress(LookupError), session.begin_nested():
            session.execute(text("SELECT 1"))
            raise LookupError
    assert bells.rung == ["booking.mail"]


def test_a_session_that_is_used_again_rings_only_its_new_bells(installation: Installation, bells: Bells) -> None:
    sessions = sessions_for(engine_for(installation.settings.database_of("booking")))
    wake_after_commit(sessions, bells)
    with Session(sessions.kw["bind"]) as plain:
        wake(plain, "nobody.listens")
        plain.commit()
    with sessions() as session:
        for name in ("booking.mail", "booking.inbox"):
            session.execute(text("SELECT 1"))
            wake(session, name)
            session.commit()
    sessions.kw["bind"].dispose()
    assert bells.rung == ["booking.mail", "booking.inbox"]
