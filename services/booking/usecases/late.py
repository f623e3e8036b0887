""" "I'm 5 minutes late": one tap, and the other side reads it at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.errors import Message as Words
from services.booking.domain.errors import NotOpen, NotYet, invalid
from services.booking.domain.states import CallState
from services.booking.domain.zones import z
from services.booking.models import Call, Message
from services.booking.usecases.calls import Side, call_of, locked, require_open
from services.booking.usecases.tell import tell_late

MINUTES = (5, 10)
# Earlier than this nobody is late yet; they move the call.
FROM = timedelta(minutes=60)


def say_late(session: Session, token: str, minutes: int, *, by: Side, now: datetime) -> Call:
    """Tell the other side, and the guests, that somebody comes so many minutes late. Saying it twice is once.

    Nothing about the call changes. Raises `NotFound`, `InvalidInput` (`minutes`), `NotYet` until an hour before it
    begins, and what `require_open` raises; `NotOpen` for a call that waits for a yes.
    """
    if minutes not in MINUTES:
        message = Words("Only 5 or 10 minutes can be said here.")
        raise invalid("minutes", message, Words("For more, move the call or write to me."))
    call, _ = locked(session, call_of(session, token))
    require_open(call, now=now)
    if call.state != CallState.CONFIRMED:
        raise NotOpen
    if now < call.starts_at - FROM:
        raise NotYet
    tell_late(session, call, minutes=minutes, by=by, now=now)
    return call


def late_now(session: Session, calls: Sequence[Call], *, now: datetime) -> dict[UUID, dict[str, int]]:
    """Who has said to come late: the minutes by side, by the call's id. Of another time of the call nothing was said,
    and once it is over it is said no more."""
    near = {call.id: z(call.starts_at) for call in calls if may_be_late(call, now=now)}
    if not near:
        return {}
    mails = select(Message).where(Message.subject_id.in_(near), Message.kind == "call_late").order_by(Message.id)
    found: dict[UUID, dict[str, int]] = {}
    for mail in session.scalars(mails):
        if mail.context.get("start") == near[mail.subject_id]:
            found.setdefault(mail.subject_id, {})[mail.context["by"]] = mail.context["minutes"]
    return found


def may_be_late(call: Call, *, now: datetime) -> bool:
    """Whether it can be said of the call now."""
    return call.state == CallState.CONFIRMED and call.starts_at - FROM <= now < call.ends_at
