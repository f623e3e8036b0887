"""The compiler: an article becomes a sequence of letters. Deterministic: the same article gives the same sequence.

The parts: `roles` decides which section serves which letter, `quoting` takes sentences, `writing` puts a letter
together, `subjects` names it, `lints` checks it, `letters` writes it to somebody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from services.nurture.domain.article import Article, Listing, Paragraph, Question, Section
from services.nurture.domain.letters import Links, Sender, compose_step
from services.nurture.domain.lints import FEWEST_WORDS, NOBODY, body_texts, body_words, sequence_faults, step_faults
from services.nurture.domain.matching import tokens
from services.nurture.domain.material import Blocks, Material
from services.nurture.domain.roles import (
    BETWEEN,
    Placed,
    candidates,
    in_sending_order,
    is_frame,
    is_usable,
    usable_sections,
)
from services.nurture.domain.sentences import Casing, reading_grade
from services.nurture.domain.steps import (
    Compared,
    Offer,
    Points,
    QuestionChoices,
    Role,
    Said,
    Step,
    StepBlock,
)
from services.nurture.domain.subjects import choose_preheader, choose_subject
from services.nurture.domain.writing import write_between, write_last, write_point, write_summary

__all__ = ["DELAYS", "Compilation", "Report", "Step", "StepReport", "compile_sequence"]

# Days from the start. The first answers the request at once; then closer while the matter is fresh, wider later.
DELAYS = (0, 3, 6, 10, 15, 22)


@dataclass(frozen=True)
class StepReport:
    """What can be said about one letter: words without greeting and footer, Flesch-Kincaid grade, and its faults."""

    key: str
    words: int
    grade: float
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What became of the article. `left_out` are lines of text, each with its reason."""

    sections: int
    sections_used: int
    steps: tuple[StepReport, ...]
    left_out: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """Every fault of every letter, with the letter's key."""
        return tuple(f"{step.key}: {fault}" for step in self.steps for fault in step.faults)


@dataclass(frozen=True)
class Compilation:
    """A sequence: its steps in order, and the report. `reason` says why it is a single summary, when it is."""

    steps: tuple[Step, ...]
    report: Report
    reason: str = ""


def compile_sequence(article: Article, *, offer: Offer) -> Compilation:
    """The letters that an article gives: four to six, fewer when it has less to say, one when it has hardly anything.

    Never fails on an Article: what cannot be used is left out and reported.
    """
    material = Material(article, offer, Casing(_prose(article)), tokens(article.title))
    between = _between(material)
    if len(usable_sections(article)) < 2 or len(between) < 1:
        reason = "fewer than two sections of the article have enough in them for a letter of their own"
        steps = _finished([(Role.SUMMARY, None, write_summary(material))], material)
        return Compilation(steps, _report(material, steps, ()), reason)
    count = len(between) + 2
    pairs = [(role, section) for role, section, _ in between]
    # A window may be six days away, so the last letter comes up to a week later than its delay says.
    weeks = max(1, DELAYS[count - 1] // 7)
    first = (Role.POINT, None, write_point(material, pairs, weeks=weeks))
    last = (Role.LAST, None, write_last(material, pairs))
    steps = _finished([first, *between, last], material)
    return Compilation(steps, _report(material, steps, [section for _, section in pairs]))


_Drafted = tuple[Role, Section | None, Blocks]


def _between(material: Material) -> list[Placed]:
    """The letters between first and last: the most wanted that have something to say."""
    chosen: list[Placed] = []
    for role, section in candidates(material.article):
        blocks = write_between(role, section, material) if len(chosen) < BETWEEN else None
        if blocks and _words(role, blocks) >= FEWEST_WORDS:
            chosen.append((role, section, blocks))
    return in_sending_order(chosen, material.article)


def _words(role: Role, blocks: Blocks) -> int:
    step = Step("", role, 0, "", "", blocks, ())
    letter = compose_step(step, NOBODY, links=Links("", "", ""), sender=Sender((), ""), translate=str)
    return body_words(letter.body)


def _finished(drafts: Sequence[_Drafted], material: Material) -> tuple[Step, ...]:
    """Steps with key, day, subject and preheader."""
    steps: list[Step] = []
    for (role, section, blocks), delay in zip(drafts, DELAYS, strict=False):
        used = [step.subject for step in steps]
        subject = choose_subject(role, section, title=material.article.title, casing=material.casing, used=used)
        preheader = choose_preheader(role, subject, blocks)
        steps.append(Step(_key(role, section), role, delay, subject, preheader, blocks, _sources(blocks)))
    return tuple(steps)


def _key(role: Role, section: Section | None) -> str:
    """The role, and for all but the first and the last the place in the article: an edit of words keeps the key."""
    return f"{role.value}-{hashlib.sha256(section.id.encode()).hexdigest()[:8]}" if section else role.value


def _sources(blocks: Sequence[StepBlock]) -> tuple[str, ...]:
    found: list[str] = []
    for block in blocks:
        match block:
            case Said(source=source) | Compared(source=source):
                found.append(source)
            case Points(sources=sources):
                found.extend(sources)
            case QuestionChoices(choices=choices):
                found.extend(choice.source for choice in choices)
            case _:
                pass
    return tuple(dict.fromkeys(found))


def _report(material: Material, steps: Sequence[Step], used: Sequence[Section]) -> Report:
    article = material.article
    between = sequence_faults(steps)
    reports = tuple(_step_report(step, article, between.get(step.key, ())) for step in steps)
    taken = {source for step in steps for source in step.sources}
    sections = (*article.sections, *((article.call_to_action,) if article.call_to_action else ()))
    known = {section.id for section in used}
    told = {s.id for s in sections if s.id in known or any(block.id in taken for block in s.all_blocks)}
    unused = tuple(
        f"“{s.heading}”: {_why_unused(s, full=len(steps) == len(DELAYS))}" for s in sections if s.id not in told
    )
    return Report(len(sections), len(told), reports, article.left_out + unused)


def _step_report(step: Step, article: Article, more: tuple[str, ...]) -> StepReport:
    letter = compose_step(step, NOBODY, links=Links("", "", ""), sender=Sender((), ""), translate=str)
    grade = reading_grade(" ".join(body_texts(letter.body)))
    return StepReport(step.key, body_words(letter.body), grade, step_faults(step, article) + more)


def _why_unused(section: Section, *, full: bool) -> str:
    if is_frame(section):
        return "introductions and summaries say again what other sections say"
    if full and is_usable(section):
        return "six letters are enough, and others fitted their places better"
    return "too little under it for a letter"


def _prose(article: Article) -> list[str]:
    """The running text of an article, where words stand in their usual case."""
    out: list[str] = []
    for block in article.blocks:
        match block:
            case Paragraph(text=text):
                out.append(text)
            case Listing(items=items):
                out.extend(items)
            case Question(answer=answer):
                out.extend(answer)
            case _:
                pass
    return out
