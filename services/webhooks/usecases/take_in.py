"""Provider events: the bytes first, their meaning afterwards.

A request is stored as it came and answered; a provider that has its 2xx never sends it again, so nothing but a commit
earns one. Translating is a work of its own, which a malformed batch cannot keep from the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.webhooks.domain.sendgrid_events import translate
from services.webhooks.models import ProviderEvent, RawEvent
from services.webhooks.usecases.erase import nameless, without_person
from shared.doorbell import wake
from shared.events import Feedback, MailFeedbackReceived
from shared.inbox import publish
from shared.settings import Settings

SENDGRID = "sendgrid"
MOST_ATTEMPTS = 6
# An event's payload lies in two inboxes; a batch is cut so that none of them grows beyond reason.
MOST_IN_ONE_EVENT = 500
# A statement has at most 65,535 parameters, and a row three of them.
MOST_ROWS = 5000


def store_raw(session: Session, body: bytes, *, machine: datetime) -> RawEvent:
    """Keep a verified request as it came."""
    raw = RawEvent(provider=SENDGRID, received_at=machine, body=body)
    session.add(raw)
    wake(session, "webhooks.translate")
    return raw


def claim_raw(session: Session, *, machine: datetime) -> RawEvent | None:
    """The oldest stored request, with an attempt counted and its next one put off; None when there is none."""
    raw = session.scalar(
        select(RawEvent)
        .where(RawEvent.state == "stored", or_(RawEvent.retry_at.is_(None), RawEvent.retry_at <= machine))
        .order_by(RawEvent.received_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if raw is not None:
        raw.attempts += 1
        raw.retry_at = machine + timedelta(seconds=5 * 2**raw.attempts)
    return raw


def translate_raw(session: Session, raw: RawEvent, *, settings: Settings, now: datetime, machine: datetime) -> int:
    """Publish what is new in a stored request. Returns how many events were new.

    What is said of somebody who was erased is published without their address, and not kept.
    """
    said, rejected = translate(raw.body)
    feedback = nameless(session, said, settings)
    if gone := {item.address.strip().lower() for item in said} - {item.address.strip().lower() for item in feedback}:
        raw.body = without_person(raw.body, *gone)
    new = _unknown(session, feedback, machine=machine)
    for start in range(0, len(new), MOST_IN_ONE_EVENT):
        items = tuple(new[start : start + MOST_IN_ONE_EVENT])
        publish(session, MailFeedbackReceived(subject=raw.id, revision=start, occurred_at=now, items=items))
    raw.state, raw.error = "translated", None
    raw.rejected = [vars(one) for one in rejected]
    return len(new)


def note_failure(raw: RawEvent, error: Exception) -> None:
    """Keep why it could not be translated; after enough attempts it is parked for a person to look at."""
    raw.error = f"{type(error).__name__}: {error}"[:500]
    if raw.attempts >= MOST_ATTEMPTS:
        raw.state = "parked"


def _unknown(session: Session, feedback: Sequence[Feedback], *, machine: datetime) -> list[Feedback]:
    """Those that were never seen. The key decides, so the same batch twice at once counts once."""
    if not feedback:
        return []
    by_id = {item.id: item for item in feedback}
    rows = [{"provider": SENDGRID, "event_id": event_id, "seen_at": machine} for event_id in sorted(by_id)]
    fresh: set[str] = set()
    for start in range(0, len(rows), MOST_ROWS):
        some = insert(ProviderEvent).values(rows[start : start + MOST_ROWS]).on_conflict_do_nothing()
        fresh |= set(session.execute(some.returning(ProviderEvent.event_id)).scalars())
    return [item for event_id, item in by_id.items() if event_id in fresh]
