"""What has happened to a call, told from what is stored: its mails, proposals, answers, and the trail of the console.

Nothing is written for it. Moves, guests and lateness are read from the mails that tell of them, whether those left or
were replaced by newer ones; what only the advisor knows of is read from the trail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.happenings import Happening
from services.booking.domain.states import GONE, CallState
from services.booking.models import Audit, Call, Guest, Message, Proposal
from services.booking.usecases.audit import PROGRAM, is_noted
from shared.mail.row import MailState

YOU = "you"
# A move by whose wish it was, or another length at the same time.
_MOVED = {"prospect": "moved", "advisor": "moved", "length": "another_length"}
_AS_PROPOSED = {"prospect": "proposal_chosen", "advisor": "counter_accepted", "length": "length_accepted"}
_MOVES = ("call_moved", "request_moved")
# What leaves later than it is wanted: it has happened once it has left.
_SENT = {"reminder": "reminder", "call_follow_up": "call_follow_up", "call_missed": "call_missed_sent"}
_NOTED = ("call_missed", "call_held", "call_paid", "notes_written")
_ENDS = {CallState.CANCELLED: "cancelled", CallState.DECLINED: "refused", CallState.LAPSED: "lapsed"}


def history(session: Session, call: Call) -> list[Happening]:
    """All that happened, oldest first. `who` is the prospect's name, an address, "you", or ""."""
    about = select(Message).where(Message.subject_id == call.id).order_by(Message.id)
    mails = session.scalars(about).all()
    proposals = session.scalars(select(Proposal).where(Proposal.call_id == call.id).order_by(Proposal.id)).all()
    found = [
        *_beginning(session, call, mails, proposals),
        *_in_mails(call, mails),
        *_proposed(call, proposals),
        *_answered(session, call),
        *_noted(session, call),
        *_end(call),
    ]
    return sorted(found, key=lambda one: one.at)


def _beginning(
    session: Session, call: Call, mails: Sequence[Message], proposals: Sequence[Proposal]
) -> Iterator[Happening]:
    """How it began, and where it went from there. The first time is the one that the first move left."""
    moves = list(_moves(call, mails, proposals))
    start = moves[0].facts.get("before", call.starts_at) if moves else call.starts_at
    asked = any(mail.kind in ("call_requested", "address_to_verify") for mail in mails)
    who = YOU if is_noted(session, "call_booked", call.id) else call.name
    yield Happening(call.created_at, "asked" if asked else "booked", who, {"start": start})
    yield from moves


def _moves(call: Call, mails: Sequence[Message], proposals: Sequence[Proposal]) -> Iterator[Happening]:
    told = [mail for mail in mails if mail.kind in _MOVES and mail.context.get("to") == "prospect"]
    befores = [datetime.fromisoformat(str(mail.context["previous_start"])) for mail in told]
    for mail, before, after in zip(told, befores, [*befores, call.starts_at][1:], strict=True):
        who = YOU if mail.context.get("by") == "advisor" else call.name
        what = _AS_PROPOSED if mail.context.get("agreed") else _MOVED
        named = what["length" if before == after else str(mail.context.get("by"))]
        said = str(mail.context.get("reason", ""))
        yield Happening(mail.created_at, named, who, {"before": before, "after": after}, said=said)
    # A request that was moved by choosing a proposed time was confirmed by it: no mail told of a move.
    known = {mail.created_at for mail in told}
    for one in proposals:
        if one.made_by == "advisor" and one.state == "accepted" and one.answered_at not in (None, *known):
            yield Happening(one.answered_at or one.created_at, "chosen", call.name, {"start": call.starts_at})


def _in_mails(call: Call, mails: Sequence[Message]) -> Iterator[Happening]:
    late = set()
    for mail in mails:
        context, by, minutes = mail.context, mail.context.get("by"), mail.context.get("minutes")
        said_late = (by, minutes, context.get("start"))
        if mail.kind == "call_booked" and context.get("to") == "prospect" and mail.revision > 0:
            yield Happening(mail.created_at, "confirmed")
        elif mail.kind in ("guest_invited", "guest_removed"):
            who = {"advisor": YOU, "prospect": call.name}.get(str(by), "")
            yield Happening(mail.created_at, mail.kind, who, {"to": mail.recipient})
        elif mail.kind == "call_late" and minutes and said_late not in late:
            late.add(said_late)
            yield Happening(mail.created_at, "late", YOU if by == "advisor" else call.name, {"minutes": minutes})
        elif mail.kind in _SENT and mail.state == MailState.ACCEPTED and mail.accepted_at is not None:
            # When it left is machine time; when it was due is the time that people live in.
            to = call.name if context.get("to") == "prospect" else mail.recipient
            yield Happening(mail.due, _SENT[mail.kind], facts={"to": to})


def _proposed(call: Call, proposals: Sequence[Proposal]) -> Iterator[Happening]:
    for one in proposals:
        if one.made_by == "advisor":
            facts = {"count": len(one.starts)}
            yield Happening(one.created_at, "times_proposed", YOU, facts, said=one.message)
        else:
            yield Happening(one.created_at, "counter", call.name, {"start": one.starts[0]}, said=one.message)
            if one.state == "refused" and one.answered_at is not None:
                yield Happening(one.answered_at, "counter_refused", YOU)


def _answered(session: Session, call: Call) -> Iterator[Happening]:
    """What calendars answered to the time that it has now."""
    guests = session.scalars(select(Guest).where(Guest.call_id == call.id, Guest.answer_stamp.is_not(None)))
    answers = [
        (call.answer, call.answer_stamp, call.name),
        (call.advisor_answer, call.advisor_answer_stamp, YOU),
        *((guest.answer, guest.answer_stamp, guest.email) for guest in guests),
    ]
    for answer, at, who in answers:
        if at is not None and answer != "needs-action":
            yield Happening(at, answer, who)


def _noted(session: Session, call: Call) -> Iterator[Happening]:
    lines = select(Audit).where(Audit.subject == call.id, Audit.act.in_(_NOTED)).order_by(Audit.id)
    for line in session.scalars(lines):
        # Whoever is signed in acts for the advisor; whose account it was, the trail tells.
        who = line.actor if line.actor.startswith(PROGRAM) else YOU
        yield Happening(line.at, "paid" if line.act == "call_paid" else line.act, who)


def _end(call: Call) -> Iterator[Happening]:
    who = {"advisor": YOU, "prospect": call.name}.get(call.cancelled_by, "")
    if call.state in GONE:
        ended = Happening(call.changed_at, _ENDS[CallState(call.state)], who, said=call.reason)
        by_calendar = call.cancelled_by == "prospect" and call.answer == "declined"
        yield replace(ended, what="declined_in_calendar") if by_calendar else ended
    elif call.state == CallState.COMPLETED:
        yield Happening(call.changed_at, "completed")
