"""How a calendar elsewhere is reached: which addresses are taken, and what is kept of them, encrypted."""

from __future__ import annotations

import ipaddress

from cryptography.fernet import InvalidToken

from services.booking.domain.calendar_accounts import server_of, unusable_address
from services.booking.domain.calendar_sources import SourceFailed, Trouble
from services.booking.domain.errors import Message, invalid
from shared.net import Refused, check_url, is_allowed
from shared.security import cipher, fingerprint
from shared.settings import Settings


def require_usable(url: str, settings: Settings) -> None:
    """Refuse what our own rules never let out, as far as the address alone tells. Raises `InvalidInput`."""
    try:
        target = check_url(url)
    except Refused:
        raise unusable_address() from None
    if server_of(url) == server_of(settings.public_url) and target.path.startswith("/calendar/"):
        message = Message("This is an address that Firstcall itself gives out.")
        raise invalid(
            "url", message, Message("Your calls count as busy without it. Connect a calendar that you live by.")
        )
    try:
        literal = ipaddress.ip_address(target.host)
    except ValueError:
        return
    if not is_allowed(literal, allow_private=settings.calendars_allow_private):
        raise SourceFailed(Trouble.ADDRESS).of_field()


def sealed(settings: Settings, secret: str) -> str:
    """A secret as it is kept."""
    return cipher(settings, "calendar").encrypt(secret.encode()).decode()


def opened(settings: Settings, kept: str) -> str | None:
    """A secret as it was given; None when it was sealed with a key that is not known any more."""
    try:
        return cipher(settings, "calendar").decrypt(kept.encode()).decode() if kept else ""
    except InvalidToken:
        return None


def digest_of(kind: str, url: str, username: str) -> str:
    """What two sources that are the same have in common, however their addresses are written."""
    return fingerprint("\n".join((kind, check_url(url).url, username)))
