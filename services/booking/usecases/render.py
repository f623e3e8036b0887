"""From a mail's row to the mail: read what the letter tells of, write it, add the calendar object.

Asked once per mail, at its claim; the claim has made sure that the call is still at this revision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, literal, select
from sqlalchemy.orm import Session

from services.booking.domain.invites import Attendee, Invite, Organizer, invite_ics
from services.booking.models import Advisor, Ask, Call, CallType, DeadAddress, Message
from services.booking.usecases import letters
from services.booking.usecases.availability import advisor_of, next_free, offer_of
from services.booking.usecases.render_between import BETWEEN
from shared.i18n import translations
from shared.mail.body import Rendered
from shared.mail.letter import Letter
from shared.mail.row import MessageColumns
from shared.settings import Settings

# The console and the mails to the advisor are in one language until the advisor can choose another.
ADVISORS_LANGUAGE = "en"
CALL_KINDS = ("call_booked", "call_moved", "call_cancelled")


def unwanted() -> ColumnElement[str | None]:
    """Why a mail of booking must not leave any more, as SQL over `message`; NULL when it should."""
    dead = exists().where(DeadAddress.person == Message.person).correlate(Message)
    current = exists().where(Call.id == Message.subject_id, Call.sequence == Message.revision).correlate(Message)
    return case(
        (dead, literal("address_bounced")),
        (and_(Message.kind.in_(CALL_KINDS), ~current), literal("superseded")),
        else_=None,
    )


@dataclass(frozen=True)
class Renderer:
    """Writes booking's mails for one installation."""

    settings: Settings

    def __call__(self, session: Session, row: MessageColumns, now: datetime) -> Rendered:
        """The mail of this row, as things stand now."""
        if row.kind in CALL_KINDS:
            return self._call(session, row, now)
        return (_ASKS | BETWEEN)[row.kind](self, session, row, now)

    def _call(self, session: Session, row: MessageColumns, now: datetime) -> Rendered:
        call = session.get_one(Call, row.subject_id)
        advisor, call_type = advisor_of(session), session.get_one(CallType, call.call_type_id)
        to_advisor = row.context["to"] == "advisor"
        method = "CANCEL" if row.kind == "call_cancelled" else "REQUEST"
        letter = self._call_letter(row, call, advisor, call_type)
        invite = self.invite(call, advisor, call_type, at=now, for_advisor=to_advisor)
        return Rendered(
            sender=self.settings.bookings_address,
            sender_name=advisor.name,
            # A person who answers this mail writes to a person; calendars answer the ORGANIZER (RFC 6047 §2.3).
            reply_to=call.email if to_advisor else advisor.email,
            letter=letter,
            ics=invite_ics(invite),
            method=method,
            headers=_headers(call, row, self.settings),
        )

    def _call_letter(self, row: MessageColumns, call: Call, advisor: Advisor, call_type: CallType) -> Letter:
        to_advisor = row.context["to"] == "advisor"
        reader = _advisor_reader(advisor) if to_advisor else _reader(call)
        facts = letters.CallFacts(
            name=call_type.name,
            other=call.name if to_advisor else advisor.name,
            start=call.starts_at,
            end=call.ends_at,
            location=location_of(advisor, call_type),
            manage_url=self._manage_url(call, call_type, to_advisor=to_advisor),
            reason=call.reason,
            previous_start=datetime.fromisoformat(row.context["previous_start"]),
        )
        if to_advisor:
            return letters.advisor_call(row.kind, facts, who_of(call), words_of(call), reader)
        write: Callable[..., Letter] = getattr(letters, row.kind)
        return write(facts, reader, _sender(advisor))

    def _manage_url(self, call: Call, call_type: CallType, *, to_advisor: bool) -> str:
        if to_advisor:
            return f"{self.settings.public_url}/console"
        if call.state == "cancelled":
            return f"{self.settings.public_url}/book/{call_type.slug}"
        return f"{self.settings.public_url}/call/{call.token}"

    def invite(
        self, call: Call, advisor: Advisor, call_type: CallType, *, at: datetime, for_advisor: bool = False
    ) -> Invite:
        """The calendar object: the same UID, SEQUENCE and people for both, the briefing for the advisor only."""
        manage = self._manage_url(call, call_type, to_advisor=for_advisor)
        where = location_of(advisor, call_type)
        return Invite(
            uid=call.uid,
            sequence=call.sequence,
            method="CANCEL" if call.state == "cancelled" else "REQUEST",
            dtstamp=at,
            start=call.starts_at,
            end=call.ends_at,
            summary=f"{call_type.name}: {advisor.name} / {call.name}",
            location=where,
            join_url=where if where.startswith("https://") else "",
            description=_briefing(call) if for_advisor else self._way_back(call, manage),
            manage_url=manage,
            organizer=Organizer(advisor.name, self.settings.bookings_address),
            attendees=(Attendee(call.name, call.email), Attendee(advisor.name, advisor.email)),
        )

    def file(self, call: Call, advisor: Advisor, call_type: CallType) -> Invite:
        """The call as a file for the prospect's own calendar. The same UID, so it is the same entry."""
        invite = self.invite(call, advisor, call_type, at=call.changed_at)
        return replace(invite, method="PUBLISH", attendees=()) if invite.method == "REQUEST" else invite

    def _way_back(self, call: Call, manage: str) -> str:
        """What stands in the prospect's entry: most calendars show the description and none the URL."""
        if call.state == "cancelled":
            return ""
        return translations(call.locale).gettext("Move or cancel: %s") % manage

    def contact_received(self, session: Session, row: MessageColumns, now: datetime) -> Rendered:
        """The confirmation of a question, with the next free times of the first call type."""
        ask, advisor = session.get_one(Ask, row.subject_id), advisor_of(session)
        first = session.scalars(
            select(CallType).where(CallType.active, CallType.access == "public").order_by(CallType.position).limit(1)
        ).one_or_none()
        times = next_free(session, offer_of(session, first.slug), now=now, count=3) if first else []
        url = f"{self.settings.public_url}/book/{first.slug}" if first else self.settings.public_url
        return self._plain(
            advisor, letters.ask_received(ask.message, _reader(ask), _sender(advisor), times, url), confirms=True
        )

    def mentorship_received(self, session: Session, row: MessageColumns, now: datetime) -> Rendered:  # noqa: ARG002
        """The confirmation of a mentorship request."""
        ask, advisor = session.get_one(Ask, row.subject_id), advisor_of(session)
        return self._plain(
            advisor, letters.mentorship_received(ask.message, _reader(ask), _sender(advisor)), confirms=True
        )

    def mentorship_accepted(self, session: Session, row: MessageColumns, now: datetime) -> Rendered:  # noqa: ARG002
        """The yes, with the links that only this person has."""
        ask, advisor = session.get_one(Ask, row.subject_id), advisor_of(session)
        offers = [
            (call_type.name, f"{self.settings.public_url}/book/{call_type.slug}?invitation={ask.token}")
            for call_type in mentorship_offers(session, ask)
        ]
        return self._plain(advisor, letters.mentorship_accepted(_reader(ask), _sender(advisor), offers))

    def mentorship_declined(self, session: Session, row: MessageColumns, now: datetime) -> Rendered:  # noqa: ARG002
        """The no."""
        ask, advisor = session.get_one(Ask, row.subject_id), advisor_of(session)
        return self._plain(advisor, letters.mentorship_declined(_reader(ask), _sender(advisor)))

    def ask_arrived(self, session: Session, row: MessageColumns, now: datetime) -> Rendered:  # noqa: ARG002
        """To the advisor; an answer to it goes to who asked."""
        ask, advisor = session.get_one(Ask, row.subject_id), advisor_of(session)
        who = [(label, value) for label, value in _contact_of(ask) if value]
        words = [(label, value) for label, value in _words_of(ask) if value]
        letter = letters.ask_arrived(ask.kind, who, words, f"{self.settings.public_url}/console")
        return self._plain(advisor, letter, reply_to=ask.email)

    def _plain(self, advisor: Advisor, letter: Letter, *, reply_to: str = "", confirms: bool = False) -> Rendered:
        return Rendered(
            sender=self.settings.bookings_address,
            sender_name=advisor.name,
            letter=letter,
            reply_to=reply_to or advisor.email,
            # A confirmation answers what was sent; everything else we say of our own accord.
            headers=_by_itself("auto-replied" if confirms else "auto-generated"),
        )


