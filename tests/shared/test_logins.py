"""Each service's login may touch its own tables and drop events into others' inboxes, and nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.migrations import migrate, pending
from shared.settings import SERVICES, ServiceName
from tests.installation import Installation

OTHERS = {"booking": ("nurture", "webhooks"), "nurture": ("booking", "webhooks"), "webhooks": ("booking", "nurture")}
EVENT = (
    "INSERT INTO {inbox}.inbox (name, subject, revision, occurred_at, payload)"
    " VALUES ('x', uuidv7(), 0, clock_timestamp(), '{{}}')"
)


def may(installation: Installation, service: ServiceName, statement: str) -> bool:
    """Whether the service's own login is allowed this statement."""
    assert f"firstcall_{service}" in installation.settings.database_of(service)
    with getattr(installation, service).sessions() as session:
        assert session.execute(text("SELECT current_user")).scalar() == f"firstcall_{service}"
        try:
            session.execute(text(statement))
        except ProgrammingError as error:
            assert "permission denied" in str(error) or "must be owner" in str(error), error
            return False
        return True


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_works_with_its_own_tables(installation: Installation, service: ServiceName) -> None:
    for statement in ("SELECT 1 FROM {}.inbox", "UPDATE {}.inbox SET error = ''", "DELETE FROM {}.inbox"):
        assert may(installation, service, statement.format(service))


@pytest.mark.parametrize(("service", "other"), [(one, other) for one in SERVICES for other in OTHERS[one]])
def test_an_emitter_can_drop_an_event_and_read_nothing(
    installation: Installation, service: ServiceName, other: str
) -> None:
    assert may(installation, service, EVENT.format(inbox=other))
    for statement in (
        "SELECT 1 FROM {}.inbox",
        "SELECT id FROM {}.inbox",
        "UPDATE {}.inbox SET error = ''",
        "DELETE FROM {}.inbox",
        "TRUNCATE {}.inbox",
        EVENT.replace("{inbox}", "{}") + " RETURNING id",
    ):
        assert not may(installation, service, statement.format(other)), statement


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_touches_another_ones_tables(installation: Installation, service: ServiceName) -> None:
    own = {service, "access"} if service == "booking" else {service}
    tables = installation.rows(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('booking','nurture','webhooks','access')"
    )
    foreign = [f"{schema}.{table}" for schema, table in tables if schema not in own and table != "inbox"]
    assert len(foreign) >= 8
    for table in foreign:
        assert not may(installation, service, f"SELECT 1 FROM {table}"), table
        assert not may(installation, service, f"INSERT INTO {table} DEFAULT VALUES"), table
        assert not may(installation, service, f"DELETE FROM {table}"), table


@pytest.mark.parametrize("service", SERVICES)
def test_all_may_ask_who_is_signed_in_and_what_time_it_is(installation: Installation, service: ServiceName) -> None:
    for source in ("access.live_session", "access.live_token", "system.clock", "system.rate"):
        assert may(installation, service, f"SELECT 1 FROM {source}")
    assert not may(installation, service, "UPDATE system.clock SET speed = 100")


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_changes_tables(installation: Installation, service: ServiceName) -> None:
    for statement in (
        f"ALTER TABLE {service}.inbox ADD COLUMN x int",
        f"DROP TABLE {service}.inbox",
        f"CREATE TABLE {service}.mine (x int)",
        "CREATE TABLE public.mine (x int)",
        "CREATE SCHEMA mine",
    ):
        assert not may(installation, service, statement), statement


def test_migrating_again_changes_nothing(installation: Installation) -> None:
    from deploy.migrate import HISTORIES

    assert migrate(installation.owner, installation.settings, HISTORIES) == []
    assert pending(installation.owner, HISTORIES) == []
    installation.run("UPDATE booking.alembic_version SET version_num = 'old'")
    assert pending(installation.owner, HISTORIES) == ["booking"]
