"""The prospect's side of proposed times: what can still be chosen, and choosing one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.errors import InvitationUsed, NotFound, NotOpen, TimesOver
from services.booking.domain.requests import Answer, BookingRequest, Visitor
from services.booking.domain.starts import require_aware
from services.booking.models import Ask, Call, Proposal
from services.booking.usecases.availability import Offer, from_epoch_minute, offer_for
from services.booking.usecases.book import book_call
from services.booking.usecases.calls import call_with, locked, minutes_of, require_open
from services.booking.usecases.change import Change, may_move, move_call
from services.booking.usecases.moving import claimed_among, refused, require_unclaimed
from services.booking.usecases.propose import call_from, move_as_agreed
from shared.i18n import translations


@dataclass(frozen=True)
class Choice:
    """What the page of proposed times shows.

    `call` is the call they are for, or the one that an ask has led to by now; `who` is the person who chooses. `free`
    are those of the proposed times that can be chosen; `nearest` are others, offered when one of them is taken, if any
    others are `open` to them.
    """

    proposal: Proposal
    call: Call | None
    who: Call | Ask
    offer: Offer
    free: tuple[datetime, ...]
    nearest: tuple[datetime, ...]
    over: bool
    open: bool

    @property
    def length(self) -> timedelta:
        """How long the call will be."""
        return timedelta(minutes=self.offer.minutes)

    def others(self, near: Sequence[int]) -> tuple[datetime, ...]:
        """Of some free starts, in epoch minutes, those they may take: neither proposed nor the call's own."""
        if not self.open:
            return ()
        own = {self.call.starts_at} if self.call else set()
        return tuple(start for start in map(from_epoch_minute, near) if start not in {*self.proposal.starts, *own})


def proposal_of(session: Session, token: str) -> Proposal:
    """The advisor's proposal of this link. Raises `NotFound`."""
    proposal = session.scalar(select(Proposal).where(Proposal.token == token, Proposal.made_by == "advisor"))
    if proposal is None:
        raise NotFound
    return proposal


def choice_of(session: Session, token: str, *, now: datetime) -> Choice:
    """The proposed times as they stand now. Raises `NotFound`."""
    proposal = proposal_of(session, token)
    call, who = _call_and_person(session, proposal)
    moving = call if proposal.call_id else None
    offer = offer_for(session, proposal.call_type_id, minutes=minutes_of(moving) if moving else None)
    claimed = claimed_among(session, offer, proposal.starts, without=moving)
    free = tuple(start for start in proposal.starts if start > now and start not in claimed)
    lost = min((start for start in claimed if start > now), default=None)
    near = refused(session, offer, lost, now=now, call=moving).nearest if lost else ()
    over, opened = _all_over(proposal, now=now), _opens(offer, who, now=now)
    choice = Choice(proposal, call, who, offer, free, (), over=over, open=opened)
    return replace(choice, nearest=choice.others(near))


def choose_time(session: Session, token: str, start: datetime, *, uid_domain: str, now: datetime) -> Call:
    """Move the call to one of the proposed times, or book it for who asked. Choosing twice is choosing once.

    The advisor asked for it, so no notice, no hours and no number of moves bind, and nothing is left to say yes to.
    Another time than those proposed is booked, or moved to, as from any other page; the one that the call has changes
    nothing.

    Raises `NotFound`, `InvalidInput`, `SlotTaken` with the nearest, `TimesOver`, `NotOpen` (chosen otherwise before, or
    replaced), `InvitationUsed` (booked otherwise by now), and what `require_open` raises; for another time also what
    `move_call` and `book_call` raise.
    """
    require_aware(start)
    proposal = proposal_of(session, token)
    if proposal.call_id is not None:
        return _move(session, proposal, call_with(session, proposal.call_id), start, now=now)
    return _book(session, proposal, start, uid_domain=uid_domain, now=now)


def _move(session: Session, proposal: Proposal, call: Call, start: datetime, *, now: datetime) -> Call:
    call, offer = locked(session, call)
    session.refresh(proposal, with_for_update=True)
    if proposal.state == "accepted" and call.starts_at == start:
        return call
    _require_choice(proposal, now=now)
    require_open(call, now=now)
    if start == call.starts_at:
        return call
    if start not in proposal.starts:
        return move_call(session, call.token, start, Change("prospect"), now=now)
    _require_time(session, offer, start, call, now=now)
    move_as_agreed(session, offer, proposal, call, start, now=now)
    return call


def _book(session: Session, proposal: Proposal, start: datetime, *, uid_domain: str, now: datetime) -> Call:
    offer = offer_for(session, proposal.call_type_id)
    session.refresh(proposal, with_for_update=True)
    ask = session.get_one(Ask, proposal.ask_id)
    made = call_from(session, ask.id)
    if made is not None and made.starts_at == start:
        return made
    if made is not None:
        raise InvitationUsed
    _require_choice(proposal, now=now)
    agreed = start in proposal.starts
    if agreed:
        _require_time(session, offer, start, None, now=now)
    proposal.state, proposal.answered_at = "accepted", now
    request = _request_of(ask, offer, start)
    # The type may be offered to nobody by now; at these times the advisor has offered it to them.
    offered = offer if agreed else None
    return book_call(session, request, uid_domain=uid_domain, now=now, by_advisor=agreed, offer=offered)


def _require_choice(proposal: Proposal, *, now: datetime) -> None:
    if proposal.state != "open":
        raise NotOpen
    if _all_over(proposal, now=now):
        raise TimesOver


def _require_time(session: Session, offer: Offer, start: datetime, call: Call | None, *, now: datetime) -> None:
    """What was proposed is held only against what is taken."""
    if start <= now:
        raise refused(session, offer, start, now=now, call=call)
    require_unclaimed(session, offer, start, now=now, without=call)


def _request_of(ask: Ask, offer: Offer, start: datetime) -> BookingRequest:
    question = translations(ask.locale).gettext("Message")
    return BookingRequest(
        call_type=offer.call_type.slug,
        start=start,
        visitor=Visitor(ask.name, ask.email, ask.person, ask.zone, ask.locale, ask.company),
        phone=ask.phone,
        answers=(Answer(question, ask.message),),
        invitation=ask.token,
        attribution=ask.attribution,
    )


def _call_and_person(session: Session, proposal: Proposal) -> tuple[Call | None, Call | Ask]:
    if proposal.call_id is not None:
        call = call_with(session, proposal.call_id)
        return call, call
    ask = session.get_one(Ask, proposal.ask_id)
    return call_from(session, ask.id), ask


def _opens(offer: Offer, who: Call | Ask, *, now: datetime) -> bool:
    """Whether they may take another time than those proposed, as anybody may."""
    if isinstance(who, Call):
        return may_move(who, offer.call_type, now=now)
    opened = who.kind == "mentorship" and who.format == "one_session" and who.state == "accepted"
    return offer.call_type.active and (
        offer.call_type.access == "public" or (opened and offer.call_type.access == "accepted_request")
    )


def _all_over(proposal: Proposal, *, now: datetime) -> bool:
    return all(start <= now for start in proposal.starts)
