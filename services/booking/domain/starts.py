"""Starts that somebody names themselves instead of choosing them from a list of free times."""

from __future__ import annotations

from datetime import datetime

from services.booking.domain.errors import Message, invalid


def require_aware(at: datetime, field: str = "start") -> None:
    """Refuse a time without its offset: nobody can say which instant it is. Raises `InvalidInput`."""
    if at.utcoffset() is None:
        raise invalid(
            field,
            Message("This time does not say in which zone it is."),
            Message("Send it with its offset, like 2026-06-07T09:30:00Z."),
        )


def require_to_come(at: datetime, *, now: datetime, field: str = "start") -> None:
    """Refuse a start that is not aware, not on a whole minute or not in the future. Raises `InvalidInput`."""
    require_aware(at, field)
    if at.second or at.microsecond:
        raise invalid(field, Message("Calls begin on whole minutes."), Message("Leave out the seconds."))
    if at <= now:
        raise invalid(field, Message("This time has passed."), Message("Choose one that is still to come."))
