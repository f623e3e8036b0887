"""Where a visitor came from, carried from page to page in the links themselves (docs/adr/0009-proof-of-work.md).

No cookie and no storage of the browser: the first page of a visit reads it from its address and from its Referer, our
links keep it as parameters, and the forms at the end hold it in hidden fields. A link that forgets to is mended by the
Referer of our own page. All of it is what a browser says, so it is cut short here and believed nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from flask import g, request
from werkzeug.exceptions import HTTPException

from shared.events.booking import CLICK_IDS, UTM

# `via` is the letter whose link was followed.
PARAMETERS = (*UTM, *CLICK_IDS, "via", "referrer", "landing")
LONGEST = 200
# Addresses of these hold a secret or are nobody's first page: they are never told as somebody's way here.
_UNTOLD = (
    "api",
    "calendar",
    "call",
    "console",
    "hooks",
    "preferences",
    "proof",
    "sent",
    "static",
    "times",
    "u",
    "verify",
)


def visit() -> dict[str, str]:
    """What is known of the way here, by the names it has in an address and in a form. Empty in the console."""
    if "visit" not in g:
        g.visit = {} if _first_part(request.path) == "console" else _read()
    found: dict[str, str] = g.visit
    return found


def carried() -> dict[str, str]:
    """What the links of this page must carry: the way here.

    Nothing on the first page of a visit that came from nowhere in particular: the next page learns from the Referer
    which one it was, and addresses stay as short as they are.
    """
    known = visit()
    return {} if known == {"landing": request.path} else known


def kept(path: str) -> str:
    """An address of ours with the way here; other sites' addresses, files and fragments stay as they are."""
    known = carried()
    if not known or not path.startswith("/") or path.startswith("//") or _first_part(path) in ("static", "console"):
        return path
    parts = urlsplit(path)
    query = urlencode({**dict(parse_qsl(parts.query, keep_blank_values=True)), **known})
    return parts._replace(query=query).geturl()


def _read() -> dict[str, str]:
    found = _of(request.args)
    # A form that was refused is a page too, and holds what it was sent with.
    found = {**_of(_form()), **found}
    before = _referer()
    if before is not None and before.netloc == request.host:
        found = {**_of(dict(parse_qsl(before.query))), **found}
        return _with_landing(found, before.path)
    if before is not None and "referrer" not in found and "landing" not in found:
        found["referrer"] = f"{before.scheme}://{before.netloc}{before.path}"[:LONGEST]
    return _with_landing(found, request.path)


def _form() -> Mapping[str, str]:
    try:
        return request.form
    except HTTPException:
        # Too long, or cut off: the page that says so is shown all the same.
        return {}


def _with_landing(found: dict[str, str], path: str) -> dict[str, str]:
    if "landing" in found or _first_part(path) in _UNTOLD:
        return found
    return {**found, "landing": path[:LONGEST]}


def _of(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:LONGEST] for name in PARAMETERS if (value := parameters.get(name, "").replace("\0", ""))}


def _referer() -> SplitResult | None:
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname and not parts.username else None


def _first_part(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""
