"""To guests: the same call, with no way to move or cancel it and nothing of what either side wrote to
the other: no answers and no reasons.

`call.other` is the prospect, in all of them.
"""

from __future__ import annotations

from collections.abc import Callable

from services.booking.usecases.letters.shown import (
    CallFacts,
    Reader,
    Sender,
    calendar_told,
    call_box,
    cancelled,
    moment_there,
    moved,
    signed,
    subject_facts,
    who_changed,
)
from shared.mail.letter import Letter, Paragraph


def guest_invited(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """Who invites them, and when."""
    _ = reader.gettext
    theirs, mine = _("%(name)s invites you to a call with me."), _("I invite you to my call with %(name)s.")
    words = Paragraph((mine if call.by == "me" else theirs) % {"name": call.other})
    subject = _("%(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    return signed(reader, sender, subject, (words, *call_box(call, reader)))


def guest_removed(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """They are not invited any more; the call itself stays."""
    _ = reader.gettext
    words = _("I took back your invitation to the call on %(when)s.")
    if call.by == "them":
        words = _("%(name)s took back your invitation to the call on %(when)s.")
    said = words % {"when": moment_there(call.start, reader), "name": call.other}
    subject = _("Not invited any more: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    return signed(reader, sender, subject, (Paragraph(f"{said} {calendar_told(reader)}"),))


def call_moved(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The update to another time."""
    _ = reader.gettext
    subject = _("Updated: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    theirs, mine = _("%(name)s moved the call to %(now)s."), _("I moved the call to %(now)s.")
    if call.agreed:
        theirs = _("%(name)s chose %(now)s for the call, a time that I proposed.")
        mine = _("I accepted %(now)s for the call, the time that %(name)s proposed.")
    first = mine if call.by == "me" else theirs
    words = moved(first, call, reader, after=calendar_told(reader))
    return signed(reader, sender, subject, (*words, *call_box(call, reader), *who_changed(call, reader)))


def call_changed(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The update of who else comes."""
    _ = reader.gettext
    subject = _("Who comes: %(call)s with %(name)s, %(when)s")
    words = who_changed(call, reader, after=_("The time stays as it is."))
    if not words:
        subject = _("Updated: %(call)s with %(name)s, %(when)s")
        words = (Paragraph(_("The call stands as you know it. This only keeps your calendar up to date.")),)
    return signed(reader, sender, subject % subject_facts(call, reader), (*words, *call_box(call, reader)))


def call_cancelled(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The cancellation."""
    _ = reader.gettext
    subject = _("Cancelled: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    first = _("I had to cancel the call on %(when)s.")
    if call.by == "them":
        first = _("%(name)s cancelled the call on %(when)s.")
    words = cancelled(first, call, reader)
    return signed(reader, sender, subject, words)


TO_GUEST: dict[str, Callable[[CallFacts, Reader, Sender], Letter]] = {
    letter.__name__: letter for letter in (guest_invited, guest_removed, call_moved, call_changed, call_cancelled)
}
