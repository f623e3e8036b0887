"""Letters about an ask: that it arrived, and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.booking.usecases.letters.shown import Reader, Sender, moment, signed, told
from shared import i18n
from shared.mail.letter import Block, Bullets, Facts, Letter, Link, Paragraph, Quote


def ask_received(message: str, reader: Reader, sender: Sender, times: Sequence[datetime], book_url: str) -> Letter:
    """The confirmation of a question: it is here, a person answers, and a call is possible at once."""
    _ = reader.gettext
    blocks: tuple[Block, ...] = (
        Paragraph(_("Your message reached me. I read every one myself and answer within two working days.")),
        Paragraph(_("You wrote:")),
        Quote(message),
        *_free_times(times, reader, book_url),
    )
    return signed(reader, sender, _("Your message reached me"), blocks)


def mentorship_received(message: str, reader: Reader, sender: Sender) -> Letter:
    """The confirmation of a mentorship request."""
    _ = reader.gettext
    blocks = (
        Paragraph(
            _("Your request for mentorship reached me. I read it myself and say yes or no within two working days.")
        ),
        Paragraph(_("You wrote:")),
        Quote(message),
    )
    return signed(reader, sender, _("Your mentorship request reached me"), blocks)


def mentorship_accepted(reader: Reader, sender: Sender, offers: Sequence[tuple[str, str]]) -> Letter:
    """Yes: with the links to what they can book now, or that they hear of a time."""
    _ = reader.gettext
    links = tuple(Link(name, url, button=position == 0) for position, (name, url) in enumerate(offers))
    more = _("Pick a time that suits.") if offers else _("I write to you about a time.")
    words = Paragraph(f"{_('I would like to work with you on this.')} {more}")
    return signed(reader, sender, _("Yes to your mentorship request"), (words, *links))


def mentorship_declined(reader: Reader, sender: Sender) -> Letter:
    """A kind no."""
    _ = reader.gettext
    words = Paragraph(
        _("I read what you wrote. I am not the right mentor for it now, so I say so rather than keep you waiting.")
    )
    return signed(reader, sender, _("About your mentorship request"), (words,))


def ask_arrived(
    kind: str, who: Sequence[tuple[str, str]], words: Sequence[tuple[str, str]], console_url: str
) -> Letter:
    """To the advisor: somebody asked. Answering this mail answers them."""
    _ = i18n.translations("en").gettext
    name = who[0][1] if who else ""
    subject = _("%s asks for mentorship") if kind == "mentorship" else _("%s asks")
    blocks = (*told(words), Facts(tuple(who)), Link(_("Open in the console"), console_url))
    return Letter(subject % name, (*blocks, Paragraph(_("Answer this mail to answer them."))))


def _free_times(times: Sequence[datetime], reader: Reader, book_url: str) -> tuple[Block, ...]:
    _ = reader.gettext
    if not times:
        return ()
    place = i18n.zone_place(reader.zone)
    intro = Paragraph(_("If speaking is quicker, these times are free (%s):") % place)
    lines = Bullets(tuple(moment(at, reader) for at in times))
    return (intro, lines, Link(_("Book a call"), book_url))
