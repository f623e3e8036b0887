"""Connections: one login a service, pools that outlive a restart of PostgreSQL, and the types all tables share.

The owner's address (`DATABASE_URL`) is used by migrations only. A service's login is derived from it and from
SECRET_KEY, and may touch its own schema, plus INSERT into a listener's inbox; `shared.migrations` grants that.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import psycopg
from sqlalchemy import URL, BigInteger, DateTime, Engine, MetaData, Table, Uuid, create_engine, event, make_url, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from shared.settings import ServiceName, Settings

# Names by rule, so that a migration can name what autogenerate finds and a 23505 can be told by its constraint.
NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}

# Shorter than any restart of PostgreSQL.
_TRUSTED_S = 0.2

RowId = Annotated[UUID, mapped_column(Uuid, primary_key=True, server_default=text("uuidv7()"))]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Big = Annotated[int, mapped_column(BigInteger)]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]


class Tables(DeclarativeBase):
    """The root of a service's tables. Each service makes one subclass with its own schema."""

    __abstract__ = True


def table_of(model: type[Tables]) -> Table:
    """The table under a model, for what is inserted often: through the model an insert costs three times as much."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101  # every model here is of one table
    return table


def metadata(service: ServiceName) -> MetaData:
    """Metadata whose tables live in the service's schema."""
    return MetaData(schema=service, naming_convention=NAMES)


def login_of(service: ServiceName) -> str:
    """The database role of a service."""
    return f"firstcall_{service}"


def derived_password(settings: Settings, service: ServiceName) -> str:
    """The password of a service's role: derived, so that nothing has to be stored or typed."""
    return hmac.new(settings.secret_key.encode(), f"database:{service}".encode(), hashlib.sha256).hexdigest()


def derived_url(settings: Settings, service: ServiceName) -> str:
    """The owner's address with the service's role and derived password in place of the owner's."""
    url = _psycopg(settings.database_url)
    own = url.set(username=login_of(service), password=derived_password(settings, service))
    return own.render_as_string(hide_password=False)


def owner_engine(settings: Settings) -> Engine:
    """The owner's connection, for migrations."""
    return engine_for(settings.database_url, pool_size=1)


def engine_for(url: str, *, pool_size: int = 8) -> Engine:
    """A pool of connections to `url`.

    Opened lazily and after a fork. A connection that lay idle is asked whether it still lives before it is lent, so a
    restarted PostgreSQL costs a reconnect, not a failed request. The session's zone is UTC whatever the server says.
    """
    engine = create_engine(
        _psycopg(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        # An error's text goes into logs and into `error` columns: people's words are none of its business.
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
        },
    )
    event.listen(engine, "checkin", _note_idle)
    event.listen(engine, "checkout", _ask_the_idle)
    return engine


def _note_idle(_: Any, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def _ask_the_idle(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """What was in use a moment ago needs no question: PostgreSQL does not restart within that time."""
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) < _TRUSTED_S:
        return
    try:
        connection.autocommit = True
        connection.execute("SELECT 1")
        connection.autocommit = False
    except psycopg.Error as error:
        raise InvalidatePoolError from error


def sessions_for(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose objects stay readable after the commit; the edge commits, never a use case."""
    return sessionmaker(engine, expire_on_commit=False)


def _psycopg(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+psycopg")
