"""Reading a JSON array from outside element by element, so that one bad element costs only itself.

The fast way is one parse. Only when that fails are the elements cut apart by their brackets and parsed alone.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# A string that never ends is one token to the end of the text, so that looking for its end happens once.
_TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|[\[\]{},]', re.DOTALL)
# Deeper than this no provider writes, and the parser's own limit depends on the stack it is called from.
_DEEPEST = 50


@dataclass(frozen=True)
class Poison:
    """An element that could not be read."""

    reason: str


def elements(raw: bytes) -> list[object]:
    """The elements of a JSON array in UTF-8; what cannot be read stands there as `Poison`. Never raises.

    >>> elements(b'[{"a": 1}, {"a": 1, "a": 2}, 3]')
    [{'a': 1}, Poison(reason='cannot be read: a field is named twice'), 3]
    """
    text = raw.decode("utf-8", "replace").strip()
    if not text.startswith("["):
        return [Poison("is not an array")]
    found = _parsed(text)
    return found if isinstance(found, list) else [_one(part, depth) for part, depth in _cut(text)]


def _one(text: str, depth: int) -> object:
    return _parsed(text) if depth <= _DEEPEST else Poison("is nested too deep")


def _parsed(text: str) -> object:
    # Numbers that Python would refuse, or would read as infinite, and NaN become None: only their own field is lost.
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=lambda _: None,
        )
    except (ValueError, RecursionError) as error:
        return Poison(f"cannot be read: {error}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is named twice")
    return found


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) < 20 else None


def _number(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _cut(text: str) -> Iterator[tuple[str, int]]:
    """The text of each element with how deep it is nested. The last one may be unfinished."""
    depth = deepest = 0
    start = 1
    for token in _TOKENS.finditer(text):
        sign = token.group()
        depth += (sign in ("[", "{")) - (sign in ("]", "}"))
        deepest = max(deepest, depth - 1)
        if depth == 0 or (sign == "," and depth == 1):
            yield from _part(text[start : token.start()], deepest)
            start, deepest = token.end(), 0
        if depth == 0:
            return
    yield from _part(text[start:], deepest)


def _part(text: str, depth: int) -> list[tuple[str, int]]:
    return [(text.strip(), depth)] if text.strip() else []
