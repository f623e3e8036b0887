"""One OpenAPI 3.1 document for the whole `/api/v1`, joined from the three services.

The document is a file of booking's (`services/booking/static/openapi.json`), because behind a gateway no web process
sees the others. `python -m deploy openapi` writes it anew; a test fails while it differs from the code.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from flask_openapi3.openapi import OpenAPI

from services.booking.app import create_app as create_booking
from services.booking.routes.api.once import HEADER
from services.booking.usecases.idempotency import LONGEST_KEY
from services.booking.usecases.sign_in import SCOPES
from services.nurture.app import create_app as create_nurture
from services.webhooks.app import create_app as create_webhooks
from shared.clock import RealClock
from shared.db import engine_for, sessions_for
from shared.doorbell import Waker
from shared.service import Service
from shared.settings import SERVICES, Settings
from shared.web.described import schemas
from shared.web.guards import Guard

FILE = Path(__file__).parent.parent / "services" / "booking" / "static" / "openapi.json"


def document() -> dict[str, Any]:
    """The joined document, its paths in order."""
    makers = {"booking": create_booking, "nurture": create_nurture, "webhooks": create_webhooks}
    joined: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Firstcall", "version": "1", "description": _DESCRIPTION},
        "paths": {},
        "components": {"schemas": schemas(), "securitySchemes": {"token": _TOKEN}},
    }
    for name in SERVICES:
        app = makers[name](_unconnected(name))
        if not isinstance(app, OpenAPI):
            raise TypeError(f"{name} has no API document")
        own = app.api_doc
        joined["paths"] |= {path: _secured(app, path, item) for path, item in own.get("paths", {}).items()}
        joined["components"]["schemas"] |= own.get("components", {}).get("schemas", {})
    joined["paths"] = dict(sorted(item for item in joined["paths"].items() if item[0].startswith("/api/")))
    joined["components"]["schemas"] = dict(sorted(joined["components"]["schemas"].items()))
    return joined


def _secured(app: OpenAPI, path: str, item: dict[str, Any]) -> dict[str, Any]:
    """The operations of a path with what their guards ask for (a token with a scope, or none), and keys they take."""
    views = {
        method.lower(): app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        if _PARAMETER.sub(r"{\1}", rule.rule) == path
        for method in rule.methods or ()
    }
    return {
        method: _described(method, operation, views.get(method)) if isinstance(operation, dict) else operation
        for method, operation in item.items()
    }


def _described(method: str, operation: dict[str, Any], view: Any) -> dict[str, Any]:
    described = operation | {"security": _security(getattr(view, "guard", None))}
    if method == "post" and getattr(view, "takes_key", False):
        described["parameters"] = [*operation.get("parameters", []), _KEY]
    return described


def _security(guard: Guard | None) -> list[dict[str, list[str]]]:
    if guard is not None and guard.scope is not None:
        return [{"token": [guard.scope]}]
    return [{}, {"token": []}]


def text() -> str:
    """The document as it is kept."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """`python -m deploy openapi`: write the file anew."""
    FILE.write_text(text(), encoding="utf-8")
    return 0


# `<slug>` and `<uuid:id>` of a rule are `{slug}` and `{id}` in the document.
_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_DESCRIPTION = (
    "Instants are RFC 3339 with an offset; answers are in Z. Errors are problem+json (RFC 9457) with"
    " `errors: [{field, message, fix}]`. A bearer token skips the limits for the public, never the rules. A list is"
    " `{items, next}`; `next` is the `after` of the next page, null on the last one. A POST that names an"
    " Idempotency-Key can be sent again for a day: it has one effect and one answer."
)
_TOKEN = {"type": "http", "scheme": "bearer", "description": f"Its scopes are some of: {', '.join(SCOPES)}."}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Up to 255 plain characters, a new UUID for each request: the same request again has no second"
    " effect and the same answer, for 24 hours. With another body it is refused (422).",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
}


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
