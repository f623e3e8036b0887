"""To the advisor: who they are, when, and what they wrote. An answer to these mails goes to the person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.booking.usecases.letters.shown import (
    CallFacts,
    Reader,
    calendar_told,
    call_box,
    cancelled,
    moment,
    moment_there,
    moved,
    reason_given,
    subject_facts,
    told,
    who_changed,
)
from shared import i18n
from shared.mail.letter import Block, Facts, Letter, Link, Paragraph, Quote

Lines = Sequence[tuple[str, str]]


def about_call(kind: str, call: CallFacts, who: Lines, words: Lines, reader: Reader) -> Letter:
    """What became of a call or of the wish for one."""
    _ = reader.gettext
    subject, first = _opening(kind, call, reader)
    box = call_box(call, reader) if kind in WITH_BOX else ()
    console = Link(_("Open in the console"), call.manage_url)
    blocks = (*first, *box, Facts(tuple(who)), *told(words), console)
    return Letter(subject % subject_facts(call, reader), blocks, lang=reader.language)


WITH_BOX = ("call_booked", "call_moved", "call_changed", "call_requested", "request_moved")
WITH_REASON = ("call_withdrawn", "call_declined_by_calendar")


def _opening(kind: str, call: CallFacts, reader: Reader) -> tuple[str, tuple[Block, ...]]:
    _ = reader.gettext
    subject, words = _sayings(call, _)[kind]
    if kind == "call_moved":
        update = moved(words, call, reader, after=calendar_told(reader))
        return subject, (*update, *who_changed(call, reader))
    if kind == "request_moved":
        return subject, moved(words, call, reader, after="")
    if kind == "call_cancelled":
        return subject, cancelled(words, call, reader)
    reason = reason_given(call, reader) if kind in WITH_REASON else ()
    if kind == "call_changed" and call.guests:
        return subject, who_changed(call, reader, after=_("The time stays as it is."))
    return subject, (Paragraph(words % {"name": call.other}), *reason)


def _sayings(call: CallFacts, _: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    """The subject and the first sentence of each kind."""
    return {**_of_calls(call, _), **_of_wishes(call, _), **_of_declines(_)}


def _of_calls(call: CallFacts, _: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    you = call.by == "you"
    booked = _("The call that %(name)s asked for is booked.") if call.asked else _("%(name)s booked a call.")
    moved_it, you_moved_it = _("%(name)s moved the call to %(now)s."), _("You moved the call with %(name)s to %(now)s.")
    if call.agreed:
        moved_it = _("%(name)s chose %(now)s for the call, a time that you proposed.")
        you_moved_it = _("You accepted %(now)s for the call, the time that %(name)s proposed.")
    cancelled_it = _("%(name)s cancelled the call on %(when)s.")
    as_known = _("The call with %(name)s stands as you know it. This only keeps your calendar up to date.")
    return {
        "call_booked": (
            _("Booked: %(name)s, %(when)s"),
            _("You booked a call for %(name)s.") if you else booked,
        ),
        "call_moved": (
            _("Moved: %(name)s, %(when)s"),
            you_moved_it if you else moved_it,
        ),
        "call_changed": (
            _("Who comes: %(name)s, %(when)s") if call.guests else _("Updated: %(name)s, %(when)s"),
            as_known,
        ),
        "call_cancelled": (
            _("Cancelled: %(name)s, %(when)s"),
            _("You cancelled the call with %(name)s on %(when)s.") if you else cancelled_it,
        ),
    }


def _of_wishes(call: CallFacts, _: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    you = call.by == "you"
    taken_back = _("%(name)s withdrew their request.")
    return {
        "call_requested": (
            _("Asks for %(when)s: %(name)s"),
            _("%(name)s asks for this time. Say yes or no in the console."),
        ),
        "request_moved": (
            _("Asks for %(when)s: %(name)s"),
            _("You moved what %(name)s asks for to %(now)s.") if you else _("%(name)s asks for %(now)s now."),
        ),
        "call_withdrawn": (
            _("Withdrawn: %(name)s, %(when)s"),
            _("You cancelled what %(name)s asked for.") if you else taken_back,
        ),
        "call_lapsed": (
            _("Not answered: %(name)s, %(when)s"),
            _("%(name)s asked for this time and got no answer. It will not take place."),
        ),
    }


def _of_declines(_: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    declined = _("You declined: %(name)s, %(when)s")
    return {
        "call_declined_by_calendar": (
            _("Declined: %(name)s, %(when)s"),
            _("%(name)s declined in their calendar. The call is cancelled, its time is free."),
        ),
        "decline_passed_on": (
            declined,
            _("You declined the call with %(name)s. I asked them to choose another time; it stays until they do."),
        ),
        "decline_without_times": (
            declined,
            _("You declined the call with %(name)s. No other time is free, so it stands until you move or cancel it."),
        ),
    }


@dataclass(frozen=True)
class SeatNews:
    """What became of one seat of a group call: whose it is, and what they or the advisor (`by_you`) did.

    `did`: `took` it, `cancelled`, `declined` in their calendar, `left` for another time or `came` from there;
    `elsewhere` is that time.
    """

    who: str
    did: Literal["took", "cancelled", "declined", "left", "came"]
    by_you: bool = False
    elsewhere: datetime | None = None
    reason: str = ""


def group_call(
    call: CallFacts, news: Sequence[SeatNews], people: Sequence[Lines], seats: tuple[int, int], reader: Reader
) -> Letter:
    """Seats of a group call were taken or given back. `seats` is how many are taken, and of how many."""
    _, ngettext, (taken, all_of_them) = reader.gettext, reader.ngettext, seats
    facts = {**subject_facts(call, reader), "taken": taken, "all": all_of_them}
    first = tuple(block for one in news for block in _seat(one, reader))
    console = Link(_("Open in the console"), call.manage_url)
    if not people:
        there = {**facts, "when": moment_there(call.start, reader)}
        words = Paragraph(_("Nobody is left in %(call)s on %(when)s. It is cancelled and its time is free.") % there)
        return Letter(_("Cancelled: %(call)s, %(when)s") % facts, (*first, words, console), lang=reader.language)
    said = ngettext("%(taken)s of %(all)s seats is taken.", "%(taken)s of %(all)s seats are taken.", taken)
    blocks = (*first, Paragraph(said % facts), *call_box(call, reader), *map(_facts, people))
    return Letter(_("%(call)s, %(when)s: %(taken)s of %(all)s seats") % facts, (*blocks, console), lang=reader.language)


def group_declined(call: CallFacts, taken: int, reader: Reader) -> Letter:
    """You declined a group call in your calendar; `taken` is how many seats in it are."""
    facts = {**subject_facts(call, reader), "taken": taken}
    words = reader.ngettext(
        "You declined %(call)s in your calendar. %(taken)s person has a seat and was not told: it stands until you"
        " move or cancel their seat.",
        "You declined %(call)s in your calendar. %(taken)s people have a seat and were not told: it stands until you"
        " move or cancel their seats.",
        taken,
    )
    console = Link(reader.gettext("Open in the console"), call.manage_url)
    blocks = (Paragraph(words % facts), *call_box(call, reader), console)
    return Letter(reader.gettext("You declined: %(call)s, %(when)s") % facts, blocks, lang=reader.language)


def _seat(news: SeatNews, reader: Reader) -> tuple[Block, ...]:
    _ = reader.gettext
    theirs, yours = {
        "took": (_("%(who)s took a seat."), _("You booked a seat for %(who)s.")),
        "cancelled": (_("%(who)s cancelled their seat."), _("You cancelled the seat of %(who)s.")),
        "declined": (_("%(who)s declined in their calendar and gave their seat back."), ""),
        "left": (_("%(who)s moved from here to %(when)s."), _("You moved %(who)s from here to %(when)s.")),
        "came": (_("%(who)s moved here from %(when)s."), _("You moved %(who)s here from %(when)s.")),
    }[news.did]
    facts = {"who": news.who, "when": moment(news.elsewhere, reader) if news.elsewhere else ""}
    words = Paragraph((yours if news.by_you else theirs) % facts)
    return (words, Paragraph(_("The reason given:")), Quote(news.reason)) if news.reason else (words,)


def _facts(lines: Lines) -> Facts:
    return Facts(tuple(lines))


def call_late(minutes: int, call: CallFacts, reader: Reader) -> Letter:
    """The other one comes a little later, and the call stays."""
    _ = reader.gettext
    at = i18n.time(call.start, reader.zone, reader.language)
    facts = {"name": call.other, "minutes": minutes, "time": at}
    words = _("%(name)s is running %(minutes)s minutes late for your call at %(time)s. Nothing else changes.")
    console = Link(_("Open in the console"), call.manage_url)
    blocks = (Paragraph(words % facts), *call_box(call, reader), console)
    return Letter(_("%(name)s is running %(minutes)s minutes late") % facts, blocks, lang=reader.language)


def times_by_prospect(now: datetime, message: str, call: CallFacts, reader: Reader) -> Letter:
    """A calendar proposed another time; `call.start` is that time, `now` the one the call has."""
    _ = reader.gettext
    facts = {"name": call.other, "when": moment(call.start, reader), "now": moment_there(now, reader)}
    words = _("%(name)s proposes %(when)s instead of %(now)s. The call stays where it is until you accept.")
    blocks = (Paragraph(words % facts), *((Quote(message),) if message else ()))
    console = Link(_("Accept or refuse in the console"), call.manage_url)
    return Letter(_("Proposed: %(name)s, %(when)s") % facts, (*blocks, console), lang=reader.language)
