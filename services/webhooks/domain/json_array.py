"""Reading a JSON array from outside element by element, so that one bad element costs only itself.

The fast way is one parse. Only when that fails are the elements cut apart by their brackets and parsed alone.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

# A string that never ends, not even its last escape, is one token to the end of the text: so looking for its end
# happens once, and not again from each of its quotes.
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'
_TOKENS = re.compile(_STRING + r"|[\[\]{},]", re.DOTALL)
_NOT_A_BRACKET = re.compile(_STRING + r'|[^\[\]{}"]+', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
# Deeper than this no provider writes. The parser's own limit is counted in calls, not in bytes of stack: on a thread
# with a small stack Python 3.13 dies before it gets there.
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
    return found if isinstance(found, list) else [_parsed(part) for part in _cut(text)]


def _parsed(text: str) -> object:
    # Numbers that Python would refuse, or would read as infinite, and NaN become None: only their own field is lost.
    if max(accumulate(map(_STEPS.__getitem__, _NOT_A_BRACKET.sub("", text))), default=0) > _DEEPEST:
        return Poison("is nested too deep")
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=lambda _: None
        )
    except ValueError as error:
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


def _cut(text: str) -> Iterator[str]:
    """The text of each element of an array. The last one may be unfinished; what follows the array is left out."""
    depth, start = 0, 1
    for token in _TOKENS.finditer(text):
        sign = token.group()
        depth += _STEPS.get(sign, 0)
        if depth == 0 or (sign == "," and depth == 1):
            yield from _unless_empty(text[start : token.start()])
            start = token.end()
        if depth == 0:
            return
    yield from _unless_empty(text[start:])


def _unless_empty(text: str) -> list[str]:
    return [text] if text.strip() else []
