"""What is said about a call between its invitations: lateness, proposed times, and guests who come and go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.booking.usecases.letters import CallFacts, Reader, Sender, call_box, manage, moment, signed, subject_facts
from shared.i18n import zone_place
from shared.mail.letter import Bullets, Letter, Link, Paragraph, Quote


def call_late(minutes: int, who: str, call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """To the other side and to guests: somebody comes a little later, and the call stays."""
    _ = reader.gettext
    facts = {"name": who, "minutes": minutes, "when": moment(call.start, reader)}
    subject = _("%(name)s comes %(minutes)s minutes late") % facts
    words = Paragraph(
        _("%(name)s comes %(minutes)s minutes late to the call on %(when)s. Nothing else changes.") % facts
    )
    return signed(reader, sender, subject, (words, *call_box(call, reader)))


def times_by_advisor(
    times: Sequence[datetime], message: str, call: CallFacts, reader: Reader, sender: Sender
) -> Letter:
    """The advisor's times; one tap on the page chooses. `call.previous_start` is None when nothing is booked yet."""
    _ = reader.gettext
    place = {"place": zone_place(reader.zone), "call": call.name}
    moves = call.previous_start is not None
    words = _("Can we speak at one of these times instead (%(place)s)? The call stays where it is until you choose.")
    first = _("These times are free for a call (%(place)s). Choosing one books it.")
    blocks = (
        *((Quote(message),) if message else ()),
        Paragraph((words if moves else first) % place),
        Bullets(tuple(moment(at, reader) for at in times)),
        Link(_("Choose a time"), call.manage_url, button=True),
    )
    subject = _("Another time for our call: %(call)s") if moves else _("Times for our call: %(call)s")
    return signed(reader, sender, subject % place, blocks)


def times_by_prospect(now: datetime, message: str, call: CallFacts, reader: Reader) -> Letter:
    """To the advisor: a calendar proposed another time; `call.start` is that time, `now` the one it has."""
    _ = reader.gettext
    facts = {"name": call.other, "when": moment(call.start, reader), "now": moment(now, reader)}
    words = _("%(name)s proposes %(when)s instead of %(now)s. The call stays where it is until you accept.")
    blocks = (Paragraph(words % facts), *((Quote(message),) if message else ()))
    console = Link(_("Open in the console"), call.manage_url)
    return Letter(_("Proposed: %(name)s, %(when)s") % facts, (*blocks, console), lang=reader.language)


def counter_refused(proposed: datetime, call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """To the prospect: the time that their calendar proposed does not suit."""
    _ = reader.gettext
    facts = {"proposed": moment(proposed, reader), "when": moment(call.start, reader), "call": call.name}
    words = _("%(proposed)s does not suit me, so the call stays on %(when)s. You can move it to any free time.")
    subject = _("It stays as it is: %(call)s, %(when)s") % facts
    return signed(reader, sender, subject, (Paragraph(words % facts), manage(call, reader)))


def guest_invited(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """To a guest: who invites them, and when."""
    _ = reader.gettext
    words = _("%(name)s invites you to a call with me.") % {"name": call.other}
    subject = _("%(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    return signed(reader, sender, subject, (Paragraph(words), *call_box(call, reader)))


def guest_removed(call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """To a guest who is not invited any more."""
    _ = reader.gettext
    words = _("You are not invited to this call any more; it is taken out of your calendar.")
    subject = _("Cancelled: %(call)s with %(name)s, %(when)s") % subject_facts(call, reader)
    return signed(reader, sender, subject, (Paragraph(words),))
