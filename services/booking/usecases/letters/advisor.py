"""To the advisor: who they are, when, and what they wrote. An answer to these mails goes to the person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from services.booking.usecases.letters.call import cancelled, moved
from services.booking.usecases.letters.shown import (
    CallFacts,
    Reader,
    call_box,
    moment,
    reason_given,
    subject_facts,
    told,
)
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
WITH_REASON = ("request_moved", "call_withdrawn", "call_declined_by_calendar")


def _opening(kind: str, call: CallFacts, reader: Reader) -> tuple[str, tuple[Block, ...]]:
    _ = reader.gettext
    if kind == "call_moved":
        return _("Moved: %(name)s, %(when)s"), moved(call, reader)
    if kind == "call_cancelled":
        return _("Cancelled: %(name)s, %(when)s"), cancelled(call, reader)
    subject, words = _sayings(_)[kind]
    reason = reason_given(call, reader) if kind in WITH_REASON else ()
    return subject, (Paragraph(words % {"name": call.other}), *reason)


def _sayings(_: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    """The subject and the first sentence of each kind."""
    declined = _("You declined: %(name)s, %(when)s")
    return {
        "call_booked": (_("Booked: %(name)s, %(when)s"), _("%(name)s booked a call.")),
        "call_changed": (
            _("Updated: %(name)s, %(when)s"),
            _("Who else comes to the call with %(name)s has changed."),
        ),
        "call_requested": (
            _("Asks for %(when)s: %(name)s"),
            _("%(name)s asks for this time. Say yes or no in the console."),
        ),
        "request_moved": (_("Asks for %(when)s: %(name)s"), _("%(name)s asks for another time now.")),
        "call_withdrawn": (
            _("Withdrawn: %(name)s, %(when)s"),
            _("The wish of %(name)s is withdrawn, and its time is free."),
        ),
        "call_lapsed": (
            _("Not answered: %(name)s, %(when)s"),
            _("%(name)s asked for this time and got no answer. It will not take place."),
        ),
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


def group_call(call: CallFacts, people: Sequence[Lines], seats: tuple[int, int], reader: Reader) -> Letter:
    """A seat of a group call was taken or given back. `seats` is how many are taken, and of how many."""
    _, ngettext, (taken, all_of_them) = reader.gettext, reader.ngettext, seats
    facts = {**subject_facts(call, reader), "taken": taken, "all": all_of_them}
    if not people:
        words = Paragraph(_("Nobody is left in %(call)s on %(when)s. It is cancelled and its time is free.") % facts)
        console = Link(_("Open in the console"), call.manage_url)
        return Letter(_("Cancelled: %(call)s, %(when)s") % facts, (words, console), lang=reader.language)
    said = ngettext("%(taken)s of %(all)s seats is taken.", "%(taken)s of %(all)s seats are taken.", taken)
    blocks = (Paragraph(said % facts), *call_box(call, reader), *map(_facts, people))
    console = Link(_("Open in the console"), call.manage_url)
    return Letter(_("%(call)s, %(when)s: %(taken)s of %(all)s seats") % facts, (*blocks, console), lang=reader.language)


def _facts(lines: Lines) -> Facts:
    return Facts(tuple(lines))


def times_by_prospect(now: datetime, message: str, call: CallFacts, reader: Reader) -> Letter:
    """A calendar proposed another time; `call.start` is that time, `now` the one the call has."""
    _ = reader.gettext
    facts = {"name": call.other, "when": moment(call.start, reader), "now": moment(now, reader)}
    words = _("%(name)s proposes %(when)s instead of %(now)s. The call stays where it is until you accept.")
    blocks = (Paragraph(words % facts), *((Quote(message),) if message else ()))
    console = Link(_("Accept or refuse in the console"), call.manage_url)
    return Letter(_("Proposed: %(name)s, %(when)s") % facts, (*blocks, console), lang=reader.language)
