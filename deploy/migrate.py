"""Migrations of all schemas, in the order in which they may lean on each other."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, MetaData

from shared import migrations
from shared.db import owner_engine
from shared.settings import Settings

ROOT = Path(__file__).parent.parent
HISTORIES = {
    "system": ROOT / "shared" / "migrations" / "versions",
    "booking": ROOT / "services" / "booking" / "migrations",
    "nurture": ROOT / "services" / "nurture" / "migrations",
    "webhooks": ROOT / "services" / "webhooks" / "migrations",
}


def migrate(settings: Settings) -> list[str]:
    """Bring the database up to date. Returns the schemas that were behind."""
    engine = owner_engine(settings)
    try:
        return migrations.migrate(engine, settings, HISTORIES)
    finally:
        engine.dispose()


def difference(engine: Engine) -> list[str]:
    """Where the tables in the database and the models in the code disagree, one line each. Empty is right."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    found = []
    for schema, metadata in _models().items():
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "include_schemas": True,
                    "include_name": lambda name, kind, _, schema=schema: kind != "schema" or name in _schemas(schema),
                    "include_object": lambda _, name, kind, *__: not (kind == "table" and name == "alembic_version"),
                    "compare_server_default": False,
                },
            )
            found += [f"{schema}: {change}" for change in compare_metadata(context, metadata)]
    return found


def _schemas(service: str) -> tuple[str, ...]:
    return ("booking", "access") if service == "booking" else (service,)


def _models() -> dict[str, MetaData]:
    # Imported late: a start that has nothing to migrate should not wait for the models.
    from services.booking.models import BookingTables
    from services.nurture.models import NurtureTables
    from services.webhooks.models import WebhooksTables

    tables = (BookingTables, NurtureTables, WebhooksTables)
    return {str(table.metadata.schema): table.metadata for table in tables}
