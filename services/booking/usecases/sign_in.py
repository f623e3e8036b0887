"""Signing in to the console, and the tokens of programs."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.booking.domain.errors import WrongPassword
from services.booking.models import Account, ApiToken, ConsoleSession
from services.booking.usecases.audit import COMMAND_LINE, note
from shared.security import fingerprint, new_token

SESSION_LENGTH = timedelta(days=14)
# What a token may allow. A new scope is added here, at the routes that ask for it and in docs/guides/api.md.
SCOPES = (
    *("advisor:read", "advisor:write", "asks:read", "asks:write", "audit:read"),
    *("availability:read", "availability:write"),
    *("blocklist:read", "blocklist:write", "call_types:read", "call_types:write", "calls:read", "calls:write"),
    *("endpoints:write", "feeds:read", "feeds:write", "links:read", "links:write", "people:read", "people:write"),
)

_hasher = PasswordHasher()
# Hashed once so that an unknown address takes as long to refuse as a wrong password.
_NOBODY = _hasher.hash(new_token())


def sign_in(session: Session, email: str, password: str, *, machine: datetime) -> str:
    """Open a console session and return its cookie. Raises `WrongPassword`."""
    account = session.scalar(select(Account).where(Account.email == email.strip().lower()))
    if not _matches(account.password_hash if account else _NOBODY, password) or account is None:
        raise WrongPassword
    session.execute(delete(ConsoleSession).where(ConsoleSession.expires_at <= machine))
    return _open(session, account.id, machine=machine)


def sign_out(session: Session, cookie: str) -> None:
    """Close one console session."""
    session.execute(delete(ConsoleSession).where(ConsoleSession.fingerprint == fingerprint(cookie)))


def change_password(session: Session, account_id: UUID, old: str, new: str, *, machine: datetime) -> str:
    """Set another password, close every other session, and return the cookie of a new one. Raises `WrongPassword`."""
    account = session.get_one(Account, account_id)
    if not _matches(account.password_hash, old):
        raise WrongPassword
    account.password_hash, account.must_change = _hasher.hash(new), False
    session.execute(delete(ConsoleSession).where(ConsoleSession.account_id == account_id))
    return _open(session, account_id, machine=machine)


def must_change(session: Session, account_id: UUID) -> bool:
    """Whether the account still has its first password."""
    return session.get_one(Account, account_id).must_change


def make_account(session: Session, email: str, password: str, *, now: datetime) -> Account:
    """An account whose first password should be changed."""
    account = Account(email=email.lower(), password_hash=_hasher.hash(password), must_change=True, created_at=now)
    session.add(account)
    return account


def make_token(session: Session, label: str, scopes: tuple[str, ...], *, now: datetime) -> str:
    """An API token with these scopes, shown this once."""
    token = f"fc_{new_token()}{new_token()}"
    row = ApiToken(fingerprint=fingerprint(token), label=label, scopes=list(scopes), created_at=now)
    session.add(row)
    session.flush()
    note(session, COMMAND_LINE, "token_made", row.id, now=now, detail={"label": label, "scopes": list(scopes)})
    return token


def _open(session: Session, account_id: UUID, *, machine: datetime) -> str:
    cookie = new_token()
    session.add(
        ConsoleSession(
            fingerprint=fingerprint(cookie),
            account_id=account_id,
            created_at=machine,
            expires_at=machine + SESSION_LENGTH,
        )
    )
    return cookie


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
