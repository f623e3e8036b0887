"""Booking a call. The database decides: what the page showed is only a hint (law 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.orm import Session, make_transient_to_detached

from services.booking.domain.errors import InvitationUsed, OpenCallExists, SlotTaken
from services.booking.domain.free_mail import is_free_mail
from services.booking.domain.guest_list import guest_list
from services.booking.domain.requests import BookingRequest, sending_key
from services.booking.domain.starts import require_to_come
from services.booking.domain.states import OPEN, CallState
from services.booking.models import Call, CallType, Guest
from services.booking.usecases.availability import Offer, Own, is_free, offer_of, with_length
from services.booking.usecases.blocklist import require_welcome
from services.booking.usecases.claims import NotFree, claim, claimed_range, claiming, require_free, take
from services.booking.usecases.hold import let_go
from services.booking.usecases.links import spend
from services.booking.usecases.opening import opened_with
from services.booking.usecases.places import place_of
from services.booking.usecases.seats import has_seat, take_seat
from services.booking.usecases.tell import New, tell_of_call, tell_of_seat, tell_open, tell_verify
from shared.addresses import person_key
from shared.clock import machine_now
from shared.db import table_of
from shared.events import CallBooked, CallRequested
from shared.ready import Ready
from shared.security import new_token

# How long an address has to answer our mail (machine time); its time is kept for as long.
VERIFY_WITHIN = timedelta(minutes=30)
# Mails to one address about calls that are open, whoever asks for them.
_MOST_SHOWN = 3


@dataclass(frozen=True)
class Booker:
    """Who books. `holder` is the visitor who may hold the time; `uid_domain` the right side of iCalendar UIDs."""

    uid_domain: str
    holder: str | None
    by_advisor: bool


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
    if (earlier := _sent_before(session, request)) is not None:
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
    call = _stored(session, _new_call(offer, request, booker, now=now) | opened)
    if call is None:
        return _met(session, request)
    if not booker.by_advisor:
        _require_no_other(session, offer.call_type, call)
    invited = [Guest(call_id=call.id, name=one.name, email=one.email, person=one.person) for one in guests]
    session.add_all(invited)
    # Mails and events first: nobody waits for them.
    _tell(session, call, offer, request, invited, now=now)
    if not _takes_at_once(session, offer, call, booker):
        _decide(session, offer, call, booker, now=now)
    return call


def show_open_calls(session: Session, request: BookingRequest, *, now: datetime) -> None:
    """Who has as many open calls as they may gets the way to them by mail, where only the owner of the address sees it.

    Raises `NotFound` for an unknown call type.
    """
    offer = offer_of(session, request.call_type)
    theirs = {"person": request.visitor.person, "call_type": offer.call_type.id, "now": now}
    for call in session.scalars(_OPEN_CALLS, theirs):
        tell_open(session, call, now=now)


def _looked(session: Session, offer: Offer, request: BookingRequest, booker: Booker, *, now: datetime) -> Call | None:
    """A look before the door, so that who comes late is refused without keeping anybody waiting. Raises `SlotTaken`.

    The time may have been taken by this very form, sent twice at once: then that call.
    """
    try:
        require_free(session, offer, request.start, now=now, own=Own(holder=booker.holder))
    except SlotTaken:
        if (earlier := _sent_before(session, request)) is None:
            raise
        return earlier
    return None


def _takes_at_once(session: Session, offer: Offer, call: Call, booker: Booker) -> bool:
    """Where nothing is counted over many calls, the constraint alone decides, and whoever books another time waits not.

    False leaves everything as it was: somebody else was first, if only with a hold that is over.
    """
    counts = offer.is_group or bool(offer.rules.limits) or call.link_id is not None
    if counts or booker.holder is not None:
        return False
    return take(session, offer, claimed_range(offer.call_type, call.starts_at, call.ends_at), **_whose(offer, call))


def _decide(session: Session, offer: Offer, call: Call, booker: Booker, *, now: datetime) -> None:
    """What holds for many calls together is counted here, while all others wait."""
    own = Own(call=call.id)
    with claiming(session, offer, call.starts_at, now=now, own=own):
        if booker.holder is not None:
            let_go(session, booker.holder)
        if not booker.by_advisor and not is_free(session, offer, call.starts_at, now=now, own=own):
            raise NotFree
        if call.link_id is not None:
            spend(session, call.link_id, now=now)
        if not _take_time(session, offer, call, booker, now=now):
            raise NotFree


def _take_time(session: Session, offer: Offer, call: Call, booker: Booker, *, now: datetime) -> bool:
    if offer.is_group:
        if has_seat(session, offer, call.starts_at, call.person):
            raise OpenCallExists
        place = {"location": call.location, "uid_domain": booker.uid_domain}
        group = take_seat(session, offer, call.starts_at, **place, now=now)
        if group is None:
            return False
        call.group_call_id = group.id
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


def _require_no_other(session: Session, call_type: CallType, call: Call) -> None:
    """One person, so many open calls of a type. They come one after the other, so two clicks at once are counted."""
    if call_type.most_open is None:
        return
    _ONE_AFTER_THE_OTHER.rows(session, whose=f"booking:{call_type.id}:{call.person}")
    [count] = _COUNT_OPEN.scalars(session, person=call.person, call_type=call_type.id, now=call.created_at)
    # The one that is being booked is among them.
    if count > call_type.most_open:
        raise OpenCallExists


_THEIR_OPEN = (
    (Call.person == bindparam("person"))
    & (Call.call_type_id == bindparam("call_type"))
    & (Call.state == any_(array(OPEN)))
    & (Call.ends_at > bindparam("now"))
)
_OPEN_CALLS = select(Call).where(_THEIR_OPEN).order_by(Call.starts_at).limit(_MOST_SHOWN)
_COUNT_OPEN = Ready(select(func.count()).where(_THEIR_OPEN))
_ONE_AFTER_THE_OTHER = Ready(
    select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("whose", type_=Text), 0)).cast(Text))
)


def _sent_before(session: Session, request: BookingRequest) -> Call | None:
    """The call that this very form has booked, as long as it stands."""
    key = _key(request)
    if key is None:
        return None
    return session.scalar(select(Call).where(Call.form_key == key, Call.state.in_(OPEN)))


def _key(request: BookingRequest) -> str | None:
    more = (request.minutes, request.phone, request.guests, request.message)
    return sending_key(request.form_key, request.call_type, request.start, request.visitor, request.answers, *more)


def _stored(session: Session, values: dict[str, Any]) -> Call | None:
    """The new call; None when the same form, or the same invitation, has been booked with in this very moment."""
    rows = _insertion(tuple(values)).rows(session, **values)
    if not rows:
        return None
    call = Call(**dict(zip(_COLUMNS, rows[0], strict=True)))
    make_transient_to_detached(call)
    session.add(call)
    return call


_COLUMNS = [column.key for column in table_of(Call).c]


@cache
def _insertion(columns: tuple[str, ...]) -> Ready:
    return Ready(insert(Call).on_conflict_do_nothing().returning(*table_of(Call).c), columns=columns)


def _met(session: Session, request: BookingRequest) -> Call:
    """What a call met at an index: its own form sent twice, which is one booking, or its invitation, already used."""
    if (earlier := _sent_before(session, request)) is not None:
        return earlier
    raise InvitationUsed


def _new_call(offer: Offer, request: BookingRequest, booker: Booker, *, now: datetime) -> dict[str, Any]:
    visitor, state = request.visitor, _state(offer.call_type, request, booker)
    waits = state == CallState.UNVERIFIED
    return {
        "id": uuid4(),
        "token": new_token(),
        "uid": f"{uuid4()}@{booker.uid_domain}",
        "form_key": _key(request),
        "call_type_id": offer.call_type.id,
        "state": state,
        "starts_at": request.start,
        "ends_at": request.start + offer.length,
        "name": visitor.name,
        "email": visitor.email,
        "person": visitor.person,
        "zone": visitor.zone,
        "locale": visitor.locale,
        "company": visitor.company,
        "phone": request.phone,
        "location": place_of(offer.call_type, request.phone),
        "answers": [vars(answer) for answer in request.answers],
        "attribution": request.attribution,
        "verify_token": new_token() if waits else None,
        "verify_by": machine_now() + VERIFY_WITHIN if waits else None,
        "created_at": now,
        "changed_at": now,
    }


def _state(call_type: CallType, request: BookingRequest, booker: Booker) -> CallState:
    if booker.by_advisor:
        return CallState.CONFIRMED
    if call_type.verify_email:
        return CallState.UNVERIFIED
    return state_when_known(call_type, request.visitor.person)


def state_when_known(call_type: CallType, person: str) -> CallState:
    """Where a call begins once the address is known to be theirs."""
    asks = call_type.confirmation == "always"
    asks = asks or (call_type.confirmation == "free_mail" and is_free_mail(person.rpartition("@")[2]))
    return CallState.PENDING if asks else CallState.CONFIRMED
