"""Which section of an article serves which letter.

A section is known by its shape (a table, a list, parts, questions) and by its heading; the shape counts most, because
it is there in every language. Deterministic: equal scores go to the earlier section.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from services.nurture.domain.article import Article, Listing, Paragraph, Section, Table, block_id, text_of
from services.nurture.domain.sentences import numbers, word_count
from services.nurture.domain.steps import Role, StepBlock

Placed = tuple[Role, Section, tuple[StepBlock, ...]]

# A sequence has six letters: the first, the last, and these between them, the most useful first. The article's own
# money section goes when there is more than enough: its FAQ mostly says the price, and the last letter asks for a call.
PREFERRED = (Role.SIGNS, Role.CHOOSE, Role.DO, Role.QUESTION, Role.COST)
BETWEEN = 4

_HEADINGS: Mapping[Role, re.Pattern[str]] = {
    Role.CHOOSE: re.compile(
        r"\b(vs\.?|versus|compar\w+|alternatives?|differen\w+|choos\w+|options|which (one|kind|type)|or)\b",
        re.IGNORECASE,
    ),
    Role.SIGNS: re.compile(
        r"\b(when (should|do|to|is|does|you)|signs?|signals?|triggers?|symptoms?|do you (need|have)|is it (time|right)|"
        r"right time|are you ready|how to tell|how do you know|checklist|for whom|who (needs|is it for))\b",
        re.IGNORECASE,
    ),
    Role.DO: re.compile(
        r"\b(phases?|steps?|stages?|how .*(works?|structured|starts?|begins?|runs?|goes|looks?|to)|process|"
        r"getting started|first (\w+ )?(days?|weeks?|month)|in practice|do this|plan|playbook|framework|method)\b",
        re.IGNORECASE,
    ),
    Role.COST: re.compile(
        r"\b(mistakes?|risks?|avoid\w*|myths?|fail\w*|pitfalls?|traps?|wrong|costs?|roi|returns?|worth|pric\w+|value|"
        r"pays?|money|budget|save\w*)\b",
        re.IGNORECASE,
    ),
}
_MISTAKES = re.compile(r"\b(mistakes?|risks?|avoid\w*|myths?|fail\w*|pitfalls?|traps?|wrong)\b", re.IGNORECASE)
_FRAME = re.compile(
    r"^(introduction|intro|overview|background|conclusions?|summary|in short|tl;?dr|final (thoughts|words)|"
    r"wrap(ping)? up|key (take-?aways|points)|take-?aways|the short version|references|sources|further reading|"
    r"about (the author|me|us)|acknowledge?ments?)\b",
    re.IGNORECASE,
)


def candidates(article: Article) -> tuple[tuple[Role, Section], ...]:
    """Every letter that could stand between the first and the last, the most wanted first.

    Each section serves one role. Sections without a role of their own are ideas, in the article's order.
    """
    steps = numbered_steps(article)
    free = list(article.sections)
    found: dict[Role, Section] = {Role.DO: steps} if steps else {}
    for role in (Role.QUESTION, Role.CHOOSE, Role.SIGNS, Role.DO, Role.COST):
        fits = [section for section in free if role not in found and fitness(section, role) > 0]
        if fits:
            found[role] = max(fits, key=lambda section: fitness(section, role))
            free.remove(found[role])
    ideas = ((Role.IDEA, section) for section in free if is_usable(section) and not section.questions)
    return (*((role, found[role]) for role in PREFERRED if role in found), *ideas)


def in_sending_order(chosen: Sequence[Placed], article: Article) -> list[Placed]:
    """What explains comes first, as the article has it; then what helps to decide."""
    places = {section.id: at for at, section in enumerate(article.sections)}

    def place(entry: Placed) -> tuple[int, int]:
        role, section = entry[0], entry[1]
        late = _LATE.index(role) + 1 if role in _LATE else 0
        return late, places.get(section.id, -1)

    return sorted(chosen, key=place)


def numbered_steps(article: Article) -> Section | None:
    """The steps of an article whose sections are themselves the steps ("Step 1: …"), as one section of parts."""
    steps = tuple(s for s in article.sections if _NUMBERED.match(s.heading) and s.blocks)
    if len(steps) < 3:
        return None
    return Section(block_id((article.title, "steps"), ""), article.title, "", 2, (), steps)


def fitness(section: Section, role: Role) -> int:
    """How well a section serves a role; 0 or less when it does not."""
    if role is Role.QUESTION:
        return len(section.questions)
    if section.questions or is_frame(section) or not is_usable(section):
        return 0
    named = 4 if _HEADINGS[role].search(section.heading) else 0
    return named + _SHAPES[role](section, named > 0) if named or role is Role.CHOOSE else 0


def is_usable(section: Section) -> bool:
    """Whether there is enough in a section for a letter: 60 words, or a list, a table or questions with some words."""
    if is_frame(section):
        return False
    words = word_count("\n".join(text_of(block) for block in section.all_blocks))
    shaped = any(isinstance(block, Listing | Table) for block in section.all_blocks) or bool(section.questions)
    return words >= (30 if shaped else 60)


def is_frame(section: Section) -> bool:
    """Introductions, conclusions and summaries say again what others say."""
    return bool(_FRAME.search(section.heading.strip()))


def is_about_mistakes(section: Section) -> bool:
    """Whether a section of the cost role speaks of what goes wrong rather than of money."""
    return bool(_MISTAKES.search(section.heading))


def usable_sections(article: Article) -> Sequence[Section]:
    """The sections that could make a letter."""
    return [section for section in article.sections if is_usable(section)]


def best_list(section: Section) -> Listing | None:
    """The list with the most to say: three to seven items are best, numbers count."""
    lists = [block for block in section.all_blocks if isinstance(block, Listing)]
    return max(lists, key=lambda block: (3 <= len(block.items) <= 7, bool(numbers(text_of(block)))), default=None)


def first_table(section: Section) -> Table | None:
    """A table that can be told in lines: two to four things compared."""
    tables = [block for block in section.all_blocks if isinstance(block, Table)]
    return next((table for table in tables if 3 <= len(table.header) <= 5 and all(table.header[1:])), None)


def own_paragraphs(section: Section) -> list[Paragraph]:
    """The paragraphs right under its heading, before any part."""
    return [block for block in section.blocks if isinstance(block, Paragraph)]


def all_paragraphs(section: Section) -> list[Paragraph]:
    """Its paragraphs and those of its parts."""
    return [block for block in section.all_blocks if isinstance(block, Paragraph)]


def _choose_shape(section: Section, named: bool) -> int:
    conditions = sum(text_of(block).count("If ") for block in section.all_blocks if isinstance(block, Paragraph))
    return 3 * bool(first_table(section)) + (conditions > 0) - (0 if first_table(section) or conditions else 4 * named)


def _signs_shape(section: Section, named: bool) -> int:
    items = best_list(section)
    return 3 if items and len(items.items) >= 3 else -4 * named


def _do_shape(section: Section, named: bool) -> int:
    items = best_list(section)
    steps = bool(items and items.ordered and len(items.items) >= 3)
    listed = bool(items and len(items.items) >= 3) or len(section.parts) >= 3
    return 3 * steps + 2 * listed - (0 if steps or listed else 4 * named)


def _cost_shape(section: Section, named: bool) -> int:
    return 2 * bool(numbers("\n".join(text_of(block) for block in section.all_blocks))) if named else 0


_SHAPES = {
    Role.CHOOSE: _choose_shape,
    Role.SIGNS: _signs_shape,
    Role.DO: _do_shape,
    Role.COST: _cost_shape,
}
_LATE = (Role.SIGNS, Role.CHOOSE, Role.COST, Role.QUESTION)
_NUMBERED = re.compile(
    r"((step|phase|stage|week|day)\s*)?\d{1,2}\s*[.):–—-]\s+\S|(step|phase|stage|week|day)\s+\d", re.IGNORECASE
)
