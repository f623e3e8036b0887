"""The letter about a choice: what is compared, row by row, and the article's own rules for choosing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.nurture.domain import wording
from services.nurture.domain.article import Listing, Paragraph, Section, Table, text_of
from services.nurture.domain.matching import is_about_price
from services.nurture.domain.material import Blocks, Material
from services.nurture.domain.quoting import prose
from services.nurture.domain.roles import all_paragraphs, first_table
from services.nurture.domain.sentences import Casing, sentences, word_count
from services.nurture.domain.steps import BookLink, Compared, Phrase, Points, Role


def write_choice(section: Section, material: Material) -> Blocks | None:
    """One or two rows of the comparison, and the article's own "if this, then that"."""
    table = first_table(section)
    compared = _compared(table, material.casing) if table else ()
    rules = _rules(section)
    if not compared and not rules:
        return None
    ruled = rules.sources if rules else ()
    lead = prose([p for p in all_paragraphs(section) if p.id not in ruled][:1], words=60, most=3)
    quiet = BookLink(material.offer, button=False)
    shown = (*lead, *compared, *((rules,) if rules else ()))
    return (Phrase(wording.OPENINGS[Role.CHOOSE]), *shown, Phrase(wording.ASK_CHOICE), quiet)


def _compared(table: Table, casing: Casing) -> tuple[Compared, ...]:
    """The row about money and the row that says whom each suits; without both, the row with the plainest cells."""
    money = [row for row in table.rows if is_about_price(row[0])][:1]
    fits = [row for row in table.rows if _FITS.search(row[0]) and row not in money][:1]
    plainest = max(table.rows, key=lambda row: (len(set(row[1:])), -abs(word_count(" ".join(row[1:])) - 15)))
    return tuple(_compared_row(table, row, casing) for row in (money + fits or [plainest]) if any(row[1:]))


def _compared_row(table: Table, row: Sequence[str], casing: Casing) -> Compared:
    cells = zip(table.header[1:], row[1:], strict=True)
    rows = tuple((casing.sentence(name), cell) for name, cell in cells if cell)
    return Compared(row[0].rstrip(":") or table.header[0], rows, table.id)


def _rules(section: Section) -> Points | None:
    """The sentences that decide: "If your problem is a single question, hire a consultant." """
    for block in reversed(section.all_blocks):
        lines = block.items if isinstance(block, Listing) else sentences(text_of(block))
        rules = [line for line in lines if word_count(line) <= 34] if isinstance(block, Listing | Paragraph) else []
        if sum(bool(_RULE.search(line)) for line in rules) >= 2:
            kept = [line for line in rules if _RULE.search(line) or line.startswith("For ")]
            return Points(tuple(kept[:5]), ordered=False, sources=(block.id,))
    return None


_FITS = re.compile(r"\b(best|ideal|suits?|fits?|right|good|for (whom|who)|who|when|choose)\b", re.IGNORECASE)
_RULE = re.compile(r"^(if|when|unless|choose|pick|take|go with)\b", re.IGNORECASE)
