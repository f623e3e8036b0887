"""Writing one step of a sequence to one person: greeting, body, signature, postscript, footer, as neutral blocks.

The blocks have the shapes of the letters that mail is made of, so a caller maps them one to one. Everything that came
from a lead is data: it is shown as it is, or not at all, and never read as a message id, a format or markup.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from services.nurture.domain import wording
from services.nurture.domain.matching import nearest
from services.nurture.domain.names import company_name, first_name
from services.nurture.domain.quoting import leans
from services.nurture.domain.steps import (
    BookLink,
    Compared,
    Offer,
    Phrase,
    Plan,
    Points,
    QuestionChoices,
    ReadLink,
    Said,
    Step,
    StepBlock,
)
from services.nurture.domain.subjects import subject_faults
from services.nurture.domain.timing import zone_named

Translate = Callable[[str], str]


@dataclass(frozen=True)
class Reader:
    """Whom a letter is for.

    `words` is what they wrote, `box` the text of the box they ticked and `asked_at` when they did (aware).
    """

    name: str
    zone: str
    locale: str
    asked_at: datetime
    box: str
    company: str = ""
    words: str = ""


@dataclass(frozen=True)
class Links:
    """Where a letter leads: the article's page (without a fragment), this lead's booking page and stop page."""

    article: str
    book: str
    stop: str


@dataclass(frozen=True)
class Sender:
    """Who writes: lines under the text, and the postal address in one line."""

    signature: tuple[str, ...]
    postal: str


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list; `ordered` numbers it."""

    items: tuple[str, ...]
    ordered: bool = False


@dataclass(frozen=True)
class Facts:
    """Short lines, each with a label or without."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Link:
    """A line that is a link; `button` for the one request of the letter."""

    label: str
    url: str
    button: bool = False


LetterBlock = Paragraph | Bullets | Facts | Link


@dataclass(frozen=True)
class StepLetter:
    """A whole letter. `blocks` is all that stands above the footer, in order; `body` only what the step says."""

    subject: str
    preheader: str
    greeting: str
    body: tuple[LetterBlock, ...]
    signature: tuple[str, ...]
    postscript: tuple[LetterBlock, ...]
    footer: tuple[str | Link, ...]

    @property
    def blocks(self) -> tuple[LetterBlock, ...]:
        """Greeting, body, signature as lines of one block, postscript."""
        signed = (Facts(tuple(("", line) for line in self.signature)),) if self.signature else ()
        return (Paragraph(self.greeting), *self.body, *signed, *self.postscript)


def compose_step(step: Step, reader: Reader, *, links: Links, sender: Sender, translate: Translate) -> StepLetter:
    """The letter of that step to that reader. `translate` is gettext: a message id in, the reader's words out.

    Raises UnknownZone when the reader's zone is none. A locale that is unknown counts as English.
    """
    write = _Writer(reader, links, translate)
    quiet = [block for block in step.blocks if isinstance(block, BookLink) and not block.button]
    return StepLetter(
        subject=write.subject(step),
        preheader=write.ours(step.preheader),
        greeting=write.greeting(),
        body=tuple(shown for block in step.blocks if block not in quiet for shown in write.block(block)),
        signature=sender.signature,
        postscript=tuple(shown for block in quiet for shown in write.postscript(block.offer)),
        footer=(write.why(), Link(write.ours(wording.STOP), links.stop), sender.postal),
    )


class _Writer:
    """One reader, their links and their language."""

    def __init__(self, reader: Reader, links: Links, translate: Translate) -> None:
        self._reader = reader
        self._links = links
        self._translate = translate
        self._company = company_name(reader.company)

    def subject(self, step: Step) -> str:
        """A question that can be a subject is one: nothing is nearer to the reader."""
        for block in step.blocks:
            if isinstance(block, QuestionChoices):
                asked = block.choices[nearest(self._reader.words, block.choices) or 0].question
                return self.ours(step.subject) if subject_faults(asked) else asked
        return self.ours(step.subject)

    def greeting(self) -> str:
        name = first_name(self._reader.name)
        return self.ours(wording.GREETING, name=name) if name else self.ours(wording.GREETING_WITHOUT_NAME)

    def why(self) -> str:
        """When and by what they asked, in their own calendar."""
        day = self._reader.asked_at.astimezone(zone_named(self._reader.zone)).date()
        said = format_date(day, "d MMMM y", locale=_locale(self._reader.locale))
        return self.ours(wording.WHY, date=said, box=self._reader.box.strip().rstrip("."))

    def postscript(self, offer: Offer) -> tuple[LetterBlock, ...]:
        said = self._offered(offer, wording.POSTSCRIPT, wording.POSTSCRIPT_WITHOUT_PRICE)
        return Paragraph(said), Link(self.ours(wording.BOOK_QUIETLY), self._links.book)

    def block(self, block: StepBlock) -> tuple[LetterBlock, ...]:
        """What a block of a step looks like in a letter."""
        match block:
            case Said(text=text):
                shown: tuple[LetterBlock, ...] = (Paragraph(text),)
            case Phrase():
                shown = (Paragraph(self._phrase(block)),)
            case Points(items=items, ordered=ordered):
                shown = (Bullets(items, ordered),)
            case Compared(label=label, rows=rows):
                shown = (Paragraph(f"{label}:"), Facts(rows))
            case Plan():
                shown = (Paragraph(self._plan(block)),)
            case QuestionChoices():
                shown = self._question(block)
            case ReadLink(label=label, anchor=anchor):
                shown = (Link(self.ours(label), f"{self._links.article}#{anchor}".rstrip("#")),)
            case BookLink(offer=offer):
                said = self._offered(offer, wording.BOOK, wording.BOOK_WITHOUT_PRICE)
                shown = (Link(said, self._links.book, button=True),)
        return shown

    def ours(self, message: str, **values: str) -> str:
        """A message of ours in the reader's language, with its values. The empty message stays empty in gettext."""
        said = self._translate(message) if message else ""
        return said % values if values else said

    def _offered(self, offer: Offer, priced: str, unpriced: str) -> str:
        if offer.price:
            return self.ours(priced, minutes=str(offer.minutes), price=self.ours(offer.price))
        return self.ours(unpriced, minutes=str(offer.minutes))

    def _phrase(self, phrase: Phrase) -> str:
        if phrase.with_company and self._company:
            return self.ours(phrase.with_company, company=self._company, **dict(phrase.values))
        return self.ours(phrase.text, **dict(phrase.values))

    def _plan(self, plan: Plan) -> str:
        *firsts, last = [self.ours(topic) for topic in plan.topics]
        if not firsts:
            return self.ours(wording.PLAN_ONE, topics=last)
        topics = self.ours(wording.LIST_AND, first=", ".join(firsts), last=last)
        count, weeks = self.ours(wording.COUNTS[len(plan.topics)]), self.ours(wording.WEEKS[plan.weeks])
        return self.ours(wording.PLAN_MORE, count=count, weeks=weeks, topics=topics)

    def _question(self, block: QuestionChoices) -> tuple[LetterBlock, ...]:
        """One question answered, up to three others named."""
        found = nearest(self._reader.words, block.choices)
        chosen = block.choices[found or 0]
        others = tuple(c.question for c in block.choices if c != chosen and not leans(c.question))[:3]
        opening = wording.QUESTION_OFTEN_ASKED if found is None else wording.QUESTION_NEAREST
        named = (Paragraph(self.ours(wording.OTHER_QUESTIONS)), Bullets(others)) if others else ()
        return Paragraph(self.ours(opening)), Paragraph(chosen.question), Paragraph(chosen.answer), *named


def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale("en")
