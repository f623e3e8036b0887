"""To the prospect: their call, from the wish for it to its cancellation. Invitations carry the calendar object."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.booking.usecases.letters.shown import (
    CallFacts,
    Reader,
    Sender,
    call_box,
    manage,
    moment,
    reason_given,
    signed,
    subject_facts,
)
from shared import i18n
from shared.mail.letter import Block, Letter, Link, Paragraph, Quote


def call_booked(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The invitation."""
    _ = reader.gettext
    day = i18n.day(call.start, reader.zone, reader.language)
    subject = _("%(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    words = _("Booked. We speak on %(day)s. Please accept the invitation: some calendars hide it until you do.")
    blocks = (*_message(call), Paragraph(words % {"day": day}), *call_box(call, reader), manage(call, reader))
    return signed(reader, sender, subject, blocks)


def call_moved(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The update to another time."""
    _ = reader.gettext
    subject = _("Updated: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    blocks = (*_message(call), *moved(call, reader), *call_box(call, reader), manage(call, reader))
    return signed(reader, sender, subject, blocks)


def call_changed(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The update of who comes; the time stays."""
    _ = reader.gettext
    subject = _("Updated: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    words = Paragraph(_("Who is invited to our call has changed. The time stays as it is."))
    blocks = (*_message(call), words, *call_box(call, reader), manage(call, reader))
    return signed(reader, sender, subject, blocks)


def call_cancelled(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The cancellation. `call.manage_url` leads to booking anew."""
    _ = reader.gettext
    subject = _("Cancelled: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    return signed(reader, sender, subject, (*cancelled(call, reader), Link(_("Book another time"), call.manage_url)))


def address_to_verify(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """Before a call counts: is this address theirs who booked? `call.manage_url` is the link that says so."""
    _ = reader.gettext
    facts = subject_facts(call, reader)
    words = _("Somebody booked %(call)s with me on %(when)s with this address. If that was you, open this link.")
    other = Paragraph(_("If it was not you, do nothing: the time is given back by itself."))
    button = Link(_("Confirm that it is you"), call.manage_url, button=True)
    return signed(reader, sender, _("Confirm that it is you"), (Paragraph(words % facts), button, other))


def call_requested(by: str, call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The wish for a time has arrived; `by` is the day by which it is answered."""
    _ = reader.gettext
    facts = {**subject_facts(call, reader), "by": by}
    words = _("You asked for %(when)s. I look at it myself and answer by %(by)s. Until then it is not fixed.")
    subject = _("You asked for %(call)s, %(when)s") % facts
    return signed(reader, sender, subject, (Paragraph(words % facts), *call_box(call, reader), manage(call, reader)))


def call_open(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """They tried to book another while this one is open: the way to it, which no page shows."""
    _ = reader.gettext
    facts = subject_facts(call, reader)
    words = _("You tried to book %(call)s once more. This one is open: you can move it to the time that suits you now.")
    other = Paragraph(_("If that was not you, there is nothing to do: nobody else was shown this call."))
    blocks = (Paragraph(words % facts), *call_box(call, reader), manage(call, reader), other)
    return signed(reader, sender, _("You have this one already: %(call)s, %(when)s") % facts, blocks)


def call_withdrawn(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """A wish that was taken back before it was answered. No calendar knows of it."""
    _ = reader.gettext
    facts = subject_facts(call, reader)
    words = Paragraph(_("What you asked for on %(when)s is cancelled. Nothing was in any calendar yet.") % facts)
    blocks = (words, *reason_given(call, reader), Link(_("Book another time"), call.manage_url))
    return signed(reader, sender, _("Cancelled: %(call)s, %(when)s") % facts, blocks)


def call_declined(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The advisor's no to a time."""
    _ = reader.gettext
    words = Paragraph(_("I cannot take the call on %(when)s.") % subject_facts(call, reader))
    blocks = (words, *reason_given(call, reader), Link(_("Choose another time"), call.manage_url))
    return signed(reader, sender, _("About %(call)s, %(when)s") % subject_facts(call, reader), blocks)


def call_lapsed(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """Nobody answered in time."""
    _ = reader.gettext
    facts = subject_facts(call, reader)
    words = Paragraph(
        _("You asked for %(when)s and I did not answer in time. I am sorry; it will not take place.") % facts
    )
    blocks = (words, Link(_("Choose another time"), call.manage_url))
    return signed(reader, sender, _("About %(call)s, %(when)s") % facts, blocks)


def decline_taken(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """Their calendar declined. It holds the call as declined already, so nothing is sent to it."""
    _ = reader.gettext
    facts = subject_facts(call, reader)
    words = Paragraph(_("You declined the call on %(when)s, so it is cancelled. There is nothing more to do.") % facts)
    blocks = (words, Link(_("Book another time"), call.manage_url))
    return signed(reader, sender, _("Cancelled: %(call)s, %(when)s") % facts, blocks)


def call_gone(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """They accepted what they had declined before. `call.manage_url` opens the page at that very time."""
    _ = reader.gettext
    facts = subject_facts(call, reader)
    words = _(
        "You accepted the call on %(when)s, but it was cancelled when you declined it. It is not booked any more."
    )
    more = Paragraph(_("If the time is still free, you can book it again here; otherwise you see what is near it."))
    blocks = (Paragraph(words % facts), more, Link(_("Book it again"), call.manage_url, button=True))
    return signed(reader, sender, _("Not booked any more: %(call)s, %(when)s") % facts, blocks)


def moved(call: CallFacts, reader: Reader) -> tuple[Block, ...]:
    """From when to when, and why."""
    _ = reader.gettext
    words = _("Moved to %(now)s. Before it was %(before)s. Both calendars are updated.")
    return _moved(words, call, reader)


def request_moved(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """A wish that asks for another time now."""
    _ = reader.gettext
    words = _("You ask for %(now)s now. Before it was %(before)s. I answer this as I would have the other.")
    subject = _("You asked for %(call)s, %(when)s") % subject_facts(call, reader)
    blocks = (*_moved(words, call, reader), *call_box(call, reader), manage(call, reader))
    return signed(reader, sender, subject, blocks)


def cancelled(call: CallFacts, reader: Reader) -> tuple[Block, ...]:
    """That it is off, and why."""
    _ = reader.gettext
    words = _("The call on %(when)s with %(name)s is cancelled. It is taken out of both calendars.")
    return (Paragraph(words % {"when": moment(call.start, reader), "name": call.other}), *reason_given(call, reader))


def _message(call: CallFacts) -> tuple[Block, ...]:
    """What the advisor says beside the facts stands first, in their own words."""
    return (Quote(call.message),) if call.message else ()


def _moved(words: str, call: CallFacts, reader: Reader) -> tuple[Block, ...]:
    before: datetime = call.previous_start or call.start
    facts = {"now": moment(call.start, reader), "before": moment(before, reader)}
    return (Paragraph(words % facts), *reason_given(call, reader))


TO_PROSPECT: dict[str, Callable[[CallFacts, Reader, Sender], Letter]] = {
    letter.__name__: letter
    for letter in (
        call_booked,
        call_moved,
        call_changed,
        call_cancelled,
        address_to_verify,
        call_open,
        request_moved,
        call_withdrawn,
        call_declined,
        call_lapsed,
        decline_taken,
        call_gone,
    )
}
