"""Migrations: one Alembic history per schema, run by the owner, followed by roles and grants.

Each service keeps its numbered files in its own `migrations/`; `system` (the clock, the limits) is kept here. Only the
owner changes tables. A service's login gets its own schema, INSERT into the inboxes of those who listen to it, and
SELECT on the few things that all read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from shared.db import derived_password, login_of
from shared.events import known_events
from shared.settings import SERVICES, ServiceName, Settings

HERE = Path(__file__).parent
# Two migrations at once would both find nothing done: the second waits for this lock and then has nothing to do.
MIGRATION_LOCK = 0x66_63_6D_69


def migrate(engine: Engine, settings: Settings, histories: Mapping[str, Path]) -> list[str]:
    """Bring every schema of `histories` (schema → folder of its migrations) up to date, then set logins and rights.

    All in one transaction: an installation is at one release or at the next, never between. Returns the schemas that
    were behind.
    """
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
        _make_logins(connection, settings)
        behind = [schema for schema, folder in histories.items() if _upgrade(connection, schema, folder)]
        _grant(connection)
    return behind


def pending(engine: Engine, histories: Mapping[str, Path]) -> list[str]:
    """The schemas that are not at the newest migration, without changing anything."""
    with engine.connect() as connection:
        return [name for name, folder in histories.items() if _current(connection, name) != _head(folder)]


def _upgrade(connection: Connection, schema: str, folder: Path) -> bool:
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    if _current(connection, schema) == _head(folder):
        return False
    config = _config(folder)
    config.attributes.update(connection=connection, schema=schema)
    command.upgrade(config, "head")
    return True


def _current(connection: Connection, schema: str) -> str | None:
    table = connection.execute(text("SELECT to_regclass(:name)"), {"name": f"{schema}.alembic_version"}).scalar()
    if table is None:
        return None
    query = text(f"SELECT version_num FROM {schema}.alembic_version")  # noqa: S608 - a schema's name, from our code
    version: str | None = connection.execute(query).scalar()
    return version


def _head(folder: Path) -> str | None:
    return ScriptDirectory.from_config(_config(folder)).get_current_head()


def _config(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("version_locations", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def _make_logins(connection: Connection, settings: Settings) -> None:
    """A role per service with its derived password, set anew each time so that a rotated SECRET_KEY takes effect."""
    for service in SERVICES:
        role = login_of(service)
        found = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar()
        verb = "ALTER" if found else "CREATE"
        # A hexadecimal digest, so it can stand in the statement; utility commands take no parameters.
        connection.execute(text(f"{verb} ROLE {role} LOGIN PASSWORD '{derived_password(settings, service)}'"))


def _grant(connection: Connection) -> None:
    for service in SERVICES:
        role = login_of(service)
        for schema in _own_schemas(service):
            connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {role}"))
            connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}"))
        for what in _only_added(service):
            connection.execute(text(f"REVOKE UPDATE, DELETE ON {what} FROM {role}"))
        for right, what in _EXCEPTIONS.get(service, ()):
            connection.execute(text(f"GRANT {right} ON {what} TO {role}"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA system, access TO {role}"))
        connection.execute(text(f"GRANT SELECT ON system.clock TO {role}"))
        connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON system.rate TO {role}"))
        connection.execute(text(f"GRANT SELECT ON access.live_session, access.live_token TO {role}"))
        for listener in _told_by(service):
            connection.execute(text(f"GRANT USAGE ON SCHEMA {listener} TO {role}"))
            # Only what an event is made of: nobody can insert one as handled already.
            columns = "id, name, person, subject, revision, occurred_at, payload"
            connection.execute(text(f"GRANT INSERT ({columns}) ON {listener}.inbox TO {role}"))


def _own_schemas(service: ServiceName) -> tuple[str, ...]:
    """Booking also writes who may sign in; the others read that through views."""
    return ("booking", "access") if service == "booking" else (service,)


def _only_added(service: ServiceName) -> tuple[str, ...]:
    """Tables to which rows are added and never changed: the trail, what people agreed to, who said stop; migrations."""
    kept = {"booking": ("access.audit",), "nurture": ("nurture.consent", "nurture.suppression"), "webhooks": ()}
    return (*kept[service], f"{service}.alembic_version")


# What erasure and retention need of those tables, and not more: words can go, what happened cannot be rewritten.
# Whoever was erased and says stop afterwards has then said stop.
_EXCEPTIONS: dict[ServiceName, tuple[tuple[str, str], ...]] = {
    "booking": (("UPDATE (detail)", "access.audit"), ("DELETE", "access.audit")),
    "nurture": (("UPDATE (shown)", "nurture.consent"), ("UPDATE (reason, at)", "nurture.suppression")),
}


def _told_by(service: ServiceName) -> set[str]:
    """The services that listen to what this one publishes."""
    events = known_events().values()
    return {listener for event in events if event.name.startswith(f"{service}.") for listener in event.listeners}
