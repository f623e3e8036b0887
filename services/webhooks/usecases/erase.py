"""Forgetting a person: what providers said of them, and what was delivered about them, is overwritten.

What the advisor's own endpoints were told is theirs: it cannot be taken back from here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.webhooks.domain.json_array import Poison, elements
from services.webhooks.models import Attempt, Delivery, Erased, Inbox, RawEvent
from shared.erasure import Erasure, note_erasure, pattern_of, without
from shared.events import Feedback
from shared.inbox_erasure import erase_events
from shared.security import suppression_hash
from shared.settings import Settings

OF_AN_ATTEMPT = {"reason": "", "answer": ""}
OF_A_DELIVERY = {"body": "{}"}
OF_A_REQUEST: dict[str, Any] = {"rejected": [], "error": None}


def erase_person(session: Session, erasure: Erasure, *, machine: datetime) -> None:
    """Overwrite what is kept of a person up to the erasure's instant. Doing it again changes nothing."""
    note_erasure(session, Erased, erasure)
    _erase_deliveries(session, erasure, machine=machine)
    _erase_requests(session, erasure)
    erase_events(session, Inbox, erasure)


def nameless(session: Session, items: Sequence[Feedback], settings: Settings) -> list[Feedback]:
    """What a provider says of mails, without the addresses of people who were erased.

    Whether they came back since is of no interest: booking and nurture tell their mails by the message's id.
    """
    digests = {item.address: suppression_hash(settings, item.address.strip().lower()) for item in items}
    known = set(session.scalars(select(Erased.digest).where(Erased.digest.in_(set(digests.values())))))
    gone = {"address": "", "reason": ""}
    return [item.model_copy(update=gone) if digests[item.address] in known else item for item in items]


def without_person(body: bytes, *keys: str) -> bytes:
    """A provider's batch without the elements that name one of these addresses, or that cannot be read."""
    patterns = [re.compile(pattern_of(key), re.IGNORECASE) for key in keys]
    readable = [element for element in elements(body) if not isinstance(element, Poison)]
    texts = [json.dumps(element, ensure_ascii=False) for element in readable]
    kept = [text for text in texts if not any(pattern.search(text) for pattern in patterns)]
    return f"[{','.join(kept)}]".encode()


def _erase_deliveries(session: Session, erasure: Erasure, *, machine: datetime) -> None:
    """What was owed about them is not delivered any more; what is owed about others is, without them in it."""
    named = erasure.is_in(Delivery.body)
    for row in session.scalars(select(Delivery).where(named).order_by(Delivery.id).with_for_update()):
        body = json.loads(row.body)
        if datetime.fromisoformat(body["timestamp"]) > erasure.at:
            continue
        if body["data"].get("person", {}).get("key") == erasure.key:
            row.body, row.claim_id, row.lease_until = OF_A_DELIVERY["body"], None, None
            if row.state == "owed":
                row.state, row.settled_at = "failed", machine
        else:
            row.body = json.dumps(without(body, erasure), ensure_ascii=False)
        session.execute(update(Attempt).where(Attempt.delivery_id == row.id).values(**OF_AN_ATTEMPT))
    told = erasure.is_in(Attempt.answer) | erasure.is_in(Attempt.reason)
    session.execute(update(Attempt).where(told).values(**OF_AN_ATTEMPT))


def _erase_requests(session: Session, erasure: Erasure) -> None:
    """A batch of a provider is about many people: only this one is taken out of it."""
    text = func.encode(RawEvent.body, "escape")
    named = erasure.is_in(text) | erasure.is_in(RawEvent.rejected) | erasure.is_in(RawEvent.error)
    for raw in session.scalars(select(RawEvent).where(named).order_by(RawEvent.id).with_for_update()):
        raw.body = without_person(raw.body, erasure.key)
        raw.rejected, raw.error = OF_A_REQUEST["rejected"], OF_A_REQUEST["error"]
