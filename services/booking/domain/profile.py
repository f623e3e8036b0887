"""The advisor as they describe themselves, by a form or by a program: read field by field, all wrongs told at once.

Their address is read by `shared.addresses`, so it is not in the table here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.booking.domain.errors import Message, invalid
from services.booking.domain.fields import Line, OneOf, https_address
from services.booking.domain.organizers import may_send_as

MOST_LINES = 6


def require_sender(organizer: str, email: str, mailbox: str) -> None:
    """Whether who is to send the invitations can (docs/adr/0008-who-sends-invitations.md). Raises `InvalidInput`."""
    if organizer == "advisor" and not may_send_as(email, mailbox):
        domain = mailbox.rpartition("@")[2]
        raise invalid(
            "organizer",
            Message("Invitations cannot leave as %(email)s: mail from there is signed by others.", {"email": email}),
            Message("Let the mailbox send them, or use an address of your own at %(domain)s.", {"domain": domain}),
        )


def signature(field: str, raw: object) -> list[str]:
    """The lines below a letter: from a program a list, from a form a text. Empty ones are left out."""
    lines = raw.splitlines() if isinstance(raw, str) else raw
    if not isinstance(lines, list) or len(lines) > MOST_LINES:
        most = {"most": MOST_LINES}
        raise invalid(field, Message("These are more than %(most)s lines.", most), Message("Leave some out."))
    return [line for one in lines if (line := Line(120)(field, one))]


FIELDS: Mapping[str, Callable[[str, object], Any]] = {
    "name": Line(120, required=True),
    "title": Line(120, required=True),
    "video_url": https_address,
    "signature": signature,
    "organizer": OneOf(("mailbox", "advisor")),
}
