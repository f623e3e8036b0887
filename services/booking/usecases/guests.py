"""Who else comes to a call: inviting them and taking the invitation back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.errors import NotFound
from services.booking.domain.guest_list import require_guests
from services.booking.domain.requests import GuestRequest
from services.booking.domain.states import CallState
from services.booking.models import Call, Guest
from services.booking.usecases.availability import Offer
from services.booking.usecases.blocklist import require_welcome
from services.booking.usecases.calls import Side, call_of, locked, note_change, require_open
from services.booking.usecases.moving import NEEDS_ACTION
from services.booking.usecases.tell import GuestChange, tell_of_guests
from shared.addresses import person_key


def add_guests(
    session: Session, token: str, wanted: Sequence[GuestRequest], *, now: datetime, by: Side = "prospect"
) -> list[Guest]:
    """Invite guests to a call, and tell all who come that there are more. Returns those who are new.

    Who is invited already stays as they are; who was removed before comes back. Raises `InvalidInput` (`guests`) for
    more than ten in all, for the prospect and for the advisor; `NotWelcome` for who is blocked; `NotFound`, and what
    `require_open` raises.
    """
    call, offer = locked(session, call_of(session, token))
    require_open(call, now=now)
    known = {guest.person: guest for guest in _all_guests(session, call)}
    here = {person for person, guest in known.items() if guest.removed_at is None}
    new = {request.person: request for request in wanted if request.person not in here}
    if not new:
        return []
    require_welcome(session, *(request.email for request in new.values()))
    coming = (call.person, person_key(offer.advisor.email))
    count, is_group = len(here) + len(new), call.group_call_id is not None
    require_guests(new.values(), coming=coming, count=count, is_group=is_group)
    added = [_invite(session, call, request, known.get(request.person)) for request in new.values()]
    _tell(session, call, offer, GuestChange(added=added), by=by, now=now)
    return added


def remove_guest(session: Session, token: str, guest_id: UUID, *, now: datetime, by: Side = "prospect") -> None:
    """Take an invitation back: the guest is told, and so are those who still come. Twice is once.

    Raises `NotFound` for an unknown call and for somebody else's guest, and what `require_open` raises.
    """
    call, offer = locked(session, call_of(session, token))
    guest = next((guest for guest in _all_guests(session, call) if guest.id == guest_id), None)
    if guest is None:
        raise NotFound
    require_open(call, now=now)
    if guest.removed_at is None:
        guest.removed_at = now
        _tell(session, call, offer, GuestChange(removed=[guest]), by=by, now=now)


def may_invite(call: Call, *, now: datetime) -> bool:
    """Whether guests can still be invited to the call."""
    known = call.state in (CallState.PENDING, CallState.CONFIRMED)
    return known and call.group_call_id is None and now < call.ends_at


def _all_guests(session: Session, call: Call) -> Sequence[Guest]:
    return session.scalars(select(Guest).where(Guest.call_id == call.id).order_by(Guest.id)).all()


def _invite(session: Session, call: Call, request: GuestRequest, before: Guest | None) -> Guest:
    guest = before or Guest(call_id=call.id, person=request.person)
    guest.name, guest.email, guest.removed_at = request.name, request.email, None
    guest.answer, guest.answer_stamp = NEEDS_ACTION, None
    session.add(guest)
    return guest


def _tell(session: Session, call: Call, offer: Offer, guests: GuestChange, *, by: Side, now: datetime) -> None:
    """Whoever waits for the advisor's yes has no invitation yet; their guests get theirs together with it."""
    note_change(call, now=now)
    session.flush()
    if call.state == CallState.CONFIRMED:
        tell_of_guests(session, call, offer, guests, by=by, now=now)
