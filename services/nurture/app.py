"""The web service of nurture: articles, and the way out of a sequence. No logic."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from services.nurture.routes import pages, record
from shared.service import Service
from shared.web.app import ErrorMap, make_app
from shared.web.records import record_api, record_pages

HERE = Path(__file__).parent


def create_app(service: Service) -> Flask:
    """Nurture's pages."""
    app = make_app(service, package=__name__, folder=HERE, errors=ERRORS)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(record_pages("nurture", record.export))
    app.register_api(record_api("nurture", record.export))
    app.context_processor(pages.advisor_context)
    return app


ERRORS: ErrorMap = {}
