"""From a flat run of pieces to the tree of an article: title, lede, sections, parts, questions, call to action."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from services.nurture.domain.article import (
    Article,
    Block,
    Listing,
    Paragraph,
    Section,
    Table,
    anchor_of,
    block_id,
    slug_of,
    text_of,
)
from services.nurture.domain.article import Question as QuestionBlock
from services.nurture.domain.errors import EmptyArticle
from services.nurture.domain.reading.pieces import Asked, Button, Draft, Grid, Heading, Items, Piece, Prose
from services.nurture.domain.reading.questions import as_questions, asks, is_question_list
from services.nurture.domain.sentences import word_count


@dataclass
class _Open:
    """A section while its pieces come in."""

    heading: Heading
    pieces: list[Piece] = field(default_factory=list)
    parts: list[_Open] = field(default_factory=list)


def assemble(draft: Draft, *, name: str) -> Article:
    """The article of a draft. `name` (of the file) is its title when it says none. Raises EmptyArticle."""
    title, pieces = _split_title(draft, name)
    lede, opened = _split_sections(pieces, title)
    if not lede and not any(_has_text(o) for o in opened):
        raise EmptyArticle
    sections, left_out = _close_all(_with_questions(opened))
    body, last = _split_call(sections, opened)
    return Article(
        title=title,
        slug=draft.slug or slug_of(title),
        description=draft.description,
        date=date.fromisoformat(draft.date) if draft.date else None,
        lede=tuple(_block(piece, (title,)) for piece in lede or _described(draft)),
        sections=body,
        call_to_action=last,
        left_out=draft.left_out + left_out,
    )


def _split_title(draft: Draft, name: str) -> tuple[str, Sequence[Piece]]:
    """The title and what follows it. A first heading of level 1 is the title; all others are sections."""
    pieces = draft.pieces
    at = next((n for n, p in enumerate(pieces) if isinstance(p, Heading)), None)
    first = pieces[at] if at is not None else None
    if at is not None and isinstance(first, Heading) and first.level == 1:
        return draft.title or first.text, (*pieces[:at], *pieces[at + 1 :])
    return draft.title or name.strip() or _first_words(pieces), pieces


def _first_words(pieces: Sequence[Piece]) -> str:
    heading = next((p.text for p in pieces if isinstance(p, Heading)), "")
    return heading or "Untitled article"


def _described(draft: Draft) -> list[Piece]:
    """An article that starts with a heading has its description for a lede, if it has one."""
    return [Prose(draft.description)] if draft.description else []


def _split_sections(pieces: Sequence[Piece], title: str) -> tuple[list[Piece], list[_Open]]:
    """What stands before the first heading, and the sections. The highest level that is used makes the sections."""
    top = min((max(p.level, 2) for p in pieces if isinstance(p, Heading)), default=2)
    lede: list[Piece] = []
    opened: list[_Open] = []
    for piece in pieces:
        if isinstance(piece, Heading):
            if piece.text.casefold() != title.casefold():
                _open_heading(opened, piece, top)
        elif not opened:
            lede.extend([piece] if not isinstance(piece, Button) else [])
        else:
            (opened[-1].parts[-1] if opened[-1].parts else opened[-1]).pieces.append(piece)
    return lede, opened


def _open_heading(opened: list[_Open], heading: Heading, top: int) -> None:
    if max(heading.level, 2) <= top or not opened:
        opened.append(_Open(heading))
    else:
        opened[-1].parts.append(_Open(heading))


def _has_text(section: _Open) -> bool:
    return any(not isinstance(p, Button) for p in section.pieces) or any(_has_text(part) for part in section.parts)


def _with_questions(opened: Sequence[_Open]) -> list[_Open]:
    """Questions that stand as headings right after an empty "Questions and answers" heading belong under it."""
    out: list[_Open] = []
    for section in opened:
        under = out[-1] if out and is_question_list(out[-1].heading.text) and not section.parts else None
        if under and asks(section.heading.text) and not under.pieces:
            under.parts.append(section)
        else:
            out.append(section)
    return out


def _close_all(opened: Sequence[_Open]) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """The sections, and a line for each heading under which there is nothing."""
    used: dict[str, int] = {}
    closed = [_close(section, (), used) for section in opened if _has_text(section)]
    empty = tuple(f"“{s.heading.text}”: there is nothing under this heading" for s in opened if not _has_text(s))
    return tuple(closed), empty


def _close(section: _Open, above: tuple[str, ...], used: dict[str, int]) -> Section:
    path = (*above, section.heading.text)
    closed = Section(
        id=block_id(path, ""),
        heading=section.heading.text,
        anchor=_unique(section.heading.anchor or anchor_of(section.heading.text), used),
        level=2 if not above else 3,
        blocks=tuple(_block(p, path) for p in section.pieces if not isinstance(p, Button)),
        parts=tuple(_close(part, path, used) for part in section.parts if _has_text(part)),
    )
    return as_questions(closed)


def _unique(anchor: str, used: dict[str, int]) -> str:
    used[anchor] = used.get(anchor, 0) + 1
    return anchor if used[anchor] == 1 else f"{anchor}-{used[anchor]}"


def _block(piece: Piece, path: tuple[str, ...]) -> Block:
    match piece:
        case Items(items=items, ordered=ordered):
            block: Block = Listing(id="", items=items, ordered=ordered)
        case Grid(header=header, rows=rows):
            block = Table(id="", header=header, rows=rows)
        case Asked(question=question, answer=answer):
            block = QuestionBlock(id="", question=question, answer=answer)
        case Prose(text=text) | Heading(text=text) | Button(label=text):
            block = Paragraph(id="", text=text)
    return replace(block, id=block_id(path, text_of(block)))


# What a last section says when it asks for something. Only the last one is looked at, so these may be common words.
_ASKS = re.compile(
    r"\b(book|schedule|contact|reach out|get in touch|write to me|e-?mail me|talk to me|let['’]s talk|call me|hire me|"
    r"work with me|get started|a call|sign up|reply|take a time|pick a time|kontakt|contactez|contacte|escríb)\b",
    re.IGNORECASE,
)


def _split_call(sections: tuple[Section, ...], opened: Sequence[_Open]) -> tuple[tuple[Section, ...], Section | None]:
    """The last section is the call to action when it ends in a button or asks, and is short."""
    if len(sections) < 2 or sections[-1].questions or sections[-1].parts:
        return sections, None
    words = "\n".join(text_of(block) for block in sections[-1].blocks)
    last = [section for section in opened if _has_text(section)][-1]
    pressed = any(isinstance(piece, Button) for piece in last.pieces)
    if word_count(words) <= 220 and (pressed or _ASKS.search(f"{sections[-1].heading}\n{words}")):
        return sections[:-1], sections[-1]
    return sections, None
