"""The outline of a plain text: which heading is the title, which are sections, which are parts of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from services.nurture.domain.reading.pieces import Heading, Items, Piece, Prose, said
from services.nurture.domain.reading.questions import asks, is_question_list
from services.nurture.domain.sentences import sentences, word_count

# A section has at least this many words under its heading before it counts as the begin of the article itself.
_SUBSTANCE = 40
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_ANNOUNCED = re.compile(rf"\b({'|'.join(_COUNTS)}|[2-9])\s+(?:\w+\s+){{0,3}}?\w+s\b", re.IGNORECASE)


def with_levels(pieces: Sequence[Piece], *, titled: str, copied: bool) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """The pieces with a title of level 1 and parts of level 3; and what was dropped between title and article.

    `copied` says that marks of a page were found, so that short headed bits after the title are taken for its promos.
    """
    at = _title_at(pieces) if not titled else -1
    head: tuple[Piece, ...] = ()
    if at >= 0:
        head = (Heading(said(pieces[at]), level=1),)
    body = [piece for piece in pieces[at + 1 :] if not (head and said(piece) == said(head[0]))]
    body, dropped = _without_promos(body) if copied else (body, ())
    return (*head, *_with_parts(body)), dropped


def _title_at(pieces: Sequence[Piece]) -> int:
    """The longest heading before the first real paragraph; -1 when the text starts with prose.

    A site's name or menu may stand above the title, and is shorter.
    """
    first = next((n for n, piece in enumerate(pieces) if _is_told(piece)), len(pieces))
    before = [n for n, piece in enumerate(pieces[:first]) if isinstance(piece, Heading)]
    return max(before, key=lambda n: (len(said(pieces[n])), -n), default=-1)


def _is_told(piece: Piece) -> bool:
    """A sentence, and no lone word of a menu."""
    words = word_count(said(piece)) if isinstance(piece, Prose) else 0
    return words >= 8 or (words >= 4 and said(piece).endswith((".", "!", "?", ":", "…")))


def _without_promos(body: list[Piece]) -> tuple[list[Piece], tuple[str, ...]]:
    """Drops headed bits between the lede and the first heading with substance under it."""
    headings = [n for n, piece in enumerate(body) if isinstance(piece, Heading)]
    begins = next((n for n in headings if _words_under(body, n) >= _SUBSTANCE), None)
    if begins is None or begins == headings[0]:
        return body, ()
    names = ", ".join(f"“{said(body[n])}”" for n in headings if n < begins)
    lede = [piece for piece in body[: headings[0]] if isinstance(piece, Prose)]
    return [*lede, *body[begins:]], (f"between the title and the article: {names}",)


def _words_under(body: Sequence[Piece], at: int) -> int:
    total = 0
    for piece in body[at + 1 :]:
        if isinstance(piece, Heading):
            break
        total += word_count(said(piece))
    return total


def _with_parts(body: Sequence[Piece]) -> list[Piece]:
    """Puts a heading one level down when it is a part of the section before it."""
    out: list[Piece] = []
    announced = 0
    in_questions = False
    alone: list[Piece] = []
    for at, piece in enumerate(body):
        if not isinstance(piece, Heading):
            alone.append(piece)
            out.append(piece)
            continue
        announced = announced - 1 if announced else _announced(alone, body, at)
        in_questions = in_questions and asks(piece.text)
        part = bool(announced) or in_questions or _names_a_list(piece, body[at + 1 : at + 2], alone, bool(out))
        out.append(replace(piece, level=3 if part else 2))
        in_questions = in_questions or is_question_list(piece.text)
        alone = []
    return out


def _announced(above: Sequence[Piece], body: Sequence[Piece], at: int) -> int:
    """How many parts the last sentence above announces ("falls into four areas"), when so many short headings follow.

    A part's heading is a name and no question, and nothing in it may itself be a comparison or a list of questions.
    """
    last = above[-1] if above else None
    match = _ANNOUNCED.search(sentences(last.text)[-1]) if isinstance(last, Prose) and last.text else None
    if not match:
        return 0
    count = _COUNTS.get(match.group(1).lower()) or int(match.group(1))
    rest = (body[n] for n in range(at, len(body)))
    headings = list(islice((p.text for p in rest if isinstance(p, Heading)), count))
    names = [h for h in headings if word_count(h) <= 7 and not asks(h) and not is_question_list(h)]
    return count if len(names) == count else 0


def _names_a_list(heading: Heading, following: Sequence[Piece], above: Sequence[Piece], inside: bool) -> bool:
    """ "Typical phases" right above a list, after a section that so far was only prose: a caption, no new section."""
    if not inside or not following or not isinstance(following[0], Items) or word_count(heading.text) > 2:
        return False
    short = sum(word_count(said(piece)) for piece in above) <= 120
    return bool(above) and short and all(isinstance(piece, Prose) for piece in above)
