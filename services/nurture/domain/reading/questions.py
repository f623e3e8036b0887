"""Questions and answers: telling that a section is a list of them, and making it one."""

from __future__ import annotations

import re
from dataclasses import replace

from services.nurture.domain.article import Block, Listing, Paragraph, Question, Section, block_id, text_of
from services.nurture.domain.sentences import sentences, word_count

_LIST_OF_QUESTIONS = re.compile(
    r"\b(faqs?|frequently asked|common questions|questions? (and|&) answers?|q ?& ?a|questions (i|we) (hear|get)|"
    r"häufige fragen|preguntas frecuentes|questions fréquentes|domande frequenti|perguntas frequentes|"
    r"veelgestelde vragen)\b|^(your |some |six |five |four )?questions\b",
    re.IGNORECASE,
)
_MARK = re.compile(r"^(q|a|question|answer)\s*\d*\s*[:.)]\s+", re.IGNORECASE)


def is_question_list(heading: str) -> bool:
    """Whether a heading announces questions with answers.

    >>> is_question_list("Frequently Asked Questions"), is_question_list("Questions of style")
    (True, True)
    """
    return bool(_LIST_OF_QUESTIONS.search(heading))


def asks(text: str) -> bool:
    """Whether a line is one question: short, and ending in a question mark of any script."""
    return text.rstrip("\"'”’») ").endswith(("?", "؟", "？")) and word_count(text) <= 30


def as_questions(section: Section) -> Section:
    """The section with questions in it as Question blocks, or as it was when it holds none."""
    asked = [part for part in section.parts if asks(part.heading)]
    if is_question_list(section.heading) or (len(asked) >= 2 and len(asked) == len(section.parts)):
        blocks = _in_prose(section) if is_question_list(section.heading) else section.blocks
        parts = tuple(part for part in section.parts if part not in asked)
        found = tuple(q for q in (_of_part(section, part) for part in asked) if q.answer)
        return replace(section, blocks=blocks + found, parts=parts)
    return section


def _of_part(section: Section, part: Section) -> Question:
    return _question(section, part.heading, tuple(line for block in part.blocks for line in _lines(block)))


def _in_prose(section: Section) -> tuple[Block, ...]:
    """Questions written as paragraphs of their own, or as the first sentence of their answer."""
    before: list[Block] = []
    found: list[tuple[str, list[str]] | Question] = []
    for block in section.blocks:
        head, *rest = sentences(block.text) if isinstance(block, Paragraph) else ("",)
        last = found[-1] if found else None
        if isinstance(block, Question):
            found.append(block)
        elif head and asks(head):
            found.append((head, [" ".join(rest)] if rest else []))
        elif isinstance(last, tuple):
            last[1].extend(_lines(block))
        else:
            before.append(block)
    questions = (q if isinstance(q, Question) else _question(section, q[0], tuple(q[1])) for q in found)
    return (*before, *(q for q in questions if q.answer))


def _question(section: Section, question: str, answer: tuple[str, ...]) -> Question:
    asked, told = _MARK.sub("", question), tuple(_MARK.sub("", line) for line in answer)
    made = Question(id="", question=asked, answer=told)
    return replace(made, id=block_id((section.heading,), text_of(made)))


def _lines(block: Block) -> tuple[str, ...]:
    return block.items if isinstance(block, Listing) else (text_of(block),)
