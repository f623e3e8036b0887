"""Forgetting a person: what nurture keeps of them is overwritten, and the others are told.

Their keyed digest stays: in `erased`, so that late news brings nothing back, and on the suppression list, so that no
letter goes to them unless they ask for one anew. Whoever had said stop before is not asked again.
"""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import Text, cast, exists, literal, select, update
from sqlalchemy.orm import Session

from services.nurture.domain.states import EnrolmentState, ExitReason
from services.nurture.models import Consent, Enrolment, Erased, Inbox, KnownCall, Lead, Message, MessageBody
from services.nurture.usecases.enrol import one_at_a_time
from services.nurture.usecases.leave import LIVE, suppress
from shared.erasure import ERASED, Erasure, note_erasure
from shared.events import PersonErased
from shared.inbox import publish
from shared.inbox_erasure import erase_events
from shared.mail.erase import erase_mails

# What takes the place of each column that says something about a person. `person` is unique, so it gets the row's id.
OF_A_LEAD = {"email": ERASED, "name": ERASED, "zone": "UTC", "locale": "en", "company": "", "words": ""}
OF_A_CONSENT = {"shown": ERASED}


def erase_person(session: Session, erasure: Erasure) -> None:
    """Overwrite what was kept of a person up to the erasure's instant. Doing it again changes nothing.

    A lead who has agreed anew since then stays as they are now; what they had agreed to before goes.
    """
    one_at_a_time(session, erasure.key)
    suppress(session, erasure.digest, ExitReason.ERASED, now=erasure.at)
    note_erasure(session, Erased, erasure)
    erase_mails(session, Message, MessageBody, erasure)
    lead = session.scalar(select(Lead).where(Lead.person == erasure.key).with_for_update())
    if lead is not None:
        _erase_lead(session, lead, erasure)
    _erase_calls(session, erasure)
    erase_events(session, Inbox, erasure)
    publish(session, PersonErased(subject=uuid4(), revision=0, occurred_at=erasure.at, key=erasure.key))


def _erase_lead(session: Session, lead: Lead, erasure: Erasure) -> None:
    old = update(Consent).where(Consent.lead_id == lead.id, Consent.at <= erasure.at)
    session.execute(old.values(**OF_A_CONSENT), execution_options=_PLAIN)
    _end(session, lead, erasure)
    if session.scalar(select(exists().where(Consent.lead_id == lead.id, Consent.at > erasure.at))):
        return
    gone = update(Lead).where(Lead.id == lead.id)
    unlike_others = literal(f"{ERASED}:") + cast(Lead.id, Text)
    session.execute(gone.values(**OF_A_LEAD, person=unlike_others), execution_options=_PLAIN)


def _end(session: Session, lead: Lead, erasure: Erasure) -> None:
    """Their sequence ends without a word: telling of it would name them."""
    live = update(Enrolment).where(Enrolment.lead_id == lead.id, Enrolment.state.in_(LIVE))
    ended = {"state": EnrolmentState.EXITED, "exit_reason": ExitReason.ERASED, "due": None, "left_at": erasure.at}
    old = live.where(Enrolment.entered_at <= erasure.at)
    session.execute(old.values(**ended), execution_options=_PLAIN)


def _erase_calls(session: Session, erasure: Erasure) -> None:
    """Calls ahead stay: nobody is erased who has one, so it was booked since by somebody who came back."""
    theirs = update(KnownCall).where(KnownCall.person == erasure.key)
    old = theirs.where((KnownCall.starts_at <= erasure.at) | (KnownCall.state == "cancelled"))
    session.execute(old.values(person=ERASED), execution_options=_PLAIN)


_PLAIN = {"synchronize_session": False}
