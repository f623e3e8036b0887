"""Moving enrolments on: whose letter is due gets it, once, and the next one gets its time.

The letter's row and the step forward are one transaction, and the row's key is the enrolment and the step: however
often this runs, and however many at once, a step is written once.
"""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from services.nurture.domain.states import EnrolmentState
from services.nurture.domain.steps import Step
from services.nurture.domain.timing import APART, next_letter
from services.nurture.models import Enrolment, Lead, Message, SequenceVersion
from services.nurture.usecases.leave import finish
from shared.mail.enqueue import Wanted, enqueue
from shared.mail.row import MailClass, MailState

log = logging.getLogger(__name__)

BATCH = 100


def advance(session: Session, *, now: datetime) -> int:
    """Write the due letters of a batch of enrolments. Returns how many; fewer than a batch means that none is left.

    An enrolment whose letter cannot be written is paused and listed (`./run doctor`), so that it holds up nobody.
    """
    query = (
        select(Enrolment)
        .where(Enrolment.state == EnrolmentState.ACTIVE, Enrolment.due <= now, ~_a_letter_is_on_its_way())
        .order_by(Enrolment.due)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    due = session.scalars(query).all()
    for enrolment in due:
        try:
            with session.begin_nested():
                _write_next(session, enrolment, now=now)
        except DBAPIError:
            # The database's trouble is not this lead's: nothing of the batch is kept, and the next tick tries again.
            raise
        except Exception:
            log.exception("letter not written", extra={"enrolment": str(enrolment.id)})
            enrolment.state, enrolment.due = EnrolmentState.PAUSED, None
            enrolment.exit_reason = "the next letter cannot be written"
    return len(due)


def _a_letter_is_on_its_way() -> ColumnElement[bool]:
    """While one letter has not left, the next is not written: an outage must not send two together, or in disorder."""
    at_work = [MailState.QUEUED, MailState.CLAIMED, MailState.SENDING, MailState.UNKNOWN]
    return exists().where(Message.subject_id == Enrolment.id, Message.state.in_(at_work)).correlate(Enrolment)


def _write_next(session: Session, enrolment: Enrolment, *, now: datetime) -> None:
    steps = steps_of(session.get_one(SequenceVersion, enrolment.version_id))
    lead = session.get_one(Lead, enrolment.lead_id)
    step = steps[enrolment.next_step]
    if (later := _too_soon(session, enrolment, lead, step, now=now)) is not None:
        enrolment.due = later
        return
    enqueue(session, Message, _letter(enrolment, lead, step, now=now), now=now)
    enrolment.next_step += 1
    if enrolment.next_step < len(steps):
        days = steps[enrolment.next_step].delay_days
        enrolment.due = next_letter(start=enrolment.entered_at, delay_days=days, before=now, zone=lead.zone)
        return
    enrolment.state, enrolment.due, enrolment.left_at = EnrolmentState.DONE, None, now
    finish(session, enrolment, "done", now=now)


def _too_soon(session: Session, enrolment: Enrolment, lead: Lead, step: Step, *, now: datetime) -> datetime | None:
    """When this letter may leave, if the one before it left later than it was written and too short a while ago."""
    last = session.scalar(select(func.max(Message.accepted_at)).where(Message.subject_id == enrolment.id))
    if last is None or now >= last + APART:
        return None
    return next_letter(start=enrolment.entered_at, delay_days=step.delay_days, before=last, zone=lead.zone)


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
