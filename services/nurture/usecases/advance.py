"""Moving enrolments on: whose letter is due gets it, once, and the next one gets its time.

The letter's row and the step forward are one transaction, and the row's key is the enrolment and the step: however
often this runs, and however many at once, a step is written once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.nurture.domain.states import EnrolmentState
from services.nurture.domain.steps import Step
from services.nurture.domain.timing import next_letter
from services.nurture.models import Enrolment, Lead, Message, SequenceVersion
from services.nurture.usecases.leave import finish
from shared.mail.enqueue import Wanted, enqueue
from shared.mail.row import MailClass

BATCH = 100


def advance(session: Session, *, now: datetime) -> int:
    """Write the due letters of a batch of enrolments. Returns how many; fewer than a batch means that none is left."""
    query = (
        select(Enrolment)
        .where(Enrolment.state == EnrolmentState.ACTIVE, Enrolment.due <= now)
        .order_by(Enrolment.due)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    due = session.scalars(query).all()
    for enrolment in due:
        _write_next(session, enrolment, now=now)
    return len(due)


def _write_next(session: Session, enrolment: Enrolment, *, now: datetime) -> None:
    steps = steps_of(session.get_one(SequenceVersion, enrolment.version_id))
    lead = session.get_one(Lead, enrolment.lead_id)
    step = steps[enrolment.next_step]
    enqueue(session, Message, _letter(enrolment, lead, step, now=now), now=now)
    enrolment.next_step += 1
    if enrolment.next_step < len(steps):
        days = steps[enrolment.next_step].delay_days
        enrolment.due = next_letter(start=enrolment.entered_at, delay_days=days, before=now, zone=lead.zone)
        return
    enrolment.state, enrolment.due, enrolment.left_at = EnrolmentState.DONE, None, now
    finish(session, enrolment, "done", now=now)


def steps_of(version: SequenceVersion) -> list[Step]:
    """The steps of a published sequence."""
    return [Step.from_json(step) for step in version.steps]


def _letter(enrolment: Enrolment, lead: Lead, step: Step, *, now: datetime) -> Wanted:
    return Wanted(
        dedupe_key=f"enrolment:{enrolment.id}:{step.key}",
        kind="letter",
        mail_class=MailClass.NURTURE,
        recipient=lead.email,
        recipient_name=lead.name,
        person=lead.person,
        subject_id=enrolment.id,
        due=now,
        ordering_key=f"enrolment:{enrolment.id}",
        # Letters of a sequence follow, they do not replace one another: all have the same revision.
        revision=0,
        context={"step": enrolment.next_step, "version": str(enrolment.version_id)},
    )
