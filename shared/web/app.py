"""The app that every web service starts from: guards, problem answers, headers, templates, health, metrics."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from random import getrandbits
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.middleware.proxy_fix import ProxyFix

from shared import i18n
from shared.clock import machine_now
from shared.logging import request_id
from shared.security import VISITOR_COOKIE, csrf_token, new_token
from shared.service import Service
from shared.web.bodies import require_json
from shared.web.guards import check_guard, guarded, is_open
from shared.web.policy import content_security
from shared.web.problems import FieldProblem, Problem, as_json, for_program
from shared.web.reader import gettext, language
from shared.web.visit import kept, visit

__all__ = ["ErrorMap", "answer", "language", "make_app", "this_service"]

log = logging.getLogger(__name__)

UI = Path(__file__).parent.parent / "ui"
# A form's text fields are far below this; what is above is refused before it is read.
LARGEST_BODY = 2 * 1024 * 1024

# From a domain error to its answer; each service states its own, once, in its `app.py`.
ErrorMap = Mapping[type[Exception], Callable[[Any], Problem]]


def make_app(service: Service, *, package: str, folder: Path, errors: ErrorMap) -> OpenAPI:
    """A Flask app for `service`, with its templates and static files from `folder`."""
    app = OpenAPI(
        package,
        info=Info(title=f"Firstcall {service.name}", version="1"),
        doc_ui=False,
        static_folder=folder / "static",
        static_url_path=f"/static/{service.name}",
        validation_error_callback=_invalid_body,
    )
    app.extensions["firstcall"] = service
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_MEMORY_SIZE=LARGEST_BODY, MAX_FORM_PARTS=200)
    if hops := service.settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _templates(app, folder)
    _around(app)
    _answers(app, errors)
    _plumbing(app)
    return app


def this_service() -> Service:
    """The service whose request this is."""
    service: Service = current_app.extensions["firstcall"]
    return service


def _templates(app: Flask, folder: Path) -> None:
    app.jinja_options = {"undefined": StrictUndefined, "extensions": ["jinja2.ext.i18n"], "trim_blocks": True}
    env = app.jinja_env
    env.loader = ChoiceLoader([FileSystemLoader(folder / "templates"), FileSystemLoader(UI / "templates")])
    env.install_gettext_callables(  # type: ignore[attr-defined]  # the i18n extension adds it
        gettext,
        lambda one, many, count: i18n.translations(language()).ngettext(one, many, count),
        newstyle=True,
    )
    env.filters.update(
        day=lambda at, zone: i18n.day(at, zone, language()),
        day_short=lambda at, zone: i18n.day_short(at, zone, language()),
        day_dated=lambda at, zone: i18n.day_dated(at, zone, language()),
        time=lambda at, zone: i18n.time(at, zone, language()),
        span=lambda start, end, zone: i18n.span(start, end, zone, language()),
        ago=lambda at, now: i18n.ago(at, now, language()),
        place=i18n.zone_place,
        offset=i18n.offset,
    )
    env.globals["url"] = kept


def _around(app: Flask) -> None:
    """What happens before and after every view."""

    @app.before_request
    def enter() -> None:
        # Tells log lines apart and guards nothing.
        request_id.set(f"{getrandbits(64):016x}")
        # A program is shown no form that would have to be tied to it.
        g.visitor = request.cookies.get(VISITOR_COOKIE) or ("" if for_program() else new_token())
        if "\0" in request.path:
            # No page has such an address, and no database takes such a text.
            raise NotFound
        check_guard(this_service())
        require_json()

    @app.context_processor
    def everywhere() -> dict[str, Any]:
        return {"csrf_token": csrf_token(this_service().settings, g.visitor), "lang": language(), "visit": visit()}

    @app.after_request
    def leave(answer: Response) -> Response:
        secure = this_service().settings.public_url.startswith("https:")
        _keep_visitor(answer, secure=secure)
        _harden(answer, secure=secure)
        log.info("request", extra={"method": request.method, "path": request.path[:200], "status": answer.status_code})
        return answer

    @app.teardown_request
    def forget(_: BaseException | None) -> None:
        request_id.set("")


def _keep_visitor(answer: Response, *, secure: bool) -> None:
    """A cookie that says nothing: it only ties a form to the browser that was shown it."""
    if for_program() or VISITOR_COOKIE in request.cookies or "visitor" not in g or answer.mimetype != "text/html":
        return
    answer.set_cookie(VISITOR_COOKIE, g.visitor, max_age=86400 * 30, httponly=True, samesite="Lax", secure=secure)


def _harden(answer: Response, *, secure: bool) -> None:
    headers = answer.headers
    headers.setdefault("Content-Security-Policy", content_security())
    headers.setdefault("X-Content-Type-Options", "nosniff")
    # Pages carry tokens in their address: no other site may learn it.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    headers.setdefault("X-Request-Id", request_id.get())
    if not request.path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")
    if secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def _answers(app: Flask, errors: ErrorMap) -> None:
    """Every way to fail, turned into an answer here and nowhere else."""
    app.register_error_handler(Problem, answer)
    for kind, problem_of in errors.items():
        app.register_error_handler(kind, lambda error, problem_of=problem_of: answer(problem_of(error)))
    app.register_error_handler(HTTPException, lambda error: answer(_of_http(error)))
    app.register_error_handler(DataError, lambda _: answer(_of_http(BadRequest())))
    app.register_error_handler(RecursionError, lambda _: answer(_of_http(BadRequest())))
    app.register_error_handler(SQLAlchemyError, _database_gone)
    app.register_error_handler(Exception, _our_mistake)


def answer(problem: Problem) -> Response:
    """The problem as its reader can take it: JSON for a program, a page for a person."""
    if for_program():
        return as_json(problem)
    if problem.page == "signin":
        return _to_sign_in()
    page = make_response(render_template("problem.html", problem=problem), problem.status)
    if problem.retry_after:
        page.headers["Retry-After"] = str(problem.retry_after)
    return page


def _to_sign_in() -> Response:
    """To the form, and from there back to the page that was asked for; an act is not a page to come back to."""
    back = request.path if request.method == "GET" else "/console"
    return Response(status=303, headers={"Location": f"/console/signin?next={quote(back)}"})


def _of_http(error: HTTPException) -> Problem:
    _ = gettext
    known = {
        400: (_("This request cannot be read"), _("Something in it is not as a browser would send it.")),
        404: (_("There is nothing at this address"), _("The link may be old, or cut in two by a mail program.")),
        405: (_("This address does not take that"), ""),
        413: (_("That is too much at once"), _("Shorten the text and send it again.")),
        415: (_("This address takes JSON"), _("Send the header `Content-Type: application/json`.")),
    }
    title, detail = known.get(error.code or 500, (error.name, error.description or ""))
    return Problem(error.code or 500, title, detail)


def _database_gone(error: SQLAlchemyError) -> Response:
    log.error("database", exc_info=error)
    _ = gettext
    return answer(Problem(503, _("We cannot look that up right now"), _("Try again in a moment."), retry_after=5))


def _our_mistake(error: Exception) -> Response:
    log.error("unexpected", exc_info=error)
    _ = gettext
    return answer(Problem(500, _("Something broke on our side"), _("It is noted. Try again in a few minutes.")))


def _invalid_body(error: ValidationError) -> Response:
    """What pydantic finds wrong with a body, as `errors: [{field, message, fix}]`."""
    fields = [
        FieldProblem(".".join(map(str, problem["loc"])) or "body", problem["msg"], _fix(problem["type"]))
        for problem in error.errors()
    ]
    return as_json(Problem(422, "Some fields cannot be taken", errors=fields))


def _fix(kind: str) -> str:
    fixes = {
        "missing": "Send this field.",
        "timezone_aware": "Give the instant an offset, for example 2026-12-02T09:00:00Z.",
        "string_type": "Send a string.",
        "extra_forbidden": "Leave this field out.",
        "json_invalid": "Send valid JSON.",
    }
    return fixes.get(kind, "See /api/v1/openapi.json for what is expected.")


def _plumbing(app: OpenAPI) -> None:
    """Health, readiness, metrics, and the look that all pages share."""

    @app.get("/healthz")
    @guarded(is_open())
    def healthz() -> dict[str, str]:
        return {"status": "ok", "at": machine_now().isoformat()}

    @app.get("/readyz")
    @guarded(is_open())
    def readyz() -> dict[str, str]:
        with this_service().sessions() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ready"}

    @app.get("/metrics")
    @guarded(is_open())
    def metrics() -> Response:
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    app.add_url_rule("/static/ui/<path:filename>", endpoint="ui.static", view_func=_ui_file)


def _ui_file(filename: str) -> Response:
    from flask import send_from_directory

    return send_from_directory(UI / "static", filename, max_age=3600)
