"""Who sent an Event Webhook: ECDSA over P-256 and SHA-256, on timestamp and raw body without a border between them.

SendGrid's own verifier lets the border move (a digit of the body read as one of the timestamp and the other way round)
and knows no window. Here the timestamp is ten ASCII digits and the body begins with a bracket, so the border is fixed.
The window is wide because a retry may carry its first timestamp for 24 hours; what stops a replay is the event's id.
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

_TIMESTAMP = re.compile(r"[0-9]{10}")
_PAST_S = 25 * 3600
_FUTURE_S = 300


@dataclass(frozen=True)
class Verdict:
    """Whether a request is SendGrid's. `reason` is empty when it is, else for the log and the console only."""

    genuine: bool
    reason: str = ""


def load_public_keys(text: str) -> tuple[EllipticCurvePublicKey, ...]:
    """The keys of a setting: as SendGrid shows them (base64 of the DER), several during a rotation, parted by spaces.

    Raises `ValueError` that says what such a key looks like.
    """
    return tuple(_load(part) for part in text.split())


def verify(
    body: bytes, signature: str | None, timestamp: str | None, *, keys: Sequence[EllipticCurvePublicKey], now_s: float
) -> Verdict:
    """Judge one request by its raw body and its two headers. Never raises, whatever is in them.

    `now_s` is machine time in unix seconds. Accepted are 25 hours of the past and 5 minutes of the future.
    """
    if not keys:
        return Verdict(False, "no key is configured")
    if not signature or not timestamp:
        return Verdict(False, "not signed")
    if not _TIMESTAMP.fullmatch(timestamp) or not body.startswith(b"["):
        return Verdict(False, "malformed")
    if not -_FUTURE_S <= now_s - int(timestamp) <= _PAST_S:
        return Verdict(False, "outside the time window")
    der = _der_of(signature)
    if der is None:
        return Verdict(False, "malformed signature")
    signed = timestamp.encode() + body
    return Verdict(True) if any(_signed_by(key, der, signed) for key in keys) else Verdict(False, "wrong signature")


def _load(text: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        raise ValueError("is the verification key that SendGrid shows, beginning with MFkwEwYHKoZIzj0CAQ") from None
    # Another curve or kind would make `verify` fail or, worse, mean something else: refused while it can be mended.
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("is not a P-256 key; the one that SendGrid shows is")  # noqa: TRY004 - it is a setting
    return key


def _der_of(signature: str) -> bytes | None:
    try:
        der = base64.b64decode(signature)
        decode_dss_signature(der)
    except (binascii.Error, ValueError):
        return None
    # One spelling only: no characters that decoding skips, no slack bits.
    return der if base64.b64encode(der).decode() == signature else None


def _signed_by(key: EllipticCurvePublicKey, der: bytes, signed: bytes) -> bool:
    try:
        key.verify(der, signed, ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
