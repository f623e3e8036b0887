"""iCalendar's content lines (RFC 5545 §3.1): one property each, as read from a text that may be anything.

What is kept of them is not decided here; see `calendar_text.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Line:
    """One property, with those of its parameters that are kept. Names are upper case."""

    name: str
    value: str
    params: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        params = "".join(f";{name}={_quoted(value)}" for name, value in self.params.items())
        return f"{self.name}{params}:{self.value}"


def unfolded(text: str) -> Iterator[str]:
    """Lines without their folds (RFC 5545 §3.1), whatever ends them."""
    parts: list[str] = []
    for found in _A_LINE.finditer(text):
        line = found[0]
        if line[:1] in (" ", "\t"):
            parts.append(line[1:])
        else:
            yield "".join(parts)
            parts = [line]
    yield "".join(parts)


def name_of(line: str) -> str:
    """The property's name in upper case; "" for what is no content line."""
    found = _NAME.match(line)
    return found[0].upper() if found else ""


def read_line(name: str, line: str) -> Line | None:
    """The line with all its parameters (RFC 5545 §3.1), or None for what is no content line."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    params = {key.upper(): clean(value.replace('"', "")) for key, value in _PARAM.findall(found[1])}
    return Line(name, clean(found[2]), params)


def clean(text: str) -> str:
    """A value without control characters, and without white space around it."""
    return _UNWRITABLE.sub("", text).strip()


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search("[:;,]", value) else value


_A_LINE = re.compile(r"[^\r\n]+")
_NAME = re.compile(r"[A-Za-z0-9-]+(?=[;:])")
# A parameter's value may be quoted, as a whole or here and there. Written so that no text makes it try twice.
_VALUE = r'[^";:]*(?:"[^"]*"[^";:]*)*'
_PARAM = re.compile(rf";([A-Za-z0-9-]+)=({_VALUE})")
_LINE = re.compile(rf"[A-Za-z0-9-]+((?:;[A-Za-z0-9-]+={_VALUE})*):(.*)", re.DOTALL)
# C0, DEL and C1: nothing that is kept has them, and the database takes no NUL.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f]")
