"""Connecting a calendar, as the advisor fills in the form for it: addresses, names and passwords, read and checked.

Nothing here is asked of the server: whether there is a calendar at an address, a worker finds out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna

from services.booking.domain.calendar_sources import FoundCalendar, Trouble
from services.booking.domain.errors import InvalidInput, Message, invalid
from services.booking.domain.fields import Line
from services.booking.domain.forms import Problems

LONGEST_ADDRESS = 2000
LONGEST_PASSWORD = 500
# Whether it is worth going on by ourselves: those whose words promise it.
PASSING = frozenset({Trouble.UNREACHABLE, Trouble.NO_ANSWER, Trouble.BUSY_SERVER, Trouble.SERVER_ERROR})

# What was found in an account, or why nothing was.
Finding = list[FoundCalendar] | Trouble


@dataclass(frozen=True)
class Access:
    """How a source is reached, as it was typed. "" stands for what is to stay as it is."""

    name: str
    url: str = field(repr=False)
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Roles:
    """What the advisor wants of one calendar."""

    is_read: bool
    is_written: bool
    stale_minutes: int


@dataclass(frozen=True)
class Provider:
    """A provider whose CalDAV address is known; where it has none of its own for all, a pattern to fill in."""

    name: Message
    url: str
    where: Message


def read_access(form: Mapping[str, str], *, kind: str, is_new: bool, allow_clear: bool) -> Access:
    """The form of a source of this kind (`ics` or `caldav`). Raises `InvalidInput` for all that is wrong with it.

    A new source needs all of it; of a known one, what is left empty stays as it is.
    """
    problems = Problems()
    name = problems.take("", Line(80), "name", form.get("name"))
    url = problems.take("", _address, form.get("url", ""), required=is_new or kind == "caldav", allow_clear=allow_clear)
    username = password = ""
    if kind == "caldav":
        username = problems.take("", _username, form.get("username"))
        password = problems.take("", Line(LONGEST_PASSWORD, required=is_new), "password", form.get("password"))
    problems.finish()
    return Access(name, url, username, password)


def host_of(url: str) -> str:
    """The name of the server in an address: what may be shown of a secret one."""
    return urlsplit(url).hostname or ""


def server_of(url: str) -> tuple[str, str]:
    """Scheme and host with port: where a password goes.

    >>> server_of("https://cloud.example.org/dav") == server_of("https://CLOUD.example.org/other")
    True
    """
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def unusable_address() -> InvalidInput:
    """An address that leads nowhere, as it is written."""
    message = Message("This is not an address on the web.")
    return invalid("url", message, Message("Copy it once more, as a whole. It begins with https:// or webcal://."))


def _address(raw: str, *, required: bool, allow_clear: bool) -> str:
    """The address in ASCII, with https for webcal and for no scheme at all. Raises `InvalidInput`."""
    text: str = Line(LONGEST_ADDRESS, required=required)("url", raw)
    if not text:
        return ""
    parts = _split(text if "://" in text else f"https://{text}")
    scheme = {"webcal": "https", "webcals": "https"}.get(parts.scheme, parts.scheme)
    if scheme not in ("http", "https") or not parts.hostname or any(char.isspace() for char in text):
        raise unusable_address()
    if "@" in parts.netloc:
        message = Message("There is a name or a password in this address.")
        raise invalid("url", message, Message("Leave it out of the address; a CalDAV account has fields for both."))
    if scheme == "http" and not allow_clear:
        message = Message("What comes from this address travels in the clear.")
        fix = Message(
            "Give one that begins with https. For a server in your own network, the operator sets"
            " CALENDARS_ALLOW_PRIVATE."
        )
        raise invalid("url", message, fix)
    return _in_ascii(scheme, parts)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise unusable_address() from None
    return parts


def _in_ascii(scheme: str, parts: SplitResult) -> str:
    """The same address as the DNS and HTTP spell it. A fragment is for browsers and left out."""
    host, port = parts.hostname or "", "" if parts.port is None else f":{parts.port}"
    try:
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        raise unusable_address() from None
    # What a browser shows decoded is quoted again; what is quoted stays as it is.
    path, query = (quote(part, safe="%/:=&?~+!$,;'@()*[]") for part in (parts.path, parts.query))
    return urlunsplit((scheme, f"[{host}]{port}" if ":" in host else f"{host}{port}", path, query, ""))


def _username(raw: str | None) -> str:
    username: str = Line(200, required=True)("username", raw)
    if ":" in username:
        # RFC 7617 §2: the first colon ends the name.
        raise invalid("username", Message("A user name has no colon in it."), Message("Leave the colon out."))
    return username


PROVIDERS = (
    Provider(
        Message("Nextcloud"),
        "https://cloud.example.org/remote.php/dav",
        Message("Your own server's address. Settings, Security, Devices and sessions makes an app password."),
    ),
    Provider(
        Message("Fastmail"),
        "https://caldav.fastmail.com",
        Message("Settings, Privacy and security, App passwords: choose calendars."),
    ),
    Provider(
        Message("iCloud"),
        "https://caldav.icloud.com",
        Message("account.apple.com, Sign-in and security, App-specific passwords."),
    ),
    Provider(
        Message("mailbox.org"),
        "https://dav.mailbox.org",
        Message("Settings, Security, Application passwords."),
    ),
    Provider(
        Message("Posteo"),
        "https://posteo.de:8443",
        Message("Your normal password, or an app password once two steps are asked for."),
    ),
)
