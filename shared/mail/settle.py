"""What time and the provider do to a mail: leases that end, ambiguous ends that are settled, feedback.

Every state that a worker's death can leave behind is read here by one sweep (policy: no status without its sweep).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from shared.events import Feedback as FeedbackItem
from shared.mail.row import Feedback, MailClass, MailState, MessageColumns
from shared.settings import Timings

# How an accepted mail's last word is kept. What is not here says nothing about the mail's end.
WORDS: dict[str, Feedback] = {
    "delivered": Feedback.DELIVERED,
    "deferred": Feedback.DEFERRED,
    "bounced_hard": Feedback.BOUNCED,
    "bounced_soft": Feedback.BOUNCED,
    "dropped": Feedback.BOUNCED,
    "complained": Feedback.COMPLAINED,
}
# These prove that the provider took the mail, whatever happened to our connection.
PROOFS = ("processed", "delivered", "deferred", "bounced_soft", "complained")
# These are an end, and not a delivery: `dropped` is the provider's own refusal after it had taken the mail.
ENDS = {"dropped": "dropped by the provider", "bounced_hard": "the address bounced"}
# `sending` too: the event often comes before the worker's answer, and a worker that died has none.
UNSETTLED = (MailState.SENDING, MailState.UNKNOWN, MailState.PARKED)


def sweep(session: Session, message: type[MessageColumns], timings: Timings, *, machine: datetime) -> int:
    """Move every row whose time is up, by machine time. Returns how many were moved.

    A claimed row whose lease is over is provably unsent: queued again. A sending row is not: unknown. An unknown row
    that no event settled within its window is parked when it is a letter, sent again when it confirms something.
    """
    window = machine - timedelta(seconds=timings.mail_unknown_window)
    lapsed = message.lease_until <= machine
    asked = (message.state == MailState.UNKNOWN, message.unknown_since <= window)
    moves = [
        update(message)
        .where(message.state == MailState.CLAIMED, lapsed)
        .values(state=MailState.QUEUED, claim_id=None, lease_until=None),
        update(message)
        .where(message.state == MailState.SENDING, lapsed)
        .values(
            state=MailState.UNKNOWN, unknown_since=machine, lease_until=None, error="the worker died while sending"
        ),
        update(message).where(*asked, message.mail_class == MailClass.NURTURE).values(state=MailState.PARKED),
        update(message)
        .where(*asked, message.mail_class == MailClass.TRANSACTIONAL)
        .values(state=MailState.QUEUED, claim_id=None, retry_at=None),
    ]
    return sum(_moved(session.execute(move.execution_options(synchronize_session=False))) for move in moves)


def take_feedback(
    session: Session, message: type[MessageColumns], items: Sequence[FeedbackItem], *, now: datetime
) -> None:
    """Let provider events settle and mark our own mails. Events of other services and unknown ids are passed over."""
    for item in sorted(items, key=lambda item: item.at):
        if item.message is None:
            continue
        row = session.scalar(select(message).where(message.id == item.message).with_for_update())
        if row is not None:
            _apply(row, item, now)


def _apply(row: MessageColumns, item: FeedbackItem, now: datetime) -> None:
    if row.state in UNSETTLED and item.kind in PROOFS:
        row.state, row.accepted_at, row.lease_until, row.error = MailState.ACCEPTED, now, None, None
    if item.kind in ENDS and row.state in (MailState.ACCEPTED, *UNSETTLED):
        row.state, row.lease_until, row.error = MailState.FAILED, None, item.reason or ENDS[item.kind]
    word = WORDS.get(item.kind)
    # A late "deferred" does not take back a delivery; a bounce or a complaint after it does count.
    if word is not None and not (word is Feedback.DEFERRED and row.feedback is not None):
        row.feedback = word


def retry_parked(session: Session, message: type[MessageColumns], row_id: UUID) -> bool:
    """The operator's "send again" for one parked mail. False when it is not parked."""
    again = (
        update(message)
        .where(message.id == row_id, message.state == MailState.PARKED)
        .values(state=MailState.QUEUED, attempt=0, claim_id=None, retry_at=None, error=None)
        .execution_options(synchronize_session=False)
    )
    return _moved(session.execute(again)) == 1


def _moved(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
