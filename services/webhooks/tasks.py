"""Queue in: what webhooks looks at when its bell rings, and anyway every so often."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from services.webhooks.gateways.endpoints import deliver, door_for
from services.webhooks.models import Erased, Inbox, RawEvent
from services.webhooks.usecases import deliver as deliveries
from services.webhooks.usecases.endpoints import ENDPOINT_SECRETS
from services.webhooks.usecases.erase import erase_person
from services.webhooks.usecases.retain import retain
from services.webhooks.usecases.take_in import claim_raw, note_failure, translate_raw
from shared.celery import Work
from shared.clock import machine_now
from shared.drain import drain
from shared.erasure import Erasure
from shared.events import PersonErased
from shared.inbox import Desk, Handlers, handle_inbox
from shared.retention import BATCH as RETAINED
from shared.security import cipher
from shared.service import Service
from shared.settings import Settings

log = logging.getLogger(__name__)


def hear(service: Service) -> int:
    """Note what is owed to whom for every event that other services told us."""
    handlers = Handlers()
    handlers.on(PersonErased, partial(_forget, service.settings))
    handlers.on_all(deliveries.owe)
    return handle_inbox(service, Desk(Inbox, Erased, handlers))


def translate_events(service: Service) -> int:
    """Publish what stored provider requests say, one request a transaction."""
    count = 0
    while (raw := _claimed(service)) is not None:
        try:
            with service.sessions.begin() as session:
                held = session.get_one(RawEvent, raw.id)
                now, settings = service.clock.now(), service.settings
                count += translate_raw(session, held, settings=settings, now=now, machine=machine_now())
        except Exception as error:
            log.exception("provider request not translated")
            with service.sessions.begin() as session:
                note_failure(session.get_one(RawEvent, raw.id), error)
    return count


def deliver_events(service: Service) -> int:
    """Make the deliveries whose time has come."""
    timings = service.settings.timings
    secrets = cipher(service.settings, ENDPOINT_SECRETS)
    send = partial(deliver, door_for(service.settings.endpoints_allow_private))
    return drain(
        service.sessions,
        claim=partial(deliveries.claim, timings=timings, cipher=secrets),
        begin=partial(deliveries.begin, timings=timings),
        act=partial(deliveries.act, send),
        record=deliveries.record,
    )


def let_go(service: Service) -> None:
    """Drop what was kept long enough, batch after batch."""
    dropped = RETAINED
    while dropped == RETAINED:
        with service.sessions.begin() as session:
            dropped = retain(session, service.settings, machine=machine_now())


def _forget(settings: Settings, session: Session, event: PersonErased, now: datetime) -> None:  # noqa: ARG001
    erase_person(session, Erasure.of(settings, event.key, at=event.occurred_at), machine=machine_now())


def _claimed(service: Service) -> RawEvent | None:
    with service.sessions.begin() as session:
        return claim_raw(session, machine=machine_now())


# Looked at often, because a beat that is started anew counts from then; dropping nothing costs a few index look-ups.
WORKS = {
    "webhooks.inbox": Work(hear, every=2),
    "webhooks.translate": Work(translate_events, every=2),
    "webhooks.deliver": Work(deliver_events),
    "webhooks.retain": Work(let_go, every=900),
}
