"""What calendars answer to invitations: REPLY and COUNTER (RFC 5546 §3.2.3, §3.2.7), as webhooks has read them.

An answer counts when it is proven to come from somebody who was invited, answers the invitation that holds now, and is
newer than the last one of theirs. Everything else changes nothing; the log says which it was and why.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.answers import CalendarAnswer, Standing, why_ignored
from services.booking.domain.states import CallState
from services.booking.models import Advisor, Call, GroupCall, Guest
from services.booking.usecases.availability import Offer, advisor_of, next_free
from services.booking.usecases.calls import become, locked, note_change
from services.booking.usecases.moving import settle_proposals
from services.booking.usecases.propose import propose_times, take_counter
from services.booking.usecases.release import release
from services.booking.usecases.tell import tell_advisor_declined, tell_declined, tell_gone, tell_group_declined
from shared.addresses import BadAddress, person_key
from shared.events import CalendarReplyReceived
from shared.i18n import translations

log = logging.getLogger(__name__)

# How many other times the prospect is offered when the advisor's calendar declines.
OTHER_TIMES = 3
LONGEST_REASON = 1000
# What an answer may say of when it was given. Clocks are wrong, but not by more; of the years 1 and 9999 some zones
# cannot even tell the day, and then the call's page could not be shown.
EARLIEST, AHEAD = datetime(2000, 1, 1, tzinfo=UTC), timedelta(days=10 * 366)


@dataclass(frozen=True)
class Heard:
    """An answer with what it answers. `whose` is the row of who answers: the call's for the prospect."""

    event: CalendarReplyReceived
    call: Call
    offer: Offer
    whose: Call | Guest | Advisor

    @property
    def answer(self) -> CalendarAnswer:
        """The answer itself, and whether its sender is proven to be who answers."""
        return _answer_of(self.event)

    def ignored(self, *, now: datetime) -> str:
        """Why it changes nothing, or ""."""
        call, whose = self.call, self.whose
        stamp = call.advisor_answer_stamp if isinstance(whose, Advisor) else whose.answer_stamp
        is_open = call.state == CallState.CONFIRMED and now < call.ends_at
        return why_ignored(self.answer, Standing(is_open, call.sequence, stamp))

    def accepts_what_it_declined(self) -> bool:
        """The cancellation raised SEQUENCE; the calendar that caused it still answers to the one before."""
        call, answer = self.call, self.answer
        gone = call.state == CallState.CANCELLED and call.answer == "declined" and self.whose is call
        before = Standing(is_open=True, sequence=call.sequence - 1, stamp=call.answer_stamp)
        return gone and answer.partstat in ("accepted", "tentative") and not why_ignored(answer, before)


def take_calendar_reply(session: Session, event: CalendarReplyReceived, now: datetime) -> None:
    """Let an answer take effect, or note why it has none."""
    log.info(
        "calendar reply", extra={"uid": event.uid, "method": event.method, "outcome": _outcome(session, event, now)}
    )


def _outcome(session: Session, event: CalendarReplyReceived, now: datetime) -> str:
    if not EARLIEST <= event.dtstamp <= now + AHEAD:
        return "impossible_stamp"
    found = session.scalar(select(Call).where(Call.uid == event.uid))
    if found is None:
        return _of_group(session, event, now)
    call, offer = locked(session, found)
    whose = _whose(session, call, offer, event)
    if whose is None:
        return "not_invited"
    heard = Heard(event, call, offer, whose)
    if heard.accepts_what_it_declined():
        tell_gone(session, call, now=now)
        return "gone"
    if why := heard.ignored(now=now):
        return why
    _take(session, heard, now=now)
    return "taken"


