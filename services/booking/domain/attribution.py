"""Where somebody came from, read from what a form, an address or a program says. One reader for all of them.

Nothing here is ever refused, since people do not write it; nothing is believed either, since anybody can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from services.booking.domain.forms import LINE_LIMIT, clipped
from shared.events.booking import CLICK_IDS, UTM


def attribution_of(given: Mapping[str, Any]) -> dict[str, str]:
    """What is stored with an ask or a call, as `shared.events.Attribution` names it; only what was given.

    >>> attribution_of({"utm_source": "letters", "gclid": "Cj0", "referrer": "https://news.test/item?id=7#top"})
    {'source': 'letters', 'click_id': 'gclid:Cj0', 'referrer': 'https://news.test/item'}
    """
    found = {name.removeprefix("utm_"): _said(given, name.removeprefix("utm_"), name) for name in UTM}
    found["click_id"] = next((f"{kind}:{click}" for kind in CLICK_IDS if (click := _said(given, kind))), "")
    found["click_id"] = found["click_id"] or _said(given, "click_id")
    found["referrer"] = page_of(_said(given, "referrer"))
    # A path of ours. What stands after it may name a person.
    found["landing"] = _said(given, "landing").partition("?")[0].partition("#")[0]
    found["via"] = _said(given, "via")
    return {name: clipped(value, LINE_LIMIT) for name, value in found.items() if value}


def page_of(address: str) -> str:
    """Another site's page: its origin and path. "" for what is no page of the web.

    >>> page_of("https://ana:secret@news.test:8443/a?token=1"), page_of("javascript:alert(1)")
    ('https://news.test:8443/a', '')
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}{parts.path}"


def as_parameters(attribution: Mapping[str, Any]) -> dict[str, str]:
    """The campaign of a stored attribution as parameters of an address, for a page that a visitor is led to.

    >>> as_parameters({"source": "letters", "click_id": "gclid:Cj0", "landing": "/", "via": "7"})
    {'utm_source': 'letters', 'gclid': 'Cj0', 'via': '7'}
    """
    found = {name: str(attribution.get(name.removeprefix("utm_"), "")) for name in UTM}
    kind, _, click = str(attribution.get("click_id", "")).partition(":")
    found |= {kind: click} if kind in CLICK_IDS else {}
    return {name: value for name, value in {**found, "via": str(attribution.get("via", ""))}.items() if value}


def _said(given: Mapping[str, Any], *names: str) -> str:
    return next((clipped(value) for name in names if isinstance(value := given.get(name), str) and value), "")
