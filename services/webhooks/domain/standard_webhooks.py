"""Signing what we deliver, by the Standard Webhooks specification (symmetric scheme `v1`).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence

_PREFIX = "whsec_"
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
# The oldest of more keys than this would have left its overlap long ago; receivers need not read longer lists.
_MOST_SECRETS = 10


def secret_of(key: bytes) -> str:
    """The printable secret of a random key of 24 to 64 bytes (ours have 32).

    >>> secret_of(bytes(range(32)))
    'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
    """
    if not 24 <= len(key) <= 64:
        raise ValueError("a webhook key has 24 to 64 bytes")
    return _PREFIX + base64.b64encode(key).decode()


def signed_headers(body: bytes, *, message_id: str, timestamp_s: int, secrets: Sequence[str]) -> dict[str, str]:
    """The three headers of one delivery. Several secrets, during a rotation, give several signatures.

    `message_id` stays the same over all attempts of one delivery; `timestamp_s` is the time of this attempt. Raises
    `ValueError` for an id with a dot (it would move the border between id and time) and for a malformed secret.
    """
    if not _ID.fullmatch(message_id):
        raise ValueError("a webhook id has letters, digits, - and _ only")
    if not 1 <= len(secrets) <= _MOST_SECRETS:
        raise ValueError(f"one to {_MOST_SECRETS} secrets")
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp_s, body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(f"v1,{_signature(_key_of(secret), signed)}" for secret in secrets),
    }


def _key_of(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the webhook secret is not base64") from None
    if not secret.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise ValueError("a webhook secret is whsec_ and 24 to 64 bytes in base64")
    return key


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
