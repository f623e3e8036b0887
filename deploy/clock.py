"""The hand of a sped clock: moves product time on while nothing that is due is unfinished (`./run --speed N`)."""

from __future__ import annotations

import os
import signal
import threading
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from shared.clock import advance, begin_sped, machine_now, stand_still
from shared.db import owner_engine
from shared.settings import Settings

# How often the hand moves, in machine seconds. A step is this times the speed, or ends where something falls due.
EVERY_S = 0.1


def start_sped(settings: Settings, speed: int) -> None:
    """Make an installation a sped one (or change its speed). Its product time begins at the time of day."""
    engine = owner_engine(settings)
    with engine.begin() as connection:
        begin_sped(connection, speed=speed, at=machine_now())
    engine.dispose()


def step(engine: Engine, *, machine: datetime) -> datetime | None:
    """Move the hand once. None when it had to wait for due work."""
    with engine.begin() as connection:
        if unfinished(connection):
            stand_still(connection, machine=machine)
            return None
        return advance(connection, machine=machine, until=next_due(connection))


def unfinished(connection: Connection) -> bool:
    """Whether anything is due and not done: a mail, an event, a letter to write, a call to complete."""
    return bool(connection.execute(text(_UNFINISHED)).scalar())


def next_due(connection: Connection) -> datetime | None:
    """When something falls due next in product time, if anything is waiting."""
    due: datetime | None = connection.execute(text(_NEXT)).scalar()
    return due


_NEXT = """
    SELECT min(at) FROM (
        SELECT due AS at FROM booking.message WHERE state = 'queued'
        UNION ALL SELECT due FROM nurture.message WHERE state = 'queued'
        UNION ALL SELECT due FROM nurture.enrolment WHERE state = 'active'
        UNION ALL SELECT ends_at FROM booking.call WHERE state = 'confirmed'
    ) waiting, system.clock c WHERE at > c.product_now
"""
# Mails that wait for a retry (machine time) do not stop the clock, or a dead mail server would stop the world.
_UNFINISHED = """
    SELECT EXISTS (SELECT 1 FROM booking.message m, system.clock c
                   WHERE m.state IN ('queued', 'claimed', 'sending') AND m.due <= c.product_now AND m.retry_at IS NULL)
        OR EXISTS (SELECT 1 FROM nurture.message m, system.clock c
                   WHERE m.state IN ('queued', 'claimed', 'sending') AND m.due <= c.product_now AND m.retry_at IS NULL)
        OR EXISTS (SELECT 1 FROM nurture.enrolment e, system.clock c
                   WHERE e.state = 'active' AND e.due <= c.product_now)
        OR EXISTS (SELECT 1 FROM booking.call k, system.clock c
                   WHERE k.state = 'confirmed' AND k.ends_at <= c.product_now)
        OR EXISTS (SELECT 1 FROM booking.inbox WHERE handled_at IS NULL AND parked_at IS NULL)
        OR EXISTS (SELECT 1 FROM nurture.inbox WHERE handled_at IS NULL AND parked_at IS NULL)
        OR EXISTS (SELECT 1 FROM webhooks.inbox WHERE handled_at IS NULL AND parked_at IS NULL)
"""


def main() -> int:
    """`python -m deploy clock`: keep moving until told to stop."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    engine = owner_engine(Settings.from_env(os.environ))
    while not stop.wait(EVERY_S):
        step(engine, machine=machine_now())
    return 0
