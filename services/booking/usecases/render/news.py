"""What is new to the reader of a mail: its own news, and those of the mails that it replaced before they left.

Who has never had an invitation reads of a new call, whatever has happened to it meanwhile; who has, reads of everything
that changed since the last one that left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.models import Message
from services.booking.usecases.render.wanted import REQUESTS
from shared.mail.row import MessageColumns, may_have_left

INVITATIONS = ("call_booked", "call_moved", "call_changed", "guest_invited", "guest_removed")
# What tells the same reader of one thing in another state.
_FAMILIES = (REQUESTS, (*INVITATIONS, "call_cancelled"), ("group_call",))


@dataclass
class GuestChange:
    """Ids of guests whom one side of the call invited, and of those whose invitation it took back."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class News:
    """`mails` are the mail itself and those it replaced unread, the newest first; `last` is the kind of the last one
    that left before them, "" for none. `asked`: there was a wish for this call before it was one."""

    mails: tuple[MessageColumns, ...]
    last: str = ""
    asked: bool = False

    @property
    def kind(self) -> str:
        """As which kind the mail reads: who was never told, or was uninvited, hears of a new call."""
        kind = self.mails[0].kind
        if kind == "request_moved" and not self.last:
            return "call_requested"
        if kind not in ("call_moved", "call_changed"):
            return kind
        if self.last in ("", "guest_removed"):
            return "guest_invited" if str(self.mails[0].context["to"]).startswith("guest:") else "call_booked"
        return "call_moved" if self.previous_start else kind

    @property
    def is_new(self) -> bool:
        """Whether nothing of it has reached the reader."""
        return not self.last

    @property
    def previous_start(self) -> datetime | None:
        """The time that the reader knows, when the call has another one since."""
        befores = self._all("previous_start")
        return datetime.fromisoformat(befores[-1]) if befores else None

    @property
    def by(self) -> str:
        """Who did what the mail tells of, as far as the mails say."""
        return str(self._told.get("by", ""))

    @property
    def agreed(self) -> bool:
        """Whether the time was proposed by the other side, and chosen by who did it."""
        return bool(self._told.get("agreed"))

    @property
    def _told(self) -> dict[str, Any]:
        """What was noted of the very thing that the mail reads of: of a new call its invitation, of a move the move.

        Guests may have changed after that, by somebody else.
        """
        kind, told = self.kind, self.mails[:1]
        if kind == "call_moved":
            told = tuple(mail for mail in self.mails if mail.context.get("previous_start"))
        elif kind in ("call_booked", "guest_invited"):
            told = tuple(mail for mail in self.mails if mail.kind == kind)
        return told[0].context if told else {}

    @property
    def message(self) -> str:
        """What the advisor added for the prospect."""
        return next(iter(self._all("message")), "")

    def guests(self) -> dict[str, GuestChange]:
        """Whom the prospect and the advisor invited and uninvited since the reader last heard, by who did it."""
        count, last_by = Counter[str](), dict[str, str]()
        for mail in self.mails:
            added, removed = mail.context.get("added", ()), mail.context.get("removed", ())
            count.update(added)
            count.subtract(removed)
            for one in (*added, *removed):
                last_by.setdefault(one, str(mail.context["by"]))
        changes: dict[str, GuestChange] = {}
        # Who came and went unread has neither come nor gone.
        for one, times in count.items():
            if times:
                change = changes.setdefault(last_by[one], GuestChange())
                (change.added if times > 0 else change.removed).append(one)
        return changes

    def _all(self, fact: str) -> list[str]:
        return [str(mail.context[fact]) for mail in self.mails if mail.context.get(fact)]


def news_of(session: Session, row: MessageColumns) -> News:
    """What the reader of this mail has not read yet."""
    # Nothing is older than the first: a booking spends no query on it.
    if row.revision == 0:
        return News((row,))
    before = select(Message, may_have_left(Message)).where(
        Message.subject_id == row.subject_id,
        Message.ordering_key == row.ordering_key,
        Message.revision < row.revision,
    )
    found = session.execute(before.order_by(Message.revision.desc(), Message.id.desc())).all()
    related = [(mail, left) for mail, left in found if mail.kind in _family(row.kind)]
    unread = [mail for mail, _ in takewhile(lambda one: not one[1], related)]
    last = related[len(unread)][0].kind if len(unread) < len(related) else ""
    return News((row, *unread), last, asked=any(mail.kind in REQUESTS for mail, _ in found))


def _family(kind: str) -> tuple[str, ...]:
    return next((family for family in _FAMILIES if kind in family), (kind,))
