"""Addresses to subscribe to, made and revoked in the console's room for calendars."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, g, request

from services.booking.domain.errors import InvalidInput
from services.booking.domain.fields import Line, OneOf
from services.booking.domain.forms import Problems
from services.booking.routes.console_calendars import room
from services.booking.routes.forms import Form, see_other
from services.booking.usecases.feeds import LONGEST_LABEL, make_feed, revoke_feed
from shared.web.app import this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_feeds", __name__, url_prefix="/console/feeds")


@blueprint.post("")
@guarded(console())
def make() -> Response | tuple[str, int]:
    service = this_service()
    now = service.clock.now()
    problems = Problems()
    try:
        label = problems.take("", Line(LONGEST_LABEL), "label", request.form.get("label"))
        kind = problems.take("calls", OneOf(("calls", "free_busy")), "kind", request.form.get("kind"))
        problems.finish()
        with service.sessions.begin() as session:
            make_feed(session, "free_busy" if kind == "free_busy" else "calls", label, now=now, by=g.caller.email)
    except InvalidInput as error:
        return room(Form.again(error)), 422
    return see_other("/console/calendars?said=feed#feeds")


@blueprint.post("/<uuid:feed_id>/revoke")
@guarded(console())
def revoke(feed_id: UUID) -> Response:
    service = this_service()
    with service.sessions.begin() as session:
        revoke_feed(session, feed_id, now=service.clock.now(), by=g.caller.email)
    return see_other("/console/calendars?said=revoked#feeds")
