"""Taking an article's own words into a letter: whole sentences, few, and none that only make sense on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from services.nurture.domain.article import Listing, Paragraph, Section, text_of
from services.nurture.domain.sentences import Casing, first_sentences, sentences, word_count
from services.nurture.domain.steps import Points, Said

MOST_POINTS = 5
MOST_SENTENCES = 3
_LONGEST_POINT = 34

# Sentences that point at something a letter does not have: a table, a picture, another page.
_ELSEWHERE = re.compile(
    r"\b(see (the|our|my|this)|(the|this) (table|chart|figure|diagram|image|video|screenshot|section|page|article|post|"
    r"guide)|(table|list|chart|figure|section|paragraph)s? (below|above)|(shown|listed|described|"
    r"mentioned) (below|above|here)|(contact|service|pricing|booking|about|landing) page|click( here)?|read on|scroll|download|"
    r"links? (below|above)|as (we|i) (saw|discussed))\b",
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
_COUNTED = re.compile(r"\d|\b(two|three|four|five|six|seven|eight|nine|ten|half|twice|third)\b", re.IGNORECASE)


def prose(paragraphs: Iterable[Paragraph], *, words: int, most: int = 9) -> tuple[Said, ...]:
    """Whole sentences from the start of these paragraphs, in order, that fit into `words`.

    A paragraph ends before a sentence that points elsewhere; the paragraphs after one that did not fit are not
    looked at, so nothing is told out of its order. `most` sentences in all, three in a paragraph.
    """
    out: list[Said] = []
    for paragraph in paragraphs:
        text = first_sentences(_that_stand_alone(paragraph.text), words=words, most=min(most, MOST_SENTENCES))
        if text:
            out.append(Said(text, paragraph.id))
            words -= word_count(text)
            most -= len(sentences(text))
        if not text and not is_about_the_writer(paragraph.text):
            break
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


def key_sentence(section: Section, *, topic: str) -> Said | None:
    """The one sentence of a section that can stand alone and says most: about the topic, with a number, to "you"."""
    found = [
        (_weight(sentence, topic), -at, Said(sentence, paragraph.id))
        for at, (paragraph, sentence) in enumerate(_sentences_of(section))
        if 7 <= word_count(sentence) <= 32
    ]
    best = max(found, key=lambda entry: entry[:2], default=None)
    return best[2] if best and best[0] >= 0 else None


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


def _that_stand_alone(text: str) -> str:
    if is_about_the_writer(text):
        return ""
    kept: list[str] = []
    for sentence in sentences(text):
        if _ELSEWHERE.search(sentence):
            break
        kept.append(sentence)
    return " ".join(kept)


def _sentences_of(section: Section) -> Sequence[tuple[Paragraph, str]]:
    paragraphs = [block for block in section.all_blocks if isinstance(block, Paragraph)]
    return [(p, s) for p in paragraphs if not is_about_the_writer(p.text) for s in sentences(p.text)]


def _weight(sentence: str, topic: str) -> int:
    run = _longest_shared_run(sentence, topic)
    bare = re.sub(r"^(an?|the) ", "", sentence.lower())
    return (
        2 * len(run.split())
        + (bool(run) and bare.startswith(run))
        + 2 * bool(_COUNTED.search(sentence))
        + bool(re.search(r"\byour?\b", sentence, re.IGNORECASE))
        - 5 * leans(sentence)
        - 3 * bool(re.search(r"\b(these|those|following|in between)\b", sentence, re.IGNORECASE))
        - 9 * bool(_ELSEWHERE.search(sentence))
        - 9 * (not sentence.endswith("."))
    )


def _longest_shared_run(sentence: str, topic: str) -> str:
    """The longest run of the topic's words, up to four, that the sentence has too."""
    words = [word for word in re.findall(r"[\w'’-]+", topic.lower()) if word not in ("a", "an", "the")]
    said = " ".join(["", *re.findall(r"[\w'’-]+", sentence.lower()), ""])
    for size in range(min(4, len(words)), 1, -1):
        for at in range(len(words) - size + 1):
            run = " ".join(words[at : at + size])
            if f" {run} " in said:
                return run
    return ""
