"""Who may do what: CSRF for forms, sessions for the console, tokens for programs, limits for everybody.

Sessions, limits and signatures live by machine time. Rate limits are rows of an UNLOGGED table, for requests that
change something; a restart of PostgreSQL forgets them, which is what one wants of a limit.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.settings import Settings

VISITOR_COOKIE = "visitor"


def new_token() -> str:
    """128 random bits for a public link, as 22 URL-safe characters. Stored, so it outlives every key."""
    return secrets.token_urlsafe(16)


def fingerprint(token: str) -> str:
    """How a bearer token is kept: its SHA-256, so that a copy of the database opens no door."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(settings: Settings, visitor: str) -> str:
    """The token that a form shown to this visitor carries: bound to their cookie, nothing to store."""
    return _csrf(settings.secret_key, visitor)


def csrf_holds(settings: Settings, visitor: str, token: str) -> bool:
    """Whether the form was shown to this visitor by us. Forms shown before a key was rotated still count."""
    keys = [settings.secret_key, *filter(None, [settings.secret_key_old])]
    # As bytes: of text, `compare_digest` takes ASCII only, and a form may hold anything.
    given = token.encode("utf-8", "replace")
    return bool(visitor) and any(hmac.compare_digest(_csrf(key, visitor).encode(), given) for key in keys)


def _csrf(key: str, visitor: str) -> str:
    return hmac.new(key.encode(), f"csrf:{visitor}".encode(), hashlib.sha256).hexdigest()


def cipher(settings: Settings, purpose: str) -> MultiFernet:
    """Encryption for secrets at rest, with a key of its own per purpose. Decrypts with the old key too."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys_for(settings, purpose)])


def keys_for(settings: Settings, purpose: str) -> list[bytes]:
    """The keys of one purpose, 32 bytes each: what is made now uses the first, what was made before may use any."""
    of_process = [settings.secret_key, *filter(None, [settings.secret_key_old])]
    return [HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.encode()) for key in of_process]


def keyed(settings: Settings, purpose: str, value: str) -> str:
    """What tells a value from others without saying which it is, also to who can try them all."""
    return hmac.new(keys_for(settings, purpose)[0], value.encode(), hashlib.sha256).hexdigest()


def suppression_hash(settings: Settings, person: str) -> str:
    """A person's key as the suppression list keeps it: keyed, so the list survives erasure without naming anybody."""
    return hmac.new(settings.suppression_key.encode(), person.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Limit:
    """At most `most` requests within `seconds`, counted per name and per caller."""

    name: str
    most: int
    seconds: int


def within(session: Session, limit: Limit, caller: str, *, machine: datetime) -> bool:
    """Count this request and tell whether it is within the limit. One statement; a window starts with its first."""
    # The caller's address is kept as a digest and for the window only.
    key = hashlib.sha256(f"{limit.name}:{caller}".encode()).digest()
    counted: int = session.execute(
        text(_COUNT), {"key": key, "machine": machine, "until": machine + timedelta(seconds=limit.seconds)}
    ).scalar_one()
    session.execute(text(_FORGET), {"machine": machine})
    return counted <= limit.most


_COUNT = """
    INSERT INTO system.rate (key, count, until) VALUES (:key, 1, :until)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN rate.until <= :machine THEN 1 ELSE rate.count + 1 END,
        until = CASE WHEN rate.until <= :machine THEN excluded.until ELSE rate.until END
    RETURNING count
"""
# A few at each request, so that the table holds little more than the windows that are open.
_FORGET = """
    DELETE FROM system.rate WHERE key IN
        (SELECT key FROM system.rate WHERE until <= :machine LIMIT 10 FOR UPDATE SKIP LOCKED)
"""
