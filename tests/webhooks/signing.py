"""Posting to the hooks as SendGrid does: signed with a key of its own."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.webhooks.routes.hooks import SIGNATURE, TIMESTAMP
from shared.clock import machine_now
from tests.browsing import an_address

KEY = ec.generate_private_key(ec.SECP256R1())
ANOTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def public(key: ec.EllipticCurvePrivateKey = KEY) -> str:
    """The setting SENDGRID_EVENT_KEY, as the provider shows it."""
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def post(client: FlaskClient, body: bytes, *, key: ec.EllipticCurvePrivateKey = KEY, age_s: int = 0) -> TestResponse:
    """A signed request with this body."""
    timestamp = str(int(machine_now().timestamp()) - age_s)
    signature = base64.b64encode(key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    return unsigned(client, body, {SIGNATURE: signature, TIMESTAMP: timestamp})


def unsigned(client: FlaskClient, body: bytes, headers: dict[str, str] | None = None) -> TestResponse:
    """A request with whatever headers, or none."""
    return client.post(
        "/hooks/sendgrid/events",
        data=body,
        headers=headers,
        content_type="application/json",
        environ_base={"REMOTE_ADDR": an_address()},
    )


def batch(*events: object) -> bytes:
    """The body of a request."""
    return json.dumps(events).encode()


def an_event(event: str, message: UUID | str, sender: str, **more: Any) -> dict[str, Any]:
    """One event about a mail of ours."""
    return {
        "email": "ana@reader.test",
        "timestamp": int(machine_now().timestamp()),
        "event": event,
        "sg_event_id": str(uuid4()),
        "m": str(message),
        "s": sender,
        "a": "1",
        **more,
    }
