"""The calendar object of a call, as each of those who come gets it.

The same UID, SEQUENCE, times and people in all copies. The prospect's has the way to their page, the advisor's the
briefing, a guest's what the call is. Who is ORGANIZER: docs/adr/0008-who-sends-invitations.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.invites import Attendee, Invite, Method, Organizer, Partstat
from services.booking.domain.organizers import may_send_as
from services.booking.domain.states import STANDING
from services.booking.models import Advisor, Call, CallType, GroupCall, Guest
from services.booking.usecases.calls import guests_of
from services.booking.usecases.opening import way_back
from services.booking.usecases.render.places import Place, place_of
from services.booking.usecases.render.readers import ADVISORS_LANGUAGE, To
from services.booking.usecases.render.words import briefing
from shared.i18n import translations
from shared.settings import Settings


@dataclass(frozen=True)
class Copies:
    """Makes the copies for one installation."""

    settings: Settings
    session: Session
    advisor: Advisor

    def of_call(self, call: Call, to: To, *, at: datetime) -> Invite:
        """The call as it stands, for one reader; `at` is when this message is made."""
        call_type = self.session.get_one(CallType, call.call_type_id)
        language = ADVISORS_LANGUAGE if to == To.ADVISOR else call.locale
        place = place_of(call, call_type, self.advisor, to, language)
        invite = Invite(
            method=_method(call.state),
            uid=call.uid,
            sequence=call.sequence,
            dtstamp=at,
            start=call.starts_at,
            end=call.ends_at,
            summary=f"{call_type.name}: {self.advisor.name} / {call.name}",
            location=place.words,
            join_url=place.url,
            description=self._description(call, call_type, place, to),
            manage_url=self.page_of(call, call_type, to, at=at),
            organizer=self.organizer_of(call),
            attendees=self._attendees(call),
        )
        return _published(invite) if to == To.ADVISOR and self.is_organizer(call) else invite

    def of_removed(self, call: Call, guest: Guest, *, at: datetime) -> Invite:
        """What takes the call out of the calendar of a guest who is not invited any more, and out of no other's."""
        invite = self.of_call(call, To.GUEST, at=at)
        _ = translations(call.locale).gettext
        words = f"{_('You are not invited to this call any more.')} {self._whom_to_ask(_)}"
        return replace(invite, method="CANCEL", uninvites=True, description=words, attendees=(_of_guest(guest),))

    def of_group(self, group: GroupCall, *, at: datetime) -> Invite:
        """A group call as the advisor's one entry, with all who come in its description."""
        call_type = self.session.get_one(CallType, group.call_type_id)
        seats, own = self.seats_of(group), self._organizer_of_group(group)
        place = self._place_of_group(group, call_type)
        invite = Invite(
            method=_method(group.state),
            uid=group.uid,
            sequence=group.sequence,
            dtstamp=at,
            start=group.starts_at,
            end=group.ends_at,
            summary=f"{call_type.name} ({group.taken}/{group.capacity})",
            location=place.words,
            join_url=place.url,
            description="\n\n".join(briefing(self.session, call) for call in seats) or _off(ADVISORS_LANGUAGE),
            manage_url=f"{self.settings.public_url}/console/calls",
            organizer=Organizer(self.advisor.name, own or self.settings.bookings_address),
            attendees=(Attendee(self.advisor.name, self.advisor.email, _partstat(group.advisor_answer)),),
        )
        return _published(invite) if own else invite

    def file(self, call: Call) -> Invite:
        """The call as a file for the prospect's own calendar. The same UID, so it is the same entry."""
        invite = self.of_call(call, To.PROSPECT, at=call.changed_at)
        return replace(invite, method="PUBLISH", attendees=()) if invite.method == "REQUEST" else invite

    def organizer_of(self, call: Call) -> Organizer:
        """Who sends this call's invitations, from the first to the last."""
        own = call.organizer if self.is_organizer(call) else self.settings.bookings_address
        return Organizer(self.advisor.name, own)

    def is_organizer(self, call: Call) -> bool:
        """Whether the advisor's own address is the ORGANIZER: wished, and one that we may send as."""
        return may_send_as(call.organizer, self.settings.bookings_address)

    def page_of(self, call: Call, call_type: CallType, to: To, *, at: datetime) -> str:
        """The page that a copy leads to. Whoever can open a call's own page can move and cancel it."""
        public = self.settings.public_url
        if to == To.ADVISOR:
            return f"{public}/console/calls/{call.id}"
        if to == To.GUEST:
            return public
        if call.state != "cancelled":
            return f"{public}/call/{call.token}"
        return public + way_back(self.session, call, call_type, now=at)

    def seats_of(self, group: GroupCall) -> Sequence[Call]:
        """Who comes to a group call, in the order in which they booked."""
        seats = select(Call).where(Call.group_call_id == group.id, Call.state.in_(STANDING))
        return self.session.scalars(seats.order_by(Call.created_at, Call.id)).all()

    def _organizer_of_group(self, group: GroupCall) -> str:
        """The advisor's own address when it is the ORGANIZER, else "": as of the first seat, and once all have moved
        away from it, as it is now."""
        first = select(Call.organizer).where(Call.group_call_id == group.id).order_by(Call.created_at, Call.id).limit(1)
        own = self.session.scalar(first)
        if own is None:
            own = self.advisor.email if self.advisor.organizer == "advisor" else ""
        return own if may_send_as(own, self.settings.bookings_address) else ""

    def _description(self, call: Call, call_type: CallType, place: Place, to: To) -> str:
        """What most calendars show first. It is read until the call begins, so it promises nothing that may end before:
        what can still be done is on the call's page."""
        _ = translations(call.locale).gettext
        is_off = call.state == "cancelled"
        if to == To.ADVISOR:
            return "\n\n".join([*([_off(ADVISORS_LANGUAGE)] if is_off else []), briefing(self.session, call)])
        if is_off:
            return f"{_off(call.locale)} {self._whom_to_ask(_)}"
        if to == To.PROSPECT:
            return _("Your call's page: %s") % f"{self.settings.public_url}/call/{call.token}"
        names = {"call": call_type.name, "name": call.name, "advisor": self.advisor.name}
        where = [_("Where: %s") % place.words] if place.words else []
        return "\n".join([_("%(call)s: %(advisor)s and %(name)s.") % names, *where, self._whom_to_ask(_)])

    def _whom_to_ask(self, _: Callable[[str], str]) -> str:
        names = {"advisor": self.advisor.name, "address": self.advisor.email}
        return _("If you have a question, write to %(advisor)s: %(address)s") % names

    def _attendees(self, call: Call) -> tuple[Attendee, ...]:
        """All who are invited. Who sends the invitation is not asked to come (RFC 5546 §3.2.2)."""
        prospect = Attendee(call.name, call.email, _partstat(call.answer))
        advisor = Attendee(self.advisor.name, self.advisor.email, _partstat(call.advisor_answer))
        guests = map(_of_guest, guests_of(self.session, call))
        return (prospect, *(() if self.is_organizer(call) else (advisor,)), *guests)

    def _place_of_group(self, group: GroupCall, call_type: CallType) -> Place:
        if call_type.location_kind == "phone_out":
            return Place(translations(ADVISORS_LANGUAGE).gettext("You call each of them"))
        shown = Call(location=group.location, phone="", name="")
        return place_of(shown, call_type, self.advisor, To.ADVISOR, ADVISORS_LANGUAGE)


def _off(language: str) -> str:
    """Of a call that was cancelled."""
    return translations(language).gettext("This call was cancelled.")


def _method(state: str) -> Method:
    return "CANCEL" if state == "cancelled" else "REQUEST"


def _published(invite: Invite) -> Invite:
    """The organizer's own copy: nobody is asked (RFC 5546 §3.2.1)."""
    return replace(invite, method="PUBLISH" if invite.method == "REQUEST" else "CANCEL", attendees=())


def _of_guest(guest: Guest) -> Attendee:
    return Attendee(guest.name, guest.email, _partstat(guest.answer), role="OPT-PARTICIPANT")


def _partstat(answer: str) -> Partstat:
    return cast("Partstat", answer.upper())