_ASKS: dict[str, Callable[[Renderer, Session, MessageColumns, datetime], Rendered]] = {
    "contact_received": Renderer.contact_received,
    "mentorship_received": Renderer.mentorship_received,
    "mentorship_accepted": Renderer.mentorship_accepted,
    "mentorship_declined": Renderer.mentorship_declined,
    "ask_arrived": Renderer.ask_arrived,
}


def location_of(advisor: Advisor, call_type: CallType) -> str:
    """Where the call takes place: the type's own place, else the advisor's video link."""
    return call_type.location or advisor.video_url


def who_of(call: Call) -> list[tuple[str, str]]:
    """Who the advisor will speak with, as (label, value)."""
    _ = translations(ADVISORS_LANGUAGE).gettext
    facts = ((_("Name"), call.name), (_("E-mail"), call.email), (_("Company"), call.company))
    return [(label, value) for label, value in facts if value]


def words_of(call: Call) -> list[tuple[str, str]]:
    """What they answered, as (question, words). Never shown to anybody but the advisor and themselves."""
    return [(answer["question"], answer["answer"]) for answer in call.answers]


def _briefing(call: Call) -> str:
    """What stands in the advisor's own calendar entry."""
    who = "\n".join(f"{label}: {value}" for label, value in who_of(call))
    return "\n\n".join([who, *(f"{question}\n{words}" for question, words in words_of(call))])


