"""One call with all that the advisor wants to see of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.booking.domain.happenings import Happening
from services.booking.models import Call, CallType, GroupCall, Guest, Message, MessageBody, Proposal
from services.booking.usecases.availability import LONGEST_LOOK, NOBODYS, Offer, free_starts, offer_for
from services.booking.usecases.calls import call_with, guests_of, minutes_of
from services.booking.usecases.claims import own_of
from services.booking.usecases.history import history
from services.booking.usecases.propose import open_proposal
from services.booking.usecases.render import came_by, told_before
from shared.erasure import ERASED

# As many times as fit into a glance; any other can be typed.
FREE_SHOWN = 9
MOST_OTHERS = 20


@dataclass(frozen=True)
class WholeCall:
    """A call as its page shows it.

    `counter` is the time that their calendar proposes, `proposed` the advisor's open times; `seats` the others in the
    group call; `mails` each with its subject, "" until it is written; `others` the person's other calls, newest first.
    """

    call: Call
    offer: Offer
    group: GroupCall | None
    seats: Sequence[Call]
    guests: Sequence[Guest]
    counter: Proposal | None
    proposed: Proposal | None
    words: Sequence[tuple[str, str]]
    came_by: Sequence[tuple[str, str]]
    mails: Sequence[tuple[Message, str]]
    history: Sequence[Happening]
    others: Sequence[tuple[Call, CallType]]


def whole_call(session: Session, call_id: UUID) -> WholeCall:
    """The call of this id. Raises `NotFound`."""
    call = call_with(session, call_id)
    return WholeCall(
        call=call,
        offer=offer_for(session, call.call_type_id, minutes=minutes_of(call)),
        group=session.get(GroupCall, call.group_call_id) if call.group_call_id else None,
        seats=_seats(session, call),
        guests=guests_of(session, call),
        counter=open_proposal(session, call, "prospect"),
        proposed=open_proposal(session, call, "advisor"),
        words=told_before(session, call),
        came_by=came_by(session, call),
        mails=_mails(session, call),
        history=history(session, call),
        others=_others(session, call),
    )


def free_for(session: Session, offer: Offer, call: Call | None, *, now: datetime) -> list[datetime]:
    """A few free starts by all rules: of each of the next days with any the first, one in the middle and the last.

    For `call`, in whose way nothing of its own stands, or for a new one.
    """
    own = own_of(call) if call else NOBODYS
    start = max(now, offer.first_start(now))
    found = free_starts(session, offer, now=now, start=start, end=start + LONGEST_LOOK, own=own)
    others = [at for at in found if call is None or at != call.starts_at]
    zone = ZoneInfo(offer.advisor.zone)
    days = [list(day) for _, day in groupby(others, key=lambda at: at.astimezone(zone).date())]
    spread = [sorted({day[0], day[len(day) // 2], day[-1]}) for day in days]
    return [at for day in spread for at in day][:FREE_SHOWN]


def _seats(session: Session, call: Call) -> Sequence[Call]:
    if call.group_call_id is None:
        return ()
    others = select(Call).where(Call.group_call_id == call.group_call_id, Call.id != call.id)
    return session.scalars(others.order_by(Call.created_at, Call.id)).all()


def _mails(session: Session, call: Call) -> list[tuple[Message, str]]:
    """Newest first; those that a newer one has replaced are left out, for nobody got them."""
    proposals = select(Proposal.id).where(Proposal.call_id == call.id)
    about = or_(Message.subject_id == call.id, Message.subject_id.in_(proposals))
    query = (
        select(Message, MessageBody.subject)
        .outerjoin(MessageBody, MessageBody.message_id == Message.id)
        .where(about, Message.skip_reason.is_distinct_from("superseded"))
        .order_by(Message.due.desc(), Message.id.desc())
    )
    return [(mail, subject or "") for mail, subject in session.execute(query)]


def _others(session: Session, call: Call) -> list[tuple[Call, CallType]]:
    if call.person == ERASED:
        # Whose they were is forgotten: all who were erased are called the same.
        return []
    query = select(Call, CallType).join(CallType, CallType.id == Call.call_type_id)
    theirs = query.where(Call.person == call.person, Call.id != call.id)
    rows = session.execute(theirs.order_by(Call.starts_at.desc()).limit(MOST_OTHERS))
    return [(other, call_type) for other, call_type in rows]
