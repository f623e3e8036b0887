"""Who a mail is for, and at which desk it is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking.models import Advisor, Ask, Call, CallType, Guest
from services.booking.usecases.letters.shown import Reader, Sender
from shared.mail.body import Rendered
from shared.mail.letter import Letter
from shared.mail.row import MessageColumns
from shared.settings import Settings

# The console and the mails to the advisor are in one language until the advisor can choose another.
ADVISORS_LANGUAGE = "en"


class To(StrEnum):
    """The three kinds of people in a call. Each gets another copy of it."""

    PROSPECT = "prospect"
    ADVISOR = "advisor"
    GUEST = "guest"


@dataclass(frozen=True)
class Desk:
    """All that is at hand while one mail is written."""

    settings: Settings
    session: Session
    advisor: Advisor
    row: MessageColumns
    now: datetime

    def page(self, path: str) -> str:
        """An address on our own pages."""
        return f"{self.settings.public_url}/{path}"

    @property
    def to(self) -> To:
        """Whom the row is for: `prospect`, `advisor`, or `guest:` and the guest's id."""
        return To(str(self.row.context["to"]).partition(":")[0])

    @property
    def guest(self) -> Guest:
        """The guest whom the row is for."""
        return self.session.get_one(Guest, UUID(str(self.row.context["to"]).partition(":")[2]))

    def type_of(self, call: Call) -> CallType:
        """What kind of call it is."""
        return self.session.get_one(CallType, call.call_type_id)

    @property
    def sender(self) -> Sender:
        """Who signs."""
        return Sender(self.advisor.name, tuple(self.advisor.signature))

    def reader(self, call: Call) -> Reader:
        """Whom the row is for, as they read. A guest reads as the prospect who invited them does."""
        if self.to == To.ADVISOR:
            return Reader(self.advisor.name, self.advisor.zone, ADVISORS_LANGUAGE)
        return Reader(call.name if self.to == To.PROSPECT else self.guest.name, call.zone, call.locale)

    def plain(self, letter: Letter, *, reply_to: str = "", headers: tuple[tuple[str, str], ...] = ()) -> Rendered:
        """A mail without a calendar object, from the mailbox that is read, in the advisor's name."""
        return Rendered(
            sender=self.settings.bookings_address,
            sender_name=self.advisor.name,
            letter=letter,
            # A person who answers this mail writes to a person; calendars answer the ORGANIZER (RFC 6047 §2.3).
            reply_to=reply_to or self.advisor.email,
            headers=headers or by_itself("auto-generated"),
        )


def reader_of(row: Call | Ask) -> Reader:
    """The person of a call or an ask as a reader."""
    return Reader(row.name, row.zone, row.locale)


def by_itself(kind: str) -> tuple[tuple[str, str], ...]:
    """RFC 3834: a mail that no person sent says so, and asks not to be answered by a machine."""
    return (("Auto-Submitted", kind), ("X-Auto-Response-Suppress", "OOF, AutoReply"))
