"""To the prospect: their call, from the wish for it to its cancellation. Invitations carry the calendar object."""

from __future__ import annotations

from collections.abc import Callable

from services.booking.usecases.letters.shown import (
    CallFacts,
    Reader,
    Sender,
    calendar_told,
    call_box,
    cancelled,
    elsewhere,
    manage,
    moment_there,
    moved,
    reason_given,
    signed,
    subject_facts,
    who_changed,
)
from shared import i18n
from shared.mail.letter import Block, Letter, Link, Paragraph, Quote


def call_booked(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The invitation."""
    _ = reader.gettext
    day = i18n.day(call.start, reader.zone, reader.language)
    subject = _("%(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    booked = _("I booked this call for you.") if call.by == "me" else _("Booked.")
    words = _("We speak on %(day)s. Please accept the invitation: some calendars hide it until you do.")
    first = Paragraph(f"{booked} {words % {'day': day}}")
    blocks = (*_message(call), first, *call_box(call, reader), manage(call, reader))
    return signed(reader, sender, subject, blocks)


def call_moved(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The update to another time."""
    _ = reader.gettext
    subject = _("Updated: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    theirs, mine = _("You moved our call to %(now)s."), _("I moved our call to %(now)s.")
    if call.agreed:
        theirs = _("You chose %(now)s for our call, a time that I proposed.")
        mine = _("I accepted %(now)s for our call, the time that you proposed.")
    first = mine if call.by == "me" else theirs
    words = moved(first, call, reader, after=calendar_told(reader))
    blocks = (*_message(call), *words, *call_box(call, reader), *who_changed(call, reader), manage(call, reader))
    return signed(reader, sender, subject, blocks)


def call_changed(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The update of who comes; the time stays."""
    _ = reader.gettext
    subject = _("Who comes: %(call)s with %(name)s, %(when)s")
    words = who_changed(call, reader, after=_("The time stays as it is."))
    if not words:
        subject = _("Updated: %(call)s with %(name)s, %(when)s")
        words = (Paragraph(_("Our call stands as you know it. This only keeps your calendar up to date.")),)
    blocks = (*_message(call), *words, *call_box(call, reader), manage(call, reader))
    return signed(reader, sender, subject % subject_facts(call, reader), blocks)


def call_cancelled(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The cancellation."""
    _ = reader.gettext
    subject = _("Cancelled: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    first = _("I had to cancel our call on %(when)s.") if call.by == "me" else _("You cancelled our call on %(when)s.")
    words = cancelled(first, call, reader)
    return signed(reader, sender, subject, (*words, *elsewhere(_("Book another time"), call)))


def address_to_verify(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """Before a call counts: is this address theirs who booked? `call.manage_url` is the link that says so."""
    _ = reader.gettext
    facts = {**subject_facts(call, reader), "when": moment_there(call.start, reader)}
    facts["minutes"] = str(call.verify_minutes)
    words = _("Somebody gave this address to book %(call)s with me on %(when)s.")
    asked = _("If that was you, open this link within %(minutes)s minutes. Until then the time is kept.")
    other = Paragraph(_("If it was not you, do nothing: the time is given back by itself."))
    button = Link(_("Confirm that it is you"), call.manage_url, button=True)
    return signed(reader, sender, _("Confirm that it is you"), (Paragraph(f"{words} {asked}" % facts), button, other))


def call_requested(by: str, call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The wish for a time has arrived; `by` is the day by which it is answered."""
    _ = reader.gettext
    facts = {**subject_facts(call, reader), "by": by}
    words = _("You asked for %(when)s. I look at it myself and answer by %(by)s. Until then it is not fixed.")
    if call.pay_url:
        words = _("You asked for %(when)s. Once it is paid, I confirm it. Until then it is not fixed.")
    subject = _("You asked for %(call)s, %(when)s") % facts
    return signed(reader, sender, subject, (Paragraph(words % facts), *call_box(call, reader), manage(call, reader)))


def call_open(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """They tried to book another while this one is open: the way to it, which no page shows."""
    _ = reader.gettext
    facts = subject_facts(call, reader)
    words = _("You tried to book %(call)s once more. You have this one already.")
    if call.may_move:
        words = _("You tried to book %(call)s once more. This one is open: you can move it to the time that suits now.")
    other = Paragraph(_("If that was not you, there is nothing to do: nobody else was shown this call."))
    blocks = (Paragraph(words % facts), *call_box(call, reader), manage(call, reader), other)
    return signed(reader, sender, _("You have this one already: %(call)s, %(when)s") % facts, blocks)


def call_withdrawn(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """A wish that was taken back before it was answered. No calendar knows of it."""
    _ = reader.gettext
    facts = subject_facts(call, reader)
    theirs, mine = _("You withdrew your request for %(when)s."), _("I had to cancel what you asked for on %(when)s.")
    first = (mine if call.by == "me" else theirs) % {"when": moment_there(call.start, reader)}
    words = Paragraph(f"{first} {_('Nothing was in any calendar yet.')}")
    blocks = (words, *reason_given(call, reader), *elsewhere(_("Book another time"), call))
    return signed(reader, sender, _("Cancelled: %(call)s, %(when)s") % facts, blocks)


def call_declined(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """The advisor's no to a time."""
    _ = reader.gettext
    words = Paragraph(_("I cannot take the call on %(when)s.") % {"when": moment_there(call.start, reader)})
    blocks = (words, *reason_given(call, reader), *elsewhere(_("Choose another time"), call))
    return signed(reader, sender, _("About %(call)s, %(when)s") % subject_facts(call, reader), blocks)


def call_lapsed(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """Nobody answered in time."""
    _ = reader.gettext
    facts = subject_facts(call, reader)
    words = Paragraph(
        _("You asked for %(when)s and I did not answer in time. I am sorry; it will not take place.")
        % {"when": moment_there(call.start, reader)}
    )
    blocks = (words, *elsewhere(_("Choose another time"), call))
    return signed(reader, sender, _("About %(call)s, %(when)s") % facts, blocks)


def decline_taken(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """Their calendar declined. It holds the call as declined already, so nothing is sent to it."""
    _ = reader.gettext
    facts = subject_facts(call, reader)
    words = Paragraph(
        _("You declined the call on %(when)s in your calendar, so it is cancelled. There is nothing more to do.")
        % {"when": moment_there(call.start, reader)}
    )
    blocks = (words, *elsewhere(_("Book another time"), call))
    return signed(reader, sender, _("Cancelled: %(call)s, %(when)s") % facts, blocks)


def call_gone(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """They accepted what they had declined before. `call.manage_url` opens the page at that very time."""
    _ = reader.gettext
    facts = subject_facts(call, reader)
    words = _(
        "You accepted the call on %(when)s, but it was cancelled when you declined it. It is not booked any more."
    )
    first = Paragraph(words % {"when": moment_there(call.start, reader)})
    more = _("If the time is still free, you can book it again here; otherwise you see what is near it.")
    again = (Paragraph(more), Link(_("Book it again"), call.manage_url, button=True)) if call.manage_url else ()
    blocks = (first, *again)
    return signed(reader, sender, _("Not booked any more: %(call)s, %(when)s") % facts, blocks)


def request_moved(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """A wish that asks for another time now."""
    _ = reader.gettext
    theirs, mine = _("You ask for %(now)s now."), _("I moved what you asked for to %(now)s.")
    words = moved(mine if call.by == "me" else theirs, call, reader, after=_("It is not fixed yet."))
    subject = _("You asked for %(call)s, %(when)s") % subject_facts(call, reader)
    blocks = (*words, *call_box(call, reader), manage(call, reader))
    return signed(reader, sender, subject, blocks)


def _message(call: CallFacts) -> tuple[Block, ...]:
    """What the advisor says beside the facts stands first, in their own words."""
    return (Quote(call.message),) if call.message else ()


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
