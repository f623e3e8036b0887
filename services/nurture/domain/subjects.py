"""The line an inbox shows, and the one after it. The article's own words first; ours when they do not fit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from services.nurture.domain import wording
from services.nurture.domain.article import Section
from services.nurture.domain.quoting import leans, without_number
from services.nurture.domain.roles import is_about_mistakes
from services.nurture.domain.sentences import Casing, sentences, word_count
from services.nurture.domain.steps import Role, Said, StepBlock

SHORTEST_SUBJECT, LONGEST_SUBJECT = 20, 45
SHORTEST_PREHEADER, LONGEST_PREHEADER = 40, 90

_HYPE = re.compile(
    r"\b(free|guarantee\w*|amazing|secrets?|unlock\w*|ultimate|revolution\w*|game.?chang\w*|skyrocket\w*|insane|"
    r"act now|last chance|don['’]t miss|hurry|limited|urgent|100 ?%|\d+x|re:|fwd?:|click|buy now|cash|winner)\b|[!¡]|"
    r"[\U0001F000-\U0001FAFF\u2600-\u27bf$€£]|(?-i:\b[A-Z]{6,}\b)",
    re.IGNORECASE,
)
# A subject has nothing before it that "one" or "it" could mean.
_OPEN_END = re.compile(r"\b(one|it|them|this|that|these|those|so|and|or|of|the|a|to)\s*\??$", re.IGNORECASE)


def choose_subject(role: Role, section: Section | None, *, title: str, casing: Casing, used: Collection[str]) -> str:
    """A subject of 20 to 45 characters in sentence case that no other letter of the sequence has."""
    named = role not in (Role.LAST, Role.QUESTION, Role.SIGNS)
    own = _shortened(title) if role in (Role.POINT, Role.SUMMARY) else _shortened(section.heading if section else "")
    candidates = [*(casing.sentence(text) for text in own if named), *_ours(role, section)]
    taken = {subject.casefold() for subject in used}
    return next(text for text in candidates if text.casefold() not in taken and not subject_faults(text))


def choose_preheader(role: Role, subject: str, blocks: Sequence[StepBlock]) -> str:
    """What stands behind the subject: a whole sentence of the letter that says something new, else a line of ours."""
    own = (s for block in blocks if isinstance(block, Said) for s in sentences(block.text))
    if role in (Role.POINT, Role.SUMMARY, Role.QUESTION, Role.LAST):
        return wording.PREHEADERS[role]
    fitting = (s for s in own if not preheader_faults(s, subject) and not leans(s) and not s.endswith(":"))
    return next(fitting, wording.PREHEADERS[role])


def subject_faults(subject: str) -> tuple[str, ...]:
    """What is wrong with a subject; empty when nothing is."""
    faults = {
        f"subject has {len(subject)} characters": not SHORTEST_SUBJECT <= len(subject) <= LONGEST_SUBJECT,
        "subject has fewer than 3 or more than 9 words": not 3 <= word_count(subject) <= 9,
        "subject shouts or promises": bool(_HYPE.search(subject)),
        "subject ends in the air": bool(_OPEN_END.search(subject)),
        "subject does not start with a capital": subject[:1].islower(),
    }
    return tuple(text for text, wrong in faults.items() if wrong)


def preheader_faults(preheader: str, subject: str) -> tuple[str, ...]:
    """What is wrong with a preheader beside that subject; empty when nothing is."""
    repeats = subject.casefold().rstrip("?.") in preheader.casefold() or preheader.casefold() in subject.casefold()
    faults = {
        f"preheader has {len(preheader)} characters": not SHORTEST_PREHEADER <= len(preheader) <= LONGEST_PREHEADER,
        "preheader repeats the subject": repeats,
    }
    return tuple(text for text, wrong in faults.items() if wrong)


def _ours(role: Role, section: Section | None) -> Iterator[str]:
    if role is Role.COST and section and is_about_mistakes(section):
        yield wording.SUBJECT_OF_MISTAKES
    yield from wording.SUBJECTS[role]


def _shortened(heading: str) -> Iterator[str]:
    """A heading as it is, then its shorter forms: without brackets, either side of a colon, the first two compared."""
    plain = without_number(heading).strip().rstrip(".:")
    without_brackets = re.sub(r"\s*\([^)]{0,200}\)", "", plain).strip()
    yield from (plain, without_brackets)
    yield from (part.strip() for part in re.split(r"\s*(?:: | [–—|-] )\s*", without_brackets))
    sides = re.split(r"\s+(?:vs\.?|versus)\s+", without_brackets, flags=re.IGNORECASE)
    if len(sides) > 2:
        yield f"{sides[0]} vs {sides[1]}"
    if "?" in without_brackets:
        yield without_brackets.split("?")[0] + "?"
