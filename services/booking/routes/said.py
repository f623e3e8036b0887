"""Sentences in the reader's language; among them what the console says once something was done (`?said=`)."""

from __future__ import annotations

from services.booking.domain.errors import Message
from shared.i18n import translations
from shared.web.app import language

SAID = {
    "answered": Message("Noted as answered."),
    "accepted": Message("Accepted. A mail tells them."),
    "declined": Message("Declined. A kind no is on its way."),
    "reading": Message("We read your calendars once more."),
    "again": Message("We try once more to write the calls into your calendar."),
    "password": Message("Your password is changed. Other browsers were signed out."),
    "call_booked": Message("Booked. The invitations are on their way."),
    "call_cancelled": Message("Cancelled. Everybody who knew of it is told now."),
    "call_confirmed": Message("Confirmed. The invitations are on their way."),
    "call_declined": Message("Declined. They read it in a minute, and its time is free."),
    "call_paid": Message("Noted as paid."),
    "times_proposed": Message("Sent. The call stays where it is until they choose."),
    "times_offered": Message("Sent. Choosing one of the times books it."),
    "proposal_accepted": Message("Moved. Everybody who comes is told now."),
    "proposal_refused": Message("It stays as it is; they know."),
    "call_moved": Message("Moved. Everybody who knew of it is told now."),
    "guests_invited": Message("Invited. Everybody who comes is told."),
    "guest_removed": Message("Taken back. Everybody who knew of it is told now."),
    "said_late": Message("A mail tells them at once that you are running late."),
    "call_missed": Message("Noted that they did not come."),
    "call_held": Message("Noted that they came."),
    "notes_written": Message("Your notes are kept."),
}


def said(words: Message) -> str:
    """A message in the reader's language."""
    return words.translated(translations(language()).gettext)


def done(name: str) -> str:
    """The sentence for what was just done, in the reader's language; "" for anything else."""
    return said(SAID[name]) if name in SAID else ""
