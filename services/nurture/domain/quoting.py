"""Taking an article's own words into a letter: whole sentences, few, and none that only make sense on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from services.nurture.domain.article import Listing, Paragraph, Section, text_of
from services.nurture.domain.matching import tokens
from services.nurture.domain.sentences import Casing, first_sentences, sentences, word_count
from services.nurture.domain.steps import Points, Said

MOST_POINTS = 5
MOST_SENTENCES = 3
_LONGEST_POINT = 34

# Sentences that point at something a letter does not have: a table, a picture, another page.
_ELSEWHERE = re.compile(
    r"\b(see (the|our|my|this)|(the|this) (table|chart|figure|diagram|image|video|screenshot|section|page|article|post|"
    r"guide)|(table|list|chart|figure|section|paragraph)s? (below|above)|(shown|listed|described|"
    r"mentioned) (below|above|here)|(contact|service|pricing|booking|about|landing) page|click( here)?|read on|"
    r"scroll|download|links? (below|above)|as (we|i) (saw|discussed))\b",
    re.IGNORECASE,
)
_INTRODUCES_ITSELF = re.compile(r"^(hi|hello)?,?\s*(I['’]m|I am|my name is) [A-Z][\w'’-]+ [A-Z]")
# Words that lean on a sentence before.
_LEANS = re.compile(
    r"^(it|they|them|this|that|these|those|he|she|such|both|neither|others?|some|many|and|but|so|or|yes|no|then|"
    r"however|therefore|instead|also|here|there|in short|for example|for instance|the (second|third|other|latter|"
    r"former|same|difference))\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(r"\b(these|those|following|two or more|the two|all (two|three|four|five))\b", re.IGNORECASE)
_COUNTED = re.compile(r"\d|\b(two|three|four|five|six|seven|eight|nine|ten|half|twice|third)\b", re.IGNORECASE)


def prose(paragraphs: Iterable[Paragraph], *, words: int, most: int = 9) -> tuple[Said, ...]:
    """Whole sentences from the start of these paragraphs, in order, within `words`, and `most` sentences in all.

    A paragraph ends before a sentence that points elsewhere, and nothing is told out of its order. The first may be
    cut; a later one only when the greater part of it stays, because the point of a paragraph is mostly at its end.
    More than three sentences become paragraphs of three at most.
    """
    out: list[Said] = []
    for paragraph in paragraphs:
        whole = _that_stand_alone(paragraph.text)
        taken = _fitting(whole, words=words, most=most)
        if whole and (not taken or (out and not _is_most_of(taken, whole))):
            break
        out.extend(Said(" ".join(group), paragraph.id) for group in _in_threes(taken))
        words -= word_count(" ".join(taken))
        most -= len(taken)
    return tuple(out)


def points(listing: Listing, *, words: int, ordered: bool) -> Points | None:
    """The first items of a list, five at most, each cut to whole sentences; None when fewer than two fit."""
    items: list[str] = []
    for item in listing.items[:MOST_POINTS]:
        text = first_sentences(item, words=min(_LONGEST_POINT, words)) if not _ELSEWHERE.search(item) else ""
        if text:
            items.append(text)
            words -= word_count(text)
    return Points(tuple(items), ordered, (listing.id,)) if len(items) >= 2 else None


def points_of_parts(section: Section, *, words: int, ordered: bool, casing: Casing) -> Points | None:
    """The parts of a section as a list: each heading with the first sentence under it."""
    items: list[str] = []
    sources: list[str] = []
    for part in [part for part in section.parts if part.blocks][:MOST_POINTS]:
        first = first_sentences(text_of(part.blocks[0]), words=min(_LONGEST_POINT, words), most=1)
        text = f"{casing.sentence(without_number(part.heading)).rstrip('.:')}: {first}" if first else ""
        if text and not _ELSEWHERE.search(text):
            items.append(text)
            sources.append(part.blocks[0].id)
            words -= word_count(text)
    return Points(tuple(items), ordered, tuple(sources)) if len(items) >= 2 else None


def key_sentence(section: Section, *, topic: frozenset[str]) -> Said | None:
    """The one sentence of a section that can stand alone and says most: about the topic, with a number, to "you"."""
    found = [
        (_weight(sentence, topic), -at, Said(sentence, paragraph.id))
        for at, (paragraph, sentence) in enumerate(_sentences_of(section))
        if 7 <= word_count(sentence) <= 32
    ]
    best = max(found, key=lambda entry: entry[:2], default=None)
    return best[2] if best and best[0] > 0 else None


def without_number(heading: str) -> str:
    """A heading without the number it carries.

    >>> without_number("Step 2: Ask"), without_number("3. Choose"), without_number("2 to 6 days")
    ('Ask', 'Choose', '2 to 6 days')
    """
    return re.sub(
        r"^((step|phase|part|stage|rule|tip|sign|no\.?|#)\s*\d+\s*[:.)–—-]?|\d+\s*[.):–—-])\s+",
        "",
        heading,
        flags=re.IGNORECASE,
    )


def is_about_the_writer(text: str) -> bool:
    """A paragraph in which the writer introduces themselves: letters carry a signature for that."""
    return bool(_INTRODUCES_ITSELF.search(text))


def leans(sentence: str) -> bool:
    """Whether a sentence needs the one before it."""
    return bool(_LEANS.search(sentence))


def _that_stand_alone(text: str) -> list[str]:
    if is_about_the_writer(text):
        return []
    return list(takewhile(lambda sentence: not _ELSEWHERE.search(sentence), sentences(text)))


def _fitting(whole: Sequence[str], *, words: int, most: int) -> list[str]:
    taken: list[str] = []
    for sentence in whole[: max(most, 0)]:
        words -= word_count(sentence)
        if words < 0:
            break
        taken.append(sentence)
    return taken


def _is_most_of(taken: Sequence[str], whole: Sequence[str]) -> bool:
    return len(taken) == len(whole) or (
        len(taken) >= 2 and word_count(" ".join(taken)) * 5 >= word_count(" ".join(whole)) * 3
    )


def _in_threes(taken: Sequence[str]) -> Iterator[Sequence[str]]:
    """Groups of equal size, as few as hold no more than three."""
    groups = -(-len(taken) // MOST_SENTENCES)
    for n in range(groups):
        yield taken[n * len(taken) // groups : (n + 1) * len(taken) // groups]


def _sentences_of(section: Section) -> Sequence[tuple[Paragraph, str]]:
    paragraphs = [block for block in section.all_blocks if isinstance(block, Paragraph)]
    return [(p, s) for p in paragraphs if not is_about_the_writer(p.text) for s in sentences(p.text)]


def _weight(sentence: str, topic: frozenset[str]) -> int:
    first = tokens(" ".join(sentence.split()[:4]))
    return (
        2 * len(topic & tokens(sentence))
        + (len(topic & first) >= 2)
        + 2 * bool(_COUNTED.search(sentence))
        + bool(re.search(r"\byour?\b", sentence, re.IGNORECASE))
        - 5 * leans(sentence)
        - 3 * bool(_POINTS_BACK.search(sentence))
        - 4 * bool(re.search(r"\b(it|they|them)\b", sentence))
        - 9 * bool(_ELSEWHERE.search(sentence))
        - 9 * (not sentence.endswith("."))
    )
