"""The advisor's own endpoints, what is owed to them, and every attempt at it. Times are machine time."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.webhooks.models.tables import WebhooksTables
from shared.db import Instant, RowId


class Endpoint(WebhooksTables):
    """Somewhere to deliver to. No `events` means all of them. `secret` is encrypted at rest.

    `request_key` and `request_body` are digests of the request that added it, when it may be sent again.
    """

    __tablename__ = "endpoint"
    __table_args__ = (CheckConstraint("state IN ('active', 'disabled')", name="state"),)

    id: Mapped[RowId]
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    secret: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="active")
    disabled_reason: Mapped[str] = mapped_column(Text, server_default="")
    request_key: Mapped[str | None] = mapped_column(Text, unique=True)
    request_body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Instant]


class Delivery(WebhooksTables):
    """One event owed to one endpoint: at least once, under an id that stays the same over all attempts."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        CheckConstraint("state IN ('owed', 'delivered', 'failed')", name="state"),
        Index("delivery_due_idx", "due", postgresql_where=text("state = 'owed'")),
        Index("delivery_settled_at_idx", "settled_at"),
    )

    id: Mapped[RowId]
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("endpoint.id", ondelete="CASCADE"))
    event_id: Mapped[UUID]
    event_name: Mapped[str] = mapped_column(Text)
    # The very bytes that are signed and sent: a retry repeats them.
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="owed")
    attempts: Mapped[int] = mapped_column(server_default="0")
    due: Mapped[Instant]
    # Until then the delivery is in some worker's hands; after it, anybody may take it.
    lease_until: Mapped[Instant | None]
    claim_id: Mapped[UUID | None]
    settled_at: Mapped[Instant | None]


class Attempt(WebhooksTables):
    """One attempt at a delivery and what it showed."""

    __tablename__ = "attempt"

    id: Mapped[RowId]
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    at: Mapped[Instant] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, server_default="")
    answer: Mapped[str] = mapped_column(Text, server_default="")
    duration_ms: Mapped[int]
