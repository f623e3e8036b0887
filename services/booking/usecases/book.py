"""Booking a call. The database decides: what the page showed is only a hint (law 2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from services.booking.domain.errors import InvitationUsed, OpenCallExists, SlotTaken
from services.booking.domain.guest_list import guest_list
from services.booking.domain.requests import BookingRequest
from services.booking.domain.starts import require_to_come
from services.booking.domain.states import CallState
from services.booking.models import Call, Guest
from services.booking.usecases.availability import Offer, Own, is_free, offer_of, with_length
from services.booking.usecases.blocklist import require_welcome
from services.booking.usecases.claims import NotFree, claim, claimed_range, claiming, require_free, take
from services.booking.usecases.hold import let_go
from services.booking.usecases.links import spend
from services.booking.usecases.new_calls import Booker, new_call, sent_before, stored
from services.booking.usecases.open_calls import require_no_other
from services.booking.usecases.opening import opened_with
from services.booking.usecases.seats import has_seat, sit_in, take_seat
from services.booking.usecases.tell import New, tell_of_call, tell_of_seat, tell_verify
from shared.addresses import person_key
from shared.events import CallBooked, CallRequested


def book_call(
    session: Session,
    request: BookingRequest,
    *,
    uid_domain: str,
    now: datetime,
    holder: str | None = None,
    by_advisor: bool = False,
    offer: Offer | None = None,
) -> Call:
    """Book a call and let both sides know; or ask for it, when the call type wants a yes or an address that answers.

    The advisor books for somebody (`by_advisor`) under no rule but that of the claims, at any time to come. The same
    form sent twice is one booking: the second answer is the first call. `offer` is the request's, of whoever has looked
    it up already.

    Raises `NotFound` for an unknown call type, `InvalidInput`, `NotWelcome`, `InvitationNeeded`, `InvitationUsed`,
    `LinkNeeded`, `LinkSpent`, `OpenCallExists`, or `SlotTaken` with the nearest free times when the time is not free.
    """
    booker = Booker(uid_domain, holder, by_advisor)
    offer = with_length(offer or offer_of(session, request.call_type), request.minutes)
    if (earlier := sent_before(session, request)) is not None:
        return earlier
    coming = (request.visitor.person, person_key(offer.advisor.email))
    guests = guest_list(request.guests, coming=coming, is_group=offer.is_group)
    opened = opened_with(session, offer.call_type, request, by_advisor=booker.by_advisor, now=now)
    if booker.by_advisor:
        require_to_come(request.start, now=now)
    else:
        require_welcome(session, request.visitor.email, *(guest.email for guest in guests))
        if (earlier := _looked(session, offer, request, booker, now=now)) is not None:
            return earlier
    call = stored(session, new_call(offer, request, booker, now=now) | opened)
    if call is None:
        return _met(session, request)
    if not booker.by_advisor:
        require_no_other(session, offer.call_type, call)
    invited = [Guest(call_id=call.id, name=one.name, email=one.email, person=one.person) for one in guests]
    session.add_all(invited)
    # Mails and events first: nobody waits for them.
    _tell(session, call, offer, request, invited, now=now)
    counted = _is_counted(offer, call, booker)
    if counted or not _took_at_once(session, offer, call, booker, now=now):
        _decide(session, offer, call, booker, by_rules=counted and not by_advisor, now=now)
    return call


def _looked(session: Session, offer: Offer, request: BookingRequest, booker: Booker, *, now: datetime) -> Call | None:
    """A look before the door, so that who comes late is refused without keeping anybody waiting. Raises `SlotTaken`.

    The time may have been taken by this very form, sent twice at once: then that call.
    """
    try:
        require_free(session, offer, request.start, now=now, own=Own(holder=booker.holder))
    except SlotTaken:
        if (earlier := sent_before(session, request)) is None:
            raise
        return earlier
    return None


def _is_counted(offer: Offer, call: Call, booker: Booker) -> bool:
    """Whether one has to come after the other: where something is counted over many calls, or a hold becomes a call."""
    return offer.is_group or bool(offer.rules.limits) or call.link_id is not None or booker.holder is not None


def _took_at_once(session: Session, offer: Offer, call: Call, booker: Booker, *, now: datetime) -> bool:
    """The constraint alone decides, and whoever books another time waits for nothing (ADR 13).

    False when only a hold that is over was in the way. Raises `SlotTaken` when somebody was first.
    """
    if take(session, offer, claimed_range(offer.call_type, call.starts_at, call.ends_at), **_whose(offer, call)):
        return True
    if not booker.by_advisor:
        require_free(session, offer, call.starts_at, now=now, own=Own(call=call.id))
    return False


def _decide(session: Session, offer: Offer, call: Call, booker: Booker, *, by_rules: bool, now: datetime) -> None:
    """What holds for many calls together is counted here (`by_rules`), while all others wait."""
    own = Own(call=call.id, holder=booker.holder)
    with claiming(session, offer, call.starts_at, now=now, own=own):
        if by_rules and not is_free(session, offer, call.starts_at, now=now, own=own):
            raise NotFree
        if booker.holder is not None:
            let_go(session, booker.holder)
        if call.link_id is not None:
            spend(session, call.link_id, now=now)
        if not _take_time(session, offer, call, booker, now=now):
            raise NotFree


def _take_time(session: Session, offer: Offer, call: Call, booker: Booker, *, now: datetime) -> bool:
    if offer.is_group:
        if has_seat(session, offer, call.starts_at, call.person):
            raise OpenCallExists(known=booker.by_advisor)
        place = {"location": call.location, "uid_domain": booker.uid_domain}
        group = take_seat(session, offer, call.starts_at, **place, now=now)
        if group is None:
            return False
        sit_in(call, group)
        tell_of_seat(session, call, offer, now=now)
        return True
    return claim(session, offer, claimed_range(offer.call_type, call.starts_at, call.ends_at), **_whose(offer, call))


def _whose(offer: Offer, call: Call) -> dict[str, object]:
    """The columns of a call's claim."""
    return {
        "kind": "call" if call.state == CallState.CONFIRMED else "pending",
        "call_id": call.id,
        "active": call.state != CallState.PENDING or offer.call_type.pending_blocks,
        "expires_at": call.verify_by,
    }


def _tell(
    session: Session, call: Call, offer: Offer, request: BookingRequest, guests: Sequence[Guest], *, now: datetime
) -> None:
    if call.state == CallState.UNVERIFIED:
        tell_verify(session, call, now=now)
    else:
        event = CallBooked if call.state == CallState.CONFIRMED else CallRequested
        new = New(guests, request.message, to_be_seated=offer.is_group)
        tell_of_call(session, call, offer, event=event, now=now, new=new)


def _met(session: Session, request: BookingRequest) -> Call:
    """What a call met at an index: its own form sent twice, which is one booking, or its invitation, already used."""
    if (earlier := sent_before(session, request)) is not None:
        return earlier
    raise InvitationUsed
