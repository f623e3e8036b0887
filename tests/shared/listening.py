"""A listener of the test's own at nurture's inbox, and asks to tell it of."""

from __future__ import annotations

import threading
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.nurture.models import Erased, Inbox
from shared.events import ContactRequested, Event
from shared.inbox import Desk, Handlers, handle_inbox, publish
from tests.builders import contact_requested
from tests.installation import START, Installation


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


def end_pauses(installation: Installation) -> None:
    installation.run("UPDATE nurture.inbox SET retry_at = NULL")


def work_off(installation: Installation, heard: Heard) -> int:
    return handle_inbox(installation.nurture, Desk(Inbox, Erased, heard.handlers))


def rows(installation: Installation, columns: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in installation.rows(f"SELECT {columns} FROM nurture.inbox ORDER BY received_at, id")]
