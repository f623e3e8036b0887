"""A call's own mails: invitations with their calendar object, and what is said before there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking.domain.answer_by import answer_by
from services.booking.domain.invites import Invite, invite_ics
from services.booking.domain.states import CallState
from services.booking.domain.zones import z
from services.booking.models import Call, CallType, GroupCall, Guest
from services.booking.usecases.audit import is_noted
from services.booking.usecases.change import may_cancel, may_move
from services.booking.usecases.letters import advisor as to_advisor
from services.booking.usecases.letters.call import TO_PROSPECT, call_requested
from services.booking.usecases.letters.guest import TO_GUEST
from services.booking.usecases.letters.shown import By, CallFacts, GuestNews, Reader
from services.booking.usecases.new_calls import VERIFY_WITHIN
from services.booking.usecases.opening import way_back
from services.booking.usecases.render.copies import Copies
from services.booking.usecases.render.news import News, news_of
from services.booking.usecases.render.places import Place, place_of
from services.booking.usecases.render.readers import ADVISORS_LANGUAGE, Desk, To, by_itself
from services.booking.usecases.render.words import came_by, guests_line, named, told_before, who_of
from shared import i18n
from shared.mail.body import Rendered
from shared.mail.letter import Letter

INVITING = ("call_booked", "call_moved", "call_changed", "call_cancelled", "guest_invited", "guest_removed")
# The advisor's calendar holds what a prospect declined; theirs holds it as declined already.
CANCELLING_FOR_ADVISOR = ("call_declined_by_calendar",)


def about_call(desk: Desk) -> Rendered:
    """A mail about a call, to whom the row names: with the calendar object where calendars are told."""
    call = desk.session.get_one(Call, desk.row.subject_id)
    news = news_of(desk.session, desk.row)
    letter, reply_to = _letter(desk, call, news), _reply_to(desk, call, news)
    if desk.row.kind in (*INVITING, *CANCELLING_FOR_ADVISOR):
        return inviting(desk, call, letter, _copy(desk, call), reply_to=reply_to)
    return desk.plain(letter, reply_to=reply_to, headers=thread(desk, call))


def about_group(desk: Desk) -> Rendered:
    """The advisor's one entry of a group call, with all who come."""
    group = desk.session.get_one(GroupCall, desk.row.subject_id)
    copies = Copies(desk.settings, desk.session, desk.advisor)
    people = copies.seats_of(group)
    invite = copies.of_group(group, at=desk.now)
    facts = _group_facts(desk, group, invite)
    lines = [who_of(call) + told_before(desk.session, call) + came_by(desk.session, call) for call in people]
    reader = Reader(desk.advisor.name, desk.advisor.zone, ADVISORS_LANGUAGE)
    news = list(_seats(desk.session, news_of(desk.session, desk.row)))
    letter = to_advisor.group_call(facts, news, lines, (group.taken, group.capacity), reader)
    mail = desk.plain(letter, headers=_group_thread(desk, group, follows=group.sequence > 0))
    return replace(mail, ics=invite_ics(invite), method=invite.method)


def group_declined(desk: Desk) -> Rendered:
    """What holds after the advisor's own no to a group call."""
    group = desk.session.get_one(GroupCall, desk.row.subject_id)
    invite = Copies(desk.settings, desk.session, desk.advisor).of_group(group, at=desk.now)
    reader = Reader(desk.advisor.name, desk.advisor.zone, ADVISORS_LANGUAGE)
    letter = to_advisor.group_declined(_group_facts(desk, group, invite), group.taken, reader)
    return desk.plain(letter, headers=_group_thread(desk, group, follows=True))


def inviting(desk: Desk, call: Call, letter: Letter, invite: Invite, *, reply_to: str) -> Rendered:
    """A mail with a calendar object, from who is its ORGANIZER: clients compare the two (RFC 6047 §3)."""
    mail = desk.plain(letter, reply_to=reply_to, headers=thread(desk, call))
    sender = desk.settings.bookings_address if desk.to == To.ADVISOR else invite.organizer.address
    return replace(mail, sender=sender, ics=invite_ics(invite), method=invite.method)


def facts_of(desk: Desk, call: Call, news: News | None = None) -> CallFacts:
    """The call as this reader is told of it; `news` is what a mail says that replaces others, or may."""
    news = news or News((desk.row,))
    call_type, reader = desk.type_of(call), desk.reader(call)
    to_prospect = desk.to == To.PROSPECT
    place = place_of(call, call_type, desk.advisor, desk.to, reader.language)
    if to_prospect and call.state == CallState.PENDING:
        # Where it is, is for who has a call.
        place = Place("")
    return CallFacts(
        name=call_type.name,
        other=desk.advisor.name if to_prospect else call.name,
        start=call.starts_at,
        end=call.ends_at,
        location=place.words,
        manage_url=_page(desk, call, call_type),
        dial=place.url if place.url.startswith("tel:") else "",
        by=_by(desk, call, news),
        # Written by one side of the call to the other.
        reason="" if desk.to == To.GUEST else call.reason,
        previous_start=news.previous_start,
        guests=tuple(
            GuestNews(_as_heard(by, desk.to), _named(desk.session, change.added), _named(desk.session, change.removed))
            for by, change in news.guests().items()
        ),
        is_new=news.is_new,
        asked=news.asked,
        agreed=news.agreed,
        is_seat=call.group_call_id is not None,
        price=call_type.price_text if to_prospect else "",
        pay_url=call_type.pay_url if to_prospect and call.paid_at is None else "",
        message=news.message if to_prospect else "",
        verify_minutes=VERIFY_WITHIN // timedelta(minutes=1),
        may_move=may_move(call, call_type, now=desk.now),
        may_cancel=may_cancel(call, call_type, now=desk.now),
    )


