"""Which addresses somebody may give us to deliver to. Shape only: where a name leads is judged when it is used."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urlsplit

import idna

from services.webhooks.domain.errors import FieldError

_LONGEST = 2000
_EXAMPLE = "Give an address like https://example.com/webhooks."
# Halves of surrogate pairs, which JSON may carry, cannot be written in any address.
_UNSEEN = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")


def check_endpoint_url(text: str, *, own_host: str, allow_private: bool = False) -> str:
    """The address in the form in which it is kept: ASCII, host in lower case and as the DNS spells it.

    `own_host` is the host of this installation, to which nothing is delivered. With `allow_private` (for trying things
    out) http and names without a dot are fine. Raises `FieldError` on the field `url`.
    """
    url = text.strip()
    if not url or len(url) > _LONGEST:
        raise FieldError("url", f"An address has 1 to {_LONGEST} characters.", _EXAMPLE)
    if _UNSEEN.search(url):
        raise FieldError("url", "The address contains a space, a control character or a backslash.", _EXAMPLE)
    parts = _split(url)
    _check_scheme(parts, allow_private=allow_private)
    if "@" in parts.netloc:
        raise FieldError("url", "The address contains a user name.", "Leave out everything up to the @.")
    if "#" in url:
        raise FieldError("url", "The address contains a #.", "Leave out the # and what follows it.")
    return _rebuilt(parts, _host_of(parts, own_host=own_host, allow_private=allow_private))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise FieldError("url", "This is not an address.", _EXAMPLE) from None
    return parts


def _check_scheme(parts: SplitResult, *, allow_private: bool) -> None:
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise FieldError("url", "Deliveries go to https addresses only.", "Begin with https://.")


def _host_of(parts: SplitResult, *, own_host: str, allow_private: bool) -> str:
    host = (parts.hostname or "").removesuffix(".")
    if ":" in host:
        return f"[{host}]"
    try:
        ascii_host = idna.encode(host, uts46=True).decode() if not host.isascii() else host
    except idna.IDNAError:
        raise FieldError("url", "The host name cannot exist.", "Check its spelling.") from None
    if not ascii_host or ("." not in ascii_host and not allow_private):
        raise FieldError("url", "The address has no full host name.", _EXAMPLE)
    if ascii_host == own_host.lower() and not allow_private:
        raise FieldError("url", "This is the address of this installation.", "Give the address of the receiver.")
    return ascii_host


def _rebuilt(parts: SplitResult, host: str) -> str:
    port = f":{parts.port}" if parts.port is not None else ""
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]") if parts.query else ""
    return f"{parts.scheme}://{host}{port}{path}{query}"
