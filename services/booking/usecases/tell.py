"""Letting people and services know of a call, in the transaction of the change: mails, reminders, an event.

Nothing is written here, only wanted: `render` writes each mail when it leaves, from the call as it stands then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from services.booking.domain.states import CallState
from services.booking.domain.zones import z
from services.booking.models import Advisor, Ask, Call, GroupCall, Guest, Proposal
from services.booking.usecases.audit import is_noted
from services.booking.usecases.availability import Offer, advisor_of
from services.booking.usecases.calls import Side, guests_of
from services.booking.usecases.entries import want_entry
from services.booking.usecases.reminders import follow_up, no_show, reminders
from services.booking.usecases.wanting import (
    Addressee,
    Mail,
    Seat,
    guest_as,
    prospect_of,
    the_advisor,
    want,
    want_of_group,
    want_once,
)
from shared.addresses import person_key
from shared.events import (
    CallBooked,
    CallCancelled,
    CallCompleted,
    CallDeclined,
    CallEvent,
    CallMissed,
    CallRequested,
    CallRescheduled,
    Person,
)
from shared.inbox import publish


class New(NamedTuple):
    """What is known of a call that is just being booked: its guests, and what the advisor adds for the prospect.

    Of somebody `to_be_seated` in a group call the advisor is told once they are (`tell_of_seat`).
    """

    guests: Sequence[Guest]
    message: str
    to_be_seated: bool


class Move(NamedTuple):
    """From when a call was moved, whose wish it was, and why; `agreed` when the other side had proposed the time."""

    by: Side
    previous_start: datetime
    reason: str = ""
    agreed: bool = False


class GuestChange(NamedTuple):
    """Who is invited to a call now, and who is not any more."""

    added: Sequence[Guest] = ()
    removed: Sequence[Guest] = ()


def tell_of_call(
    session: Session,
    call: Call,
    offer: Offer,
    *,
    event: type[CallEvent],
    now: datetime,
    more: dict[str, Any] | None = None,
    new: New | None = None,
) -> None:
    """Mail all who come, or asked to, the call as it stands, with its reminders, and publish the event.

    What is said to whom follows from the event and from how far the call has come: of a wish that was never confirmed
    no calendar knows, so it is withdrawn in words.
    """
    more = more or {}
    if event is CallBooked:
        # The first invitation decides who sends all that follow.
        organizer = offer.advisor.email if offer.advisor.organizer == "advisor" else ""
        if call.organizer != organizer:
            call.organizer = organizer
    session.flush()
    to_be_seated = new is not None and new.to_be_seated
    if not to_be_seated:
        want_entry(session, call)
    context = {"message": new.message} if new is not None and new.message else {}
    if event is CallCompleted:
        want(session, call, follow_up(session, call, offer.call_type), now=now)
    elif event is CallMissed:
        want(session, call, no_show(session, call, offer.call_type, now=now), now=now)
    else:
        said = _said(call, event, more)
        said = Said(said.prospect) if to_be_seated else said
        _say(session, call, offer, said, context=context, now=now, guests=new.guests if new else None)
    publish(session, event(**head_of_call(call, offer), **more, occurred_at=now))


def tell_of_move(session: Session, call: Call, offer: Offer, move: Move, *, now: datetime) -> None:
    """Mail all who come that the call is at another time, with its reminders, and publish the event."""
    session.flush()
    want_entry(session, call)
    more: dict[str, Any] = {"by": move.by, "previous_start": move.previous_start, "reason": move.reason}
    # Whose wish it was is read by the mail, and by the call's history.
    context = {"previous_start": move.previous_start.isoformat(), "by": move.by, "agreed": move.agreed}
    if move.reason:
        context["reason"] = move.reason
    _say(session, call, offer, _said(call, CallRescheduled, more), context=context, now=now)
    publish(session, CallRescheduled(**head_of_call(call, offer), **more, occurred_at=now))


def tell_of_seat(session: Session, call: Call, offer: Offer, *, now: datetime) -> None:
    """The advisor's side of a seat that was just taken: the one entry and the one mail of the whole group call."""
    session.flush()
    want_entry(session, call)
    if call.group_call_id is not None:
        want_of_group(session, call.group_call_id, offer.advisor, Seat(call, "took"), now=now)


