"""Who the advisor is, how they are reached and where calls take place, changed once the installation runs.

The zone is changed in `absences.py`, for the hours hang on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from services.booking.domain.errors import Message, invalid
from services.booking.domain.forms import Problems, wrong_email
from services.booking.domain.profile import FIELDS, require_sender
from services.booking.models import Advisor, Calendar, CalendarObject
from services.booking.usecases.audit import note
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.freshness import read_again
from services.booking.usecases.set_up import profile_event
from shared.addresses import BadAddress, parse_address
from shared.clock import machine_now
from shared.inbox import publish

CHANGEABLE = ("name", "title", "email", "video_url", "signature", "organizer")


def change_advisor(session: Session, given: Mapping[str, object], *, mailbox: str, now: datetime, by: str) -> Advisor:
    """Change what `given` names; `mailbox` is the one that the system reads. Raises `InvalidInput`.

    Calls that are booked keep who sends their invitations (`Call.organizer`): for calendars it is part of what they
    are. What is said of them from now on goes to the new address and names the new link.
    """
    read = _read(given)
    advisor = advisor_of(session, lock=True)
    before = {name: getattr(advisor, name) for name in CHANGEABLE}
    changed = {name: value for name, value in read.items() if before[name] != value}
    if not changed:
        return advisor
    if changed.keys() & {"organizer", "email"}:
        after = before | changed
        require_sender(after["organizer"], after["email"], mailbox)
    for name, value in changed.items():
        setattr(advisor, name, value)
    advisor.revision += 1
    session.flush()
    detail = {name: [before[name], value] for name, value in changed.items()}
    note(session, by, "advisor_changed", advisor.id, now=now, detail=detail)
    publish(session, profile_event(session, advisor, now=now))
    if "email" in changed:
        _read_all_anew(session)
    return advisor


def _read(given: Mapping[str, object]) -> dict[str, Any]:
    """The columns that `given` names, clean. An unknown name is refused: it may be a misspelt one."""
    problems = Problems()
    read = {name: problems.take(None, _field, name, raw) for name, raw in given.items()}
    problems.finish()
    return read


def _field(name: str, raw: object) -> Any:
    if name == "email":
        return _email(str(raw))
    if name not in FIELDS:
        raise invalid(name, Message("There is no such setting."), Message("Leave it out, or check its spelling."))
    return FIELDS[name](name, raw)


def _email(text: str) -> str:
    try:
        return parse_address(text).mailbox
    except BadAddress:
        raise wrong_email(text) from None


def _read_all_anew(session: Session) -> None:
    """Of what calendars hold was kept whether the advisor had declined it, by the address that they had.

    Whoever is reading just now does so by the old one, and loses the claim. Busy times stay until they are read.
    """
    session.execute(update(CalendarObject).values(etag=""))
    forgotten = {"etag": "", "last_modified": "", "sync_token": "", "claim_id": None, "lease_until": None}
    session.execute(update(Calendar).values(forgotten))
    read_again(session, machine=machine_now())
