"""What all letters of booking are made of: for whom, by whom, the box of a call, and somebody's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared import i18n
from shared.mail.letter import Block, Facts, Letter, Link, Paragraph, Quote


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

    @property
    def ngettext(self) -> Callable[[str, str, int], str]:
        """Words in the reader's language that depend on a number."""
        return i18n.translations(self.language).ngettext


@dataclass(frozen=True)
class Sender:
    """Who signs: the advisor's name and signature lines."""

    name: str
    signature: tuple[str, ...]


By = Literal["you", "me", "them"]
"""The reader, the advisor who signs, or the other one, who is called by their name."""


@dataclass(frozen=True)
class GuestNews:
    """Whom one side of the call has invited, and whose invitation it took back, by name and address."""

    by: By
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class CallFacts:
    """A call as letters tell of it to one reader.

    `other` is the name of who the reader will speak with. `location` is said as the reader needs it; `dial` is the
    number that they call, or "". `manage_url` is the reader's own page, never anybody else's, or where they book
    another once this one is over; "" when there is none. `price` and `pay_url` are "" when nothing is to be paid.
    `message` is what the advisor says to the prospect beside the facts. `verify_minutes` is how long a time is kept
    until its address answers. `may_move` and `may_cancel` are what the prospect can still do when the letter is
    written.

    `is_seat`: it is a seat in a group call, which stays when the reader leaves.

    `by` is who did what the letter tells of, as the reader hears it. `previous_start` is the time that the reader knew,
    None when it has not changed for them. `guests` is how those who are invited have changed since the reader last
    heard. `is_new`: this is the first they read of the call. `asked`: it began as a wish for a time.
    `agreed`: it was moved to a time that the other side had proposed.
    """

    name: str
    other: str
    start: datetime
    end: datetime
    location: str
    manage_url: str
    dial: str = ""
    by: By = "them"
    reason: str = ""
    previous_start: datetime | None = None
    guests: tuple[GuestNews, ...] = ()
    is_new: bool = False
    asked: bool = False
    agreed: bool = False
    is_seat: bool = False
    price: str = ""
    pay_url: str = ""
    message: str = ""
    verify_minutes: int = 0
    may_move: bool = True
    may_cancel: bool = True


def signed(reader: Reader, sender: Sender, subject: str, blocks: Sequence[Block]) -> Letter:
    """A letter from the advisor: a greeting when the name is known, and their signature."""
    greeting = (Paragraph(reader.gettext("Hello %s,") % reader.name),) if reader.name else ()
    return Letter(subject, (*greeting, *blocks), signature=sender.signature or (sender.name,), lang=reader.language)


def call_box(call: CallFacts, reader: Reader) -> tuple[Block, ...]:
    """Day, time with its zone, and where: readable without any calendar."""
    _ = reader.gettext
    zone = f"{i18n.zone_place(reader.zone)}, {i18n.offset(call.start, reader.zone)}"
    rows = [
        (_("Day"), i18n.day(call.start, reader.zone, reader.language)),
        (_("Time"), f"{i18n.span(call.start, call.end, reader.zone, reader.language)} ({zone})"),
    ]
    if call.location:
        rows.append((_("Where"), call.location))
    if call.price:
        rows.append((_("Price"), call.price))
    links = [(_("Call %s") % call.dial.removeprefix("tel:"), call.dial), (_("Pay"), call.pay_url)]
    return (Facts(tuple(rows)), *(Link(label, url) for label, url in links if url))


def calendar_told(reader: Reader) -> str:
    """Of a mail with a calendar object. What the calendar makes of it is the calendar's, and its owner's."""
    return reader.gettext("This mail tells your calendar.")


def moved(first: str, call: CallFacts, reader: Reader, *, after: str) -> tuple[Block, ...]:
    """From when to when, and why; `first` says who did it, with the gaps %(name)s and %(now)s, `after` what follows.

    Where it begins as the reader knew it, it was moved there and back, or only lasts longer or shorter.
    """
    _ = reader.gettext
    before = call.previous_start or call.start
    minutes = int((call.end - call.start).total_seconds()) // 60
    facts = {"now": moment(call.start, reader), "before": moment(before, reader), "name": call.other}
    words = f"{first} {_('Before it was %(before)s.')}"
    if before == call.start and call.agreed:
        words = f"{first} {_('It takes %(minutes)s minutes.')}"
    elif before == call.start:
        changed = {"you": _("You changed it."), "me": _("I changed it."), "them": _("%(name)s changed it.")}[call.by]
        words = f"{changed} {_('It begins on %(now)s as before, and takes %(minutes)s minutes.')}"
    sentences = (sentence % {**facts, "minutes": minutes} for sentence in (words, after))
    return (Paragraph(" ".join(filter(None, sentences))), *reason_given(call, reader))


