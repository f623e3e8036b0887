"""A sequence as data: its steps, and the blocks a step is made of.

A published sequence stores its steps as JSON, so every shape here goes there and back (`to_json`, `from_json`).
Words of the article stand in a step as they are, with the id of the block they come from; words of ours stand as
message ids with their values and are translated when a letter is written.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What a step is for. A sequence has each role at most once, but for `idea`."""

    POINT = "point"
    IDEA = "idea"
    DO = "do"
    SIGNS = "signs"
    CHOOSE = "choose"
    COST = "cost"
    QUESTION = "question"
    LAST = "last"
    SUMMARY = "summary"


@dataclass(frozen=True)
class Offer:
    """The call that the letters lead to, in the words of its call type: "Discovery call", 30, "free"."""

    name: str
    minutes: int
    price: str


@dataclass(frozen=True)
class Said:
    """A paragraph in the article's own words, whole sentences only."""

    text: str
    source: str


@dataclass(frozen=True)
class Phrase:
    """A paragraph of ours: a message id, and values for its `%(name)s` places.

    `with_company` is the message id that takes its place, with one more value, when the lead's company is known.
    """

    text: str
    values: tuple[tuple[str, str], ...] = ()
    with_company: str = ""


@dataclass(frozen=True)
class Points:
    """A list in the article's own words, five items at most."""

    items: tuple[str, ...]
    ordered: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    """One row of a comparison: `label` names it, `rows` are (what is compared, what holds for it)."""

    label: str
    rows: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True)
class Plan:
    """What follows, said in the first letter: message ids of topics, and over how many weeks at least."""

    topics: tuple[str, ...]
    weeks: int


@dataclass(frozen=True)
class Choice:
    """One question that may be answered."""

    question: str
    answer: str
    source: str


@dataclass(frozen=True)
class QuestionChoices:
    """Questions of which the letter answers one: the nearest to the lead's own words, else the first."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class ReadLink:
    """A link to a part of the article; the whole of it when `anchor` is empty. `label` is a message id."""

    label: str
    anchor: str = ""


@dataclass(frozen=True)
class BookLink:
    """The link to the booking page, as the step's one request (`button`) or quietly after the signature."""

    offer: Offer
    button: bool


StepBlock = Said | Phrase | Points | Compared | Plan | QuestionChoices | ReadLink | BookLink


@dataclass(frozen=True)
class Step:
    """One letter of a sequence, before it is written to somebody.

    `key` is the same for the same role and place in the article, across edits of its words. `delay_days` counts from
    the start of the sequence. `subject` and `preheader` are the article's words or message ids. `sources` are the ids
    of all blocks it was made from.
    """

    key: str
    role: Role
    delay_days: int
    subject: str
    preheader: str
    blocks: tuple[StepBlock, ...]
    sources: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers; a block carries its kind."""
        blocks = [{"kind": _NAMES[type(block)], **_plain(asdict(block))} for block in self.blocks]
        return {**_plain(asdict(self)), "role": self.role.value, "blocks": blocks}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Step:
        """The step that `to_json` told of. Raises KeyError or TypeError for anything else."""
        return cls(
            key=data["key"],
            role=Role(data["role"]),
            delay_days=data["delay_days"],
            subject=data["subject"],
            preheader=data["preheader"],
            blocks=tuple(_block(block) for block in data["blocks"]),
            sources=tuple(data["sources"]),
        )


def _block(data: dict[str, Any]) -> StepBlock:
    kind = _KINDS[data["kind"]]
    values = {name: _tuples(value) for name, value in data.items() if name != "kind"}
    if kind is QuestionChoices:
        values["choices"] = tuple(Choice(**choice) for choice in data["choices"])
    if kind is BookLink:
        values["offer"] = Offer(**data["offer"])
    block: StepBlock = kind(**values)
    return block


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(inner) for inner in value) if isinstance(value, list) else value


_KINDS: dict[str, Any] = {
    "said": Said,
    "phrase": Phrase,
    "points": Points,
    "compared": Compared,
    "plan": Plan,
    "questions": QuestionChoices,
    "read": ReadLink,
    "book": BookLink,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
