"""Where a visitor is led once they have booked: the advisor's own page, which learns what it needs from its address."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from services.booking.domain.errors import Message, invalid


def redirect_address(text: str, field: str = "redirect_url") -> str:
    """An address that visitors may be led to, as it was typed, or "" for none. Raises `InvalidInput`."""
    address = text.strip()
    try:
        parts = urlsplit(address)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        # Also asked for what it refuses: a port that is none, and what would end the header it is named in.
        fits = fits and parts.port != 0 and address.isascii() and not any(c in address for c in " \t\r\n;,'\"<>\\")
    except ValueError:
        fits = False
    if address and not fits:
        message, fix = Message("Nobody can be led there."), Message("It looks like https://example.org/thank-you.")
        raise invalid(field, message, fix)
    return address


def with_parameters(address: str, parameters: Mapping[str, str]) -> str:
    """The address with these parameters; its own and its fragment stay, also one that it has twice. Where both name
    one, ours counts.

    >>> with_parameters("https://a.test/thanks?x=1&call=0#top", {"call": "7", "name": "Ana Lima"})
    'https://a.test/thanks?x=1&call=7&name=Ana+Lima#top'
    >>> with_parameters("https://a.test/thanks?tag=a&tag=b", {"call": "7"})
    'https://a.test/thanks?tag=a&tag=b&call=7'
    """
    parts = urlsplit(address)
    own = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in parameters]
    return parts._replace(query=urlencode([*own, *parameters.items()])).geturl()
