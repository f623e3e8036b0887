"""An article as a tree: what every reader in `reading/` produces and the compiler reads.

Every block has an id made of its place (the headings above it) and its words, so that reading the same article again
gives the same ids, and an edit changes only the ids of what was edited.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Paragraph:
    """Running text without any markup."""

    id: str
    text: str


@dataclass(frozen=True)
class Listing:
    """A bullet list, or a numbered one when `ordered`."""

    id: str
    items: tuple[str, ...]
    ordered: bool


@dataclass(frozen=True)
class Table:
    """A comparison. `header` and every row have the same number of cells; the first cell of a row names the row."""

    id: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Question:
    """One question with its answer, in paragraphs."""

    id: str
    question: str
    answer: tuple[str, ...]


Block = Paragraph | Listing | Table | Question


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it. Deeper headings are folded in as `parts`, which have no parts themselves."""

    id: str
    heading: str
    anchor: str
    level: int
    blocks: tuple[Block, ...]
    parts: tuple[Section, ...] = ()

    @property
    def all_blocks(self) -> tuple[Block, ...]:
        """Its own blocks, then those of its parts, in reading order."""
        return self.blocks + tuple(block for part in self.parts for block in part.blocks)

    @property
    def questions(self) -> tuple[Question, ...]:
        """Its questions and answers: empty unless it is a list of them."""
        return tuple(block for block in self.all_blocks if isinstance(block, Question))


@dataclass(frozen=True)
class Article:
    """A whole article.

    `lede` is what stands before the first heading, `call_to_action` the last section when it asks the reader to do
    something, and `left_out` says in words what the reader of the file did not take over, and why.
    """

    title: str
    slug: str
    description: str
    date: date | None
    lede: tuple[Block, ...]
    sections: tuple[Section, ...]
    call_to_action: Section | None
    left_out: tuple[str, ...] = ()

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of its sections and of their parts, in reading order, the call to action last."""
        sections = self.sections + ((self.call_to_action,) if self.call_to_action else ())
        return tuple(h for s in sections for h in (s.heading, *(part.heading for part in s.parts)))

    @property
    def blocks(self) -> Iterator[Block]:
        """Every block of the article once, in reading order."""
        yield from self.lede
        for section in self.sections + ((self.call_to_action,) if self.call_to_action else ()):
            yield from section.all_blocks


def text_of(block: Block) -> str:
    """All words of a block in one string: what ids, searches and checks look at."""
    match block:
        case Paragraph(text=text):
            return text
        case Listing(items=items):
            return "\n".join(items)
        case Table(header=header, rows=rows):
            return "\n".join(" ".join(row) for row in (header, *rows))
        case Question(question=question, answer=answer):
            return "\n".join((question, *answer))


def block_id(path: tuple[str, ...], text: str) -> str:
    """Twelve hex digits for a text at a place. Case, accents' encoding and white space do not count."""
    normal = "\n".join(" ".join(unicodedata.normalize("NFKC", part).casefold().split()) for part in (*path, text))
    return hashlib.sha256(normal.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def anchor_of(heading: str) -> str:
    """The part of an address that names a heading. Never empty, never longer than 80, letters of any script.

    >>> anchor_of("What does it cost? (2026)")
    'what-does-it-cost-2026'
    """
    plain = unicodedata.normalize("NFKC", heading).casefold()
    return re.sub(r"[^\w]+|_+", "-", plain).strip("-")[:80].strip("-") or "part"


def slug_of(title: str) -> str:
    """The address of an article: as an anchor, but only a-z, 0-9 and hyphens.

    >>> slug_of("Über das Büro (2)")
    'uber-das-buro-2'
    """
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:80].strip("-") or "article"
