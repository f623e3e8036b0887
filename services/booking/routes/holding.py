"""Keeping a time while the form is filled in: asked for by the page's script from the first keystroke.

Without scripts nothing is held; the booking itself is what counts. Who holds a time is told by the same cookie that
ties a form to its browser.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Request, Response, request

from services.booking.domain.errors import SlotTaken
from services.booking.domain.forms import clipped
from services.booking.domain.listing import utc_texts
from services.booking.domain.zones import z
from services.booking.routes.inputs import KEY_LIMIT, start_of
from services.booking.usecases.availability import offer_of
from services.booking.usecases.hold import hold_time, let_go
from services.booking.usecases.opening import require_way_in
from shared.security import VISITOR_COOKIE, fingerprint, keyed
from shared.web.app import this_service
from shared.web.guards import caller_key, form, guarded

blueprint = Blueprint("holding", __name__)

_MINUTES = re.compile("[0-9]{1,3}")


@blueprint.post("/book/<slug>/hold")
@guarded(form("hold", most=120, minutes=10))
def hold(slug: str) -> dict[str, Any]:
    """Hold the time of the form that the page shows.

    The answer says until when, in machine time, and how many seconds that is: the clock of a browser may be wrong.
    """
    service = this_service()
    start, holder = start_of(request.form), holder_of(request)
    now = service.clock.now()
    with service.sessions.begin() as session:
        offer = offer_of(session, slug, minutes=_length(request.form.get("minutes", "")))
        require_way_in(session, offer.call_type, **_shown_keys(), now=now)
        seconds = service.settings.timings.hold
        terms = {"holder": holder or "", "network": network_of(request)}
        until = hold_time(session, offer, start, seconds=seconds, now=now, **terms)
    return {"until": z(until), "seconds": seconds}


@blueprint.errorhandler(SlotTaken)
def somebody_elses(error: SlotTaken) -> tuple[dict[str, Any], int]:
    """A script reads this, so it is no page."""
    return {"nearest": utc_texts(error.nearest)}, 409


@blueprint.post("/book/<slug>/let-go")
@guarded(form("hold", most=120, minutes=10))
def give_up(slug: str) -> Response:  # noqa: ARG001 - one visitor holds one time, of whatever call type
    """They left the form: the time is anybody's again. Sent by a beacon as the page is closed."""
    if (holder := holder_of(request)) is not None:
        with this_service().sessions.begin() as session:
            let_go(session, holder)
    return Response(status=204)


def _shown_keys() -> dict[str, str]:
    """What opens a call type to its visitor, as the form carries it."""
    return {name: clipped(request.form.get(name, ""), KEY_LIMIT) for name in ("invitation", "link")}


def _length(text: str) -> int | None:
    """The length that was chosen; what is no length is 0, which no call type offers."""
    if not text:
        return None
    return int(text) if _MINUTES.fullmatch(text) else 0


def holder_of(asked: Request) -> str | None:
    """Who holds a time: the digest of the visitor's cookie, None for a browser that has none yet."""
    cookie = asked.cookies.get(VISITOR_COOKIE, "")
    return fingerprint(cookie) if cookie else None


def network_of(asked: Request) -> str:
    """Where somebody comes from, kept as a keyed digest: there are few enough addresses to try them all."""
    return keyed(this_service().settings, "holds", caller_key(asked.remote_addr or ""))


def who_books(asked: Request) -> dict[str, Any]:
    """What `book_call` must know of the visitor of a page, who may hold the time they book."""
    return {"uid_domain": this_service().settings.mail_domain, "holder": holder_of(asked)}
