"""Which of booking's mails must not leave any more. Asked in SQL, at the claim and at the point of no return."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, DateTime, and_, case, cast, exists, literal, or_
from sqlalchemy.orm import aliased

from services.booking.domain.states import CallState
from services.booking.models import Call, DeadAddress, GroupCall, Message, Proposal
from shared.mail.row import may_have_left

INVITATIONS = ("call_booked", "call_moved", "call_changed", "guest_invited")
REMINDERS = ("reminder",)
REQUESTS = ("call_requested", "request_moved")
# What ends a call for its reader.
ENDING = ("call_cancelled", "call_withdrawn", "call_declined_by_calendar", "guest_removed")
# What came of the advisor's own no.
DECLINED_BY_ADVISOR = ("decline_passed_on", "decline_without_times")
# What only makes sense while the call is in one state.
_ONLY_WHILE = {
    CallState.UNVERIFIED: ("address_to_verify",),
    CallState.PENDING: REQUESTS,
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
        (_never_told(), literal("never_told")),
        else_=None,
    )


def outdated() -> ColumnElement[bool]:
    """Something has happened since that another mail tells of, or that this one would contradict; as SQL."""
    same_sequence = _call(Call.sequence == Message.context["sequence"].as_integer())
    same_group = exists().where(GroupCall.id == Message.subject_id, GroupCall.sequence == Message.revision)
    group_declined = exists().where(
        GroupCall.id == Message.subject_id, GroupCall.state == "confirmed", GroupCall.advisor_answer == "declined"
    )
    newer = aliased(Message)
    # One that was just leaving when it was replaced, and did not leave, must not follow what replaced it.
    replaced = exists().where(
        newer.subject_id == Message.subject_id,
        newer.ordering_key == Message.ordering_key,
        newer.kind.in_(REQUESTS),
        newer.revision > Message.revision,
    )
    stands = and_(Call.state == CallState.CONFIRMED, _same_start())
    refused = exists().where(Proposal.id == Message.subject_id, Call.id == Proposal.call_id, stands)
    open_times = exists().where(Proposal.id == Message.subject_id, Proposal.state == "open")
    return or_(
        and_(Message.kind.in_((*INVITATIONS, *REMINDERS)), ~same_sequence),
        and_(Message.kind.in_(REQUESTS), replaced.correlate(Message)),
        *(and_(Message.kind.in_(kinds), ~_call(Call.state == state)) for state, kinds in _ONLY_WHILE.items()),
        and_(Message.kind == "call_open", ~_call(Call.state.in_((CallState.PENDING, CallState.CONFIRMED)))),
        and_(Message.kind == "group_call", ~same_group.correlate(Message)),
        and_(Message.kind == "group_declined", ~group_declined.correlate(Message)),
        and_(Message.kind.in_(DECLINED_BY_ADVISOR), ~_call(stands)),
        and_(Message.kind == "counter_refused", ~refused.correlate(Message)),
        and_(Message.kind.in_(("times_by_advisor", "times_by_prospect")), ~open_times.correlate(Message)),
    )


def _never_told() -> ColumnElement[bool]:
    """It ends what its reader has never heard of, by any mail nor otherwise (`context["knows"]`, see `tell.py`)."""
    earlier = aliased(Message)
    told = exists().where(
        earlier.subject_id == Message.subject_id,
        earlier.ordering_key == Message.ordering_key,
        earlier.revision < Message.revision,
        may_have_left(earlier),
    )
    over = exists().where(GroupCall.id == Message.subject_id, GroupCall.state == "cancelled").correlate(Message)
    ends = or_(Message.kind.in_(ENDING), and_(Message.kind == "group_call", over))
    return and_(ends, Message.context["knows"].as_boolean().is_not(True), ~told.correlate(Message))


def _late(now: datetime) -> ColumnElement[bool]:
    """A reminder that is found when more of its lead has passed than is left (the machine slept) would only confuse; so
    would lateness for a time that the call has not, or that is over."""
    less_left_than_gone = Call.starts_at - literal(now) < literal(now) - Message.due
    still_late = and_(_same_start(), Call.ends_at > literal(now))
    return or_(
        and_(Message.kind.in_(REMINDERS), _call(less_left_than_gone)),
        and_(Message.kind == "call_late", ~_call(still_late)),
    )


def _same_start() -> ColumnElement[bool]:
    """The call is where it was when this mail was wanted (`context["start"]`)."""
    return Call.starts_at == cast(Message.context["start"].as_string(), DateTime(timezone=True))


def _call(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Call.id == Message.subject_id, condition).correlate(Message)