def cancelled(first: str, call: CallFacts, reader: Reader) -> tuple[Block, ...]:
    """That it is off, and why; `first` says who did it, with the gaps %(name)s and %(when)s."""
    _ = reader.gettext
    facts = {"when": moment_there(call.start, reader), "name": call.other}
    words = [first % facts]
    if call.previous_start is not None and not call.is_new:
        words.append(_("Before it was %(before)s.") % {"before": moment(call.previous_start, reader)})
    # What they never heard of is in no calendar that they look into.
    told = _("Its time is free again.") if call.is_new else calendar_told(reader)
    words.extend([_("Your seat is free again."), calendar_told(reader)] if call.is_seat else [told])
    return (Paragraph(" ".join(words)), *reason_given(call, reader))


def who_changed(call: CallFacts, reader: Reader, *, after: str = "") -> tuple[Block, ...]:
    """Who else is invited now and who is not any more, and who did that; then `after`."""
    sentences = [sentence for news in call.guests for sentence in _who_changed(news, call, reader)]
    return (Paragraph(" ".join(filter(None, (*sentences, after)))),) if sentences else ()


def _who_changed(news: GuestNews, call: CallFacts, reader: Reader) -> Iterator[str]:
    _, ngettext, count = reader.gettext, reader.ngettext, len(news.removed)
    invited = {
        "you": _("You invited %(who)s."),
        "me": _("I invited %(who)s."),
        "them": _("%(name)s invited %(who)s."),
    }[news.by]
    taken_back = {
        "you": ngettext("You took back the invitation of %(who)s.", "You took back the invitations of %(who)s.", count),
        "me": ngettext("I took back the invitation of %(who)s.", "I took back the invitations of %(who)s.", count),
        "them": ngettext(
            "%(name)s took back the invitation of %(who)s.", "%(name)s took back the invitations of %(who)s.", count
        ),
    }[news.by]
    for words, people in ((invited, news.added), (taken_back, news.removed)):
        if people:
            yield words % {"name": call.other, "who": ", ".join(people)}


def reason_given(call: CallFacts, reader: Reader) -> tuple[Block, ...]:
    """Why it was moved or cancelled, in the words of who did."""
    return (Paragraph(reader.gettext("The reason given:")), Quote(call.reason)) if call.reason else ()


def told(words: Sequence[tuple[str, str]]) -> tuple[Block, ...]:
    """What somebody wrote, each under what they were asked."""
    labels = (label if label.endswith("?") else f"{label}:" for label, _ in words)
    return tuple(
        block for label, (_, text) in zip(labels, words, strict=True) for block in (Paragraph(label), Quote(text))
    )


def manage(call: CallFacts, reader: Reader) -> Link:
    """The way to the prospect's own page of the call, called by what they can still do there."""
    _ = reader.gettext
    if call.may_move and call.may_cancel:
        return Link(_("Move or cancel"), call.manage_url)
    return Link(_("Move") if call.may_move else _("Cancel") if call.may_cancel else _("Your call"), call.manage_url)


def elsewhere(label: str, call: CallFacts) -> tuple[Block, ...]:
    """The way to another time, when their call is over and its type still opens to them."""
    return (Link(label, call.manage_url),) if call.manage_url else ()


def hour(at: datetime, reader: Reader) -> str:
    """The time of day, with its offset in an hour that comes twice: "02:30 UTC+1"."""
    time = i18n.time(at, reader.zone, reader.language)
    return f"{time} {i18n.offset(at, reader.zone)}" if i18n.comes_twice(at, reader.zone) else time


def moment(at: datetime, reader: Reader) -> str:
    """A day and a time in one line: "Tue 8 Dec, 10:00"."""
    return f"{i18n.day_short(at, reader.zone, reader.language)}, {hour(at, reader)}"


def moment_there(at: datetime, reader: Reader) -> str:
    """The same with the place whose clock it is, for a letter without the box: "Tue 8 Dec, 10:00 (Berlin)"."""
    return f"{moment(at, reader)} ({i18n.zone_place(reader.zone)})"


def subject_facts(call: CallFacts, reader: Reader) -> dict[str, str]:
    """What subjects name: the call, who with, when."""
    return {"call": call.name, "name": call.other, "when": moment(call.start, reader)}
