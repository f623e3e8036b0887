"""What the advisor's own programs do, each with a token that allows it. Every act leaves its line in the trail."""

from services.booking.routes.api.administration import (
    absences,
    advisor,
    asks,
    blocklist,
    call_acts,
    call_types,
    calls,
    feeds,
    links,
    proposals,
    schedules,
    settings,
)
from services.booking.routes.api.administration.door import blueprint

__all__ = [
    "absences",
    "advisor",
    "asks",
    "blocklist",
    "blueprint",
    "call_acts",
    "call_types",
    "calls",
    "feeds",
    "links",
    "proposals",
    "schedules",
    "settings",
]