def thread(desk: Desk, call: Call) -> tuple[tuple[str, str], ...]:
    """One conversation per call and person, so that the update stands below the invitation; and no robot's answers."""
    root = f"<call-{call.id}-{desk.row.context['to'].replace(':', '-')}@{desk.settings.mail_domain}>"
    return (*_thread(root, follows=call.revision > 0), *by_itself("auto-generated"))


def _group_facts(desk: Desk, group: GroupCall, invite: Invite) -> CallFacts:
    name = invite.summary.rpartition(" (")[0]
    return CallFacts(name, name, group.starts_at, group.ends_at, invite.location, desk.page("console/calls"))


def _group_thread(desk: Desk, group: GroupCall, *, follows: bool) -> tuple[tuple[str, str], ...]:
    root = f"<group-{group.id}@{desk.settings.mail_domain}>"
    return (*_thread(root, follows=follows), *by_itself("auto-generated"))


def _by(desk: Desk, call: Call, news: News) -> By:
    """Who did what the mail tells of, as its reader hears it."""
    by = news.by
    if not by and news.kind in ("call_booked", "guest_invited"):
        by = "advisor" if is_noted(desk.session, "call_booked", call.id) else ""
    return _as_heard(by or call.cancelled_by, desk.to)


def _as_heard(by: str, to: To) -> By:
    if by == "advisor":
        return "you" if to == To.ADVISOR else "me"
    return "you" if to == To.PROSPECT else "them"


def _named(session: Session, ids: list[str]) -> tuple[str, ...]:
    return tuple(named(session.get_one(Guest, UUID(one))) for one in ids)


def _seats(session: Session, news: News) -> Iterator[to_advisor.SeatNews]:
    """What became of each seat since the advisor last heard of this group call, in the order in which it happened."""
    told: dict[str, list[dict[str, Any]]] = {}
    for mail in reversed(news.mails):
        told.setdefault(mail.context["seat"], []).append(mail.context)
    for seat, contexts in told.items():
        last = contexts[-1]
        # Who came and went unread has neither come nor gone.
        if len(contexts) % 2:
            yield _seat(session, session.get_one(Call, UUID(seat)), last)


def _seat(session: Session, call: Call, told: dict[str, Any]) -> to_advisor.SeatNews:
    did, elsewhere = told["did"], told.get("elsewhere")
    by = told.get("by") or ("advisor" if is_noted(session, "call_booked", call.id) else "prospect")
    return to_advisor.SeatNews(
        who=named(call),
        did=did,
        by_you=by == "advisor",
        elsewhere=datetime.fromisoformat(elsewhere) if elsewhere else None,
        # A reason belongs to the last thing that was done to the call.
        reason=call.reason if told["revision"] == call.revision else "",
    )


def _letter(desk: Desk, call: Call, news: News) -> Letter:
    kind, facts, reader = news.kind, facts_of(desk, call, news), desk.reader(call)
    if desk.to == To.ADVISOR:
        who = who_of(call) + guests_line(desk.session, call) + came_by(desk.session, call)
        return to_advisor.about_call(kind, facts, who, told_before(desk.session, call), reader)
    if desk.to == To.GUEST:
        return TO_GUEST[kind](facts, reader, desk.sender)
    if kind == "call_requested":
        until = answer_by(call.created_at, call.starts_at, desk.advisor.zone)
        return call_requested(i18n.day(until, call.zone, call.locale), facts, reader, desk.sender)
    return TO_PROSPECT[kind](facts, reader, desk.sender)


def _copy(desk: Desk, call: Call) -> Invite:
    copies = Copies(desk.settings, desk.session, desk.advisor)
    if desk.row.kind == "guest_removed":
        return copies.of_removed(call, desk.guest, at=desk.now)
    return copies.of_call(call, desk.to, at=desk.now)


def _page(desk: Desk, call: Call, call_type: CallType) -> str:
    """Where the reader can do something about it. A guest can do nothing: whoever has the link moves the call."""
    if desk.to == To.ADVISOR:
        return desk.page(f"console/calls/{call.id}")
    if desk.to == To.GUEST:
        return ""
    if desk.row.kind == "address_to_verify":
        return desk.page(f"verify/{call.verify_token}")
    if call.state in (CallState.PENDING, CallState.CONFIRMED):
        return desk.page(f"call/{call.token}")
    back = way_back(desk.session, call, call_type, now=desk.now)
    if back and desk.row.kind == "call_gone":
        back += f"{'&' if '?' in back else '?'}start={z(call.starts_at)}"
    return back and desk.settings.public_url + back


def _reply_to(desk: Desk, call: Call, news: News) -> str:
    """The other side; a guest answers whoever did what they read of."""
    by_advisor = desk.to == To.GUEST and _by(desk, call, news) == "me"
    return desk.advisor.email if by_advisor or desk.to == To.PROSPECT else call.email


def _thread(root: str, *, follows: bool) -> tuple[tuple[str, str], ...]:
    return (("References", root), ("In-Reply-To", root)) if follows else (("References", root),)


OF_CALLS: dict[str, Callable[[Desk], Rendered]] = {
    **dict.fromkeys((*TO_PROSPECT, *TO_GUEST, "call_requested", *CANCELLING_FOR_ADVISOR), about_call),
    **dict.fromkeys(("decline_passed_on", "decline_without_times"), about_call),
    "group_call": about_group,
    "group_declined": group_declined,
}
