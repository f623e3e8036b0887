"""Booking a call. The database decides: what the page showed is only a hint (law 2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from services.booking.domain.errors import InvitationNeeded, InvitationUsed, SlotTaken
from services.booking.domain.requests import BookingRequest, sending_key
from services.booking.domain.slots import is_offered, nearest
from services.booking.models import Ask, Call, CallType, Claim
from services.booking.usecases.availability import (
    Offer,
    busy_times,
    epoch_minute,
    free_starts,
    offer_of,
)
from services.booking.usecases.blocklist import require_welcome
from services.booking.usecases.tell import tell_of_call
from shared.clock import machine_now
from shared.events import CallBooked
from shared.security import new_token

# How far around a taken time we look for others to offer.
NEARBY = timedelta(days=14)


def book_call(session: Session, request: BookingRequest, *, uid_domain: str, now: datetime) -> Call:
    """Book a call and let both sides know.

    The same form sent twice is one booking: the second answer is the first call. Raises `NotFound` for an unknown
    call type, `NotWelcome`, `InvitationNeeded`, or `SlotTaken` with the nearest free times when the time is not free.
    """
    offer = offer_of(session, request.call_type, lock=True)
    if (earlier := _sent_before(session, request)) is not None:
        return earlier
    require_welcome(session, request.visitor.email)
    ask = _invitation(session, offer.call_type, request)
    require_free(session, offer, request.start, now=now)
    call = _new_call(offer, request, uid_domain=uid_domain, now=now)
    call.ask_id = ask.id if ask else None
    session.add(call)
    session.flush()
    _claim_time(session, offer, call, now=now)
    tell_of_call(session, call, offer, event=CallBooked, now=now)
    return call


def require_free(
    session: Session, offer: Offer, start: datetime, *, now: datetime, without: Call | None = None
) -> None:
    """Hold one start against the same rules and the same busy times as the listing. Raises `SlotTaken`."""
    own = without.id if without else None
    end = start + timedelta(minutes=offer.call_type.minutes)
    busy = busy_times(session, offer, start=start, end=end, without=own)
    if start <= offer.last_start(now) and is_offered(offer.rules, start, busy=busy, now=now):
        return
    raise taken(session, offer, start, now=now, without=without)


def taken(session: Session, offer: Offer, start: datetime, *, now: datetime, without: Call | None = None) -> SlotTaken:
    """The refusal of a start, with the three nearest that are free now."""
    own = without.id if without else None
    around = min(max(start, now), offer.last_start(now))
    free = free_starts(session, offer, now=now, start=max(now, around - NEARBY), end=around + NEARBY, without=own)
    near = nearest([epoch_minute(at) for at in free], epoch_minute(around))
    return SlotTaken(epoch_minute(start), near)


def _sent_before(session: Session, request: BookingRequest) -> Call | None:
    """The call that this very form has booked, as long as it stands."""
    key = _key(request)
    if key is None:
        return None
    return session.scalar(select(Call).where(Call.form_key == key, Call.state == "confirmed"))


def _key(request: BookingRequest) -> str | None:
    return sending_key(request.form_key, request.call_type, request.start, request.visitor, request.answers)


def _invitation(session: Session, call_type: CallType, request: BookingRequest) -> Ask | None:
    """The accepted request that opens this call type. A type that is open to all needs none."""
    if call_type.access == "public":
        return None
    ask = session.scalar(
        select(Ask).where(
            Ask.token == request.invitation,
            Ask.state == "accepted",
            Ask.format == "one_session",
            Ask.person == request.visitor.person,
        )
    )
    if ask is None:
        raise InvitationNeeded
    if session.scalar(select(Call.id).where(Call.ask_id == ask.id, Call.state != "cancelled")) is not None:
        # Said kindly here; the index on the table is what decides.
        raise InvitationUsed
    return ask


def _new_call(offer: Offer, request: BookingRequest, *, uid_domain: str, now: datetime) -> Call:
    visitor = request.visitor
    return Call(
        id=uuid4(),
        token=new_token(),
        uid=f"{uuid4()}@{uid_domain}",
        form_key=_key(request),
        call_type_id=offer.call_type.id,
        state="confirmed",
        starts_at=request.start,
        ends_at=request.start + timedelta(minutes=offer.call_type.minutes),
        sequence=0,
        revision=0,
        moves=0,
        name=visitor.name,
        email=visitor.email,
        person=visitor.person,
        zone=visitor.zone,
        locale=visitor.locale,
        company=visitor.company,
        answers=[vars(answer) for answer in request.answers],
        attribution=request.attribution,
        created_at=now,
        changed_at=now,
    )


def _claim_time(session: Session, offer: Offer, call: Call, *, now: datetime) -> None:
    """Take the time, or find it taken. `ON CONFLICT DO NOTHING` waits for nobody and cannot deadlock."""
    during = claimed_range(offer, call.starts_at, call.ends_at)
    free_expired_holds(session, offer, during)
    claim = (
        insert(Claim)
        .values(advisor_id=offer.advisor.id, during=during, kind="call", call_id=call.id)
        .on_conflict_do_nothing()
        .returning(Claim.id)
    )
    if session.execute(claim).scalar_one_or_none() is None:
        raise taken(session, offer, call.starts_at, now=now)


def claimed_range(offer: Offer, start: datetime, end: datetime) -> Range[datetime]:
    """A call's time with its own buffers: two claims overlap exactly when the buffers of both would be cut."""
    call_type = offer.call_type
    return Range(
        start - timedelta(minutes=call_type.buffer_before_minutes),
        end + timedelta(minutes=call_type.buffer_after_minutes),
    )


def free_expired_holds(session: Session, offer: Offer, during: Range[datetime]) -> None:
    """Let go of holds in the way whose time is up; the constraint cannot know the clock."""
    session.execute(
        update(Claim)
        .where(
            Claim.advisor_id == offer.advisor.id,
            Claim.active,
            Claim.during.op("&&")(during),
            Claim.expires_at <= machine_now(),
        )
        .values(active=False)
    )
