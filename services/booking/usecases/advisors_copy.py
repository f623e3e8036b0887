"""The advisor's own copy of a call or of a group call: what stands in the calendars that only they look into."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.invites import Attendee, Invite, Organizer
from services.booking.models import Advisor, Call, CallType, GroupCall
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.render import Renderer, who_of, words_of
from shared.settings import Settings


def copy_of_call(session: Session, settings: Settings, call: Call) -> Invite:
    """The call with its briefing, as of its last change."""
    advisor, call_type = advisor_of(session), session.get_one(CallType, call.call_type_id)
    invite = Renderer(settings).invite(call, advisor, call_type, at=call.changed_at, for_advisor=True)
    return replace(invite, attendees=tuple(_coming(one, advisor) for one in invite.attendees))


def copy_of_group(session: Session, settings: Settings, group: GroupCall) -> Invite:
    """The group call as one entry; who comes, and what they wrote, is in its description."""
    advisor, call_type = advisor_of(session), session.get_one(CallType, group.call_type_id)
    where = group.location or advisor.video_url
    return Invite(
        method="CANCEL" if group.state == "cancelled" else "REQUEST",
        uid=group.uid,
        sequence=group.sequence,
        dtstamp=group.changed_at,
        start=group.starts_at,
        end=group.ends_at,
        summary=f"{call_type.name} ({group.taken} / {group.capacity})",
        location=where,
        join_url=where if where.startswith("https://") else "",
        description=_who_comes(session, group),
        manage_url=f"{settings.public_url}/console",
        organizer=Organizer(advisor.name, organizers_address(advisor, settings)),
        attendees=(_coming(Attendee(advisor.name, advisor.email), advisor),),
    )


def _coming(attendee: Attendee, advisor: Advisor) -> Attendee:
    """In a calendar of their own the advisor has said yes: some programs hide or grey what waits for an answer."""
    unanswered = attendee.address == advisor.email and attendee.partstat == "NEEDS-ACTION"
    return replace(attendee, partstat="ACCEPTED") if unanswered else attendee


def organizers_address(advisor: Advisor, settings: Settings) -> str:
    """Who stands as ORGANIZER in what we write: the mailbox that is read, or the advisor when they chose so."""
    return advisor.email if advisor.organizer == "advisor" else settings.bookings_address


def _who_comes(session: Session, group: GroupCall) -> str:
    seats = select(Call).where(Call.group_call_id == group.id, Call.state.in_(["confirmed", "completed", "missed"]))
    return "\n\n".join(_briefing(call) for call in session.scalars(seats.order_by(Call.created_at, Call.id)))


def _briefing(call: Call) -> str:
    lines = [f"{label}: {value}" for label, value in who_of(call)]
    return "\n".join([*lines, *(f"{question} {words}" for question, words in words_of(call))])
