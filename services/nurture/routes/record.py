"""What nurture keeps about a person, as its doors show it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from services.nurture.usecases.export import export_person
from shared.export import Gettext
from shared.security import suppression_hash
from shared.service import Service


def export(service: Service, session: Session, key: str, gettext: Gettext) -> dict[str, Any]:
    """What nurture keeps about the person with this key."""
    return export_person(session, key, digest=suppression_hash(service.settings, key), gettext=gettext)
