"""Celery as a doorbell: a message says which work to look at and carries nothing else (law 1).

A service's `tasks.py` holds one table of `Work`: name, function, and how often it is looked at anyway. Nothing here
keeps a result, an ETA or a retry; whatever must happen is a row, and a lost message costs at most one interval.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import worker_init

from shared.doorbell import bare_celery
from shared.service import Service
from shared.settings import ServiceName, Settings

# A mail or a calendar can wait for a moment; somebody in front of a page should not. This is a third of a page's share:
# where the machine is busy with other things as well, the work still gets done.
_NICENESS = 5


@dataclass(frozen=True)
class Work:
    """One kind of due work: `run` drains what is there; it is also run every `every` ticks, bell or no bell."""

    run: Callable[[Service], object]
    every: int = 1


class OneAtATime:
    """A kind of work of which a process does one drain at a time, however often its bell rings.

    A second drain beside the first would take nothing that the first does not, and a killed process would leave two
    groups of mail whose fate is unknown instead of one. A bell that rings meanwhile makes the drain look once more.
    """

    def __init__(self, run: Callable[[Service], object]) -> None:
        self._run = run
        self._busy = threading.Lock()
        self._rung = threading.Event()

    def __call__(self, service: Service) -> None:
        """Drain, unless this process is at it."""
        self._rung.set()
        # Looked at again after the release: a bell that found us busy at our very end is not lost.
        while self._rung.is_set() and self._busy.acquire(blocking=False):
            try:
                self._rung.clear()
                self._run(service)
            finally:
                self._busy.release()


def make_celery(settings: Settings, works: Mapping[ServiceName, Mapping[str, Work]]) -> Celery:
    """The Celery app that runs the given services' work, each in the queue of the service's name."""
    app = bare_celery(settings)
    worker_init.connect(_give_way, weak=False)
    start = _starter(settings)
    for service, table in works.items():
        for name, work in table.items():
            _register(app, start, service=service, name=name, work=work)
            app.conf.beat_schedule[name] = _interval(settings, service, name, work)
    return app


def _give_way(**_: object) -> None:
    """Let the pages have the processor first, where a worker shares it with them."""
    os.nice(_NICENESS)
    # Linux may share the processor among sessions first (sched(7), autogroup), and a worker has one of its own.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICENESS))


def _starter(settings: Settings) -> Callable[[ServiceName], Service]:
    """Each service is started once in a process, when its first work is looked at: after a fork, not before."""
    started: dict[ServiceName, Service] = {}
    lock = threading.Lock()

    def start(name: ServiceName) -> Service:
        with lock:
            if name not in started:
                started[name] = Service.start(name, settings)
            return started[name]

    return start


def _register(app: Celery, start: Callable[..., Service], *, service: ServiceName, name: str, work: Work) -> None:
    alone = OneAtATime(work.run)

    def look() -> None:
        alone(start(service))

    app.task(name=name, ignore_result=True, shared=False)(look)


def _interval(settings: Settings, service: ServiceName, name: str, work: Work) -> dict[str, Any]:
    every = settings.timings.tick * work.every
    # A tick that nobody took before the next one is worth nothing: it expires, so a stopped worker finds no heap.
    return {"task": name, "schedule": every, "options": {"queue": service, "expires": max(every, 2)}}
