"""The errors that a visitor can cause, as values. `app.py` maps each class to an answer, once.

Their words are messages: an English template for gettext and its parameters apart, so that the edge translates. They
are found for translation by their constructor: `pybabel extract -k Message:1`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Message:
    """A sentence with named gaps: `Message("%(zone)s is not a place I know.", {"zone": name})`.

    A per cent sign of the sentence itself is doubled. Parameters are plain text: whoever shows them escapes them.
    """

    template: str
    params: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.translated(str)

    def translated(self, gettext: Callable[[str], str]) -> str:
        """The whole sentence, its template translated first."""
        return gettext(self.template) % self.params


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of a form or a request, and what to do about it."""

    field: str
    message: Message
    fix: Message


class BookingError(Exception):
    """Anything a visitor can cause. Its text is English, for logs; `message` is what they read."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(BookingError):
    """Fields that cannot be used as they are, all of them together (422)."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(Message("Some of this needs another look."))
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return " ".join(f"{error.field}: {error.message} {error.fix}" for error in self.errors)


def invalid(field: str, message: Message, fix: Message) -> InvalidInput:
    """One field that cannot be used as it is: what is wrong with it, and what to do."""
    return InvalidInput([FieldError(field, message, fix)])


class TooManyUnproven(InvalidInput):
    """Too many forms or calls without a proof of work, from one address of the network or from all (429)."""

    def __init__(self) -> None:
        message = Message("Too many messages without this page's script have arrived just now.")
        fix = Message("Turn on scripts for this page and send again, or write me an e-mail. What you wrote is kept.")
        super().__init__([FieldError("proof", message, fix)])


class TooManyBookings(BookingError):
    """One person has booked or moved calls more often in a day than anybody needs (429)."""

    def __init__(self) -> None:
        super().__init__(Message("That is a lot for one day. Try again tomorrow, or write to me."))


class TooManyHolds(BookingError):
    """From one place of the network more times are held than anybody needs (429). Booking needs no hold."""

    def __init__(self) -> None:
        super().__init__(Message("Your network keeps several times already. You can book this one without keeping it."))


class NotWelcome(BookingError):
    """An address or a domain that the advisor has blocked (403)."""

    def __init__(self) -> None:
        super().__init__(Message("I do not take messages or bookings from this address."))


class SlotTaken(BookingError):
    """The start is not offered, or not any more (409). `wanted` and `nearest` are epoch minutes."""

    def __init__(self, wanted: int, nearest: Sequence[int]) -> None:
        super().__init__(Message("That time is not free any more. What you wrote is kept."))
        self.wanted = wanted
        self.nearest = tuple(nearest)


class TooLate(BookingError):
    """The call begins too soon to be moved or cancelled by the prospect, or has begun (409)."""

    def __init__(self) -> None:
        super().__init__(Message("It is too late to change this call here. Please write to me instead."))


class TooManyMoves(BookingError):
    """The prospect has moved this call as often as its type allows (409). `most` is that number."""

    def __init__(self, most: int) -> None:
        words = "This call was moved as often as it can be from here. Please write to me for another time."
        super().__init__(Message(words))
        self.most = most


class NotYet(BookingError):
    """The call has not begun, or does not begin soon: what was asked makes no sense before (409)."""

    def __init__(self) -> None:
        super().__init__(Message("It is too early for that; the call is still to come."))


class NotVerified(BookingError):
    """The call was booked with an address that has not answered our mail yet (409)."""

    def __init__(self) -> None:
        super().__init__(Message("Open the link in the mail that I sent you first; then this call can be changed."))


class TimesOver(BookingError):
    """All the times that were proposed have passed (409)."""

    def __init__(self) -> None:
        super().__init__(Message("All of these times have passed. Write to me, and I propose others."))


class AlreadyCancelled(BookingError):
    """The call was cancelled before; nothing more happens to it (409)."""

    def __init__(self) -> None:
        super().__init__(Message("This call is already cancelled. You can book another one."))


class NotFound(BookingError):
    """Nothing is known under this token or name (404)."""

    def __init__(self) -> None:
        super().__init__(Message("There is nothing here. The link may be cut short; please copy it whole."))


class NotOpen(BookingError):
    """The call or ask has come to its end: completed, or answered otherwise (409)."""

    def __init__(self) -> None:
        super().__init__(Message("This is settled already; nothing more can be changed."))


class InvitationNeeded(BookingError):
    """A call type that only an accepted request opens, asked for without one (403)."""

    def __init__(self) -> None:
        super().__init__(Message("This call is for people whose request I accepted. Ask for mentorship first."))


class InvitationUsed(BookingError):
    """The request that opens this call type has opened it already (409)."""

    def __init__(self) -> None:
        super().__init__(Message("You have booked with this link already. To change the time, move that call."))


class LinkNeeded(BookingError):
    """A call type that only a private link opens, asked for without one (403)."""

    def __init__(self) -> None:
        super().__init__(Message("This call opens with a link of its own. Open the one that you were sent, whole."))


class LinkSpent(BookingError):
    """The private link was used as often as it may be, has expired or was revoked (409).

    `why` says which of the three (`used`, `expired`, `revoked`), as far as it is known.
    """

    def __init__(self, why: str = "") -> None:
        words = {
            "used": Message("This link has been used already. Ask me for another one."),
            "expired": Message("This link has expired. Ask me for another one."),
            "revoked": Message("I have taken this link back. Ask me if you think that is a mistake."),
        }
        unknown = Message("This link has been used up or is no longer valid. Ask me for another one.")
        super().__init__(words.get(why, unknown))
        self.why = why


class OpenCallExists(BookingError):
    """This person has as many open calls of this type as one may have (409).

    Who types an address need not be its owner, so not even that there is a call is said to anybody but those who know
    its calls anyway (`known`): the advisor, their programs, and who holds the call's own link.
    """

    def __init__(self, *, known: bool = False) -> None:
        careful = Message(
            "This was not booked. If there is such a call with this address already, the link to move it is on its way"
            " there."
        )
        plain = Message("There is such a call with this address already. The link to move it is in the mails to it.")
        super().__init__(plain if known else careful)


class KeyReused(BookingError):
    """An Idempotency-Key that came with another request before (422)."""

    def __init__(self) -> None:
        super().__init__(Message("This Idempotency-Key came with another request. Send a new key with a new request."))


class WrongPassword(BookingError):
    """The address or the password is not right (403). Which of the two is not said."""

    def __init__(self) -> None:
        super().__init__(Message("Address and password do not match."))


class StillBooked(BookingError):
    """Somebody with a call ahead cannot be forgotten yet (409).

    `start` is the first of their calls and `zone` the advisor's, in which it is told.
    """

    def __init__(self, start: datetime, zone: str) -> None:
        when = start.astimezone(ZoneInfo(zone)).isoformat(" ", "minutes")
        super().__init__(
            Message(
                "They have a call on %(when)s (%(zone)s). Cancel it first, and wait until its mails have left.",
                {"when": when, "zone": zone},
            )
        )
        self.start, self.zone = start, zone


class YourOwnAddress(BookingError):
    """The advisor's own address, or that of an account, cannot be forgotten (409)."""

    def __init__(self) -> None:
        super().__init__(Message("This is an address of your own. You would lose your console with it."))