def _of_group(session: Session, event: CalendarReplyReceived, now: datetime) -> str:
    """The advisor's answer to the one entry of a group call, to which nobody else is invited.

    Several people sit in it, so a no offers nobody another time: it is noted, and the advisor is told what holds.
    """
    wanted = select(GroupCall).where(GroupCall.uid == event.uid).with_for_update()
    group = session.scalar(wanted.execution_options(populate_existing=True))
    if group is None:
        return "unknown_call"
    advisor, answer = advisor_of(session), _answer_of(event)
    if _key(event.attendee) != person_key(advisor.email):
        return "not_invited"
    is_open = group.state == "confirmed" and now < group.ends_at
    if why := why_ignored(answer, Standing(is_open, group.sequence, group.advisor_answer_stamp)):
        return why
    if answer.counters:
        return "never_moves"
    group.advisor_answer, group.advisor_answer_stamp = answer.partstat, answer.stamp
    if answer.partstat == "declined":
        tell_group_declined(session, group, advisor, now=now)
    return "taken"


def _answer_of(event: CalendarReplyReceived) -> CalendarAnswer:
    sender = _key(event.sender)
    return CalendarAnswer(
        proven=event.authenticated and bool(sender) and sender == _key(event.attendee),
        counters=event.method == "COUNTER",
        partstat=event.partstat.lower(),
        sequence=event.sequence,
        stamp=event.dtstamp,
    )


def _whose(session: Session, call: Call, offer: Offer, event: CalendarReplyReceived) -> Call | Guest | Advisor | None:
    """Who answers, or None: a stranger whom an invitation was passed on to is not let in by answering it."""
    person = _key(event.attendee)
    if person == call.person:
        return call
    if person == person_key(offer.advisor.email):
        return offer.advisor
    guests = select(Guest).where(Guest.call_id == call.id, Guest.person == person, Guest.removed_at.is_(None))
    return session.scalar(guests)


def _key(address: str) -> str:
    """Whose address this is, however a calendar wrote it; "" for what is none."""
    try:
        return person_key(address[7:] if address[:7].lower() == "mailto:" else address)
    except BadAddress:
        return ""


def _take(session: Session, heard: Heard, *, now: datetime) -> None:
    call, whose, answer = heard.call, heard.whose, heard.answer
    declines = answer.partstat == "declined"
    if answer.counters:
        _take_counter(session, heard, now=now)
    elif isinstance(whose, Advisor):
        call.advisor_answer, call.advisor_answer_stamp = answer.partstat, answer.stamp
        if declines:
            _offer_other_times(session, call, heard.offer, heard.event.comment, now=now)
    else:
        whose.answer, whose.answer_stamp = answer.partstat, answer.stamp
        if declines and whose is call:
            _free(session, call, heard.offer, heard.event.comment, now=now)


def _take_counter(session: Session, heard: Heard, *, now: datetime) -> None:
    """A time that is proposed moves nothing by itself: it waits for the advisor. Only the prospect may propose one."""
    call, event = heard.call, heard.event
    if heard.whose is call and event.start is not None and event.end is not None:
        call.answer_stamp = event.dtstamp
        words = event.comment[:LONGEST_REASON]
        take_counter(session, call.id, event.start, event.end, sequence=event.sequence, message=words, now=now)


def _free(session: Session, call: Call, offer: Offer, comment: str, *, now: datetime) -> None:
    """The prospect does not come: whatever the notice, their time is free again. Once, for the state decides."""
    release(session, call, now=now)
    settle_proposals(session, call, now=now)
    note_change(call, now=now)
    become(call, CallState.CANCELLED)
    call.cancelled_by, call.reason = "prospect", comment[:LONGEST_REASON]
    tell_declined(session, call, offer, now=now)


def _offer_other_times(session: Session, call: Call, offer: Offer, comment: str, *, now: datetime) -> None:
    """The advisor's calendar declined. Nothing is dropped silently: the call stands, and the prospect may choose."""
    starts = next_free(session, offer, now=now, count=OTHER_TIMES) if call.group_call_id is None else []
    words = comment[:LONGEST_REASON] or translations(call.locale).gettext("I cannot come at the time we have.")
    if starts:
        propose_times(session, call.id, starts, words, now=now)
    tell_advisor_declined(session, call, offer, passed_on=bool(starts), now=now)
