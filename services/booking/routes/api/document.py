"""The API's own description: one document for all three services, and a page to read it on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, render_template

from services.booking.routes.api.door import blueprint
from services.booking.routes.api.reading import operations, scopes
from shared.web.guards import api as program
from shared.web.guards import guarded, is_open

pages = Blueprint("api_docs", __name__)


@blueprint.get("/openapi.json", doc_ui=False)
@guarded(program("openapi"))
def openapi() -> Response:
    """The document of all three services; `python -m deploy openapi` writes it."""
    return current_app.send_static_file("openapi.json")


@pages.get("/api/docs")
@guarded(is_open())
def docs() -> str:
    """The document to read."""
    document = _document(str(current_app.static_folder))
    groups = operations(document)
    words = document["info"]["description"]
    return render_template("api_docs.html", words=words, groups=groups, scopes=scopes(groups))


@cache
def _document(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(folder) / "openapi.json").read_bytes())
    return found
