"""Asking a server which calendars an account has."""

from __future__ import annotations

from services.booking.domain.calendar_accounts import Finding
from services.booking.domain.calendar_sources import Login, SourceFailed
from services.booking.gateways.caldav import CalDav
from shared.settings import Settings


def find_calendars(settings: Settings, login: Login) -> Finding:
    """The calendars that hold events, or the trouble. Never raises for anything that the server can do."""
    try:
        return CalDav.of(settings, login).calendars()
    except SourceFailed as error:
        return error.trouble
