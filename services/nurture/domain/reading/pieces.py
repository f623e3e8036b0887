"""What every reader turns a file into before it is an article: a flat run of pieces, in reading order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """`level` is 1 for a title, 2 for a section, 3 and more for parts. `anchor` is the file's own, if it has one."""

    text: str
    level: int
    anchor: str = ""


@dataclass(frozen=True)
class Prose:
    """One paragraph."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[str, ...]
    ordered: bool = False


@dataclass(frozen=True)
class Grid:
    """A table; `header` may be empty."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Asked:
    """A question with its answer, where the file itself says so (a definition list, a fold-out)."""

    question: str
    answer: tuple[str, ...]


@dataclass(frozen=True)
class Button:
    """A line that is nothing but a link or an arrow: what a reader is asked to press. It is no sentence of the text."""

    label: str


Piece = Heading | Prose | Items | Grid | Asked | Button


@dataclass(frozen=True)
class Draft:
    """A file that was read: what it says about itself, its pieces, and what was left out of them."""

    pieces: tuple[Piece, ...]
    title: str = ""
    slug: str = ""
    description: str = ""
    date: str = ""
    left_out: tuple[str, ...] = ()


def said(piece: Piece) -> str:
    """All words of a piece."""
    match piece:
        case Heading(text=text) | Prose(text=text) | Button(label=text):
            return text
        case Items(items=items):
            return "\n".join(items)
        case Grid(header=header, rows=rows):
            return "\n".join(" ".join(row) for row in (header, *rows))
        case Asked(question=question, answer=answer):
            return "\n".join((question, *answer))
