"""The three web services as one WSGI program, told apart by path (`deploy.routes`), and each on its own.

Paths are not stripped: every service knows its pages by the address that people see.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from typing import Any

from deploy.routes import service_for
from services.booking.app import create_app as create_booking
from services.nurture.app import create_app as create_nurture
from services.webhooks.app import create_app as create_webhooks
from shared.logging import configure_logging
from shared.service import Service
from shared.settings import Settings

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_settings = Settings.from_env(os.environ)
configure_logging(_settings.log_level)

booking: Wsgi = create_booking(Service.start("booking", _settings))
nurture: Wsgi = create_nurture(Service.start("nurture", _settings))
webhooks: Wsgi = create_webhooks(Service.start("webhooks", _settings))

# What was made up to here stays for good: the collector need not look at it again and again.
gc.collect()
gc.freeze()

_apps: dict[str, Wsgi] = {"booking": booking, "nurture": nurture, "webhooks": webhooks}


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Hand the request to the service whose path it is."""
    return _apps[service_for(environ.get("PATH_INFO", "/"))](environ, start_response)
