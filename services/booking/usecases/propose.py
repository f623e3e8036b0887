"""Other times: the advisor's for a call or for an ask, and what a prospect's calendar proposes instead (COUNTER).

What the prospect does with the advisor's times is in `choose.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from services.booking.domain.errors import Message, NotFound, NotOpen, TimesOver, invalid
from services.booking.domain.starts import require_to_come
from services.booking.domain.states import GONE, OPEN, CallState
from services.booking.domain.zones import z
from services.booking.models import Call, Proposal
from services.booking.usecases.ask import answer_with_times
from services.booking.usecases.audit import note
from services.booking.usecases.availability import Offer, offer_for, offer_of
from services.booking.usecases.calls import Side, call_with, locked, require_open
from services.booking.usecases.confirm import settle
from services.booking.usecases.moving import claimed_among, refused, require_unclaimed, shift
from services.booking.usecases.tell import Move, tell_counter_refused, tell_of_move, tell_proposed
from shared.security import new_token

MOST_TIMES = 10
# What a call may last; a proposal of anybody's calendar is held to it too.
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(minutes=480)
# Whoever proposes a time later than this has no call in mind. Of the year 9999 some zones cannot even tell the day.
FARTHEST = timedelta(days=2 * 366)


def propose_times(
    session: Session, call_id: UUID, starts: Sequence[datetime], message: str, *, now: datetime
) -> Proposal:
    """Propose one to ten other times for a call. They may lie outside the hours, never on something taken.

    The call stays where it is until one is chosen; what was proposed before is replaced. Raises `NotFound`,
    `InvalidInput` (`starts`), `SlotTaken`, and what `require_open` raises.
    """
    call, offer = locked(session, call_with(session, call_id))
    require_open(call, now=now)
    wanted = _usable(session, offer, starts, now=now, call=call)
    _replace(session, Proposal.call_id == call.id, made_by="advisor", now=now)
    proposal = Proposal(call_id=call.id, call_type_id=call.call_type_id, made_by="advisor", starts=wanted)
    return _open(session, proposal, message, now=now)


def offer_times(
    session: Session,
    ask_id: UUID,
    call_type: str,
    starts: Sequence[datetime],
    message: str,
    *,
    now: datetime,
    by: str = "",
) -> Proposal:
    """Answer an ask with one to ten times for a call of this type. Choosing one books it for who asked.

    Given a name in `by`, it leaves its line in the trail.
    Raises `NotFound`, `NotOpen` for an ask that was declined or has led to a call, `InvalidInput`, `SlotTaken`.
    """
    offer = offer_of(session, call_type)
    ask, was = answer_with_times(session, ask_id, now=now)
    # Who is choosing one of the times before at this moment is waited for here.
    _replace(session, Proposal.ask_id == ask.id, made_by="advisor", now=now)
    if call_from(session, ask_id) is not None:
        raise NotOpen
    if offer.call_type.location_kind == "phone_out" and not ask.phone:
        missing = Message("You call them for this, and they gave no number.")
        raise invalid("call_type", missing, Message("Choose another call, or ask them for their number first."))
    wanted = _usable(session, offer, starts, now=now, call=None)
    if by:
        changed = {"state": [was, ask.state]} if was != ask.state else {}
        told = {"call_type": call_type, "starts": [z(start) for start in wanted], **changed}
        note(session, by, "times_offered", ask.id, now=now, detail=told)
    proposal = Proposal(ask_id=ask.id, call_type_id=offer.call_type.id, made_by="advisor", starts=wanted)
    return _open(session, proposal, message, now=now)


def call_from(session: Session, ask_id: UUID) -> Call | None:
    """The call that an ask has led to, if it came about or still will."""
    return session.scalar(select(Call).where(Call.ask_id == ask_id, Call.state.not_in(GONE)))


def take_counter(
    session: Session, call_id: UUID, start: datetime, end: datetime, *, sequence: int, message: str, now: datetime
) -> Proposal | None:
    """Keep the time that the prospect's calendar proposes instead (RFC 5546 §3.2.7); the call stays where it is.

    None for what changes nothing: an answer to an older invitation, a call that is not to be held any more, a time
    that has passed or cannot be a call, and the same proposal again. Whose answer it is has been made sure of before.
    """
    call, _ = locked(session, call_with(session, call_id))
    current = call.state == CallState.CONFIRMED and now < call.ends_at and sequence == call.sequence
    same = (start, end) == (call.starts_at, call.ends_at)
    if not current or same or call.group_call_id is not None or not _could_be_held(start, end, now=now):
        return None
    earlier = open_proposal(session, call, "prospect")
    if earlier is not None and (earlier.starts, earlier.ends_at) == ([start], end):
        return None
    _replace(session, Proposal.call_id == call.id, made_by="prospect", now=now)
    proposal = Proposal(call_id=call.id, call_type_id=call.call_type_id, made_by="prospect", starts=[start])
    proposal.ends_at, proposal.sequence = end, sequence
    return _open(session, proposal, message, now=now)


def open_proposals(session: Session, call_id: UUID) -> Sequence[Proposal]:
    """Times that wait for an answer: the advisor's, and what the prospect's calendar proposes instead; of each one."""
    query = select(Proposal).where(Proposal.call_id == call_id, Proposal.state == "open")
    return session.scalars(query.order_by(Proposal.created_at)).all()


def open_proposal(session: Session, call: Call, made_by: str) -> Proposal | None:
    """The times that this side ("advisor" or "prospect") proposed for a call and that can still be answered."""
    found = open_proposals(session, call.id) if call.state in OPEN else ()
    return next((one for one in found if one.made_by == made_by), None)


def call_of_counter(session: Session, proposal_id: UUID) -> UUID:
    """The call that a prospect's proposal is for. Raises `NotFound`."""
    proposal = session.get(Proposal, proposal_id)
    if proposal is None or proposal.made_by != "prospect" or proposal.call_id is None:
        raise NotFound
    return proposal.call_id


