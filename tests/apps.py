"""Web services that tests use one after the other, each with an installation of its own.

Compiling its addresses and templates takes a web service longer than most tests take, and is the same every time.
"""

from __future__ import annotations

from copy import copy

from flask import Flask

from services.booking.app import create_app as booking_app
from services.nurture.app import create_app as nurture_app
from services.webhooks.app import create_app as webhooks_app
from shared.service import Service

_MAKE = {"booking": booking_app, "nurture": nurture_app, "webhooks": webhooks_app}
_made: dict[tuple[str, str], Flask] = {}


def app_for(service: Service) -> Flask:
    """A web service with everything of its own but what it has compiled."""
    if service.settings.trusted_proxies:
        # What stands before the app knows the app that it was put before.
        return _MAKE[service.name](service)
    # Whatever else an app is made by, besides its service.
    made_by = (service.name, service.settings.sendgrid_event_key)
    if made_by not in _made:
        _made[made_by] = _MAKE[service.name](service)
    app = copy(_made[made_by])
    app.extensions = app.extensions | {"firstcall": service}
    return app
