"""Proof of work for public forms: the browser does a little arithmetic unseen, and a flood becomes expensive (ADR 9).

ALTCHA's second format with PBKDF2, which every browser computes by itself (Web Crypto). A challenge is signed and not
stored; a proof counts once, which the rate table remembers. `shared/ui/static/proof.js` is the other half.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import altcha
from flask import request

from shared.clock import machine_now
from shared.security import Limit, keys_for, within
from shared.service import Service
from shared.settings import Settings
from shared.web.guards import caller_key

# A form may be open for hours: the browser asks for a challenge when somebody begins to write, and anew when it ages.
LIFETIME = timedelta(minutes=10)
# A key of 32 bytes that begins with a zero byte: 256 tries on average. The server derives one key, and only to verify.
PREFIX = "00"
# A payload has about 600 characters; what is far longer is not read.
LONGEST = 4000
# Outlives every challenge, and a clock that is a little off.
_ONCE = Limit("proof", most=1, seconds=900)


class Verdict(Enum):
    """What a proof is worth. `MISSING` is no offence: a browser without scripts, or a program."""

    PROVEN = "proven"
    MISSING = "missing"
    WRONG = "wrong"
    EXPIRED = "expired"
    USED = "used"


def challenge(settings: Settings, *, machine: datetime) -> dict[str, Any]:
    """A fresh challenge as ALTCHA's clients take it: `{"parameters": {…}, "signature"}`."""
    made = altcha.create_challenge(
        algorithm="PBKDF2/SHA-256",
        cost=settings.proof_cost,
        key_prefix=PREFIX,
        expires_at=machine + LIFETIME,
        hmac_secret=keys_for(settings, "proof")[0],
    )
    return dict(made.to_dict())


def check(service: Service, proof: str) -> Verdict:
    """Judge a proof as a form sent it, and use it up. A proof made with the old key still counts."""
    if not proof:
        return Verdict.MISSING
    payload = _read(proof)
    if payload is None:
        return Verdict.WRONG
    found = [altcha.verify_solution(payload, key) for key in keys_for(service.settings, "proof")]
    if not any(one.verified for one in found):
        return Verdict.EXPIRED if found[0].expired else Verdict.WRONG
    with service.sessions.begin() as session:
        # Signed, so nobody can write the same challenge in another way.
        first = within(session, _ONCE, payload.challenge.parameters.nonce, machine=machine_now())
    return Verdict.PROVEN if first else Verdict.USED


def is_few(service: Service) -> bool:
    """Count this request as one without a proof, and tell whether there are few of them.

    The count of everybody is left alone by who is over their own: one flood must not shut out all who have no scripts.
    """
    settings = service.settings
    of_one = Limit("unproven", settings.unproven_per_ten_minutes, 600)
    of_all = Limit("unproven_of_all", settings.unproven_per_hour, 3600)
    for limit, whom in ((of_one, caller_key(request.remote_addr or "")), (of_all, "")):
        with service.sessions.begin() as session:
            if not within(session, limit, whom, machine=machine_now()):
                return False
    return True


def _read(proof: str) -> altcha.Payload | None:
    """The payload of a proof, or None: Base64 of JSON, by whoever sent it."""
    if len(proof) > LONGEST:
        return None
    try:
        return altcha.Payload.from_base64(proof)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
