"""What the console says of calendars that cannot be found, read or written, and trying again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from services.booking.domain.calendar_sources import Trouble, words_of
from services.booking.routes.forms import see_other
from services.booking.routes.said import said
from services.booking.usecases.entries import retry_entries
from services.booking.usecases.finding_calendars import lost_accounts
from services.booking.usecases.today import uncertain_calendars
from shared.clock import machine_now
from shared.web.app import this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_entries", __name__, url_prefix="/console/calendars")


@blueprint.post("/again")
@guarded(console())
def write_again() -> Response:
    with this_service().sessions.begin() as session:
        retry_entries(session)
    return see_other("/console?said=again")


def failing(session: Session) -> list[dict[str, Any]]:
    """A line of Today for each calendar whose times nobody can be sure of."""
    return [
        {"calendar": one.name, "read_at": one.read_at, "words": [said(words) for words in one.words]}
        for one in uncertain_calendars(session, machine=machine_now())
    ]


def lost(session: Session) -> list[dict[str, Any]]:
    """A line of Today for each account whose calendars could not be found, with the page that mends it."""
    return [
        {
            "href": f"/console/calendars/{account.id}",
            "account": account.name,
            "words": [said(words) for words in words_of(account.error or Trouble.NO_ANSWER)],
        }
        for account in lost_accounts(session)
    ]


def unwritten(lines: Sequence[tuple[str, int, str]]) -> list[dict[str, Any]]:
    """A line of Today for each calendar: its name, how many calls, what happened and what to do."""
    shown = []
    for calendar, count, trouble in lines:
        what, fix = (said(words) for words in words_of(trouble or Trouble.NO_ANSWER))
        shown.append({"calendar": calendar, "count": count, "what": what, "fix": fix})
    return shown
