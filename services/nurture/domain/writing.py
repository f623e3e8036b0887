"""What each letter says: one function per role, from a section of the article to the blocks of a step.

A letter has one idea, one section, 60 to 180 words and one request. A role that cannot fill a letter gives None, and
the sequence goes without it: nothing is padded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.nurture.domain import wording
from services.nurture.domain.article import Article, Listing, Paragraph, Section, Table, text_of
from services.nurture.domain.matching import is_about_price
from services.nurture.domain.quoting import key_sentence, points, points_of_parts, prose
from services.nurture.domain.roles import (
    all_paragraphs,
    best_list,
    first_table,
    is_about_mistakes,
    own_paragraphs,
)
from services.nurture.domain.sentences import Casing, first_sentences, sentences, word_count
from services.nurture.domain.steps import (
    BookLink,
    Choice,
    Compared,
    Offer,
    Phrase,
    Plan,
    Points,
    QuestionChoices,
    ReadLink,
    Role,
    Said,
    StepBlock,
)

# Words of the article in one letter; with ours around them a letter stays under 180.
BUDGET = 150


@dataclass(frozen=True)
class Material:
    """What every letter is written from."""

    article: Article
    offer: Offer
    casing: Casing
    topic: frozenset[str]


Blocks = tuple[StepBlock, ...]


def write_between(role: Role, section: Section, material: Material) -> Blocks | None:
    """The blocks of a letter between the first and the last, or None when the section does not give one."""
    return _WRITERS[role](section, material)


def write_point(material: Material, between: Sequence[tuple[Role, Section]], *, weeks: int) -> Blocks:
    """The first letter: the article's claim, and what comes."""
    topics = tuple(_topic(role, section, material) for role, section in between)
    plan = Plan((*topics, wording.TOPICS[Role.LAST]), weeks)
    return (_opening(Role.POINT, material), *_claim(material, words=100), plan, ReadLink(wording.READ_ARTICLE))


def write_last(material: Material, between: Sequence[tuple[Role, Section]]) -> Blocks:
    """The last letter: what to keep, what the article asks for, the call, and the end."""
    kept = [
        s
        for role, section in between
        if role is not Role.QUESTION and (s := key_sentence(section, topic=material.topic))
    ]
    recap = kept[:3] if len(kept) >= 2 else []
    points_kept = Points(tuple(s.text for s in recap), ordered=False, sources=tuple(s.source for s in recap))
    call = material.article.call_to_action
    left = BUDGET - 10 - sum(word_count(s.text) for s in recap)
    asked = prose(all_paragraphs(call), words=min(left, 60), most=4) if call else ()
    return (
        Phrase(wording.OPENINGS_OF_RECAP[len(recap)]),
        *((points_kept,) if recap else ()),
        *asked,
        Phrase(wording.ASK_BOOK, with_company=wording.ASK_BOOK_COMPANY),
        BookLink(material.offer, button=True),
        Phrase(wording.NOTHING_MORE),
    )


def write_summary(material: Material) -> Blocks:
    """The only letter of an article that has too little for a sequence."""
    quiet = BookLink(material.offer, button=False)
    said = _claim(material, words=BUDGET)
    items = next((block for block in material.article.blocks if isinstance(block, Listing)), None)
    listed = points(items, words=60, ordered=items.ordered) if items and _words(said) < 90 else None
    shown: Blocks = (*said, listed) if listed else said
    return (_opening(Role.SUMMARY, material), *shown, ReadLink(wording.READ_ARTICLE), quiet)


def _claim(material: Material, *, words: int) -> tuple[Said, ...]:
    """The lede; and when that is short, the beginning of the first section, which says what the thing is."""
    article = material.article
    lede = prose([b for b in article.lede if isinstance(b, Paragraph)], words=words)
    if _words(lede) >= 50 or not article.sections:
        return lede
    return (*lede, *prose(own_paragraphs(article.sections[0])[:2], words=words - _words(lede), most=4))


def _opening(role: Role, material: Material) -> Phrase:
    title = material.article.title
    if len(title) > 120:
        return Phrase(wording.OPENING_WITHOUT_TITLE[role])
    return Phrase(wording.OPENINGS[role], (("title", title),))


def _topic(role: Role, section: Section, material: Material) -> str:
    if role is Role.IDEA:
        return f"“{material.casing.sentence(section.heading)}”"
    if role is Role.COST and is_about_mistakes(section):
        return wording.TOPIC_OF_MISTAKES
    return wording.TOPICS[role]


