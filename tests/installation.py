"""An installation for a test: real services on a real database, with a clock that the test moves."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from deploy.embedded.ports import free_port
from deploy.embedded.postgres import Postgres
from deploy.migrate import migrate
from services.booking import tasks as booking_tasks
from services.nurture import tasks as nurture_tasks
from services.webhooks import tasks as webhooks_tasks
from shared.clock import FixedClock
from shared.db import sessions_for
from shared.doorbell import Waker, wake_after_commit
from shared.service import Service
from shared.settings import ServiceName, Settings, Timings
from tests import builders
from tests.apps import app_for
from tests.engines import Lent, lend

# A Monday morning in winter: nothing about daylight saving is near.
START = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL with a template database that has all tables and no rows."""

    server: Postgres
    admin: Engine

    def new_database(self, template: str = "template_of_tests") -> str:
        """The address of a fresh copy of a template, to which nobody may be connected.

        Copied as files: without fsync that takes half as long as by the write-ahead log, and so does dropping it.
        """
        name = f"test_{next(_numbers)}"
        with self.admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
        return self.server.url(name)

    def drop(self, url: str) -> None:
        """Remove a copy, whoever is still connected."""
        with self.admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)"))

    def stop(self) -> None:
        """Stop the server."""
        self.admin.dispose()
        self.server.stop()


def start_cluster(folder: Path, *, fsync: bool = False) -> Cluster:
    """Start a server in `folder` and migrate its template database."""
    server = Postgres(folder, free_port(), "a-password-of-tests", fsync=fsync)
    server.start()
    admin = create_engine(
        server.url("postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE template_of_tests"))
    migrate(settings_for(server.url("template_of_tests"), folder))
    return Cluster(server, admin)


def settings_for(database_url: str, folder: Path, **changes: Any) -> Settings:
    """Settings of a test: nobody answers at the broker, mail goes into a folder, waits are short."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "broker_url": "redis://127.0.0.1:1/0",
        "mail_url": f"maildir:{folder}/outbox",
        "public_url": "http://firstcall.test",
        "secret_key": "a-secret-key-of-tests-0123456789ab",
        "suppression_key": "a-suppression-key-of-tests-0123456",
        "bookings_address": "bookings@firstcall.test",
        "nurture_address": "letters@firstcall.test",
        "mail_domain": "firstcall.test",
        "endpoints_allow_private": True,
        "calendars_allow_private": True,
        "timings": Timings(
            mail_lease=4,
            mail_deadline=1,
            mail_backoff=0.05,
            inbox_backoff=0.05,
            delivery_deadline=1,
            calendar_deadline=8,
            calendar_backoff=0.05,
        ),
    }
    return Settings.model_validate(values | changes)


class Bells(Waker):
    """A doorbell that only writes down what was rung."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.rung: list[str] = []

    def wake(self, name: str) -> None:
        """Note the name."""
        self.rung.append(name)


class Installation:
    """The three services of one test."""

    def __init__(self, cluster: Cluster, url: str, folder: Path, clock: FixedClock) -> None:
        self.cluster, self.url, self.folder, self.clock = cluster, url, folder, clock
        self.settings = settings_for(url, folder)
        self._lent: list[Lent] = []
        self.owner = self._engine(url, pool_size=2)
        self.booking = self._start("booking")
        self.nurture = self._start("nurture")
        self.webhooks = self._start("webhooks")

    @classmethod
    def on(cls, cluster: Cluster, folder: Path) -> Installation:
        """A fresh one."""
        return cls(cluster, cluster.new_database(), folder, FixedClock(START))

    def with_settings(self, **changes: Any) -> Installation:
        """The same installation, its processes started anew with other settings."""
        self.settings = self.settings.model_copy(update=changes)
        self.booking = replace(self.booking, settings=self.settings)
        self.nurture = replace(self.nurture, settings=self.settings)
        self.webhooks = replace(self.webhooks, settings=self.settings)
        return self

    def furnish(self) -> None:
        """Fill it with the advisor, call types, hours and article of the builders."""
        with self.booking.sessions.begin() as session:
            builders.set_up_advisor(session, now=self.clock.now())
        self.work()
        with self.nurture.sessions.begin() as session:
            builders.publish_sample_article(session, now=self.clock.now())
        self.work()

    def work(self) -> None:
        """Let every worker do all that is due now, until nothing is left."""
        jobs = [
            (self.booking, booking_tasks.WORKS),
            (self.nurture, nurture_tasks.WORKS),
            (self.webhooks, webhooks_tasks.WORKS),
        ]
        # A round in which nobody found anything to do is the last.
        for _ in range(5):
            if not sum(bool(work.run(service)) for service, works in jobs for work in works.values()):
                return

    def pass_time(self, **by: float) -> None:
        """Let product time pass, then let the workers do what fell due."""
        self.clock.move(timedelta(**by))
        self.work()

    def browser(self, service: ServiceName = "booking") -> FlaskClient:
        """Somebody's browser at one of the web services."""
        return app_for(getattr(self, service)).test_client()

    def mails(self) -> list[bytes]:
        """Every mail that left, in the order in which it left."""
        files = (self.folder / "outbox" / "new").glob("*.eml")
        return [path.read_bytes() for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)]

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Read anything, as the owner."""
        with Session(self.owner) as session:
            return list(session.execute(text(query), values))

    def run(self, statement: str, **values: Any) -> None:
        """Change anything, as the owner."""
        with self.owner.begin() as connection:
            connection.execute(text(statement), values)

    def close(self) -> None:
        """Close every connection and remove the database."""
        self.leave()
        self.cluster.drop(self.url)

    def leave(self) -> None:
        """Close every connection and keep the database."""
        for lent in self._lent:
            lent.give_back()
        self._lent = []

    def _start(self, name: ServiceName) -> Service:
        engine = self._engine(self.settings.database_of(name), pool_size=4)
        sessions, bells = sessions_for(engine), Bells(self.settings)
        wake_after_commit(sessions, bells)
        return Service(name=name, settings=self.settings, sessions=sessions, clock=self.clock, waker=bells)

    def _engine(self, url: str, *, pool_size: int) -> Engine:
        self._lent.append(lend(url, pool_size=pool_size))
        return self._lent[-1].engine
