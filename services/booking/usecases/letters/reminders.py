"""Before and after a call: reminders, the line after it, and the one after somebody did not come."""

from __future__ import annotations

from collections.abc import Sequence

from services.booking.usecases.letters.shown import (
    CallFacts,
    Reader,
    Sender,
    call_box,
    manage,
    moment,
    signed,
    subject_facts,
    told,
)
from shared import i18n
from shared.mail.letter import Letter, Link, Paragraph


def reminder_early(call: CallFacts, words: Sequence[tuple[str, str]], reader: Reader, sender: Sender) -> Letter:
    """The day before, or earlier: what they wrote, where it is. A guest has no words and no page of their own."""
    _ = reader.gettext
    day = i18n.day(call.start, reader.zone, reader.language)
    first = Paragraph(_("We speak on %(day)s. Nothing to do if it still suits.") % {"day": day})
    written = (Paragraph(_("You wrote, and I have read it:")), *told(words)) if words else ()
    page = (manage(call, reader),) if call.manage_url else ()
    subject = _("%(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    return signed(reader, sender, _("Reminder: %s") % subject, (first, *call_box(call, reader), *written, *page))


def reminder_soon(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """Shortly before: the link, and little else."""
    _ = reader.gettext
    at = i18n.time(call.start, reader.zone, reader.language)
    subject = _("At %(time)s: %(call)s with %(name)s") % {**subject_facts(call, reader), "time": at}
    first = Paragraph(_("We speak at %(time)s.") % {"time": at})
    return signed(reader, sender, subject, (first, *call_box(call, reader)))


def call_follow_up(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """After the call. `call.manage_url` leads to booking the next, or is ""."""
    _ = reader.gettext
    words = Paragraph(_("Thank you for our call. If something stayed open, answer this mail; I read it myself."))
    again = (Link(_("Book another call"), call.manage_url),) if call.manage_url else ()
    return signed(reader, sender, _("After our call: %(call)s") % subject_facts(call, reader), (words, *again))


def call_missed(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """After somebody did not come: no blame, and a way on."""
    _ = reader.gettext
    facts = {"when": moment(call.start, reader), "call": call.name}
    words = Paragraph(_("We missed each other on %(when)s. If it is still of use, choose another time.") % facts)
    again = (Link(_("Choose another time"), call.manage_url),) if call.manage_url else ()
    other = Paragraph(_("If not, there is nothing to do."))
    return signed(reader, sender, _("We missed each other: %(call)s") % facts, (words, *again, other))