def tell_of_guests(session: Session, call: Call, offer: Offer, guests: GuestChange, *, by: Side, now: datetime) -> None:
    """Invite those who were added, uninvite those who were removed, and update everybody else."""
    added, removed = guests
    session.flush()
    want_entry(session, call)
    new = {guest.id for guest in added}
    stay = [guest_as(guest) for guest in guests_of(session, call) if guest.id not in new]
    others = [prospect_of(call), *stay]
    come = [guest_as(guest) for guest in added]
    who = {"added": [str(guest.id) for guest in added], "removed": [str(guest.id) for guest in removed], "by": by}
    mails = [
        *(Mail("call_changed", whom, context=who) for whom in (*others, the_advisor(offer.advisor))),
        *(Mail("guest_invited", whom, context={"by": by}) for whom in come),
        *(Mail("guest_removed", guest_as(guest), context={"by": by}) for guest in removed),
        *reminders(call, offer.call_type, [*others, *come], now=now),
    ]
    want(session, call, mails, now=now)


def tell_verify(session: Session, call: Call, *, now: datetime) -> None:
    """Ask the address whether it is theirs who booked."""
    session.flush()
    want(session, call, [Mail("address_to_verify", prospect_of(call))], now=now)


def tell_open(session: Session, call: Call, *, now: datetime) -> None:
    """Send the way to a call that is open to the person it is with, who tried to book another; once a day."""
    kind = "address_to_verify" if call.state == CallState.UNVERIFIED else "call_open"
    want_once(session, f"call:{call.id}:open:{now.date()}", Mail(kind, prospect_of(call)), call.id, now=now)


def tell_late(session: Session, call: Call, *, minutes: int, by: str, now: datetime) -> None:
    """Tell the other side and the guests at once that somebody comes late; once a side, minutes and start."""
    other = the_advisor(advisor_of(session)) if by == "prospect" else prospect_of(call)
    start = z(call.starts_at)
    # `late_now` reads it again; of another time nothing was said.
    context = {"by": by, "minutes": minutes, "start": start}
    for whom in (other, *map(guest_as, guests_of(session, call))):
        key = f"call:{call.id}:late:{start}:{by}:{minutes}:{person_key(whom.email)}"
        want_once(session, key, Mail("call_late", whom, context=context), call.id, now=now)


def tell_proposed(session: Session, proposal: Proposal, *, now: datetime) -> None:
    """Send proposed times to who chooses: the advisor's to the prospect, a prospect's COUNTER to the advisor."""
    row = session.get_one(Call, proposal.call_id) if proposal.call_id else session.get_one(Ask, proposal.ask_id)
    whom = prospect_of(row) if proposal.made_by == "advisor" else the_advisor(advisor_of(session))
    want_once(session, f"proposal:{proposal.id}", Mail(f"times_by_{proposal.made_by}", whom), proposal.id, now=now)


def tell_counter_refused(session: Session, proposal: Proposal, *, now: datetime) -> None:
    """Tell the prospect, and the calendar that asked, that the call stays where it is."""
    call = session.get_one(Call, proposal.call_id)
    mail = Mail("counter_refused", prospect_of(call), context={"start": z(call.starts_at)})
    want_once(session, f"proposal:{proposal.id}:refused", mail, proposal.id, now=now)


def tell_declined(session: Session, call: Call, offer: Offer, *, now: datetime) -> None:
    """The prospect's calendar declined, so the call is cancelled. It holds it as declined and gets words only."""
    session.flush()
    want_entry(session, call)
    said = Said("decline_taken", "call_declined_by_calendar", "call_cancelled")
    _say(session, call, offer, said, context={}, now=now)
    more = {"by": "prospect", "reason": call.reason}
    publish(session, CallCancelled(**head_of_call(call, offer), **more, occurred_at=now))


def tell_advisor_declined(session: Session, call: Call, offer: Offer, *, passed_on: bool, now: datetime) -> None:
    """The advisor's own calendar declined: say what came of it, once for each invitation."""
    kind = "decline_passed_on" if passed_on else "decline_without_times"
    key = f"call:{call.id}:{call.sequence}:advisor_declined"
    mail = Mail(kind, the_advisor(offer.advisor), context={"start": z(call.starts_at)})
    want_once(session, key, mail, call.id, now=now)


def tell_group_declined(session: Session, group: GroupCall, advisor: Advisor, *, now: datetime) -> None:
    """The same of the advisor's entry of a group call."""
    key = f"group:{group.id}:{group.sequence}:advisor_declined"
    want_once(session, key, Mail("group_declined", the_advisor(advisor)), group.id, now=now)


