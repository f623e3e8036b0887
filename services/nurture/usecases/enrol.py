"""Who gets a sequence: a lead who asked, ticked the box for it, has not booked, and never said stop."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.nurture.domain.states import ExitReason
from services.nurture.models import Article, Consent, Enrolment, KnownCall, Lead, SequenceVersion, Suppression
from services.nurture.usecases.wanted import SPOKEN
from shared.doorbell import wake
from shared.events import AskEvent, LeadCaptured
from shared.inbox import publish
from shared.ready import one_by_one
from shared.security import new_token


def take_ask(session: Session, event: AskEvent, now: datetime, *, digest: str) -> Enrolment | None:
    """Somebody asked. With the box ticked they become a lead and begin the newest article's sequence.

    `digest` is their key as the suppression list keeps it. Somebody on that list, with a booked call, or in the middle
    of a sequence begins nothing; their consent is kept all the same.
    """
    if event.follow_up is None:
        return None
    one_at_a_time(session, event.person.key)
    lead = _lead(session, event, digest=digest, now=now)
    session.add(
        Consent(lead_id=lead.id, state="given", shown=event.follow_up, source=event.subject, at=event.occurred_at)
    )
    if suppressed(session, digest) or has_booked(session, lead.person):
        return None
    return _begin(session, lead, event, now=now)


def one_at_a_time(session: Session, person: str) -> None:
    """Hold everybody else's news of this person back until this transaction ends.

    An ask and a booking that are handled side by side would not see each other's rows, and the sequence would begin.
    """
    one_by_one(session, person)


def suppressed(session: Session, digest: str) -> bool:
    """Whether this person must not get letters any more. An erasure took every yes with it and forbids no new one."""
    final = Suppression.reason != ExitReason.ERASED
    return bool(session.scalar(select(exists().where(Suppression.digest == digest, final))))


def has_booked(session: Session, person: str) -> bool:
    """Whether a call with this person stands or has taken place."""
    return bool(session.scalar(select(exists().where(KnownCall.person == person, KnownCall.state.in_(SPOKEN)))))


def _lead(session: Session, event: AskEvent, *, digest: str, now: datetime) -> Lead:
    """The lead of this person, new or known. What they say of themselves now replaces what they said before."""
    person = event.person
    said = {
        "email": person.email,
        "name": person.name,
        "zone": person.zone,
        "locale": person.locale,
        "company": person.company,
        "words": event.message,
    }
    new = insert(Lead).values(token=new_token(), person=person.key, digest=digest, created_at=now, **said)
    row = new.on_conflict_do_update(index_elements=["person"], set_=said).returning(Lead)
    return session.scalars(row, execution_options={"populate_existing": True}).one()


def _begin(session: Session, lead: Lead, event: AskEvent, *, now: datetime) -> Enrolment | None:
    newest = _newest(session)
    if newest is None:
        return None
    version, article = newest
    begun = (
        insert(Enrolment)
        # The first letter is what they have just asked for: it leaves at once.
        .values(lead_id=lead.id, version_id=version.id, state="active", next_step=0, due=now, entered_at=now)
        .on_conflict_do_nothing()
        .returning(Enrolment)
    )
    enrolment = session.scalars(begun).one_or_none()
    if enrolment is not None:
        publish(
            session,
            LeadCaptured(subject=lead.id, revision=0, occurred_at=now, person=event.person, article=article.slug),
        )
        wake(session, "nurture.advance")
    return enrolment


def _newest(session: Session) -> tuple[SequenceVersion, Article] | None:
    query = (
        select(SequenceVersion, Article)
        .join(Article, Article.id == SequenceVersion.article_id)
        .order_by(SequenceVersion.published_at.desc(), SequenceVersion.number.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None
