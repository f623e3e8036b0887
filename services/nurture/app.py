"""The web service of nurture: articles, and the way out of a sequence. No logic."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from services.nurture.routes import pages
from shared.service import Service
from shared.web.app import ErrorMap, make_app

HERE = Path(__file__).parent


def create_app(service: Service) -> Flask:
    """Nurture's pages."""
    app = make_app(service, package=__name__, folder=HERE, errors=ERRORS)
    app.register_blueprint(pages.blueprint)
    app.context_processor(pages.advisor_context)
    return app


ERRORS: ErrorMap = {}
