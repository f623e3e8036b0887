"""The advisor's own endpoints: adding, listing, removing."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cryptography.fernet import MultiFernet
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.webhooks.domain.errors import FieldError
from services.webhooks.domain.standard_webhooks import secret_of
from services.webhooks.models import Endpoint
from shared.events import known_events

# The purpose that the key of the stored secrets is derived for.
ENDPOINT_SECRETS = "endpoint-secrets"


def add_endpoint(
    session: Session, url: str, events: Sequence[str], *, cipher: MultiFernet, machine: datetime
) -> tuple[Endpoint, str]:
    """Deliver these events (all, when none is named) to `url` from now on. Returns the secret, shown this once.

    `url` was checked before (domain/endpoints.py). Raises `FieldError` for an event that does not exist.
    """
    # Events that stay inside exist too, but asking for one would be waiting for ever.
    unknown = sorted(set(events) - set(delivered_events()))
    if unknown:
        raise FieldError("events", f"There is no event {unknown[0][:80]!r}.", "GET /api/v1/events lists them.")
    secret = secret_of(secrets.token_bytes(32))
    endpoint = Endpoint(
        url=url, events=sorted(set(events)), secret=cipher.encrypt(secret.encode()).decode(), created_at=machine
    )
    session.add(endpoint)
    session.flush()
    session.refresh(endpoint)
    return endpoint, secret


def delivered_events() -> list[str]:
    """The names of the events that leave this installation."""
    return [name for name, event in known_events().items() if "webhooks" in event.listeners]


def list_endpoints(session: Session) -> Sequence[Endpoint]:
    """All of them, the oldest first."""
    return session.scalars(select(Endpoint).order_by(Endpoint.id)).all()


def remove_endpoint(session: Session, endpoint_id: UUID) -> bool:
    """Stop delivering to it and forget what was owed. False when there is no such endpoint."""
    endpoint = session.get(Endpoint, endpoint_id)
    if endpoint is None:
        return False
    session.delete(endpoint)
    return True
