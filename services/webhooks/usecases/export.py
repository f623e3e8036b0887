"""What webhooks keeps about one person, for that person to read."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.webhooks.domain.json_array import elements
from services.webhooks.models import Delivery, Endpoint, Inbox, RawEvent
from shared.erasure import named_in, pattern_of
from shared.export import Gettext, Part, as_json, events_about, plain


def export_person(session: Session, person: str, *, gettext: Gettext) -> dict[str, Any]:
    """`{service, person, kept: {part: how many}, parts: [{name, about, items}]}`, in plain JSON."""
    _ = gettext
    parts = [
        Part("deliveries", _("What was delivered about you to programs of the advisor."), _deliveries(session, person)),
        Part("mail_events", _("What the mail provider said of mails to you."), _said(session, person)),
        Part("events", _("What our own services told each other about you."), events_about(session, Inbox, person)),
    ]
    return as_json("webhooks", person, parts)


def _deliveries(session: Session, person: str) -> list[dict[str, Any]]:
    """Of what is about somebody else and only names them, that it was sent; not what it says."""
    query = select(Delivery, Endpoint.url).join(Endpoint, Endpoint.id == Delivery.endpoint_id)
    named = session.execute(query.where(named_in(Delivery.body, person)).order_by(Delivery.id))
    return [
        {
            "to": urlsplit(url).hostname,
            "event": row.event_name,
            "state": row.state,
            "attempts": row.attempts,
            "body": plain(body)
            if (body := json.loads(row.body))["data"].get("person", {}).get("key") == person
            else None,
        }
        for row, url in named
    ]


def _said(session: Session, person: str) -> list[dict[str, Any]]:
    """A batch is about many people: only the elements that name this one."""
    pattern = re.compile(pattern_of(person), re.IGNORECASE)
    batches = session.scalars(select(RawEvent).where(named_in(func.encode(RawEvent.body, "escape"), person)))
    said = [one for batch in batches for one in elements(batch.body) if isinstance(one, dict)]
    return [one for one in said if pattern.search(json.dumps(one, ensure_ascii=False))]
