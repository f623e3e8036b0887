"""What webhooks keeps about a person, as its doors show it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from services.webhooks.usecases.export import export_person
from shared.export import Gettext
from shared.service import Service


def export(service: Service, session: Session, key: str, gettext: Gettext) -> dict[str, Any]:  # noqa: ARG001 - one shape
    """What webhooks keeps about the person with this key."""
    return export_person(session, key, gettext=gettext)
