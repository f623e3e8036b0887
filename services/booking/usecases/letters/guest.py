"""To guests: the same call, with no way to move or cancel it and nothing of what the prospect wrote."""

from __future__ import annotations

from collections.abc import Callable

from services.booking.usecases.letters.call import cancelled, moved
from services.booking.usecases.letters.shown import CallFacts, Reader, Sender, call_box, signed, subject_facts
from shared.mail.letter import Letter, Paragraph


def guest_invited(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """Who invites them, and when. `call.other` is the prospect."""
    _ = reader.gettext
    words = Paragraph(_("%(name)s invites you to a call with me.") % {"name": call.other})
    subject = _("%(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    return signed(reader, sender, subject, (words, *call_box(call, reader)))


def guest_removed(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """They are not invited any more; the call itself stays."""
    _ = reader.gettext
    words = _("You are not invited to this call any more; it is taken out of your calendar.")
    subject = _("Cancelled: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    return signed(reader, sender, subject, (Paragraph(words),))


def call_moved(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The update to another time."""
    _ = reader.gettext
    subject = _("Updated: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    return signed(reader, sender, subject, (*moved(call, reader), *call_box(call, reader)))


def call_changed(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The update of who else comes."""
    _ = reader.gettext
    subject = _("Updated: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    words = Paragraph(_("Who is invited to this call has changed. The time stays as it is."))
    return signed(reader, sender, subject, (words, *call_box(call, reader)))


def call_cancelled(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The cancellation."""
    _ = reader.gettext
    subject = _("Cancelled: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    return signed(reader, sender, subject, cancelled(call, reader))


TO_GUEST: dict[str, Callable[[CallFacts, Reader, Sender], Letter]] = {
    letter.__name__: letter for letter in (guest_invited, guest_removed, call_moved, call_changed, call_cancelled)
}
