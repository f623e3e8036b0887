"""What may come in as the body of a program's request, before anything looks at its fields."""

from __future__ import annotations

import re

from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

DEEPEST = 50
# A string that never ends, not even its last escape, is one match to the end of the text: so looking for its end
# happens once, and not again from each of its quotes, which would be quadratic.
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def require_json() -> None:
    """Refuse a body under `/api/` that is not JSON by its name or by its form. Raises 400 or 415."""
    is_api = request.endpoint is not None and request.path.startswith("/api/")
    if not is_api or request.method not in ("POST", "PUT", "PATCH"):
        return
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    if depth(request.get_data()) > DEEPEST:
        # A parser that calls itself for every level would end the request, or the process, by its stack.
        raise BadRequest
    request.get_json()


def depth(body: bytes) -> int:
    """How deep arrays and objects are nested in a text that may be JSON. Linear, without calling itself.

    >>> depth(b'{"a": [1, "[[["]}')
    2
    """
    level = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    return deepest
