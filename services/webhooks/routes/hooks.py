"""Providers: SendGrid's Event Webhook. Verified, stored, answered; understood later."""

from __future__ import annotations

import logging

from flask import Blueprint, request

from services.webhooks.domain.sendgrid_signature import load_public_keys, verify
from services.webhooks.usecases.take_in import store_raw
from shared.clock import machine_now
from shared.web.app import this_service
from shared.web.guards import guarded, signed
from shared.web.problems import Problem

log = logging.getLogger(__name__)

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


@blueprint.post("/sendgrid/events")
@guarded(signed("sendgrid-events"))
def sendgrid_events() -> tuple[str, int]:
    """Take in a batch. Any answer but 2xx makes SendGrid send it again for 24 hours, so nothing is lost by refusing."""
    service = this_service()
    keys = load_public_keys(service.settings.sendgrid_event_key)
    if not keys:
        raise Problem(503, "Not set up", "SENDGRID_EVENT_KEY is not set, so nothing can be verified.")
    body, machine = request.get_data(), machine_now()
    verdict = verify(body, _only(SIGNATURE), _only(TIMESTAMP), keys=keys, now_s=machine.timestamp())
    if not verdict.genuine:
        log.warning("hook refused", extra={"reason": verdict.reason})
        # Which check failed is not told: only a forger would learn from it.
        raise Problem(403, "Not signed by the provider", "The signature does not fit this body.")
    with service.sessions.begin() as session:
        store_raw(session, body, machine=machine)
    return "", 204


def _only(header: str) -> str | None:
    """A header that is there exactly once; two of them are as good as none."""
    values = request.headers.getlist(header)
    return values[0] if len(values) == 1 else None
