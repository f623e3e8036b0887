"""Events between services: committed with their cause, and handled once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.nurture import tasks as nurture_tasks
from services.nurture.models import Erased, Inbox
from shared.events import CallCancelled, ContactRequested
from shared.inbox import Desk, Handlers, handle_inbox, publish
from tests.builders import call_booked, contact_requested
from tests.installation import START, Bells, Installation
from tests.shared.listening import Heard, asks, rows, tell, work_off


@pytest.fixture
def installation(installation: Installation) -> Installation:
    """One whose pauses end only when a test says so."""
    timings = installation.settings.timings.model_copy(update={"inbox_backoff": 60})
    return installation.with_settings(timings=timings)


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
                pool.submit(handle_inbox, nurture, Desk(Inbox, Erased, handlers))
                assert at_the_second.wait(5)
            else:
                at_the_second.set()
                assert first_is_done.wait(5)

        handlers = Handlers()
        handlers.on(ContactRequested, hear)
        handle_inbox(nurture, Desk(Inbox, Erased, handlers))
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
    assert handle_inbox(installation.nurture, Desk(Inbox, Erased, handlers)) == 0
    assert installation.rows("SELECT 1 FROM nurture.suppression") == []
    assert rows(installation, "handled_at") == [(None,)]


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
