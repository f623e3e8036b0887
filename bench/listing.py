"""How long `GET slots` takes over HTTP, against its limit: `python -m bench.listing [--requests 400]`.

The product is started as `./run` starts it. The advisor's next two months are filled with calls of ours and with busy
times of a calendar that is read, then sixty days are asked for again and again over one kept-alive connection. The
answer that does nothing (`/healthz`) is asked as often in between, so that the report says how much of the time is the
machine's and the server's own.

Goal: 95 % of the answers within 20 ms. That a listing is at most four statements is held by a test.
"""

from __future__ import annotations

import argparse
import http.client
import json
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from deploy.installation import local_database
from tests.flow.running import Running

LIMIT_S = 0.020
DAYS = 60
BUSY_TIMES, CALLS = 400, 60


def main() -> None:
    """Print what 95 % of the answers took, and the limit."""
    count = _arguments().requests
    with tempfile.TemporaryDirectory() as folder:
        running = Running(Path(folder) / "var", TIMING_TICK="1")
        running.start()
        try:
            _fill(running)
            listing, nothing, slots = _asked(running, count)
        finally:
            running.stop()
    print(f"{slots} slots in {DAYS} days, between {BUSY_TIMES} busy times and {CALLS} claims; {count} requests")
    print(f"nothing p50 {_share(nothing, 0.5) * 1e3:6.1f} ms   p95 {_share(nothing, 0.95) * 1e3:6.1f} ms")
    print(f"slots   p50 {_share(listing, 0.5) * 1e3:6.1f} ms   p95 {_share(listing, 0.95) * 1e3:6.1f} ms")
    print(f"ratio   {_share(listing, 0.95) / LIMIT_S:6.2f} of the limit of {LIMIT_S * 1e3:.0f} ms (goal: at most 1)")


def _asked(running: Running, count: int) -> tuple[list[float], list[float], int]:
    """Seconds of each answer with slots, of each answer with nothing, and how many slots there were."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    first = datetime.now(UTC).date()
    path = f"/api/v1/call-types/discovery/slots?from={first}&to={first + timedelta(days=DAYS - 1)}"
    _spent(connection, path)
    pairs = [(_spent(connection, path), _spent(connection, "/healthz")) for _ in range(count)]
    slots = sum(len(day["slots"]) for day in json.loads(pairs[-1][0][1])["days"])
    return [listing for (listing, _), _ in pairs], [nothing for _, (nothing, _) in pairs], slots


def _spent(connection: http.client.HTTPConnection, path: str) -> tuple[float, bytes]:
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    spent = time.perf_counter() - began
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {body[:200]!r}")
    return spent, body


def _fill(running: Running) -> None:
    """Quarter-hour starts all day, a calendar's busy times, and claims of ours between them."""
    with local_database(running.folder) as environ, psycopg.connect(environ["DATABASE_URL"]) as connection:
        connection.execute(
            "UPDATE booking.call_type SET interval_minutes = 15, notice_minutes = 0, horizon_days = 90"
            " WHERE slug = 'discovery'"
        )
        connection.execute(_CALENDAR, {"count": BUSY_TIMES, "days": DAYS})
        connection.execute(_CLAIMS, {"count": CALLS, "days": DAYS})


_CALENDAR = """
WITH account AS (
    INSERT INTO booking.calendar_account (kind, name, url, created_at) VALUES ('ics', 'Bench', '', now()) RETURNING id
), calendar AS (
    INSERT INTO booking.calendar (account_id, name, url, url_digest, read_at, expanded_until)
    SELECT id, 'Bench', '', 'bench', now(), now() + interval '2 years' FROM account RETURNING id
)
INSERT INTO booking.busy_time (calendar_id, href, uid, during)
SELECT id, '', 'busy' || n, tstzrange(at, at + interval '20 min')
FROM calendar, generate_series(1, %(count)s) n,
     LATERAL (SELECT date_trunc('day', now()) + n * (interval '1 day' * %(days)s / %(count)s) AS at) moment
"""
# Holds that never end take time as calls do, without calls to make up.
_CLAIMS = """
INSERT INTO booking.claim (advisor_id, during, kind, holder, expires_at)
SELECT id, tstzrange(at, at + interval '30 min'), 'hold', 'bench' || n, now() + interval '1 year'
FROM booking.advisor, generate_series(1, %(count)s) n,
     LATERAL (SELECT date_trunc('hour', now()) + n * (interval '1 day' * %(days)s / %(count)s) AS at) moment
ON CONFLICT DO NOTHING
"""


def _share(times: list[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.listing", description="GET slots against its limit.")
    parser.add_argument("--requests", type=int, default=400, help="how often sixty days are asked for")
    return parser.parse_args()


if __name__ == "__main__":
    main()
