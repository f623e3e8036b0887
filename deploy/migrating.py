"""Preparing a database from the command line, and whether migrations and models agree."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from deploy.clock import start_sped
from deploy.embedded.postgres import Postgres
from deploy.environment import environment
from deploy.migrate import difference, migrate
from deploy.seed import seed
from services.booking.tasks import hear
from shared.db import owner_engine
from shared.service import Service
from shared.settings import Settings


def migrate_here(settings: Settings) -> int:
    """Bring the database up to date. With SPEED its product time runs that many times as fast."""
    behind = migrate(settings)
    if speed := os.environ.get("SPEED"):
        start_sped(settings, int(speed))
    print(f"migrated: {', '.join(behind) or 'nothing to do'}")
    return 0


def seed_here(settings: Settings) -> int:
    """Fill an empty database. Needs FIRST_PASSWORD, or a file of it named by FIRST_PASSWORD_FILE."""
    password = os.environ.get("FIRST_PASSWORD") or _from_file(os.environ.get("FIRST_PASSWORD_FILE"))
    if len(password) < 12:
        print("FIRST_PASSWORD: 12 characters or more; it opens the console until it is changed.", file=sys.stderr)
        return 2
    seeded = seed(settings, first_password=password)
    # Booking's pages name the article, so it must have heard of it before the first reader comes.
    hear(Service.start("booking", settings))
    print("seeded" if seeded else "nothing to seed")
    return 0


def check_migrations() -> int:
    """Whether the migrations, run on an empty database, give the tables that the models describe. 1 when not."""
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder) / "postgres", 0, "of no worth", fsync=False)
        server.start()
        try:
            differences = _differences(_settings_for(server, Path(folder)))
        finally:
            server.stop()
    for line in differences:
        print(line)
    return 1 if differences else 0


def _differences(settings: Settings) -> list[str]:
    migrate(settings)
    engine = owner_engine(settings)
    try:
        return difference(engine)
    finally:
        engine.dispose()


def _settings_for(server: Postgres, data: Path) -> Settings:
    secrets = dict.fromkeys(("SECRET_KEY", "SUPPRESSION_KEY"), "0" * 32)
    databases = {"DATABASE_URL": server.url(), "BROKER_URL": "redis://127.0.0.1/0"}
    return Settings.from_env(environment({}, data=data, url="http://localhost", databases=databases, secrets=secrets))


def _from_file(path: str | None) -> str:
    return Path(path).read_text(encoding="utf-8").strip() if path else ""
