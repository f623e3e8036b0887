"""Events that cannot be handled: counted, tried again, parked, and nobody else's trouble."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.nurture.models import Erased, Inbox
from shared.events import ContactRequested
from shared.inbox import MOST_ATTEMPTS, Desk, Handlers, handle_inbox, retry_parked
from tests.builders import contact_requested
from tests.installation import START, Installation
from tests.shared.listening import Died, Heard, asks, end_pauses, rows, tell, work_off


@pytest.fixture
def installation(installation: Installation) -> Installation:
    """One whose pauses end only when a test says so."""
    timings = installation.settings.timings.model_copy(update={"inbox_backoff": 60})
    return installation.with_settings(timings=timings)


def test_a_poisonous_event_is_parked_with_its_error_and_the_others_go_on(installation: Installation) -> None:
    told = asks(5)
    heard = Heard(fails=told[2].subject)
    tell(installation, *told)
    assert work_off(installation, heard) == 4
    for _ in range(MOST_ATTEMPTS + 2):
        end_pauses(installation)
        work_off(installation, heard)
    assert heard.subjects.count(told[2].subject) == MOST_ATTEMPTS
    [(subject, attempts, error)] = installation.rows(
        "SELECT subject, attempts, error FROM nurture.inbox WHERE parked_at IS NOT NULL"
    )
    assert (subject, attempts, error) == (told[2].subject, MOST_ATTEMPTS, "ValueError: I do not like this one")
    assert len(installation.rows("SELECT 1 FROM nurture.inbox WHERE handled_at IS NOT NULL")) == 4


def test_the_pause_after_a_failure_doubles(installation: Installation) -> None:
    [event] = told = asks(1)
    heard = Heard(fails=event.subject)
    tell(installation, *told)
    pauses: list[timedelta] = []
    for _ in range(3):
        [(before,)] = installation.rows("SELECT clock_timestamp()")
        work_off(installation, heard)
        [(until,)] = installation.rows("SELECT retry_at FROM nurture.inbox")
        pauses.append(until - before)
        end_pauses(installation)
    base = timedelta(seconds=installation.settings.timings.inbox_backoff)
    for pause, expected in zip(pauses, (base, 2 * base, 4 * base), strict=True):
        assert expected <= pause < expected + timedelta(seconds=2)


def test_a_row_that_waits_for_its_pause_is_left_alone(installation: Installation) -> None:
    tell(installation, *asks(1))
    installation.run("UPDATE nurture.inbox SET retry_at = clock_timestamp() + interval '1 hour'")
    assert work_off(installation, Heard()) == 0


def test_an_attempt_is_counted_when_the_worker_dies(installation: Installation) -> None:
    [event] = told = asks(1)
    tell(installation, *told)
    with pytest.raises(Died):
        work_off(installation, Heard(dies=event.subject))
    assert rows(installation, "attempts, handled_at, parked_at") == [(1, None, None)]


def test_an_event_that_kills_every_worker_is_parked_and_takes_no_other_with_it(installation: Installation) -> None:
    told = asks(6)
    heard = Heard(dies=told[1].subject)
    tell(installation, *told)
    for _ in range(MOST_ATTEMPTS + 3):
        with suppress(Died):
            work_off(installation, heard)
        end_pauses(installation)
    assert heard.subjects.count(told[1].subject) == MOST_ATTEMPTS
    parked = installation.rows("SELECT subject, error FROM nurture.inbox WHERE parked_at IS NOT NULL")
    assert parked == [(told[1].subject, "the worker died while handling it")]
    others = installation.rows("SELECT attempts FROM nurture.inbox WHERE handled_at IS NOT NULL")
    assert len(others) == 5
    assert max(attempts for (attempts,) in others) <= 2


def test_an_event_whose_connection_is_killed_is_counted_and_tried_again(installation: Installation) -> None:
    killed: list[int] = []

    def lose_the_connection(session: Session, event: ContactRequested, now: datetime) -> None:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        if not killed:
            installation.rows("SELECT pg_terminate_backend(:pid, 1000)", pid=pid)
        killed.append(pid)
        session.execute(text("SELECT 1"))

    handlers = Handlers()
    handlers.on(ContactRequested, lose_the_connection)
    tell(installation, contact_requested(START))
    assert handle_inbox(installation.nurture, Desk(Inbox, Erased, handlers)) == 0
    [(attempts, error)] = rows(installation, "attempts, error")
    assert attempts == 1
    assert "Error" in str(error)
    end_pauses(installation)
    assert handle_inbox(installation.nurture, Desk(Inbox, Erased, handlers)) == 1
    assert rows(installation, "attempts, error") == [(2, None)]


def test_an_event_that_cannot_be_read_is_parked(installation: Installation) -> None:
    tell(installation, contact_requested(START))
    installation.run("UPDATE nurture.inbox SET payload = payload - 'person'")
    for _ in range(MOST_ATTEMPTS):
        work_off(installation, Heard())
        end_pauses(installation)
    [(parked_at, error)] = rows(installation, "parked_at, error")
    assert parked_at is not None
    assert "person" in str(error)


def test_the_operator_gives_parked_events_a_fresh_start(installation: Installation) -> None:
    [event] = told = asks(1)
    tell(installation, *told)
    heard = Heard(fails=event.subject)
    for _ in range(MOST_ATTEMPTS):
        work_off(installation, heard)
        end_pauses(installation)
    heard.fails = None
    assert work_off(installation, heard) == 0
    with installation.nurture.sessions.begin() as session:
        assert retry_parked(session, Inbox) == 1
        assert retry_parked(session, Inbox) == 0
    assert work_off(installation, heard) == 1
    assert rows(installation, "attempts, error, parked_at") == [(1, None, None)]
