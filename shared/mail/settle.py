"""What time and the provider do to a mail: leases that end, ambiguous ends that are settled, feedback.

Every state that a worker's death can leave behind is read here by one sweep (policy: no status without its sweep).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, select, update
from sqlalchemy.orm import Session

from shared.erasure import ERASED
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
# What weighs more stands later and is never replaced by what stands before it.
RANK = (Feedback.DEFERRED, Feedback.DELIVERED, Feedback.BOUNCED, Feedback.COMPLAINED)
CUT_OFF = "the worker died while sending"
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
    moves: list[tuple[tuple[ColumnElement[bool], ...], dict[str, object]]] = [
        (
            (message.state == MailState.CLAIMED, lapsed),
            {"state": MailState.QUEUED, "claim_id": None, "lease_until": None},
        ),
        (
            (message.state == MailState.SENDING, lapsed),
            {"state": MailState.UNKNOWN, "unknown_since": machine, "lease_until": None, "error": CUT_OFF},
        ),
        ((*asked, message.mail_class == MailClass.NURTURE), {"state": MailState.PARKED}),
        (
            (*asked, message.mail_class == MailClass.TRANSACTIONAL),
            {"state": MailState.QUEUED, "claim_id": None, "retry_at": None},
        ),
    ]
    return sum(_move(session, message, where, values) for where, values in moves)


def _move(
    session: Session,
    message: type[MessageColumns],
    where: tuple[ColumnElement[bool], ...],
    values: dict[str, object],
) -> int:
    """Rows that somebody else holds right now are left for the next sweep: waiting for them could end in a deadlock."""
    free = select(message.id).where(*where).order_by(message.id).with_for_update(skip_locked=True)
    ids = session.scalars(free).all()
    if ids:
        moved = update(message).where(message.id.in_(ids)).values(**values)
        session.execute(moved.execution_options(synchronize_session=False))
    return len(ids)


def take_feedback(
    session: Session, message: type[MessageColumns], items: Sequence[FeedbackItem], *, now: datetime
) -> None:
    """Let provider events settle and mark our own mails. Events of other services and unknown ids are passed over.

    The rows are locked in the order of their ids, so that two batches about the same mails never wait for each other.
    """
    ids = {item.message for item in items if item.message is not None}
    # What is said of an erased person's mail may quote their address, and nobody needs it any more.
    known = select(message).where(message.id.in_(ids), message.person != ERASED)
    locked = known.order_by(message.id).with_for_update()
    rows = {row.id: row for row in session.scalars(locked)}
    for item in sorted(items, key=lambda item: item.at):
        if item.message in rows:
            _apply(rows[item.message], item, now)


def _apply(row: MessageColumns, item: FeedbackItem, now: datetime) -> None:
    if item.kind in PROOFS and (row.state in UNSETTLED or _sent_after_all(row, item)):
        row.state, row.accepted_at = MailState.ACCEPTED, now
        row.lease_until, row.claim_id, row.error = None, None, None
    if item.kind in ENDS and (row.state in (MailState.ACCEPTED, *UNSETTLED) or _sent_after_all(row, item)):
        row.state, row.lease_until, row.error = MailState.FAILED, None, item.reason or ENDS[item.kind]
    word = WORDS.get(item.kind)
    # Events come in any order: a bounce or a complaint is not taken back by a delivery that was on its way.
    if word is not None and (row.feedback is None or RANK.index(word) > RANK.index(row.feedback)):
        row.feedback = word


def _sent_after_all(row: MessageColumns, item: FeedbackItem) -> bool:
    """A mail that waits to be sent again, and whose earlier attempt the provider now turns out to have taken."""
    waits = row.state in (MailState.QUEUED, MailState.CLAIMED) and row.attempt > 0
    return waits and (item.attempt is None or item.attempt <= row.attempt)


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
