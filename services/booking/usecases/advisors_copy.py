"""The advisor's own copy of a call or of a group call: what stands in the calendars that only they look into."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from services.booking.domain.invites import Attendee, Invite
from services.booking.domain.organizers import may_send_as
from services.booking.models import Advisor, Call, GroupCall
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.render import Copies
from services.booking.usecases.render.readers import To
from shared.settings import Settings


def copy_of_call(session: Session, settings: Settings, call: Call) -> Invite:
    """The call with its briefing, as of its last change."""
    advisor = advisor_of(session)
    return _own(Copies(settings, session, advisor).of_call(call, To.ADVISOR, at=call.changed_at), advisor)


def copy_of_group(session: Session, settings: Settings, group: GroupCall) -> Invite:
    """The group call as one entry; who comes, and what they wrote, is in its description."""
    advisor = advisor_of(session)
    return _own(Copies(settings, session, advisor).of_group(group, at=group.changed_at), advisor)


def organizers_address(advisor: Advisor, settings: Settings) -> str:
    """Who stands as ORGANIZER in what we publish: the mailbox that is read, or the advisor when they chose so."""
    own = advisor.email if advisor.organizer == "advisor" else ""
    return own if may_send_as(own, settings.bookings_address) else settings.bookings_address


def _own(invite: Invite, advisor: Advisor) -> Invite:
    return replace(invite, attendees=tuple(_coming(one, advisor) for one in invite.attendees))


def _coming(attendee: Attendee, advisor: Advisor) -> Attendee:
    """In a calendar of their own the advisor has said yes: some programs hide or grey what waits for an answer."""
    unanswered = attendee.address == advisor.email and attendee.partstat == "NEEDS-ACTION"
    return replace(attendee, partstat="ACCEPTED") if unanswered else attendee
