"""What booking's mails say. Each letter is a function from what happened to a `Letter`, in the reader's language.

A fact before an ask, first person, no exclamation marks (the words of the house). Nothing here sends or decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared import i18n
from shared.mail.letter import Block, Bullets, Facts, Letter, Link, Paragraph, Quote


@dataclass(frozen=True)
class Reader:
    """For whom a letter is written: language, zone, and the name they gave."""

    name: str
    zone: str
    language: str

    @property
    def gettext(self) -> Callable[[str], str]:
        """Words in the reader's language."""
        return i18n.translations(self.language).gettext


@dataclass(frozen=True)
class CallFacts:
    """A call as letters tell of it. `other` is the name of who the reader will speak with."""

    name: str
    other: str
    start: datetime
    end: datetime
    location: str
    manage_url: str
    reason: str = ""
    previous_start: datetime | None = None


@dataclass(frozen=True)
class Sender:
    """Who signs: the advisor's name and signature lines."""

    name: str
    signature: tuple[str, ...]


def call_booked(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The invitation, to the person who booked."""
    _ = reader.gettext
    day = i18n.day(call.start, reader.zone, reader.language)
    subject = _("%(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    words = _("Booked. We speak on %(day)s. Please accept the invitation: some calendars hide it until you do.")
    return signed(
        reader, sender, subject, (Paragraph(words % {"day": day}), *call_box(call, reader), manage(call, reader))
    )


def call_moved(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The update, to the person who booked."""
    _ = reader.gettext
    subject = _("Updated: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    return signed(reader, sender, subject, (*_moved(call, reader), *call_box(call, reader), manage(call, reader)))


def call_cancelled(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The cancellation, to the person who booked."""
    _ = reader.gettext
    subject = _("Cancelled: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    blocks = (*_cancelled(call, reader), Link(_("Book another time"), call.manage_url))
    return signed(reader, sender, subject, blocks)


def advisor_call(
    kind: str, call: CallFacts, who: Sequence[tuple[str, str]], words: Sequence[tuple[str, str]], reader: Reader
) -> Letter:
    """The same three, to the advisor: who they are, when, and what they wrote."""
    _ = reader.gettext
    opening = {
        "call_booked": (_("Booked: %(name)s, %(when)s"), (Paragraph(_("%s booked a call.") % call.other),)),
        "call_moved": (_("Moved: %(name)s, %(when)s"), _moved(call, reader)),
        "call_cancelled": (_("Cancelled: %(name)s, %(when)s"), _cancelled(call, reader)),
    }
    subject, first = opening[kind]
    box = () if kind == "call_cancelled" else call_box(call, reader)
    console = Link(_("Open in the console"), call.manage_url)
    blocks = (*first, *box, Facts(tuple(who)), *_told(words), console)
    return Letter(subject % subject_facts(call, reader), blocks, lang=reader.language)


def ask_received(message: str, reader: Reader, sender: Sender, times: Sequence[datetime], book_url: str) -> Letter:
    """The confirmation of a question: it is here, a person answers, and a call is possible at once."""
    _ = reader.gettext
    blocks: tuple[Block, ...] = (
        Paragraph(_("Your message reached me. I read every one myself and answer within two working days.")),
        Paragraph(_("You wrote:")),
        Quote(message),
        *_free_times(times, reader, book_url),
    )
    return signed(reader, sender, _("Your message reached me"), blocks)


def mentorship_received(message: str, reader: Reader, sender: Sender) -> Letter:
    """The confirmation of a mentorship request."""
    _ = reader.gettext
    blocks = (
        Paragraph(
            _("Your request for mentorship reached me. I read it myself and say yes or no within two working days.")
        ),
        Paragraph(_("You wrote:")),
        Quote(message),
    )
    return signed(reader, sender, _("Your mentorship request reached me"), blocks)


def mentorship_accepted(reader: Reader, sender: Sender, offers: Sequence[tuple[str, str]]) -> Letter:
    """Yes: with the links that open what only they can book."""
    _ = reader.gettext
    links = tuple(Link(name, url, button=position == 0) for position, (name, url) in enumerate(offers))
    words = Paragraph(_("I would like to work with you on this. Pick a time that suits; the link is yours alone."))
    return signed(reader, sender, _("Yes to your mentorship request"), (words, *links))


def mentorship_declined(reader: Reader, sender: Sender) -> Letter:
    """A kind no."""
    _ = reader.gettext
    words = Paragraph(
        _("I read what you wrote. I am not the right mentor for it now, so I say so rather than keep you waiting.")
    )
    return signed(reader, sender, _("About your mentorship request"), (words,))


def ask_arrived(
    kind: str, who: Sequence[tuple[str, str]], words: Sequence[tuple[str, str]], console_url: str
) -> Letter:
    """To the advisor: somebody asked. Answering this mail answers them."""
    _ = i18n.translations("en").gettext
    name = who[0][1] if who else ""
    subject = _("%s asks for mentorship") if kind == "mentorship" else _("%s asks")
    blocks = (*_told(words), Facts(tuple(who)), Link(_("Open in the console"), console_url))
    return Letter(subject % name, (*blocks, Paragraph(_("Answer this mail to answer them."))))


def _told(words: Sequence[tuple[str, str]]) -> tuple[Block, ...]:
    """What somebody wrote, each under what they were asked."""
    labels = (label if label.endswith("?") else f"{label}:" for label, _ in words)
    return tuple(
        block for label, (_, text) in zip(labels, words, strict=True) for block in (Paragraph(label), Quote(text))
    )


def signed(reader: Reader, sender: Sender, subject: str, blocks: Sequence[Block]) -> Letter:
    greeting = Paragraph(reader.gettext("Hello %s,") % reader.name)
    return Letter(subject, (greeting, *blocks), signature=sender.signature or (sender.name,), lang=reader.language)


def call_box(call: CallFacts, reader: Reader) -> tuple[Facts]:
    """Day, time with its zone, and where: readable without any calendar."""
    _ = reader.gettext
    zone = f"{i18n.zone_place(reader.zone)}, {i18n.offset(call.start, reader.zone)}"
    rows = [
        (_("Day"), i18n.day(call.start, reader.zone, reader.language)),
        (_("Time"), f"{i18n.span(call.start, call.end, reader.zone, reader.language)} ({zone})"),
    ]
    if call.location:
        rows.append((_("Where"), call.location))
    return (Facts(tuple(rows)),)


def _moved(call: CallFacts, reader: Reader) -> tuple[Block, ...]:
    _ = reader.gettext
    blocks: list[Block] = []
    if call.previous_start is not None:
        before = moment(call.previous_start, reader)
        words = _("Moved to %(now)s. Before it was %(before)s. Both calendars are updated.")
        blocks.append(Paragraph(words % {"now": moment(call.start, reader), "before": before}))
    return (*blocks, *_reason(call, reader))


def _cancelled(call: CallFacts, reader: Reader) -> tuple[Block, ...]:
    _ = reader.gettext
    words = _("The call on %(when)s with %(name)s is cancelled. It is taken out of both calendars.")
    return (Paragraph(words % {"when": moment(call.start, reader), "name": call.other}), *_reason(call, reader))


def _reason(call: CallFacts, reader: Reader) -> tuple[Block, ...]:
    return (Paragraph(reader.gettext("The reason given:")), Quote(call.reason)) if call.reason else ()


def manage(call: CallFacts, reader: Reader) -> Link:
    return Link(reader.gettext("Move or cancel"), call.manage_url)


def _free_times(times: Sequence[datetime], reader: Reader, book_url: str) -> tuple[Block, ...]:
    _ = reader.gettext
    if not times:
        return ()
    place = i18n.zone_place(reader.zone)
    intro = Paragraph(_("If speaking is quicker, these times are free (%s):") % place)
    lines = Bullets(tuple(moment(at, reader) for at in times))
    return (intro, lines, Link(_("Book a call"), book_url))


def moment(at: datetime, reader: Reader) -> str:
    return f"{i18n.day_short(at, reader.zone, reader.language)}, {i18n.time(at, reader.zone, reader.language)}"


def subject_facts(call: CallFacts, reader: Reader) -> dict[str, str]:
    return {"call": call.name, "name": call.other, "when": moment(call.start, reader)}
