"""Whose address may stand in an invitation as ORGANIZER and in its From (docs/adr/0008-who-sends-invitations.md)."""

from __future__ import annotations


def may_send_as(address: str, mailbox: str) -> bool:
    """Whether mail from `address` can pass as ours, who send for the domain of `mailbox`.

    Receivers want the From domain to match the one that signs (DMARC, relaxed: equal, or one below the other), and
    calendars the sender to be the ORGANIZER. "" is nobody's.

    >>> may_send_as("ada@example.com", "bookings@mail.example.com")
    True
    >>> may_send_as("ada@gmail.com", "bookings@example.com")
    False
    """
    theirs, ours = (one.rpartition("@")[2].lower() for one in (address, mailbox))
    return bool(theirs) and (theirs == ours or theirs.endswith(f".{ours}") or ours.endswith(f".{theirs}"))
