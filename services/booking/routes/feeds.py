"""The addresses that calendars subscribe to. Whoever has one may read it: the token in it is the key."""

from __future__ import annotations

from flask import Blueprint, Response, request

from services.booking.usecases.feeds import published
from shared.clock import machine_now
from shared.web.app import this_service
from shared.web.guards import guarded, is_open

blueprint = Blueprint("feeds", __name__, url_prefix="/calendar")


# No limit: the token cannot be guessed, one asking is a few short queries, and whole offices subscribe from the one
# address of their network. Calendar services that are refused once stay away for hours.
@blueprint.get("/<token>.ics")
@guarded(is_open())
def feed(token: str) -> Response:
    """The calendar, or 304 when the asking one has it already (RFC 9110 §13)."""
    service = this_service()
    # In a transaction of its own: a change that is seen for the first time is noted.
    with service.sessions.begin() as session:
        found = published(session, token, service.settings, now=service.clock.now(), machine=machine_now())
    answer = Response(found.content, content_type="text/calendar; charset=utf-8")
    answer.set_etag(found.etag)
    answer.last_modified = found.changed
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.make_conditional(request)
    return answer
