"""Nurture's real worker processes over real servers, to be killed at the worst moments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from deploy.embedded.ports import free_port
from deploy.embedded.valkey import Valkey
from services.nurture.usecases.enrol import take_ask
from shared.clock import FixedClock, machine_now
from shared.security import suppression_hash
from tests import builders
from tests.fakes.smtp_sink import SmtpSink
from tests.installation import Installation, start_cluster

LETTERS = 500
ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 180


class Factory:
    """An installation with `LETTERS` leads whose first letter is due, and the processes that work on it."""

    def __init__(self, folder: Path, sink: SmtpSink) -> None:
        self.sink = sink
        self.valkey = Valkey(folder / "valkey", free_port(), "a-password-of-tests")
        self.valkey.start()
        self.cluster = start_cluster(folder / "postgres", fsync=True)
        # The workers live by the time of day, so what is due must be due today.
        self.house = Installation(self.cluster, self.cluster.new_database(), folder, FixedClock(machine_now()))
        self.house.furnish()
        self._enrol_everybody()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._log = (folder / "workers.log").open("wb")

    def start_workers(self) -> None:
        """One worker process with four threads, and a beat."""
        self._start("worker", "--pool", "threads", "-c", "4", "-Q", "nurture", "--without-mingle", "--without-gossip")
        self._start("beat", "--scheduler", "celery.beat:Scheduler")

    def kill_workers(self) -> None:
        """kill -9, all at once, and whatever their database sessions were doing ends without a commit."""
        for process in self._processes:
            process.send_signal(signal.SIGKILL)
        for process in self._processes:
            process.wait(5)
        self._processes.clear()
        self.house.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'firstcall_nurture' AND state <> 'idle' AND datname = current_database()"
        )

    def flush_broker(self) -> None:
        """FLUSHALL."""
        redis.Redis.from_url(self.valkey.url()).flushall()

    def states(self) -> dict[str, int]:
        """How many letters are in which state."""
        return {
            row.state: row.n
            for row in self.house.rows("SELECT state, count(*) AS n FROM nurture.message GROUP BY state")
        }

    def eventually(self, good: Callable[[], bool]) -> None:
        """Wait until it is so."""
        until = time.monotonic() + PATIENCE_S
        while not good():
            assert time.monotonic() < until, f"{self.states()}, {len(self.sink.ledger)} delivered"
            time.sleep(0.01)

    def close(self) -> None:
        """Stop everything."""
        self.kill_workers()
        self.house.close()
        self.cluster.stop()
        self.valkey.stop()
        self._log.close()

    def _start(self, *command: str) -> None:
        settings = self.house.settings
        environment: dict[str, Any] = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONTZPATH": "",
            "BROKER_URL": self.valkey.url(),
            "MAIL_URL": f"smtp://127.0.0.1:{self.sink.port}?tls=none",
            "TIMING_MAIL_LEASE": "4",
            "TIMING_MAIL_DEADLINE": "1.5",
            "TIMING_MAIL_UNKNOWN_WINDOW": "1",
            "TIMING_TICK": "0.2",
        }
        for name in ("database_url", "public_url", "secret_key", "suppression_key", "bookings_address"):
            environment[name.upper()] = getattr(settings, name)
        environment |= {"NURTURE_ADDRESS": settings.nurture_address, "MAIL_DOMAIN": settings.mail_domain}
        program = [sys.executable, "-m", "celery", "-A", "services.nurture.worker", *command]
        started = subprocess.Popen(program, env=environment, cwd=ROOT, stdout=self._log, stderr=self._log)
        self._processes.append(started)

    def _enrol_everybody(self) -> None:
        now = self.house.clock.now()
        with self.house.nurture.sessions.begin() as session:
            for number in range(LETTERS):
                person = builders.a_person(f"reader{number}@reader.test")
                event = builders.contact_requested(now, person=person)
                take_ask(session, event, now, digest=suppression_hash(self.house.settings, person.key))
