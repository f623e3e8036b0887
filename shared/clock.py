"""The two clocks (law 3).

Product time decides what is due: calls, notice, reminders, sequences. It is read once at an edge and passed down as
`now`. Machine time decides leases, backoff, deadlines, rate limits and sessions; it is never sped up.

An installation made with `--speed N` keeps its product time in one database row that every process reads. The row is
moved forward by `advance`, which waits while due work is unfinished, so a fast clock never jumps over a mail.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, Engine, text


class Clock(Protocol):
    """Anything that can tell product time."""

    def now(self) -> datetime:
        """Product time as an aware UTC instant."""


class RealClock:
    """Product time is the time of day: the case of every installation that serves people."""

    def now(self) -> datetime:
        return machine_now()


class DatabaseClock:
    """Product time of an installation made with `--speed`: one row, the same for every process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self) -> datetime:
        with self._engine.connect() as connection:
            return _read(connection)


class FixedClock:
    """Product time that only moves when it is told to: for tests and for commands that are given an instant."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def move(self, by: timedelta) -> None:
        """Let product time pass."""
        self._at += by


def machine_now() -> datetime:
    """Machine time as an aware UTC instant. The only place below the edges that reads the system's clock."""
    return datetime.now(UTC)


def clock_of(engine: Engine) -> Clock:
    """The clock this installation was made with."""
    with engine.connect() as connection:
        sped = connection.execute(text("SELECT speed FROM system.clock")).scalar_one_or_none()
    return RealClock() if sped is None else DatabaseClock(engine)


def begin_sped(connection: Connection, *, speed: int, at: datetime) -> None:
    """Make this installation a sped one, or change its speed. `at` is machine time: product time begins there."""
    connection.execute(
        text(
            "INSERT INTO system.clock (speed, product_now, moved_at) VALUES (:speed, :at, :at)"
            " ON CONFLICT (only_row) DO UPDATE SET speed = excluded.speed, moved_at = excluded.moved_at"
        ),
        {"speed": speed, "at": at},
    )


def advance(connection: Connection, *, machine: datetime, until: datetime | None) -> datetime:
    """Move sped product time by the machine time that passed, times the speed, but not beyond `until`.

    `until` is when something falls due next, so that it is seen at its own time however fast the clock is. The caller
    has made sure that no due work is unfinished. Returns the new product time.
    """
    row = connection.execute(text("SELECT speed, product_now, moved_at FROM system.clock FOR UPDATE")).one()
    moved = row.product_now + max(machine - row.moved_at, timedelta(0)) * row.speed
    connection.execute(
        text("UPDATE system.clock SET product_now = :at, moved_at = :machine"),
        {"at": max(row.product_now, min(moved, until or moved)), "machine": machine},
    )
    return _read(connection)


def stand_still(connection: Connection, *, machine: datetime) -> None:
    """Let machine time pass without product time: what a sped clock does while due work is unfinished."""
    connection.execute(text("UPDATE system.clock SET moved_at = :machine"), {"machine": machine})


def _read(connection: Connection) -> datetime:
    at: datetime = connection.execute(text("SELECT product_now FROM system.clock")).scalar_one()
    return at.astimezone(UTC)
