"""Works: each in the queue of its service, looked at by a worker, rung by somebody, and found again by every tick."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from services.booking import tasks as booking
from services.booking.models import BookingTables
from services.nurture import tasks as nurture
from services.nurture.models import NurtureTables
from services.webhooks import tasks as webhooks
from services.webhooks.models import WebhooksTables
from shared.celery import Work, make_celery
from shared.events import known_events
from shared.settings import SERVICES, ServiceName, Settings
from tests.installation import Installation
from tests.policy.sources import ROOT, sources, texts

WORKS: dict[ServiceName, dict[str, Work]] = {
    "booking": booking.WORKS,
    "nurture": nurture.WORKS,
    "webhooks": webhooks.WORKS,
}
NAMES = sorted(name for works in WORKS.values() for name in works)


def test_every_work_is_named_after_its_service() -> None:
    for service, works in WORKS.items():
        assert all(re.fullmatch(rf"{service}\.[a-z_]+", name) for name in works)
    assert set(WORKS) == set(SERVICES)


def test_the_embedded_worker_takes_every_work(installation: Installation) -> None:
    # In a process of its own: it sets up logging for all that runs beside it.
    ask = (
        "from deploy.worker import celery as c\n"
        "print(*c.tasks)\n"
        "print(*(entry['task'] for entry in c.conf.beat_schedule.values()))"
    )
    environ = {**_environ(installation.settings), "PATH": os.defpath, "PYTHONTZPATH": ""}
    asked = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    taken, ticked = (set(line.split()) for line in asked.stdout.splitlines())
    assert set(NAMES) <= taken
    assert set(NAMES) == ticked


@pytest.mark.parametrize("service", SERVICES)
def test_the_worker_of_a_service_takes_its_own_work(installation: Installation, service: ServiceName) -> None:
    app = make_celery(installation.settings, {service: WORKS[service]})
    assert {name for name in app.tasks if not name.startswith("celery.")} == set(WORKS[service])
    for entry in app.conf.beat_schedule.values():
        assert entry["options"]["queue"] == service
        assert entry["schedule"] > 0
        assert entry["options"]["expires"] >= entry["schedule"], "a tick must outlive the time until the next"
        assert "args" not in entry
    assert app.conf.task_ignore_result


def test_every_bell_that_is_rung_is_a_work() -> None:
    bell = re.compile(rf"(?:{'|'.join(SERVICES)})\.[a-z_]+")
    rung = {
        text
        for path, tree in sources().items()
        if path.startswith("services/") and not path.endswith("tasks.py")
        for text in texts(tree)
        if bell.fullmatch(text)
    }
    assert rung, "some are rung by name"
    assert rung <= set(NAMES) | _tables()


@pytest.mark.parametrize("service", SERVICES)
def test_every_listener_looks_into_its_inbox(service: ServiceName) -> None:
    listeners = {listener for event in known_events().values() for listener in event.listeners}
    assert service in listeners
    assert f"{service}.inbox" in NAMES


@pytest.mark.parametrize("service", ["booking", "nurture"])
def test_every_sender_sends_and_sweeps(service: str) -> None:
    assert {f"{service}.mail", f"{service}.sweep"} <= set(NAMES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_task_is_a_few_lines_and_carries_no_argument_but_the_service(service: ServiceName) -> None:
    for name, work in WORKS[service].items():
        code = getattr(work.run, "__code__")  # noqa: B009 - every work is a plain function
        assert code.co_argcount == 1, name
    assert (ROOT / "services" / service / "worker.py").exists()


def test_work_without_anything_to_do_does_nothing(installation: Installation) -> None:
    before = installation.rows("SELECT sum(n_tup_ins + n_tup_upd) FROM pg_stat_user_tables")
    for service, works in WORKS.items():
        for work in works.values():
            work.run(getattr(installation, service))
    assert installation.rows("SELECT sum(n_tup_ins + n_tup_upd) FROM pg_stat_user_tables") == before
    assert installation.mails() == []


def _tables() -> set[str]:
    """Names of tables look like names of work."""
    return {
        f"{table.schema}.{table.name}"
        for tables in (BookingTables, NurtureTables, WebhooksTables)
        for table in tables.metadata.tables.values()
    }


def _environ(settings: Settings) -> dict[str, str]:
    """The settings as a process gets them."""
    return {name.upper(): str(value) for name, value in settings.model_dump(exclude={"timings"}).items() if value}