def mentorship_offers(session: Session, ask: Ask) -> list[CallType]:
    """What an accepted request may book: the sessions, or the intro call of an ongoing mentorship."""
    only_accepted = ask.format == "one_session"
    query = select(CallType).where(CallType.active, CallType.way == "mentorship").order_by(CallType.position)
    return [row for row in session.scalars(query) if (row.access == "accepted_request") == only_accepted]


def _headers(call: Call, row: MessageColumns, settings: Settings) -> tuple[tuple[str, str], ...]:
    """One conversation per call and person, so that the update stands below the invitation; and no robot's answers."""
    root = f"<call-{call.id}-{row.context['to']}@{settings.mail_domain}>"
    thread = (("References", root), ("In-Reply-To", root)) if call.sequence else (("References", root),)
    return (*thread, *_by_itself("auto-generated"))


def _by_itself(kind: str) -> tuple[tuple[str, str], ...]:
    """RFC 3834: a mail that no person sent says so, and asks not to be answered by a machine."""
    return (("Auto-Submitted", kind), ("X-Auto-Response-Suppress", "OOF, AutoReply"))


def _reader(row: Call | Ask) -> letters.Reader:
    return letters.Reader(row.name, row.zone, row.locale)


def _advisor_reader(advisor: Advisor) -> letters.Reader:
    return letters.Reader(advisor.name, advisor.zone, ADVISORS_LANGUAGE)


def _sender(advisor: Advisor) -> letters.Sender:
    return letters.Sender(advisor.name, tuple(advisor.signature))


def _contact_of(ask: Ask) -> list[tuple[str, str]]:
    _ = translations(ADVISORS_LANGUAGE).gettext
    return [
        (_("Name"), ask.name),
        (_("E-mail"), ask.email),
        (_("Company"), ask.company),
        (_("Phone"), ask.phone),
        (_("Zone"), ask.zone),
    ]


def _words_of(ask: Ask) -> list[tuple[str, str]]:
    _ = translations(ADVISORS_LANGUAGE).gettext
    label = _("Goal") if ask.kind == "mentorship" else _("Message")
    return [(label, ask.message), (_("Background"), ask.background), (_("Preferred times"), ask.preferred_times)]
