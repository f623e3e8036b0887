"""How somebody leaves a sequence: they booked, said stop, or their address cannot be reached.

Leaving takes effect in one transaction: the enrolment ends and letters that have not left are skipped. A letter that a
worker is about to send is refused at the point of no return, which asks the same tables.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.nurture.domain.states import EnrolmentState, ExitReason, may_follow
from services.nurture.models import Article, Consent, Enrolment, KnownCall, Lead, Message, SequenceVersion, Suppression
from services.nurture.usecases.enrol import one_at_a_time
from shared.erasure import ERASED
from shared.events import (
    CallCancelled,
    CallCompleted,
    CallDeclined,
    CallEvent,
    LeadUnsubscribed,
    Person,
    SequenceFinished,
)
from shared.inbox import publish
from shared.mail.row import MailState

LIVE = tuple(state for state in EnrolmentState if may_follow(state, EnrolmentState.EXITED))


def take_call(session: Session, event: CallEvent, now: datetime) -> None:
    """Keep what booking tells of a call. One that was asked for, stands or took place ends the sequence; when it is
    cancelled or declined, that does not begin it again.

    An older revision than the one that is known changes nothing: whoever booked, cancelled and then asked for letters
    gets them, also when the news of the booking comes last.
    """
    one_at_a_time(session, event.person.key)
    state = _STATES.get(type(event), "booked")
    values = {
        "person": event.person.key,
        "state": state,
        "revision": event.revision,
        "starts_at": event.start,
    }
    new = insert(KnownCall).values(call_id=event.subject, **values)
    newer = new.on_conflict_do_update(
        index_elements=["call_id"], set_=values, where=KnownCall.revision < new.excluded.revision
    )
    is_news = session.execute(newer.returning(KnownCall.call_id)).first() is not None
    if is_news and state != "cancelled":
        leave(session, event.person.key, ExitReason.BOOKED, now=now)


# As nurture knows a call: only `cancelled` is none. One that waits for the advisor's yes is as good as booked.
_STATES: dict[type[CallEvent], str] = {
    CallCancelled: "cancelled",
    CallDeclined: "cancelled",
    CallCompleted: "completed",
}


def leave(session: Session, person: str, reason: ExitReason, *, now: datetime) -> bool:
    """End the live sequence of a person, if they are in one, and skip what has not left."""
    enrolment = session.scalar(
        select(Enrolment)
        .join(Lead, Lead.id == Enrolment.lead_id)
        .where(Lead.person == person, Enrolment.state.in_(LIVE))
        .with_for_update(of=Enrolment)
    )
    if enrolment is None:
        return False
    enrolment.state, enrolment.exit_reason = EnrolmentState.EXITED, reason
    enrolment.due, enrolment.left_at = None, now
    session.execute(
        update(Message)
        .where(Message.subject_id == enrolment.id, Message.state.in_([MailState.QUEUED, MailState.CLAIMED]))
        .values(state=MailState.SKIPPED, skip_reason=reason.value)
    )
    finish(session, enrolment, reason.value, now=now)
    return True


def finish(session: Session, enrolment: Enrolment, reason: str, *, now: datetime) -> None:
    """Tell that a sequence is over and why."""
    lead = session.get_one(Lead, enrolment.lead_id)
    version = session.get_one(SequenceVersion, enrolment.version_id)
    article = session.get_one(Article, version.article_id)
    event = SequenceFinished(
        subject=enrolment.id,
        revision=enrolment.next_step,
        occurred_at=now,
        person=person_of(lead),
        article=article.slug,
        reason=reason,
    )
    publish(session, event)


def stop(session: Session, token: str, *, now: datetime) -> Lead | None:
    """Somebody said stop: nothing more goes to them. Saying it again changes nothing. None for an unknown token.

    Somebody who was erased and came back has two rows: an old letter's link means them as they are now.
    """
    digest = session.scalar(select(Lead.digest).where(Lead.token == token))
    lead = session.scalar(select(Lead).where(Lead.digest == digest).order_by(Lead.created_at.desc()).limit(1))
    if lead is None:
        return None
    one_at_a_time(session, lead.person)
    if suppress(session, lead.digest, ExitReason.STOPPED, now=now):
        session.add(Consent(lead_id=lead.id, state="withdrawn", shown="", at=now))
        if lead.email != ERASED:
            publish(session, LeadUnsubscribed(subject=lead.id, revision=0, occurred_at=now, person=person_of(lead)))
    leave(session, lead.person, ExitReason.STOPPED, now=now)
    return lead


def suppress(session: Session, digest: str, reason: ExitReason, *, now: datetime) -> bool:
    """Put a person on the list of those who get no letters. False when they were on it.

    Any reason weighs more than an erasure, which a fresh yes lifts: it takes its place.
    """
    row = insert(Suppression).values(digest=digest, reason=reason.value, at=now)
    stronger = (Suppression.reason == ExitReason.ERASED) & (row.excluded.reason != ExitReason.ERASED)
    news = {"reason": row.excluded.reason, "at": row.excluded.at}
    stated = row.on_conflict_do_update(index_elements=["digest"], set_=news, where=stronger)
    return session.execute(stated.returning(Suppression.digest)).first() is not None


def person_of(lead: Lead) -> Person:
    """The lead as events say it."""
    return Person(
        key=lead.person, email=lead.email, name=lead.name, zone=lead.zone, locale=lead.locale, company=lead.company
    )
