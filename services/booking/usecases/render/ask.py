"""Mails about an ask, from their rows."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.models import Ask, CallType
from services.booking.usecases.availability import next_free, offer_of
from services.booking.usecases.letters import ask as letters
from services.booking.usecases.render.readers import Desk, by_itself, reader_of
from services.booking.usecases.render.words import contact_of, words_of_ask
from shared.mail.body import Rendered

# A confirmation answers what was sent; everything else we say of our own accord.
CONFIRMS = by_itself("auto-replied")


def contact_received(desk: Desk) -> Rendered:
    """The confirmation of a question, with the next free times of the first call type."""
    ask = desk.session.get_one(Ask, desk.row.subject_id)
    first = desk.session.scalars(
        select(CallType).where(CallType.active, CallType.access == "public").order_by(CallType.position).limit(1)
    ).one_or_none()
    times = next_free(desk.session, offer_of(desk.session, first.slug), now=desk.now, count=3) if first else []
    url = desk.page(f"book/{first.slug}") if first else desk.settings.public_url
    letter = letters.ask_received(ask.message, reader_of(ask), desk.sender, times, url)
    return desk.plain(letter, headers=CONFIRMS)


def mentorship_received(desk: Desk) -> Rendered:
    """The confirmation of a mentorship request."""
    ask = desk.session.get_one(Ask, desk.row.subject_id)
    return desk.plain(letters.mentorship_received(ask.message, reader_of(ask), desk.sender), headers=CONFIRMS)


def mentorship_accepted(desk: Desk) -> Rendered:
    """The yes, with the links that this person can book by."""
    ask = desk.session.get_one(Ask, desk.row.subject_id)
    offers = [
        (call_type.name, desk.page(f"book/{call_type.slug}?invitation={ask.token}"))
        for call_type in _mentorship_offers(desk.session, ask)
    ]
    return desk.plain(letters.mentorship_accepted(reader_of(ask), desk.sender, offers))


def mentorship_declined(desk: Desk) -> Rendered:
    """The no."""
    ask = desk.session.get_one(Ask, desk.row.subject_id)
    return desk.plain(letters.mentorship_declined(reader_of(ask), desk.sender))


def ask_arrived(desk: Desk) -> Rendered:
    """To the advisor; an answer to it goes to who asked."""
    ask = desk.session.get_one(Ask, desk.row.subject_id)
    letter = letters.ask_arrived(ask.kind, contact_of(ask), words_of_ask(ask), desk.page("console"))
    return desk.plain(letter, reply_to=ask.email)


def _mentorship_offers(session: Session, ask: Ask) -> list[CallType]:
    """What an accepted request may book: the sessions, or the intro call of an ongoing mentorship."""
    access = "accepted_request" if ask.format == "one_session" else "public"
    query = select(CallType).where(CallType.active, CallType.way == "mentorship").order_by(CallType.position)
    return [row for row in session.scalars(query) if row.access == access]


OF_ASKS: dict[str, Callable[[Desk], Rendered]] = {
    "contact_received": contact_received,
    "mentorship_received": mentorship_received,
    "mentorship_accepted": mentorship_accepted,
    "mentorship_declined": mentorship_declined,
    "ask_arrived": ask_arrived,
}
