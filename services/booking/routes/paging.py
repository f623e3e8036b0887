"""Pages of lists: a place in a list as addresses carry it, from page to page."""

from __future__ import annotations

from datetime import UTC
from uuid import UUID

from services.booking.domain.errors import InvalidInput, Message, invalid
from services.booking.domain.zones import instant
from services.booking.usecases.find import Place


def place_text(place: Place) -> str:
    """A place, as the address of the next page says it.

    >>> from datetime import datetime
    >>> place_text(Place(datetime(2026, 12, 8, 9, tzinfo=UTC), UUID(int=7)))
    '2026-12-08T09:00:00Z_00000000-0000-0000-0000-000000000007'
    """
    return f"{place.at.astimezone(UTC).isoformat()}_{place.row}".replace("+00:00", "Z")


def place_of(text: str) -> Place | None:
    """The place that `after` names, None for the beginning. Raises `InvalidInput`."""
    if not text:
        return None
    at, _, row = text.partition("_")
    try:
        return Place(instant(at), UUID(row))
    except (InvalidInput, ValueError):
        message, fix = Message("No page begins there."), Message("Send what the page before names, as it came.")
        raise invalid("after", message, fix) from None
