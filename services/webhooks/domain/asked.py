"""A request that may be sent again: told from others by its Idempotency-Key and by what it asks for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from services.webhooks.domain.errors import FieldError

HEADER = "Idempotency-Key"
LONGEST_KEY = 255


@dataclass(frozen=True)
class Asked:
    """The digests of who sent which key, and of what they asked for. Names follow the IETF's draft of the header."""

    key: str
    body: str

    @classmethod
    def of(cls, caller: str, key: str, body: object) -> Asked:
        """`key` is the header as it came; it belongs to `caller`, so that nobody reads another's answer by a guess.

        `body` is as JSON has it. Raises `FieldError` for a key that is empty, too long or not plain text.
        """
        if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
            fix = f"Send up to {LONGEST_KEY} plain characters, a new UUID for each request."
            raise FieldError(HEADER, "This key cannot be used.", fix)
        return cls(_digest([caller, key]), _digest(body))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
