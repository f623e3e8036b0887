"""The web service of webhooks: blueprints, and what its one domain error means to who asked. No logic."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from services.webhooks.domain.errors import FieldError
from services.webhooks.domain.sendgrid_signature import load_public_keys
from services.webhooks.routes import api, hooks, record
from shared.service import Service
from shared.settings import Settings, SettingsError
from shared.web.app import ErrorMap, make_app
from shared.web.problems import FieldProblem, Problem
from shared.web.records import record_api, record_pages

HERE = Path(__file__).parent


def create_app(service: Service) -> Flask:
    """The doors for providers, and the API of endpoints."""
    _require_key(service.settings)
    app = make_app(service, package=__name__, folder=HERE, errors=ERRORS)
    app.register_blueprint(hooks.blueprint)
    app.register_api(api.blueprint)
    app.register_blueprint(record_pages("webhooks", record.export))
    app.register_api(record_api("webhooks", record.export))
    return app


def _require_key(settings: Settings) -> None:
    """A key that can verify nothing is found at the start, not by the first request."""
    try:
        load_public_keys(settings.sendgrid_event_key)
    except ValueError as error:
        raise SettingsError(f"SENDGRID_EVENT_KEY: {error}") from None


def _field(error: FieldError) -> Problem:
    field = FieldProblem(error.field, error.message, error.fix)
    return Problem(422, "Some fields cannot be taken", errors=[field])


ERRORS: ErrorMap = {FieldError: _field}
