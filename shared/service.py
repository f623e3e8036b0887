"""What a running service has in its hands: settings, sessions, the clock, the doorbell.

Built once per process and passed down by the edges (routes, tasks, commands); nothing below an edge sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from shared.clock import Clock, clock_of
from shared.db import engine_for, sessions_for
from shared.doorbell import Waker, wake_after_commit
from shared.settings import ServiceName, Settings


@dataclass(frozen=True)
class Service:
    """One service in one process."""

    name: ServiceName
    settings: Settings
    sessions: sessionmaker[Session]
    clock: Clock
    waker: Waker

    @property
    def engine(self) -> Engine:
        """What the sessions get their connections from."""
        engine: Engine = self.sessions.kw["bind"]
        return engine

    @classmethod
    def start(cls, name: ServiceName, settings: Settings) -> Self:
        """Connect lazily with the service's own login; read which clock this installation lives by."""
        engine = engine_for(settings.database_of(name))
        sessions = sessions_for(engine)
        waker = Waker(settings)
        wake_after_commit(sessions, waker)
        return cls(name=name, settings=settings, sessions=sessions, clock=clock_of(engine), waker=waker)
