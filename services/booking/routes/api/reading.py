"""The API's document as a page for people shows it: operations with their fields, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
# What any route may answer is told once, above all of them.
SAID_ONCE = frozenset({"400", "401", "403", "413", "415", "422", "429", "503"})


@dataclass(frozen=True)
class Field:
    """A parameter, or a member of a body or an answer. `where` is path, query, header or "" for a member."""

    name: str
    type: str
    required: bool
    words: str
    where: str = ""


@dataclass(frozen=True)
class Operation:
    """One method of one path. `scope` is what a token must allow, "" when none is needed."""

    method: str
    path: str
    summary: str
    words: str
    scope: str
    fields: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]
    answer: tuple[Field, ...]

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return f"{self.method}-{self.path}".strip("/").replace("/", "-").replace("{", "").replace("}", "")


def operations(document: dict[str, Any]) -> list[tuple[str, list[Operation]]]:
    """All operations by tag, in the order of the document's paths; what anybody may do comes first."""
    groups: dict[str, list[Operation]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = (item[method].get("tags") or [""])[0]
                groups.setdefault(tag, []).append(_operation(document, path, method, item[method]))
    return sorted(groups.items(), key=lambda group: all(operation.scope for operation in group[1]))


def scopes(groups: Sequence[tuple[str, Sequence[Operation]]]) -> list[str]:
    """What a token may allow."""
    return sorted({operation.scope for _, found in groups for operation in found} - {""})


def _operation(document: dict[str, Any], path: str, method: str, found: dict[str, Any]) -> Operation:
    body = found.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answers = {status: said for status, said in found["responses"].items() if status not in SAID_ONCE}
    good: dict[str, Any] = next((said for status, said in answers.items() if status.startswith("2")), {})
    return Operation(
        method=method,
        path=path,
        summary=found.get("summary", ""),
        words=found.get("description", ""),
        scope=next((scope for way in found["security"] for scope in way.get("token", [])), ""),
        fields=(*(_parameter(given) for given in found.get("parameters", [])), *_members(document, body)),
        answers=tuple(sorted((status, HTTPStatus(int(status)).phrase) for status in answers)),
        answer=_members(document, good.get("content", {}).get("application/json", {}).get("schema", {})),
    )


def _parameter(given: dict[str, Any]) -> Field:
    schema = given.get("schema", {})
    words = given.get("description", "") or schema.get("description", "")
    return Field(given["name"], _type(schema), given.get("required", False), words, given["in"])


def _members(document: dict[str, Any], schema: dict[str, Any]) -> tuple[Field, ...]:
    whole = _resolved(document, schema)
    needed = whole.get("required", ())
    return tuple(
        Field(name, _type(member), name in needed, member.get("description", ""))
        for name, member in whole.get("properties", {}).items()
    )


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"].get(name, schema)
    return found


def _type(schema: dict[str, Any]) -> str:
    """The type in a word or two.

    >>> _type({"type": "array", "items": {"$ref": "#/components/schemas/Slot"}})
    'list of Slot'
    """
    if choices := schema.get("anyOf"):
        return " or ".join(dict.fromkeys(_type(choice) for choice in choices))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", "any"))
