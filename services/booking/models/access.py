"""Who may come in: schema `access`, written by booking, read by the others through two views."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.tables import BookingTables
from shared.db import Instant, RowId


class Account(BookingTables):
    """A person with a password: the advisor, perhaps an assistant. `must_change` until the first password is gone."""

    __tablename__ = "account"
    __table_args__ = {"schema": "access"}  # noqa: RUF012 - SQLAlchemy's own form

    id: Mapped[RowId]
    email: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    must_change: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[Instant]


class ConsoleSession(BookingTables):
    """A signed-in browser. The cookie's digest is the key; `expires_at` is machine time."""

    __tablename__ = "session"
    __table_args__ = {"schema": "access"}  # noqa: RUF012

    fingerprint: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("access.account.id", ondelete="CASCADE"))
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]


class ApiToken(BookingTables):
    """A program's token, kept as its digest and shown once."""

    __tablename__ = "api_token"
    __table_args__ = {"schema": "access"}  # noqa: RUF012

    id: Mapped[RowId]
    fingerprint: Mapped[str] = mapped_column(Text, unique=True)
    label: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None]


class Audit(BookingTables):
    """What the advisor or a program changed."""

    __tablename__ = "audit"
    __table_args__ = {"schema": "access"}  # noqa: RUF012

    id: Mapped[RowId]
    actor: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    subject: Mapped[UUID | None]
    # What changed, as `{"state": ["open", "answered"]}`: before and after. Ids and words of ours, nobody's secrets.
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    at: Mapped[Instant] = mapped_column(index=True)
