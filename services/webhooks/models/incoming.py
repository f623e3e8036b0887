"""What providers posted: the bytes as they came, and which of their events we know already."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.webhooks.models.tables import WebhooksTables
from shared.db import Instant, RowId


class RawEvent(WebhooksTables):
    """One verified request, byte for byte, stored before anything else is done with it. Times are machine time."""

    __tablename__ = "raw_event"
    __table_args__ = (
        CheckConstraint("state IN ('stored', 'translated', 'parked')", name="state"),
        Index("raw_event_stored_idx", "received_at", postgresql_where=text("state = 'stored'")),
        Index("raw_event_received_at_idx", "received_at"),
    )

    id: Mapped[RowId]
    provider: Mapped[str] = mapped_column(Text)
    received_at: Mapped[Instant]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text, server_default="stored")
    attempts: Mapped[int] = mapped_column(server_default="0")
    retry_at: Mapped[Instant | None]
    rejected: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    error: Mapped[str | None] = mapped_column(Text)


class ProviderEvent(WebhooksTables):
    """An event of a provider that was taken in: providers send the same one up to dozens of times."""

    __tablename__ = "provider_event"

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    event_id: Mapped[str] = mapped_column(Text, primary_key=True)
    seen_at: Mapped[Instant] = mapped_column(index=True)
