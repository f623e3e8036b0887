"""When a letter must not leave, as SQL: asked in the statement that claims it and in the one that lets it go."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, exists, literal, or_, select

from services.nurture.domain.states import EnrolmentState, ExitReason
from services.nurture.models import Consent, Enrolment, Inbox, KnownCall, Lead, Message, Suppression
from shared.events import MailFeedbackReceived

# A call that stands or took place: whoever has one gets no letters.
SPOKEN = ("booked", "completed")


def unwanted() -> ColumnElement[str | None]:
    """The reason why a letter must never leave; NULL when it may. The strongest reason comes first."""
    on_the_list = exists().where(Suppression.digest == Lead.digest, Lead.person == Message.person)
    # Whoever was erased and has said yes since is written to again.
    suppressed = on_the_list.where(Suppression.reason != ExitReason.ERASED).correlate(Message)
    booked = exists().where(KnownCall.person == Message.person, KnownCall.state.in_(SPOKEN)).correlate(Message)
    # `done`: the last letter is written in the moment in which the sequence ends.
    on_the_way = (
        exists()
        .where(Enrolment.id == Message.subject_id)
        .where(Enrolment.state.in_([EnrolmentState.ACTIVE, EnrolmentState.DONE]))
        .correlate(Message)
    )
    return case(
        (suppressed, literal("suppressed")),
        (_last_word() != "given", literal("no_consent")),
        (booked, literal("booked")),
        (~on_the_way, literal("left_the_sequence")),
        else_=None,
    )


def waits() -> ColumnElement[bool]:
    """What holds a letter back for now: news about this person, or of mail, that has not been handled yet.

    A booking, a reply or a stop counts from the moment it is committed in another service, not from when we get to it.
    A batch of provider events names nobody before it is read; one that is parked holds up no one.
    """
    about_them = and_(Inbox.person == Message.person, Inbox.handled_at.is_(None))
    of_mail = and_(Inbox.name == MailFeedbackReceived.name, Inbox.handled_at.is_(None), Inbox.parked_at.is_(None))
    return exists().where(or_(about_them, of_mail)).correlate(Message)


def _last_word() -> ColumnElement[str]:
    """What the person last said about letters; no word at all is a no."""
    last = (
        select(Consent.state)
        .join(Lead, Lead.id == Consent.lead_id)
        .where(Lead.person == Message.person)
        .order_by(Consent.at.desc(), Consent.id.desc())
        .limit(1)
        .correlate(Message)
        .scalar_subquery()
    )
    return case((last.is_(None), literal("withdrawn")), else_=last)
