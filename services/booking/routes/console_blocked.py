"""The console's room for who may not book: addresses and whole domains."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, g, render_template, request

from services.booking.domain.errors import InvalidInput
from services.booking.routes.forms import Form, see_other
from services.booking.usecases.blocklist import block, blocklist, unblock
from shared.web.app import this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_blocked", __name__, url_prefix="/console/blocked")


@blueprint.get("")
@guarded(console())
def blocked() -> str:
    return _page(Form.empty())


@blueprint.post("")
@guarded(console())
def add() -> Response | tuple[str, int]:
    service = this_service()
    pattern, words = request.form.get("pattern", ""), request.form.get("note", "")
    try:
        with service.sessions.begin() as session:
            block(session, pattern, words, actor=g.caller.email, now=service.clock.now())
    except InvalidInput as error:
        return _page(Form.again(error)), 422
    return see_other("/console/blocked?said=blocked")


@blueprint.post("/<uuid:blocked_id>/unblock")
@guarded(console())
def remove(blocked_id: UUID) -> Response:
    service = this_service()
    with service.sessions.begin() as session:
        unblock(session, blocked_id, actor=g.caller.email, now=service.clock.now())
    return see_other("/console/blocked?said=unblocked")


def _page(form: Form) -> str:
    with this_service().sessions() as session:
        return render_template(
            "console/blocked.html",
            blocked=blocklist(session),
            values=form.values,
            errors=form.errors,
            said=request.args.get("said"),
        )
