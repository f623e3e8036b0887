"""A person's erasure in a sender's mails: nothing more leaves to them, and nothing of what was written is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, delete, false, func, literal, or_, select, update
from sqlalchemy.orm import Session

from shared.erasure import ERASED, Erasure
from shared.mail.row import BodyColumns, MailState, MessageColumns

# What has not left is skipped; what nobody can say of, or waits for a person, is over: it must never leave again.
_ENDS = (
    (MailState.QUEUED, MailState.SKIPPED),
    (MailState.CLAIMED, MailState.SKIPPED),
    (MailState.SENDING, MailState.FAILED),
    (MailState.UNKNOWN, MailState.FAILED),
    (MailState.PARKED, MailState.FAILED),
)


def erase_mails(
    session: Session,
    message: type[MessageColumns],
    body: type[BodyColumns],
    erasure: Erasure,
    *,
    about_them: ColumnElement[bool] | None = None,
    facts: Sequence[str] = (),
) -> None:
    """Erase the mails to a person and, to whomever, those `about_them`; of all others every body that names them.

    Of a mail's context the `facts` stay: what is nobody's words, and tells what happened.
    A mail to somebody else that only names them is still sent: without a body it is written anew.
    """
    old = message.created_at <= erasure.at
    theirs = or_(message.person == erasure.key, about_them if about_them is not None else false())
    mentioned = select(body.message_id).where(_named_in(body, erasure))
    gone = select(message.id).where(old, or_(theirs, message.id.in_(mentioned)))
    session.execute(delete(body).where(body.message_id.in_(gone)), execution_options=_PLAIN)
    session.execute(_ended(message, old & theirs, facts), execution_options=_PLAIN)
    for column in (message.dedupe_key, message.ordering_key, message.error):
        named = update(message).where(old, erasure.is_in(column))
        session.execute(named.values({column: _nothing(message, column)}), execution_options=_PLAIN)
    to_them = {"person": ERASED, "recipient": ERASED, "recipient_name": ERASED, "error": None}
    addressed = update(message).where(old, message.person == erasure.key)
    session.execute(addressed.values(**to_them), execution_options=_PLAIN)


_PLAIN = {"synchronize_session": False}


def _named_in(body: type[BodyColumns], erasure: Erasure) -> ColumnElement[bool]:
    """RFC 5545 §3.1 folds long lines of a calendar, also in the middle of an address."""
    unfolded = func.replace(func.convert_from(body.ics, "UTF8"), "\r\n ", "")
    texts = (body.sender, body.reply_to, body.subject, body.text, body.html, cast(body.headers, Text), unfolded)
    return or_(*(func.coalesce(erasure.is_in(text), false()) for text in texts))


def _ended(message: type[MessageColumns], which: ColumnElement[bool], facts: Sequence[str]) -> Any:
    """A worker that holds one of them finds its claim gone, so its answer, which may quote the address, is not kept."""
    ended = case(*((message.state == before, literal(after.value)) for before, after in _ENDS), else_=message.state)
    unsent = message.state.in_([MailState.QUEUED, MailState.CLAIMED])
    reason = case((unsent, literal(ERASED)), else_=message.skip_reason)
    pairs = [part for fact in facts for part in (fact, message.context[fact])]
    kept = func.jsonb_strip_nulls(func.jsonb_build_object(*pairs))
    values = {"state": ended, "skip_reason": reason, "context": kept, "claim_id": None, "lease_until": None}
    return update(message).where(which).values(**values)


def _nothing(message: type[MessageColumns], column: Any) -> Any:
    """Keys must stay unlike each other; an error need not be there."""
    return None if column is message.error else literal(f"{ERASED}:") + cast(message.id, Text)
