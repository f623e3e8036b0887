"""The room Calls of the console: what is coming, what waits, what is over, and finding a call among all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from services.booking.domain.errors import InvalidInput
from services.booking.domain.fields import OneOf
from services.booking.domain.forms import Problems, clipped
from services.booking.domain.standing import STATES
from services.booking.routes.call_words import entry_of, line_of
from services.booking.routes.forms import shown_errors
from services.booking.routes.paging import place_of, place_text
from services.booking.routes.said import done, said
from services.booking.usecases import room
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.find import Place
from services.booking.usecases.room import Entry, Found
from shared import i18n
from shared.web.app import language, this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_room", __name__, url_prefix="/console")

PAGE = 50
LONGEST_SEARCH = 80


@blueprint.get("/calls")
@guarded(console())
def calls() -> str | tuple[str, int]:
    try:
        state, after = _asked()
    except InvalidInput as error:
        return _page("", None, errors=shown_errors(error)), 422
    return _page(state, after)


def _asked() -> tuple[str, Place | None]:
    """What the address asks for: a state, and the place behind which the page begins. Raises `InvalidInput`."""
    problems = Problems()
    state = problems.take("", OneOf(("", *STATES)), "state", request.args.get("state", ""))
    after = problems.take(None, place_of, request.args.get("after", ""))
    problems.finish()
    return state, after


def _page(state: str, after: Place | None, *, errors: Sequence[Any] = ()) -> str:
    now, words = this_service().clock.now(), clipped(request.args.get("q"), LONGEST_SEARCH)
    with this_service().sessions() as session:
        zone = advisor_of(session).zone
        searched = bool(words or state)
        front = not searched and after is None
        found = (
            room.search(session, words, state, after=after, limit=PAGE)
            if searched
            else room.past(session, now=now, after=after, limit=PAGE)
        )
        return render_template(
            "console/calls.html",
            now=now,
            zone=zone,
            days=_days(room.coming(session, now=now), zone, now=now) if front else [],
            waiting=[line_of(call, of, now=now) for call, of in room.waiting(session, now=now)] if front else [],
            called_off=[entry_of(entry, now=now) for entry in room.called_off(session, now=now)] if front else [],
            found=[entry_of(entry, now=now) for entry in found.entries],
            older=_older(found, words, state),
            front=front,
            searched=searched,
            values={"q": words, "state": state},
            states=[(value, said(words)) for value, words in STATES.items()],
            errors=errors,
            done=done(request.args.get("said", "")),
        )


def _days(entries: Sequence[Entry], zone: str, *, now: datetime) -> list[dict[str, Any]]:
    """Coming calls by the advisor's days: `[{at, lines}]`."""
    by_day = groupby(entries, key=lambda entry: i18n.day(entry.first.starts_at, zone, language()))
    days = [list(group) for _, group in by_day]
    return [{"at": day[0].first.starts_at, "lines": [entry_of(entry, now=now) for entry in day]} for day in days]


def _older(found: Found, words: str, state: str) -> str:
    """The address of the next page, or ""."""
    if found.last is None:
        return ""
    asked = {"q": words, "state": state, "after": place_text(found.last)}
    return f"/console/calls?{urlencode({name: value for name, value in asked.items() if value})}"
