"""What a letter must hold to, checked on the letter itself as it would be written, and what its words come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from services.nurture.domain.article import Article, text_of
from services.nurture.domain.letters import (
    Bullets,
    Facts,
    LetterBlock,
    Link,
    Links,
    Paragraph,
    Reader,
    Sender,
    compose_step,
)
from services.nurture.domain.quoting import MOST_SENTENCES
from services.nurture.domain.sentences import numbers, sentences, word_count
from services.nurture.domain.steps import Choice, Compared, Points, QuestionChoices, Said, Step
from services.nurture.domain.subjects import preheader_faults, subject_faults

FEWEST_WORDS, MOST_WORDS = 60, 180
MOST_BULLETS = 5
MOST_LINKS = 3

# The plainest reader there is: what a letter is without anything that we know of somebody.
NOBODY = Reader(name="", zone="UTC", locale="en", asked_at=datetime(2026, 1, 1, tzinfo=UTC), box="")


def step_faults(step: Step, article: Article) -> tuple[str, ...]:
    """Everything that is wrong with one step; empty for a good one."""
    letter = compose_step(step, NOBODY, links=Links("a", "b", "c"), sender=Sender((), ""), translate=str)
    words = body_words(letter.body)
    links = sum(isinstance(block, Link) for block in (*letter.blocks, *letter.footer))
    bullets = max((len(block.items) for block in letter.body if isinstance(block, Bullets)), default=0)
    faults = {
        f"{words} words, fewer than {FEWEST_WORDS}": words < FEWEST_WORDS,
        f"{words} words, more than {MOST_WORDS}": words > MOST_WORDS,
        f"{bullets} items in a list": bullets > MOST_BULLETS,
        f"{links} links": links > MOST_LINKS,
        "a paragraph of more than three sentences": any(_is_long(block) for block in letter.body),
    }
    found = tuple(text for text, wrong in faults.items() if wrong)
    return (
        found
        + subject_faults(step.subject)
        + preheader_faults(step.preheader, step.subject)
        + _unfounded(step, article)
    )


def body_words(body: Sequence[LetterBlock]) -> int:
    """The words of a letter's body, without greeting, signature, postscript and footer."""
    return sum(word_count(text) for text in body_texts(body))


def body_texts(body: Sequence[LetterBlock]) -> Iterator[str]:
    """Every piece of text of a letter's body, in order."""
    return (text for block in body for text in _texts(block))


def _texts(block: LetterBlock) -> Iterator[str]:
    match block:
        case Paragraph(text=text) | Link(label=text):
            yield text
        case Bullets(items=items):
            yield from items
        case Facts(rows=rows):
            yield from (f"{label} {value}" for label, value in rows)


def _is_long(block: LetterBlock) -> bool:
    return isinstance(block, Paragraph) and len(sentences(block.text)) > MOST_SENTENCES


def _unfounded(step: Step, article: Article) -> tuple[str, ...]:
    """Numbers and sentences that stand in the step as the article's and are not in the blocks it names."""
    texts = {block.id: _flat(text_of(block)) for block in article.blocks}
    out: list[str] = []
    for said, source in quoted(step):
        origin = _flat(" ".join(texts.get(s, "") for s in source))
        out.extend(f"the number {n} is not in its source" for n in sorted(numbers(said) - numbers(origin)))
        out.extend(f"not in its source: {s[:60]}" for s in sentences(said) if _flat(s) not in origin)
    return tuple(out)


def quoted(step: Step) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every text of a step that is the article's own, with the ids of the blocks it comes from."""
    for block in step.blocks:
        match block:
            case Said(text=text, source=source):
                yield text, (source,)
            case Points(items=items, sources=sources):
                yield from ((_after_label(item) if len(sources) > 1 else item, sources) for item in items)
            case Compared(rows=rows, source=source):
                yield from ((value, (source,)) for _, value in rows)
            case QuestionChoices(choices=choices):
                yield from _quoted_choices(choices)
            case _:
                pass


def _quoted_choices(choices: Sequence[Choice]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for choice in choices:
        yield choice.question, (choice.source,)
        yield choice.answer, (choice.source,)


def _after_label(item: str) -> str:
    """A point made of a part has that part's heading before a colon; the heading is the article's, in our casing."""
    return item.partition(": ")[2] or item


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def sequence_faults(steps: Sequence[Step]) -> Mapping[str, tuple[str, ...]]:
    """Faults that only show between steps, by key: two letters with one subject."""
    seen: dict[str, str] = {}
    out: dict[str, tuple[str, ...]] = {}
    for step in steps:
        if step.subject.casefold() in seen:
            out[step.key] = (f"the same subject as {seen[step.subject.casefold()]}",)
        seen[step.subject.casefold()] = step.key
    return out
