"""The advisor's own words about a call. Nobody is told, and no event carries them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from services.booking.models import Call
from services.booking.usecases.calls import call_with


def write_notes(session: Session, call_id: UUID, text: str) -> Call:
    """Keep the notes as they are now, whatever became of the call. Raises `NotFound`."""
    call = call_with(session, call_id)
    call.notes = text
    return call
