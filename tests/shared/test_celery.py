"""A kind of work is done by one thread of a process at a time, and a bell that rings meanwhile is not lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.celery import OneAtATime, Work, make_celery
from shared.service import Service
from tests.installation import Installation


def test_work_that_rings_its_own_bell_is_looked_at_once_more(installation: Installation) -> None:
    looks: list[int] = []

    def look(service: Service) -> None:
        looks.append(len(looks))
        if len(looks) < 3:
            alone(service)

    alone = OneAtATime(look)
    alone(installation.booking)
    assert looks == [0, 1, 2]


def test_a_bell_during_a_drain_neither_waits_nor_is_lost(installation: Installation) -> None:
    begun, may_end = threading.Event(), threading.Event()
    looks: list[str] = []

    def look(_: Service) -> None:
        looks.append(threading.current_thread().name)
        begun.set()
        assert may_end.wait(5)

    alone = OneAtATime(look)
    with ThreadPoolExecutor(1, thread_name_prefix="first") as pool:
        first = pool.submit(alone, installation.booking)
        assert begun.wait(5)
        for _ in range(3):
            alone(installation.booking)
        may_end.set()
        first.result(5)
    assert [name.startswith("first") for name in looks] == [True, True], "three bells are one more look"


def test_work_that_failed_is_free_for_the_next_bell(installation: Installation) -> None:
    looks: list[int] = []

    def fail_at_first(_: Service) -> None:
        looks.append(1)
        if len(looks) == 1:
            raise LookupError

    alone = OneAtATime(fail_at_first)
    with pytest.raises(LookupError):
        alone(installation.booking)
    alone(installation.booking)
    assert len(looks) == 2


def test_a_tick_is_as_long_as_its_work_says(installation: Installation) -> None:
    app = make_celery(installation.settings, {"booking": {"booking.a": Work(print), "booking.b": Work(print, every=5)}})
    schedule = {name: entry["schedule"] for name, entry in app.conf.beat_schedule.items()}
    tick = installation.settings.timings.tick
    assert schedule == {"booking.a": tick, "booking.b": 5 * tick}


def test_an_app_takes_no_work_of_another(installation: Installation) -> None:
    make_celery(installation.settings, {"nurture": {"nurture.other": Work(print)}})
    app = make_celery(installation.settings, {"booking": {"booking.own": Work(print)}})
    assert {name for name in app.tasks if not name.startswith("celery.")} == {"booking.own"}


def test_a_worker_gives_way_to_the_pages_beside_it() -> None:
    """In a process of its own: who has given way cannot take it back."""
    done = subprocess.run([sys.executable, "-c", GIVES_WAY], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "5"]


GIVES_WAY = """
import os
from celery.signals import worker_init
from shared.celery import make_celery
from tests.installation import settings_for
from pathlib import Path
make_celery(settings_for("postgresql://nobody/x", Path("unused")), {})
before = os.nice(0)
worker_init.send(sender=None)
print(before, os.nice(0))
"""
