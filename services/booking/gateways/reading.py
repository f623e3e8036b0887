"""Asking a calendar's source what is new, whatever kind of source it is."""

from __future__ import annotations

from services.booking.domain.calendar_sources import Changes, FeedAnswer, SourceFailed
from services.booking.domain.readings import Failed, Source
from services.booking.gateways.caldav import CalDav
from services.booking.gateways.feeds import fetch_feed
from shared.settings import Settings


def ask_source(settings: Settings, source: Source) -> FeedAnswer | Changes | Failed:
    """What changed since it was last read. Never raises for anything that the server or the way to it can do."""
    try:
        if source.kind == "ics":
            return fetch_feed(settings, source.url, etag=source.etag, last_modified=source.last_modified)
        return CalDav.of(settings, source.login).changes(source.url, token=source.token, known=source.known)
    except SourceFailed as error:
        return Failed(error.trouble)