def accept_counter(session: Session, proposal_id: UUID, *, now: datetime) -> Call:
    """Move the call to the time that was proposed. Accepting it twice is accepting it once.

    Raises `NotFound`, `NotOpen`, `TimesOver`, `SlotTaken` (the proposal stays open then).
    """
    proposal, call = _counter(session, proposal_id)
    if proposal.state == "accepted":
        return call
    [start], end = proposal.starts, proposal.ends_at
    if proposal.state != "open" or end is None:
        raise NotOpen
    require_open(call, now=now)
    if start <= now:
        raise TimesOver
    offer = offer_for(session, call.call_type_id, minutes=int((end - start).total_seconds()) // 60)
    require_unclaimed(session, offer, start, now=now, without=call)
    move_as_agreed(session, offer, proposal, call, start, now=now)
    return call


def refuse_counter(session: Session, proposal_id: UUID, *, now: datetime) -> Proposal:
    """Leave the call where it is and say so (DECLINECOUNTER). Twice is once. Raises `NotFound`, `NotOpen`."""
    proposal, _ = _counter(session, proposal_id)
    if proposal.state == "refused":
        return proposal
    if proposal.state != "open":
        raise NotOpen
    proposal.state, proposal.answered_at = "refused", now
    tell_counter_refused(session, proposal, now=now)
    return proposal


def move_as_agreed(
    session: Session, offer: Offer, proposal: Proposal, call: Call, start: datetime, *, now: datetime
) -> None:
    """Move a call to a time that one side proposed and the other chose; who chose is who moved it.

    No notice and no number of moves binds here: both want it. Raises `SlotTaken`.
    """
    proposal.state, proposal.answered_at = "accepted", now
    session.flush()
    previous, by = call.starts_at, _other_side(proposal)
    shift(session, offer, call, start, by=by, by_rules=False, now=now)
    call.reason = ""
    if call.state == CallState.PENDING:
        # The advisor named the time and the prospect chose it: nothing is left to say yes to.
        settle(session, call, offer, CallState.CONFIRMED, now=now)
        return
    tell_of_move(session, call, offer, Move(by, previous, agreed=True), now=now)


def _other_side(proposal: Proposal) -> Side:
    return "prospect" if proposal.made_by == "advisor" else "advisor"


def _usable(
    session: Session, offer: Offer, starts: Sequence[datetime], *, now: datetime, call: Call | None
) -> list[datetime]:
    """The times in their order, each once; or why one of them cannot be proposed."""
    for start in starts:
        require_to_come(start, now=now, field="starts")
    wanted = sorted(set(starts))
    if not 1 <= len(wanted) <= MOST_TIMES:
        raise invalid(
            "starts",
            Message("These are %(count)s times.", {"count": len(wanted)}),
            Message("Propose one to %(most)s.", {"most": MOST_TIMES}),
        )
    if call is not None and call.starts_at in wanted:
        raise invalid("starts", Message("One of these times is the one the call has."), Message("Leave it out."))
    if claimed := claimed_among(session, offer, wanted, without=call):
        raise refused(session, offer, min(claimed), now=now, call=call)
    return wanted


def _replace(session: Session, about: ColumnElement[bool], *, made_by: str, now: datetime) -> None:
    before = update(Proposal).where(about, Proposal.made_by == made_by, Proposal.state == "open")
    session.execute(before.values(state="replaced", answered_at=now))


def _open(session: Session, proposal: Proposal, message: str, *, now: datetime) -> Proposal:
    proposal.token, proposal.state, proposal.message, proposal.created_at = new_token(), "open", message, now
    session.add(proposal)
    session.flush()
    tell_proposed(session, proposal, now=now)
    return proposal


def _could_be_held(start: datetime, end: datetime, *, now: datetime) -> bool:
    whole = not (start.second or start.microsecond or end.second or end.microsecond)
    return whole and now < start <= now + FARTHEST and SHORTEST <= end - start <= LONGEST


def _counter(session: Session, proposal_id: UUID) -> tuple[Proposal, Call]:
    """A prospect's proposal and its call, both locked."""
    call, _ = locked(session, call_with(session, call_of_counter(session, proposal_id)))
    proposal = session.get_one(Proposal, proposal_id)
    session.refresh(proposal, with_for_update=True)
    return proposal, call
