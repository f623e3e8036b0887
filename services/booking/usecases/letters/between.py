"""What is said about a call between its invitations: lateness, proposed times, and a no to a proposed time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.booking.domain.zones import z
from services.booking.usecases.letters.shown import CallFacts, Reader, Sender, call_box, hour, manage, moment, signed
from shared import i18n
from shared.mail.letter import Letter, Link, Paragraph, Quote


def call_late(minutes: int, call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """To the prospect and to guests: somebody comes a little later, and the call stays."""
    _ = reader.gettext
    at = i18n.time(call.start, reader.zone, reader.language)
    mine = call.by == "me"
    facts = {"name": sender.name if mine else call.other, "minutes": minutes, "time": at}
    words = _("%(name)s is running %(minutes)s minutes late for the call at %(time)s. Nothing else changes.")
    if mine:
        words = _("I am running %(minutes)s minutes late for our call at %(time)s. Nothing else changes.")
    subject = _("%(name)s is running %(minutes)s minutes late") % facts
    return signed(reader, sender, subject, (Paragraph(words % facts), *call_box(call, reader)))


def times_by_advisor(
    times: Sequence[datetime], message: str, call: CallFacts, reader: Reader, sender: Sender
) -> Letter:
    """The advisor's times, each a line that opens their page. `call.previous_start` is None when nothing is booked."""
    _ = reader.gettext
    place = {"place": i18n.zone_place(reader.zone), "call": call.name}
    moves = call.previous_start is not None
    if call.previous_start is not None:
        place["now"] = moment(call.previous_start, reader)
    now = _("You asked for %(now)s.") if call.asked else _("Our call is on %(now)s.")
    words = _("Can we speak at one of these times instead (%(place)s time)? It stays where it is until you choose.")
    words = f"{now} {words}"
    first = _("These times are free for a call (%(place)s time). Choosing one books it.")
    blocks = (
        *((Quote(message),) if message else ()),
        Paragraph((words if moves else first) % place),
        *(Link(_line(at, reader), f"{call.manage_url}?start={z(at)}") for at in times),
    )
    subject = _("Another time for our call: %(call)s") if moves else _("Times for our call: %(call)s")
    return signed(reader, sender, subject % place, blocks)


def counter_refused(proposed: datetime, call: CallFacts, reader: Reader, sender: Sender) -> Letter:
    """To the prospect: the time that their calendar proposed does not suit."""
    _ = reader.gettext
    facts = {"proposed": moment(proposed, reader), "when": moment(call.start, reader), "call": call.name}
    words = _("%(proposed)s does not suit me, so the call stays on %(when)s.")
    if call.may_move:
        words = _("%(proposed)s does not suit me, so the call stays on %(when)s. You can move it to any free time.")
    subject = _("It stays as it is: %(call)s, %(when)s") % facts
    blocks = (Paragraph(words % facts), *call_box(call, reader), manage(call, reader))
    return signed(reader, sender, subject, blocks)


def _line(at: datetime, reader: Reader) -> str:
    return f"{i18n.day(at, reader.zone, reader.language)}, {hour(at, reader)}"
