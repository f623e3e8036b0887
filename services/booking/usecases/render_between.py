"""Mails about a call between its invitations, from their rows. Who comes to a call learns nothing of its own page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.invites import Attendee, Invite, Method, invite_ics
from services.booking.models import Advisor, Ask, Call, CallType, Guest, Proposal
from services.booking.usecases import letters_between as letters
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.letters import CallFacts, Reader, Sender
from shared.addresses import person_key
from shared.mail.body import Rendered
from shared.mail.letter import Letter
from shared.mail.row import MessageColumns

if TYPE_CHECKING:
    from services.booking.usecases.render import Renderer

ADVISORS_LANGUAGE = "en"


def call_late(renderer: Renderer, session: Session, row: MessageColumns, now: datetime) -> Rendered:  # noqa: ARG001
    """Somebody comes late. Each reader in their own zone; a guest in the prospect's."""
    call, advisor = session.get_one(Call, row.subject_id), advisor_of(session)
    by_prospect = row.context["by"] == "prospect"
    to_advisor = by_prospect and row.person == person_key(advisor.email)
    reader = _advisors(advisor) if to_advisor else Reader(row.recipient_name or call.name, call.zone, call.locale)
    late = call.name if by_prospect else advisor.name
    letter = letters.call_late(row.context["minutes"], late, _facts(session, call, late), reader, _sender(advisor))
    return _mail(renderer, advisor, letter, reply_to=call.email if by_prospect else advisor.email)


def times_by_advisor(renderer: Renderer, session: Session, row: MessageColumns, now: datetime) -> Rendered:  # noqa: ARG001
    """The advisor's times, to who chooses among them."""
    proposal, advisor = session.get_one(Proposal, row.subject_id), advisor_of(session)
    who: Call | Ask = (
        session.get_one(Call, proposal.call_id) if proposal.call_id else session.get_one(Ask, proposal.ask_id)
    )
    facts = CallFacts(
        name=session.get_one(CallType, proposal.call_type_id).name,
        other=advisor.name,
        start=proposal.starts[0],
        end=proposal.starts[0],
        location="",
        manage_url=f"{renderer.settings.public_url}/times/{proposal.token}",
        previous_start=who.starts_at if isinstance(who, Call) else None,
    )
    reader = Reader(who.name, who.zone, who.locale)
    letter = letters.times_by_advisor(proposal.starts, proposal.message, facts, reader, _sender(advisor))
    return _mail(renderer, advisor, letter, reply_to=advisor.email)


def times_by_prospect(renderer: Renderer, session: Session, row: MessageColumns, now: datetime) -> Rendered:  # noqa: ARG001
    """A COUNTER, to the advisor."""
    proposal, advisor = session.get_one(Proposal, row.subject_id), advisor_of(session)
    call = session.get_one(Call, proposal.call_id)
    console = f"{renderer.settings.public_url}/console"
    facts = replace(_facts(session, call, call.name), start=proposal.starts[0], manage_url=console)
    letter = letters.times_by_prospect(call.starts_at, proposal.message, facts, _advisors(advisor))
    return _mail(renderer, advisor, letter, reply_to=call.email)


def counter_refused(renderer: Renderer, session: Session, row: MessageColumns, now: datetime) -> Rendered:  # noqa: ARG001
    """It stays where it is."""
    proposal, advisor = session.get_one(Proposal, row.subject_id), advisor_of(session)
    call = session.get_one(Call, proposal.call_id)
    page = f"{renderer.settings.public_url}/call/{call.token}"
    facts = replace(_facts(session, call, advisor.name), manage_url=page)
    reader = Reader(call.name, call.zone, call.locale)
    letter = letters.counter_refused(proposal.starts[0], facts, reader, _sender(advisor))
    return _mail(renderer, advisor, letter, reply_to=advisor.email)


def guest_invited(renderer: Renderer, session: Session, row: MessageColumns, now: datetime) -> Rendered:
    """The invitation of a guest."""
    return _to_guest(renderer, session, row, now, method="REQUEST")


def guest_removed(renderer: Renderer, session: Session, row: MessageColumns, now: datetime) -> Rendered:
    """Its cancellation."""
    return _to_guest(renderer, session, row, now, method="CANCEL")


def _to_guest(renderer: Renderer, session: Session, row: MessageColumns, now: datetime, *, method: Method) -> Rendered:
    call, advisor = session.get_one(Call, row.subject_id), advisor_of(session)
    reader = Reader(row.recipient_name or row.recipient, call.zone, call.locale)
    write = letters.guest_invited if method == "REQUEST" else letters.guest_removed
    other = call.name if method == "REQUEST" else advisor.name
    letter = write(_facts(session, call, other), reader, _sender(advisor))
    invite = _guests_copy(renderer, session, call, advisor, at=now)
    mail = _mail(renderer, advisor, letter, reply_to=call.email)
    return replace(mail, ics=invite_ics(replace(invite, method=method)), method=method)


def _guests_copy(renderer: Renderer, session: Session, call: Call, advisor: Advisor, *, at: datetime) -> Invite:
    """The same entry without the way to move or cancel it, and with everybody who was ever invited."""
    invite = renderer.invite(call, advisor, session.get_one(CallType, call.call_type_id), at=at)
    guests = session.scalars(select(Guest).where(Guest.call_id == call.id).order_by(Guest.id))
    more = tuple(Attendee(guest.name, guest.email) for guest in guests)
    public = renderer.settings.public_url
    return replace(invite, description="", manage_url=public, attendees=(*invite.attendees, *more))


def _facts(session: Session, call: Call, other: str) -> CallFacts:
    name = session.get_one(CallType, call.call_type_id).name
    return CallFacts(name, other, call.starts_at, call.ends_at, location=call.location, manage_url="")


def _advisors(advisor: Advisor) -> Reader:
    return Reader(advisor.name, advisor.zone, ADVISORS_LANGUAGE)


def _sender(advisor: Advisor) -> Sender:
    return Sender(advisor.name, tuple(advisor.signature))


def _mail(renderer: Renderer, advisor: Advisor, letter: Letter, *, reply_to: str) -> Rendered:
    return Rendered(
        sender=renderer.settings.bookings_address,
        sender_name=advisor.name,
        letter=letter,
        reply_to=reply_to,
        headers=(("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "OOF, AutoReply")),
    )


BETWEEN: dict[str, Callable[[Renderer, Session, MessageColumns, datetime], Rendered]] = {
    "call_late": call_late,
    "times_by_advisor": times_by_advisor,
    "times_by_prospect": times_by_prospect,
    "counter_refused": counter_refused,
    "guest_invited": guest_invited,
    "guest_removed": guest_removed,
}
