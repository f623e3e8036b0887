"""Before and after a call: reminders, the line after it, and the one after somebody did not come."""

from __future__ import annotations

from collections.abc import Sequence

from services.booking.usecases.letters.shown import (
    CallFacts,
    Reader,
    Sender,
    call_box,
    elsewhere,
    manage,
    moment,
    signed,
    subject_facts,
    told,
)
from shared import i18n
from shared.mail.letter import Block, Letter, Paragraph


def reminder_early(call: CallFacts, words: Sequence[tuple[str, str]], reader: Reader, sender: Sender) -> Letter:
    """The day before, or earlier: what they wrote, where it is. A guest has no words and no page of their own."""
    _ = reader.gettext
    day = i18n.day(call.start, reader.zone, reader.language)
    first = Paragraph(_("We speak on %(day)s. Nothing to do if it still suits.") % {"day": day})
    written = (Paragraph(_("You wrote:")), *told(words)) if words else ()
    subject = _("%(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    blocks = (first, *call_box(call, reader), *written, *_page(call, reader))
    return signed(reader, sender, _("Reminder: %s") % subject, blocks)


def reminder_soon(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """Shortly before: where it is, their page, and little else."""
    _ = reader.gettext
    at = i18n.time(call.start, reader.zone, reader.language)
    subject = _("At %(time)s: %(call)s with %(name)s") % {**subject_facts(call, reader), "time": at}
    first = Paragraph(_("We speak at %(time)s.") % {"time": at})
    return signed(reader, sender, subject, (first, *call_box(call, reader), *_page(call, reader)))


def _page(call: CallFacts, reader: Reader) -> tuple[Block, ...]:
    """Where they say that they come late, too. Guests have none."""
    return (manage(call, reader),) if call.manage_url else ()


def call_follow_up(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """After the call."""
    _ = reader.gettext
    words = Paragraph(_("Thank you for our call. If anything is still open, answer this mail; I read it myself."))
    subject = _("After our call: %(call)s") % subject_facts(call, reader)
    return signed(reader, sender, subject, (words, *elsewhere(_("Book another call"), call)))


def call_missed(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """After somebody did not come: no blame, and a way on."""
    _ = reader.gettext
    facts = {"when": moment(call.start, reader), "call": call.name}
    words = Paragraph(_("We missed each other on %(when)s. If it is still of use, choose another time.") % facts)
    other = Paragraph(_("If not, there is nothing to do."))
    blocks = (words, *elsewhere(_("Choose another time"), call), other)
    return signed(reader, sender, _("We missed each other: %(call)s") % facts, blocks)
