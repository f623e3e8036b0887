"""Times as the console's forms send them: chosen among free ones, or typed by the advisor's own clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import request
from sqlalchemy.orm import Session

from services.booking.domain.errors import Message, invalid
from services.booking.domain.forms import Problems
from services.booking.domain.zones import instant, wall_time
from services.booking.usecases.availability import advisor_of

_NEVER = datetime.min.replace(tzinfo=UTC)
# A date alone would be taken for its midnight.
_SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d", re.ASCII)
# More fields than that no page of ours has; a use case says how many times may be proposed.
MOST_FIELDS = 40


def start_typed(session: Session) -> datetime:
    """The one time: the chip that is chosen (`chosen`), or what is typed (`start`). Raises `InvalidInput` (`start`)."""
    chosen, typed = request.form.get("chosen", ""), request.form.get("start", "")
    if chosen and typed and chosen != typed:
        message = Message("Two times are given: a free one is chosen, and another is typed.")
        raise invalid("start", message, Message("Empty this field, or choose the time typed here."))
    if not chosen and not typed:
        message = Message("No time is given.")
        raise invalid("start", message, Message("Choose one of the free times, or type another."))
    return read_time(session, chosen or typed, "start")


def starts_typed(session: Session) -> list[datetime]:
    """All times that were ticked or typed, in their order. Raises `InvalidInput` (`starts`)."""
    given = [text for text in request.form.getlist("start") if text][:MOST_FIELDS]
    problems = Problems()
    found = [problems.take(_NEVER, read_time, session, text, "starts") for text in given]
    problems.finish()
    return found


def read_time(session: Session, text: str, name: str) -> datetime:
    """An instant with its offset, or what the advisor's own clock shows (`2026-12-08T10:00`). Raises `InvalidInput`."""
    try:
        local = datetime.fromisoformat(text) if _SHAPE.match(text) else None
    except ValueError:
        local = None
    if local is None or not 2000 <= local.year <= 2100:
        message = Message("This is not a day and a time that can be used.")
        raise invalid(name, message, Message("It looks like 2026-12-08T10:00."))
    return instant(text, name) if local.tzinfo else wall_time(advisor_of(session).zone, local, name)
