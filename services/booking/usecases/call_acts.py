"""What the advisor does with one call, from the console or by a program: each act with its one line in the trail.

How a call is moved, cancelled and so on is in the use cases that are named here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking.domain.errors import NotOpen
from services.booking.domain.requests import BookingRequest, GuestRequest
from services.booking.domain.zones import z
from services.booking.models import Call, Guest, Proposal
from services.booking.usecases.audit import is_noted, note
from services.booking.usecases.book import book_call
from services.booking.usecases.calls import call_with, guests_of, locked, minutes_of
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.confirm import confirm_call, decline_call, mark_paid
from services.booking.usecases.guests import add_guests, remove_guest
from services.booking.usecases.late import say_late
from services.booking.usecases.missed import mark_missed, unmark_missed
from services.booking.usecases.notes import write_notes
from services.booking.usecases.propose import accept_counter, open_proposal, propose_times, refuse_counter
from shared.erasure import ERASED

T = TypeVar("T")


def _nothing(_: object) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Act(Generic[T]):
    """One act on a call. `name` is what the trail calls it.

    `told` is what the trail tells, of what `do` made, beside the facts of the call that it changed.
    """

    name: str
    do: Callable[[Session, Call, datetime], T]
    told: Callable[[T], Mapping[str, Any]] = _nothing


def act_on(session: Session, call_id: UUID, act: Act[T], *, by: str, now: datetime) -> T:
    """Do it, and write what it changed into the trail; what changed nothing leaves no line.

    Returns what the act made. Raises `NotFound`, `NotOpen` for a call with somebody who was erased, and what the act
    raises.
    """
    # Locked before the facts are read: of two at once one changes them and the other finds them so.
    call, _ = locked(session, call_with(session, call_id))
    if call.person == ERASED:
        raise NotOpen
    before = _facts(session, call)
    made = act.do(session, call, now)
    session.flush()
    after = _facts(session, call)
    changed = {name: [before[name], value] for name, value in after.items() if before[name] != value}
    if detail := {**changed, **act.told(made)}:
        note(session, by, act.name, call.id, now=now, detail=detail)
    return made


def book_for(
    session: Session, wanted: BookingRequest, *, notes: str = "", uid_domain: str, by: str, now: datetime
) -> Call:
    """Book for somebody, under no rule but that the time must not be taken. The same form twice is one booking.

    Raises as `book_call`.
    """
    call = book_call(session, wanted, uid_domain=uid_domain, now=now, by_advisor=True)
    if not is_noted(session, "call_booked", call.id):
        write_notes(session, call.id, notes)
        detail = {"call_type": wanted.call_type, "start": z(call.starts_at)}
        note(session, by, "call_booked", call.id, now=now, detail=detail)
    return call


def confirmed() -> Act[Call]:
    """Their yes to a call that waits for it."""
    return Act("call_confirmed", lambda session, call, now: confirm_call(session, call.id, now=now))


def declined(reason: str) -> Act[Call]:
    """Their no, in their words."""
    return Act("call_declined", lambda session, call, now: decline_call(session, call.id, reason, now=now))


def paid() -> Act[Call]:
    """It is paid for; one that waited for that is confirmed."""
    return Act("call_paid", lambda session, call, now: mark_paid(session, call.id, now=now))


def moved(start: datetime, minutes: int | None, reason: str) -> Act[Call]:
    """It goes to any time that is not taken, at its own length or another that is offered."""
    change = Change("advisor", reason, minutes)
    return Act("call_moved", lambda session, call, now: move_call(session, call.token, start, change, now=now))


def cancelled(reason: str) -> Act[Call]:
    """It does not take place."""
    change = Change("advisor", reason)
    return Act("call_cancelled", lambda session, call, now: cancel_call(session, call.token, change, now=now))


def late(minutes: int) -> Act[Call]:
    """They come so many minutes late."""

    def do(session: Session, call: Call, now: datetime) -> Call:
        return say_late(session, call.token, minutes, by="advisor", now=now)

    return Act("said_late", do, lambda _: {"minutes": minutes})


def missed() -> Act[Call]:
    """Who booked did not come."""
    return Act("call_missed", lambda session, call, now: mark_missed(session, call.id, now=now))


def held() -> Act[Call]:
    """Who booked came after all."""
    return Act("call_held", lambda session, call, now: unmark_missed(session, call.id, now=now))


def notes_written(notes: str) -> Act[Call]:
    """Their own words about it. The trail keeps none of them."""
    return Act(
        "notes_written",
        lambda session, call, _: write_notes(session, call.id, notes),
        lambda _: {"characters": len(notes)},
    )


def invited(guests: Sequence[GuestRequest]) -> Act[list[Guest]]:
    """Others come too."""
    return Act(
        "guests_invited", lambda session, call, now: add_guests(session, call.token, guests, by="advisor", now=now)
    )


def uninvited(guest_id: UUID) -> Act[None]:
    """One of the guests is not to come."""
    return Act(
        "guest_removed", lambda session, call, now: remove_guest(session, call.token, guest_id, by="advisor", now=now)
    )


def proposed(starts: Sequence[datetime], message: str) -> Act[Proposal]:
    """Other times that who booked may choose from."""
    return Act(
        "times_proposed",
        lambda session, call, now: propose_times(session, call.id, starts, message, now=now),
        lambda proposal: {"starts": [z(start) for start in proposal.starts]},
    )


def counter_accepted(proposal_id: UUID) -> Act[Call]:
    """It goes to the time that their calendar proposes."""
    return Act("proposal_accepted", lambda session, _, now: accept_counter(session, proposal_id, now=now))


def counter_refused(proposal_id: UUID) -> Act[Proposal]:
    """It stays where it is."""
    return Act("proposal_refused", lambda session, _, now: refuse_counter(session, proposal_id, now=now))


def _facts(session: Session, call: Call) -> dict[str, Any]:
    """What the trail tells of a call: no words of anybody."""
    return {
        "state": str(call.state),
        "start": z(call.starts_at),
        "minutes": minutes_of(call),
        "guests": len(guests_of(session, call)),
        "paid": call.paid_at is not None,
        "counter": open_proposal(session, call, "prospect") is not None,
    }
