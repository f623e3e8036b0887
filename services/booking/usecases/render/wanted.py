"""Which of booking's mails must not leave any more. Asked in SQL, at the claim and at the point of no return."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, literal, or_

from services.booking.domain.states import CallState
from services.booking.models import Call, DeadAddress, GroupCall, Message, Proposal

INVITATIONS = ("call_booked", "call_moved", "call_changed", "guest_invited")
REMINDERS = ("reminder",)
# What only makes sense while the call is in one state.
_ONLY_WHILE = {
    CallState.UNVERIFIED: ("address_to_verify",),
    CallState.PENDING: ("call_requested", "request_moved"),
    CallState.CONFIRMED: (*REMINDERS, "call_late"),
    CallState.COMPLETED: ("call_follow_up",),
    CallState.MISSED: ("call_missed",),
}


def unwanted(now: datetime) -> ColumnElement[str | None]:
    """Why a mail of booking must not leave any more, as SQL over `message`; NULL when it should."""
    dead = exists().where(DeadAddress.person == Message.person).correlate(Message)
    return case(
        (dead, literal("address_bounced")),
        (outdated(), literal("superseded")),
        (_late(now), literal("too_late")),
        else_=None,
    )


def outdated() -> ColumnElement[bool]:
    """Something has happened since that another mail tells of, or that this one would contradict; as SQL."""
    same_sequence = _call(Call.sequence == Message.context["sequence"].as_integer())
    same_group = exists().where(GroupCall.id == Message.subject_id, GroupCall.sequence == Message.revision)
    open_times = exists().where(Proposal.id == Message.subject_id, Proposal.state == "open")
    return or_(
        and_(Message.kind.in_((*INVITATIONS, *REMINDERS)), ~same_sequence),
        *(and_(Message.kind.in_(kinds), ~_call(Call.state == state)) for state, kinds in _ONLY_WHILE.items()),
        and_(Message.kind == "call_open", ~_call(Call.state.in_((CallState.PENDING, CallState.CONFIRMED)))),
        and_(Message.kind == "group_call", ~same_group.correlate(Message)),
        and_(Message.kind.in_(("times_by_advisor", "times_by_prospect")), ~open_times.correlate(Message)),
    )


def _late(now: datetime) -> ColumnElement[bool]:
    """A reminder that is found when more of its lead has passed than is left (the machine slept) would only confuse."""
    less_left_than_gone = Call.starts_at - literal(now) < literal(now) - Message.due
    return and_(Message.kind.in_(REMINDERS), _call(less_left_than_gone))


def _call(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Call.id == Message.subject_id, condition).correlate(Message)
