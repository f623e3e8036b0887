"""Wake-ups: after a commit, tell a queue that there is work. Best effort by design (law 1).

A bell carries the name of the work and nothing else. Ringing never raises and never makes anybody wait.
"""

from __future__ import annotations

import logging
import threading
import time

from celery import Celery
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from shared.settings import Settings

log = logging.getLogger(__name__)

_PAUSE_S = 0.05


class Waker:
    """Rings bells from a thread of its own: a dead or slow broker neither fails nor delays who rings.

    Bells rung while one is on its way, or shortly after, are one bell. What is not rung is found by the next tick.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: set[str] = set()
        self._rung = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self, name: str) -> None:
        """Ask that the work `name` be looked at soon. Returns at once and never raises."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._ring, name="waker", daemon=True)
                self._thread.start()
            self._waiting.add(name)
        self._rung.set()

    def _ring(self) -> None:
        app = bare_celery(self._settings)
        while self._rung.wait():
            self._rung.clear()
            with self._lock:
                names, self._waiting = self._waiting, set()
            for name in names:
                ring(app, name)
            # Many who ring at once are one bell: where hundreds book in a second, each would cost as much as a look-up.
            time.sleep(_PAUSE_S)


def ring(app: Celery, name: str) -> None:
    """Send one wake-up, or log that it could not be sent."""
    try:
        app.send_task(name, queue=name.split(".", maxsplit=1)[0], expires=60, ignore_result=True, retry=False)
    except Exception as error:
        log.warning("wake-up not sent", extra={"work": name, "error": type(error).__name__})


def wake_after_commit(sessions: sessionmaker[Session], waker: Waker) -> None:
    """Ring, once a transaction has committed, the bells that `wake` noted in it.

    SQLAlchemy tells of savepoints too. Their end is none: a bell rung then would be heard before the commit, and one
    that is noted in a savepoint which is rolled back only looks in vain.
    """

    def rung(session: Session) -> None:
        if not session.in_nested_transaction():
            for name in session.info.pop("wake", ()):
                waker.wake(name)

    def forget(session: Session) -> None:
        if not session.in_nested_transaction():
            session.info.pop("wake", None)

    event.listen(sessions, "after_commit", rung)
    event.listen(sessions, "after_rollback", forget)


def wake(session: Session, name: str) -> None:
    """Note that the work `name` should be looked at as soon as this transaction has committed."""
    session.info.setdefault("wake", set()).add(name)


def bare_celery(settings: Settings) -> Celery:
    """An app that can ring bells but has no work of its own: what a web process needs."""
    app = Celery("firstcall", broker=settings.broker_url, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        # Doing a drain twice is harmless, losing one costs a tick: so neither early nor late acks matter for truth.
        # Late acks keep a bell that a killed worker had just taken.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        # A worker that starts while the broker is away waits for it instead of giving up.
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        # A wake-up must never hold up the process that rings: no retry, and a short time to fail in.
        task_publish_retry=False,
        broker_transport_options={
            "socket_connect_timeout": settings.timings.web_broker_timeout,
            "socket_timeout": 5,
            "visibility_timeout": 600,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "global_keyprefix": "firstcall:",
        },
        beat_schedule={},
        timezone="UTC",
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
    )
    return app
