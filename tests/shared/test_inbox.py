"""Events between services: committed with their cause, handled once, and parked when they cannot be."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.nurture import tasks as nurture_tasks
from services.nurture.models import Inbox
from shared.events import CallCancelled, ContactRequested, Event
from shared.inbox import MOST_ATTEMPTS, Handlers, handle_inbox, publish, retry_parked
from tests.builders import call_booked, contact_requested
from tests.installation import START, Bells, Installation


@pytest.fixture
def installation(installation: Installation) -> Installation:
    """One whose pauses end only when a test says so."""
    timings = installation.settings.timings.model_copy(update={"inbox_backoff": 60})
    return installation.with_settings(timings=timings)


class Died(BaseException):
    """What a killed worker looks like from inside: no `except Exception` sees it."""


class Heard:
    """A listener that writes down what it heard, and dies or fails over the subjects it is told to."""

    def __init__(self, *, dies: UUID | None = None, fails: UUID | None = None) -> None:
        self.subjects: list[UUID] = []
        self._lock = threading.Lock()
        self.dies, self.fails = dies, fails
        self.handlers = Handlers()
        self.handlers.on(ContactRequested, self.hear)

    def hear(self, session: Session, event: ContactRequested, now: datetime) -> None:
        with self._lock:
            self.subjects.append(event.subject)
        if event.subject == self.dies:
            raise Died
        if event.subject == self.fails:
            raise ValueError("I do not like this one")


def tell(installation: Installation, *events: Event) -> list[UUID]:
    with installation.booking.sessions.begin() as session:
        return [publish(session, event) for event in events]


def asks(count: int) -> list[ContactRequested]:
    return [contact_requested(START) for _ in range(count)]


def work_off(installation: Installation, heard: Heard) -> int:
    return handle_inbox(installation.nurture, Inbox, heard.handlers)


def end_pauses(installation: Installation) -> None:
    installation.run("UPDATE nurture.inbox SET retry_at = NULL")


def rows(installation: Installation, columns: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in installation.rows(f"SELECT {columns} FROM nurture.inbox ORDER BY received_at, id")]


def test_an_event_is_published_with_its_change_or_not_at_all(installation: Installation) -> None:
    with suppress(RuntimeError), installation.booking.sessions.begin() as session:
        publish(session, contact_requested(START))
        raise RuntimeError("the change failed")
    assert rows(installation, "id") == []
    tell(installation, contact_requested(START))
    assert len(rows(installation, "id")) == 1


def test_every_listener_gets_the_event_under_the_same_id(installation: Installation) -> None:
    event = contact_requested(START)
    [event_id] = tell(installation, event)
    for listener in event.listeners:
        [(row_id, name, person, subject, payload)] = installation.rows(
            f"SELECT id, name, person, subject, payload FROM {listener}.inbox"
        )
        assert (row_id, name, person, subject) == (event_id, event.name, "ana@reader.test", event.subject)
        assert ContactRequested.model_validate_json(ContactRequested.model_validate(payload).model_dump_json()) == event
    assert event.listeners == ("nurture", "webhooks")
    assert installation.rows("SELECT 1 FROM booking.inbox") == []


def test_the_listeners_are_rung_after_the_commit(installation: Installation) -> None:
    tell(installation, contact_requested(START))
    bells = installation.booking.waker
    assert isinstance(bells, Bells)
    assert sorted(bells.rung) == ["nurture.inbox", "webhooks.inbox"]


def test_an_event_is_handled_once_by_four_workers(installation: Installation) -> None:
    told = asks(60)
    tell(installation, *told)
    heard = Heard()
    with ThreadPoolExecutor(4) as pool:
        handled = sum(pool.map(lambda _: work_off(installation, heard), range(4)))
    assert handled == 60
    assert sorted(heard.subjects) == sorted(event.subject for event in told)
    assert {attempts for (attempts,) in rows(installation, "attempts")} == {1}


def test_an_event_that_outlives_its_pause_is_still_handled_once(installation: Installation) -> None:
    """A worker claimed two; while it is at the first, another takes the second, and both come to it."""
    timings = installation.settings.timings.model_copy(update={"inbox_backoff": 0.001})
    nurture = installation.with_settings(timings=timings).nurture
    first, second = asks(2)
    tell(installation, first, second)
    heard: list[UUID] = []
    at_the_second, first_is_done = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:

        def hear(session: Session, event: ContactRequested, now: datetime) -> None:
            heard.append(event.subject)
            if event.subject == first.subject:
                pool.submit(handle_inbox, nurture, Inbox, handlers)
                assert at_the_second.wait(5)
            else:
                at_the_second.set()
                assert first_is_done.wait(5)

        handlers = Handlers()
        handlers.on(ContactRequested, hear)
        handle_inbox(nurture, Inbox, handlers)
        first_is_done.set()
    assert sorted(heard) == sorted([first.subject, second.subject])
    assert None not in [handled_at for (handled_at,) in rows(installation, "handled_at")]


def test_an_event_and_its_effect_are_one_transaction(installation: Installation) -> None:
    def half(session: Session, event: ContactRequested, now: datetime) -> None:
        session.execute(text("INSERT INTO nurture.suppression VALUES ('digest', 'stopped', :now)"), {"now": now})
        raise ValueError("after the effect")

    handlers = Handlers()
    handlers.on(ContactRequested, half)
    tell(installation, contact_requested(START))
    assert handle_inbox(installation.nurture, Inbox, handlers) == 0
    assert installation.rows("SELECT 1 FROM nurture.suppression") == []
    assert rows(installation, "handled_at") == [(None,)]


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
    assert handle_inbox(installation.nurture, Inbox, handlers) == 0
    [(attempts, error)] = rows(installation, "attempts, error")
    assert attempts == 1
    assert "Error" in str(error)
    end_pauses(installation)
    assert handle_inbox(installation.nurture, Inbox, handlers) == 1
    assert rows(installation, "attempts, error") == [(2, None)]


def test_an_event_of_a_later_release_is_passed_over(installation: Installation) -> None:
    tell(installation, contact_requested(START))
    installation.run("UPDATE nurture.inbox SET name = 'booking.something_new.v1'")
    heard = Heard()
    heard.handlers.on_all(lambda _, event, *__: heard.subjects.append(event.subject))
    assert work_off(installation, heard) == 1
    assert heard.subjects == []
    assert rows(installation, "error, parked_at") == [(None, None)]


def test_fields_of_a_later_release_are_passed_over(installation: Installation) -> None:
    event = contact_requested(START)
    tell(installation, event)
    installation.run(
        "UPDATE nurture.inbox SET payload = jsonb_set(payload || '{\"mood\": \"good\"}', '{person,shoe_size}', '43')"
    )
    heard = Heard()
    assert work_off(installation, heard) == 1
    assert heard.subjects == [event.subject]


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


@pytest.fixture
def known_call(installation: Installation) -> Iterator[UUID]:
    """A call that nurture knows at revision 3, cancelled."""
    call = uuid4()
    booked = call_booked(START, call=call)
    cancelled = CallCancelled(**{**booked.model_dump(), "revision": 3, "by": "prospect"})
    tell(installation, cancelled)
    nurture_tasks.hear(installation.nurture)
    yield call


@pytest.mark.parametrize("revision", [0, 2, 3])
def test_news_that_is_older_than_what_is_known_changes_nothing(
    installation: Installation, known_call: UUID, revision: int
) -> None:
    tell(installation, call_booked(START, call=known_call, revision=revision))
    assert nurture_tasks.hear(installation.nurture) == 1
    assert installation.rows("SELECT state, revision FROM nurture.known_call") == [("cancelled", 3)]


def test_newer_news_replaces_what_is_known(installation: Installation, known_call: UUID) -> None:
    tell(installation, call_booked(START, call=known_call, revision=4))
    nurture_tasks.hear(installation.nurture)
    assert installation.rows("SELECT state, revision FROM nurture.known_call") == [("booked", 4)]
