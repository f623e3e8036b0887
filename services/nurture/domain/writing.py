"""What each letter says: one function per role, from a section of the article to the blocks of a step.

A letter has one idea, one section, 60 to 180 words and one request. A role that cannot fill a letter gives None, and
the sequence goes without it: nothing is padded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile

from services.nurture.domain import wording
from services.nurture.domain.article import Listing, Paragraph, Section
from services.nurture.domain.comparing import write_choice
from services.nurture.domain.matching import is_about_price
from services.nurture.domain.material import BUDGET, Blocks, Material
from services.nurture.domain.quoting import key_sentence, points, points_of_parts, prose, without_number
from services.nurture.domain.roles import (
    all_paragraphs,
    best_list,
    is_about_mistakes,
    own_paragraphs,
)
from services.nurture.domain.sentences import first_sentences, word_count
from services.nurture.domain.steps import (
    BookLink,
    Choice,
    Phrase,
    Plan,
    Points,
    QuestionChoices,
    ReadLink,
    Role,
    Said,
    StepBlock,
)


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
    found = [key_sentence(section, topic=material.topic) for role, section in between if role is not Role.QUESTION]
    kept = list({sentence.text: sentence for sentence in found if sentence}.values())
    recap = _recap(kept[:3], material)
    call = material.article.call_to_action
    left = BUDGET - 10 - _words(recap)
    asked = prose(all_paragraphs(call), words=min(left, 60), most=4) if call else ()
    return (
        *recap,
        *asked,
        Phrase(wording.ASK_BOOK, with_company=wording.ASK_BOOK_COMPANY),
        BookLink(material.offer, button=True),
        Phrase(wording.NOTHING_MORE),
    )


def _recap(kept: Sequence[Said], material: Material) -> Blocks:
    """Two or three sentences as a list; with fewer, the beginning of the article once more."""
    if len(kept) >= 2:
        listed = Points(tuple(s.text for s in kept), ordered=False, sources=tuple(s.source for s in kept))
        return (Phrase(wording.OPENINGS_OF_RECAP[len(kept)]), listed)
    claim = _claim(material, words=60)
    return (Phrase(wording.OPENINGS_OF_RECAP[1 if claim else 0]), *claim)


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
    return (*lede, *prose(_beginning(article.sections[0]), words=words - _words(lede), most=4))


def _beginning(section: Section) -> list[Paragraph]:
    """The paragraphs before anything else stands under a heading, two at most."""
    return [b for b in takewhile(lambda b: isinstance(b, Paragraph), section.blocks[:2]) if isinstance(b, Paragraph)]


def _opening(role: Role, material: Material) -> Phrase:
    title = material.article.title
    title = material.casing.sentence(title) if title.isupper() else title
    if len(title) > 120:
        return Phrase(wording.OPENING_WITHOUT_TITLE[role])
    return Phrase(wording.OPENINGS[role], (("title", title),))


def _topic(role: Role, section: Section, material: Material) -> str:
    if role is Role.IDEA:
        return f"“{material.casing.sentence(without_number(section.heading))}”"
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
    if not said:
        return None
    label = wording.READ_PART if section.anchor else wording.READ_ARTICLE
    return (*((opening,) if opening else ()), *said, ReadLink(label, section.anchor))


def _around_a_list(section: Section, material: Material, *, ordered: bool) -> Blocks | None:
    listing = None if _is_in_parts(section) else best_list(section)
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


def _is_in_parts(section: Section) -> bool:
    """Whether the parts themselves are what the section lists: three and more, and no list before them."""
    return len(section.parts) >= 3 and not any(isinstance(block, Listing) for block in section.blocks)


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
    Role.CHOOSE: write_choice,
    Role.COST: _cost,
    Role.QUESTION: _question,
}
_DEFINES = re.compile(r"^what (is|are|does)\b(?!.*\b(difference|cost|price)\b)", re.IGNORECASE)