def _idea(section: Section, material: Material) -> Blocks | None:
    return _told(section, material, opening=None, ordered=False)


def _do(section: Section, material: Material) -> Blocks | None:
    headings = " ".join((section.heading, *(part.heading for part in section.parts)))
    in_order = bool(re.search(r"\b(phases?|steps?|stages?|first|process|days?|weeks?)\b", headings, re.IGNORECASE))
    return _told(section, material, opening=Phrase(wording.OPENINGS[Role.DO]), ordered=in_order)


def _cost(section: Section, material: Material) -> Blocks | None:
    mistakes = is_about_mistakes(section)
    opening = Phrase(wording.OPENING_OF_MISTAKES if mistakes else wording.OPENINGS[Role.COST])
    return _told(section, material, opening=opening, ordered=False)


def _told(section: Section, material: Material, *, opening: Phrase | None, ordered: bool) -> Blocks | None:
    """A section told in order: what leads to its list, the list, what follows it, and a link to the whole of it."""
    said = _around_a_list(section, material, ordered=ordered) or prose(all_paragraphs(section), words=BUDGET)
    if _words(said) < 45:
        return None
    return (*((opening,) if opening else ()), *said, ReadLink(wording.READ_PART, section.anchor))


def _around_a_list(section: Section, material: Material, *, ordered: bool) -> Blocks | None:
    listing = best_list(section)
    before, after = _paragraphs_around(section, listing)
    lead = prose(before, words=55, most=3)
    if listing:
        listed = points(listing, words=BUDGET - _words(lead), ordered=ordered or listing.ordered)
    else:
        listed = points_of_parts(section, words=BUDGET - _words(lead), ordered=ordered, casing=material.casing)
    if not listed:
        return None
    left = BUDGET - _words(lead) - _words((listed,))
    return (*lead, listed, *(prose(after, words=left, most=3) if listing else ()))


def _paragraphs_around(section: Section, listing: Listing | None) -> tuple[list[Paragraph], list[Paragraph]]:
    """The paragraphs before and after a list. Without a list, those under the section's own heading come before."""
    if listing is None:
        return own_paragraphs(section), []
    blocks = section.all_blocks
    at = blocks.index(listing)
    before = [block for block in blocks[:at] if isinstance(block, Paragraph)]
    return before, [block for block in blocks[at + 1 :] if isinstance(block, Paragraph)]


def _signs(section: Section, material: Material) -> Blocks | None:
    """The signs as a numbered list, so that an answer can be three digits."""
    told = _around_a_list(section, material, ordered=True)
    if not told:
        return None
    quiet = BookLink(material.offer, button=False)
    return (Phrase(wording.OPENINGS[Role.SIGNS]), *told, Phrase(wording.ASK_SIGNS), quiet)


def _choose(section: Section, material: Material) -> Blocks | None:
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


def _question(section: Section, material: Material) -> Blocks | None:
    """All questions that a letter could answer; which one is decided when it is written to somebody."""
    found = [
        Choice(question.question, answer, question.id)
        for question in section.questions
        if (answer := first_sentences(" ".join(question.answer), words=110, most=6))
    ]
    # The one that everybody has goes first, definitions last: whoever gets this letter has read what it is.
    found.sort(key=lambda choice: (not is_about_price(choice.question), bool(_DEFINES.search(choice.question))))
    quiet = BookLink(material.offer, button=False)
    return (QuestionChoices(tuple(found[:8])), Phrase(wording.ASK_QUESTION), quiet) if found else None


def _words(blocks: Sequence[StepBlock]) -> int:
    texts = (b.text if isinstance(b, Said) else " ".join(b.items) if isinstance(b, Points) else "" for b in blocks)
    return sum(map(word_count, texts))


_WRITERS: Mapping[Role, Callable[[Section, Material], Blocks | None]] = {
    Role.IDEA: _idea,
    Role.DO: _do,
    Role.SIGNS: _signs,
    Role.CHOOSE: _choose,
    Role.COST: _cost,
    Role.QUESTION: _question,
}
_FITS = re.compile(r"\b(best|ideal|suits?|fits?|right|good|for (whom|who)|who|when|choose)\b", re.IGNORECASE)
_RULE = re.compile(r"^(if|when|unless|choose|pick|take|go with)\b", re.IGNORECASE)
_DEFINES = re.compile(r"^what (is|are|does)\b(?!.*\b(difference|cost|price)\b)", re.IGNORECASE)
