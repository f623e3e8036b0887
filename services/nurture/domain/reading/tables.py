"""Tables in plain text. A browser copies them with tabs; on the way those often become single spaces.

A table that lost its cells is put together again only when there is exactly one way to do it: the columns' names must
be known from the heading above ("A vs B vs C"), and each row must split at its capitals in a single way. Rows for which
that fails are left out; a garbled comparison is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from services.nurture.domain.reading.pieces import Grid

_VERSUS = re.compile(r"\s+(?:vs\.?|versus)\s+", re.IGNORECASE)
_CELLS = re.compile(r"\t+| {3,}|\s*\|\s*")
_LONGEST_LABEL = 3


def looks_tabular(lines: Sequence[str]) -> bool:
    """Whether lines that follow one another are rows: split by tabs, or full of capitals in the middle of a line."""
    if len(lines) < 3 or any(len(line) > 400 for line in lines):
        return False
    if _width(lines):
        return True
    full = [line for line in lines if len(_starts(line.split())) >= 3 and not line.endswith((".", "!", "?"))]
    return lines[0] in full and len(full) * 3 > len(lines) * 2


def read_table(lines: Sequence[str], *, heading: str) -> tuple[Grid | None, int]:
    """The table in these lines, or None; and how many of its rows had to be left out.

    >>> read_table(["Point Tea Strong Coffee", "Cost Low High", "Best for Long evenings Early starts"],
    ...     heading="Tea vs Coffee")[0].rows
    (('Cost', 'Low', 'High'), ('Best for', 'Long evenings', 'Early starts'))
    """
    width = _width(lines)
    if width:
        rows = [tuple(cell.strip() for cell in _CELLS.split(line.strip("| "))) for line in lines]
        rows = [row for row in rows if len(row) == width and not all(set(cell) <= set("-: ") for cell in row)]
        return Grid(rows[0], tuple(rows[1:])), len(lines) - len(rows)
    header = _header(lines[0], _VERSUS.split(re.sub(r"[?:].*$", "", heading)))
    found = [_cells(line, len(header)) for line in lines[1:]] if header else []
    whole = tuple(row for row in found if row)
    if len(whole) < 2 or len(whole) * 2 < len(found):
        return None, len(lines) - 1
    return Grid(header, whole), len(found) - len(whole)


def _width(lines: Sequence[str]) -> int:
    """How many cells tabs, bars or wide gaps make of every line (nearly): 0 when they do not."""
    counts = [len(_CELLS.split(line.strip("| "))) for line in lines]
    usual = max(set(counts), key=counts.count)
    return usual if usual >= 2 and counts.count(usual) * 4 >= len(counts) * 3 else 0


def _header(line: str, names: Sequence[str]) -> tuple[str, ...]:
    """The header's cells: a corner word, then a cell for each name, found in order; empty when they are not.

    A cell may say more than the name in the heading ("AI Consultant" for "Consultant"): what lies between the end of
    one name and the end of the next is the next one's cell.
    """
    if len(names) < 2:
        return ()
    first = line.casefold().find(names[0].casefold().strip())
    ends = [first + len(names[0].strip())]
    for name in names[1:]:
        at = line.casefold().find(name.casefold().strip(), ends[-1])
        ends.append(at + len(name.strip()) if at >= 0 else -1)
    if first <= 0 or -1 in ends or line[ends[-1] :].strip():
        return ()
    cells = tuple(line[begin:end].strip() for begin, end in pairwise((first, *ends)))
    return (line[:first].strip(), *cells)


def _cells(line: str, width: int) -> tuple[str, ...]:
    """The one way to split a row into `width` cells, or nothing when there is none or more than one.

    A cell starts with a capital. Plain capitalised words always start one; words in capitals throughout (AI, SMBs)
    may. The row's name has at most three words.
    """
    words = line.split()
    sure, maybe = _starts(words), _maybe_starts(words)
    missing = width - len(sure)
    if not sure or sure[0] != 0 or not 0 <= missing <= len(maybe) or len(maybe) > 8:
        return ()
    ways = [sorted((*sure, *more)) for more in combinations(maybe, missing)]
    fitting = [cuts for cuts in ways if cuts[1] <= _LONGEST_LABEL]
    if len(fitting) != 1:
        return ()
    return tuple(" ".join(words[begin:end]) for begin, end in pairwise((*fitting[0], len(words))))


def _starts(words: Sequence[str]) -> list[int]:
    return [n for n, word in enumerate(words) if _bare(word)[:1].isupper() and not _is_acronym(word)]


def _maybe_starts(words: Sequence[str]) -> list[int]:
    return [n for n, word in enumerate(words) if n and _bare(word)[:1].isupper() and _is_acronym(word)]


def _is_acronym(word: str) -> bool:
    bare = _bare(word)
    return sum(letter.isupper() for letter in bare) >= 2


def _bare(word: str) -> str:
    return word.strip("([\"'“‘,.;:)]”’")
