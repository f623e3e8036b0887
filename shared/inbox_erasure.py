"""A person's erasure in a listener's inbox."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from shared.clock import machine_now
from shared.erasure import Erasure, without
from shared.inbox import InboxColumns


def erase_events(session: Session, table: type[InboxColumns], erasure: Erasure) -> None:
    """Empty what lies here about a person, handled or not, and take them out of what is about others too."""
    old = table.occurred_at <= erasure.at
    handled = func.coalesce(table.handled_at, machine_now())
    emptied: dict[str, Any] = {"payload": {}, "person": None, "error": None, "parked_at": None, "handled_at": handled}
    session.execute(update(table).where(table.person == erasure.key, old).values(**emptied), execution_options=_PLAIN)
    _scrub(session, table, erasure)


_PLAIN = {"synchronize_session": False}


def _scrub(session: Session, table: type[InboxColumns], erasure: Erasure) -> None:
    """What the provider says of mails is about nobody, and of old mails also when it comes late."""
    old = or_(table.occurred_at <= erasure.at, table.person.is_(None))
    named = or_(erasure.is_in(table.payload), erasure.is_in(table.error))
    others = select(table.id, table.payload).where(named, old, table.person.is_distinct_from(erasure.key))
    for row_id, payload in session.execute(others).all():
        scrubbed = update(table).where(table.id == row_id).values(payload=without(payload, erasure), error=None)
        session.execute(scrubbed, execution_options=_PLAIN)
