"""Mails about a call between its invitations: lateness, proposed times, and a no to a proposed time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from services.booking.domain.states import CallState
from services.booking.models import Ask, Call, CallType, Proposal
from services.booking.usecases.letters import advisor as to_advisor
from services.booking.usecases.letters import between as letters
from services.booking.usecases.letters.shown import CallFacts
from services.booking.usecases.render.call import facts_of, inviting, thread
from services.booking.usecases.render.copies import Copies
from services.booking.usecases.render.readers import Desk, To, reader_of
from shared.mail.body import Rendered


def call_late(desk: Desk) -> Rendered:
    """Somebody comes late. Each reader in their own zone; a guest in the prospect's."""
    call = desk.session.get_one(Call, desk.row.subject_id)
    facts, reader, minutes = facts_of(desk, call), desk.reader(call), desk.row.context["minutes"]
    if desk.to == To.ADVISOR:
        letter = to_advisor.call_late(minutes, facts, reader)
    else:
        letter = letters.call_late(minutes, facts, reader, desk.sender)
    by_prospect = desk.row.context["by"] == "prospect"
    return desk.plain(letter, reply_to=call.email if by_prospect else "", headers=thread(desk, call))


def times_by_advisor(desk: Desk) -> Rendered:
    """The advisor's times, to who chooses among them."""
    proposal = desk.session.get_one(Proposal, desk.row.subject_id)
    who: Call | Ask = (
        desk.session.get_one(Call, proposal.call_id) if proposal.call_id else desk.session.get_one(Ask, proposal.ask_id)
    )
    facts = CallFacts(
        name=desk.session.get_one(CallType, proposal.call_type_id).name,
        other=desk.advisor.name,
        start=proposal.starts[0],
        end=proposal.starts[0],
        location="",
        manage_url=desk.page(f"times/{proposal.token}"),
        previous_start=who.starts_at if isinstance(who, Call) else None,
        asked=isinstance(who, Call) and who.state == CallState.PENDING,
    )
    return desk.plain(letters.times_by_advisor(proposal.starts, proposal.message, facts, reader_of(who), desk.sender))


def times_by_prospect(desk: Desk) -> Rendered:
    """A COUNTER, to the advisor, who accepts or refuses it in the console."""
    proposal = desk.session.get_one(Proposal, desk.row.subject_id)
    call = desk.session.get_one(Call, proposal.call_id)
    facts = replace(facts_of(desk, call), start=proposal.starts[0])
    letter = to_advisor.times_by_prospect(call.starts_at, proposal.message, facts, desk.reader(call))
    return desk.plain(letter, reply_to=call.email, headers=thread(desk, call))


def counter_refused(desk: Desk) -> Rendered:
    """It stays where it is: in words, and to the calendar that proposed it (RFC 5546 §3.2.8)."""
    proposal = desk.session.get_one(Proposal, desk.row.subject_id)
    call = desk.session.get_one(Call, proposal.call_id)
    letter = letters.counter_refused(proposal.starts[0], facts_of(desk, call), desk.reader(call), desk.sender)
    copy = Copies(desk.settings, desk.session, desk.advisor).of_call(call, To.PROSPECT, at=desk.now)
    answer = replace(copy, method="DECLINECOUNTER", sequence=proposal.sequence)
    return inviting(desk, call, letter, answer, reply_to=desk.advisor.email)


BETWEEN: dict[str, Callable[[Desk], Rendered]] = {
    "call_late": call_late,
    "times_by_advisor": times_by_advisor,
    "times_by_prospect": times_by_prospect,
    "counter_refused": counter_refused,
}