def tell_gone(session: Session, call: Call, *, now: datetime) -> None:
    """Their calendar accepted what was cancelled because it had declined. Said once."""
    want_once(session, f"call:{call.id}:gone", Mail("call_gone", prospect_of(call)), call.id, now=now)


def person_of(row: Call) -> Person:
    """Who the call is with, as events say it."""
    return Person(key=row.person, email=row.email, name=row.name, zone=row.zone, locale=row.locale, company=row.company)


def head_of_call(call: Call, offer: Offer) -> dict[str, Any]:
    """What every event about this call says of it."""
    return {
        "subject": call.id,
        "revision": call.revision,
        "person": person_of(call),
        "uid": call.uid,
        "call_type": offer.call_type.slug,
        "call_type_name": offer.call_type.name,
        "start": call.starts_at,
        "end": call.ends_at,
        "ask": call.ask_id,
        "attribution": call.attribution,
    }


class Said(NamedTuple):
    """The kinds of mail that one change is to each side; "" is none."""

    prospect: str = ""
    advisor: str = ""
    guests: str = ""


def _said(call: Call, event: type[CallEvent], more: dict[str, Any]) -> Said:
    invited = call.state != CallState.PENDING and (call.sequence > 0 or event is not CallCancelled)
    by_advisor = more.get("by") == "advisor"
    table = {
        CallBooked: Said("call_booked", "call_booked", "guest_invited"),
        CallRequested: Said("call_requested", "call_requested"),
        CallRescheduled: Said(*["call_moved"] * 3) if invited else Said("request_moved", "request_moved"),
        # SEQUENCE rises with the cancellation of what calendars know of.
        CallCancelled: Said(*["call_cancelled"] * 3) if invited else Said("call_withdrawn", "call_withdrawn"),
        CallDeclined: Said("call_declined") if by_advisor else Said("call_lapsed", "call_lapsed"),
    }
    return table.get(event, Said())


def _say(
    session: Session,
    call: Call,
    offer: Offer,
    said: Said,
    *,
    context: dict[str, Any],
    now: datetime,
    guests: Sequence[Guest] | None = None,
) -> None:
    """`guests` are looked up when nobody knows them."""
    if guests is None:
        guests = guests_of(session, call) if said.guests else ()
    knows = _who_knows(session, call) if call.state == CallState.CANCELLED else ()
    mails = [
        Mail(kind, whom, context=_told(whom, context) | ({"knows": True} if whom.to in knows else {}))
        for kind, whom in _pairs(call, offer, said, guests)
    ]
    if call.state == CallState.CONFIRMED:
        people = [mail.whom for mail in mails if mail.whom.to != "advisor"]
        mails.extend(reminders(call, offer.call_type, people, now=now))
    want(session, call, mails, now=now)
    if call.group_call_id is not None and said.guests:
        want_of_group(session, call.group_call_id, offer.advisor, _seat(call, said, context), now=now)


def _told(whom: Addressee, context: dict[str, Any]) -> dict[str, Any]:
    """Why it was moved is kept once, with the mail from which the call's history reads the move."""
    return context if whom.to == "prospect" else {name: told for name, told in context.items() if name != "reason"}


def _who_knows(session: Session, call: Call) -> set[str]:
    """Who knows of a call that was cancelled, if no mail of ours has told them: who cancelled it, and who booked it."""
    by_advisor = is_noted(session, "call_booked", call.id)
    return {call.cancelled_by, "advisor" if by_advisor else "prospect"}


def _seat(call: Call, said: Said, context: dict[str, Any]) -> Seat:
    if "previous_start" in context:
        return Seat(call, "came", context["by"], datetime.fromisoformat(context["previous_start"]))
    return Seat(call, "declined" if said.prospect == "decline_taken" else "cancelled", call.cancelled_by)


def _pairs(call: Call, offer: Offer, said: Said, guests: Sequence[Guest]) -> Iterator[tuple[str, Addressee]]:
    """Kinds and people. Of a seat in a group call the advisor hears by the group's own entry."""
    if said.prospect:
        yield said.prospect, prospect_of(call)
    if said.advisor and not (call.group_call_id is not None and said.guests):
        yield said.advisor, the_advisor(offer.advisor)
    if said.guests:
        yield from ((said.guests, guest_as(guest)) for guest in guests)
