"""The advisor's own endpoints: adding, listing, removing."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.fernet import MultiFernet
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.webhooks.domain.asked import HEADER, Asked
from services.webhooks.domain.errors import FieldError
from services.webhooks.domain.standard_webhooks import secret_of
from services.webhooks.models import Endpoint
from shared.events import EndpointChanged, PersonErased, known_events
from shared.inbox import publish

# The purpose that the key of the stored secrets is derived for.
ENDPOINT_SECRETS = "endpoint-secrets"
# How long the same request may be sent again.
KEPT = timedelta(hours=24)
# Heard by webhooks itself and delivered to nobody: it would carry the address to where it is to be forgotten.
INSIDE = frozenset({PersonErased.name})


def add_endpoint(
    session: Session,
    url: str,
    events: Sequence[str],
    *,
    cipher: MultiFernet,
    machine: datetime,
    now: datetime,
    asked: Asked | None = None,
) -> tuple[Endpoint, str]:
    """Deliver these events (all, when none is named) to `url` from now on. Returns the secret, shown this once.

    `url` was checked before (domain/endpoints.py). The same request once more, as `asked` tells it, adds nothing and
    gives what it added. Raises `FieldError` for an event that does not exist, and for a key of another request.
    """
    # Events that stay inside exist too, but asking for one would be waiting for ever.
    unknown = sorted(set(events) - set(delivered_events()))
    if unknown:
        raise FieldError("events", f"There is no event {unknown[0][:80]!r}.", "GET /api/v1/events lists them.")
    secret = secret_of(secrets.token_bytes(32))
    kept = {"secret": cipher.encrypt(secret.encode()).decode(), "created_at": machine}
    if asked is not None:
        _let_go_of(session, asked.key, machine=machine)
        kept |= {"request_key": asked.key, "request_body": asked.body}
    # Of two same requests at once the later waits here for the earlier one's transaction.
    new = insert(Endpoint).values(url=url, events=sorted(set(events)), **kept)
    once = new.on_conflict_do_nothing(index_elements=["request_key"]).returning(Endpoint)
    endpoint = session.scalars(once).one_or_none()
    if endpoint is None and asked is not None:
        return _added_before(session, asked, cipher)
    if endpoint is None:
        raise RuntimeError("without a key nothing is in its way")
    _tell(session, endpoint, "endpoint_added", now=now)
    return endpoint, secret


def _let_go_of(session: Session, key: str, *, machine: datetime) -> None:
    """A key whose day is over is as good as none."""
    old = update(Endpoint).where(Endpoint.request_key == key, Endpoint.created_at <= machine - KEPT)
    session.execute(old.values(request_key=None, request_body=None))


def _added_before(session: Session, asked: Asked, cipher: MultiFernet) -> tuple[Endpoint, str]:
    endpoint = session.scalars(select(Endpoint).where(Endpoint.request_key == asked.key)).one()
    if endpoint.request_body != asked.body:
        raise FieldError(HEADER, "This key came with another request.", "Send a new key with a new request.")
    return endpoint, cipher.decrypt(endpoint.secret.encode()).decode()


def delivered_events() -> list[str]:
    """The names of the events that leave this installation."""
    heard = (name for name, event in known_events().items() if "webhooks" in event.listeners)
    return [name for name in heard if name not in INSIDE]


def list_endpoints(session: Session) -> Sequence[Endpoint]:
    """All of them, the oldest first."""
    return session.scalars(select(Endpoint).order_by(Endpoint.id)).all()


def remove_endpoint(session: Session, endpoint_id: UUID, *, now: datetime) -> bool:
    """Stop delivering to it and forget what was owed. False when there is no such endpoint."""
    endpoint = session.get(Endpoint, endpoint_id)
    if endpoint is None:
        return False
    session.delete(endpoint)
    _tell(session, endpoint, "endpoint_removed", now=now)
    return True


def _tell(
    session: Session, endpoint: Endpoint, act: Literal["endpoint_added", "endpoint_removed"], *, now: datetime
) -> None:
    host = urlsplit(endpoint.url).hostname or ""
    publish(session, EndpointChanged(subject=endpoint.id, revision=0, occurred_at=now, act=act, host=host))
