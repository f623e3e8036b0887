"""One OpenAPI 3.1 document for the whole `/api/v1`, joined from the three services.

The document is a file of booking's (`services/booking/static/openapi.json`), because behind a gateway no web process
sees the others. `python -m deploy openapi` writes it anew; a test fails while it differs from the code.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask_openapi3.openapi import OpenAPI

from services.booking.app import create_app as create_booking
from services.nurture.app import create_app as create_nurture
from services.webhooks.app import create_app as create_webhooks
from shared.clock import RealClock
from shared.db import engine_for, sessions_for
from shared.doorbell import Waker
from shared.service import Service
from shared.settings import SERVICES, Settings

FILE = Path(__file__).parent.parent / "services" / "booking" / "static" / "openapi.json"


def document() -> dict[str, Any]:
    """The joined document, its paths in order."""
    makers = {"booking": create_booking, "nurture": create_nurture, "webhooks": create_webhooks}
    joined: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Firstcall", "version": "1", "description": _DESCRIPTION},
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }
    for name in SERVICES:
        app = makers[name](_unconnected(name))
        if not isinstance(app, OpenAPI):
            raise TypeError(f"{name} has no API document")
        own = app.api_doc
        joined["paths"] |= {path: item for path, item in own.get("paths", {}).items() if path.startswith("/api/")}
        joined["components"]["schemas"] |= own.get("components", {}).get("schemas", {})
    joined["paths"] = dict(sorted(joined["paths"].items()))
    joined["components"]["schemas"] = dict(sorted(joined["components"]["schemas"].items()))
    return joined


def text() -> str:
    """The document as it is kept."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """`python -m deploy openapi`: write the file anew."""
    FILE.write_text(text(), encoding="utf-8")
    return 0


_DESCRIPTION = (
    "Instants are RFC 3339 with an offset; answers are in Z. Errors are problem+json (RFC 9457) with"
    " `errors: [{field, message, fix}]`. A bearer token skips the limits for the public, never the rules."
)


def _unconnected(name: Any) -> Service:
    """A service that is never asked anything: its routes are only looked at."""
    settings = Settings.model_validate(
        {
            "database_url": "postgresql://nobody@127.0.0.1:1/nothing",
            "broker_url": "redis://127.0.0.1:1/0",
            "mail_url": "maildir:nowhere",
            "public_url": "http://localhost",
            "secret_key": "-" * 32,
            "suppression_key": "-" * 32,
            "bookings_address": "bookings@example.com",
            "nurture_address": "letters@example.com",
            "mail_domain": "example.com",
        }
    )
    engine = engine_for(settings.database_url)
    return Service(name, settings, sessions_for(engine), RealClock(), Waker(settings))
