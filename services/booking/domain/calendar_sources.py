"""What a calendar elsewhere is to us: how it is reached, what comes from it, and everything that can go wrong with it.

A trouble is kept as its code and shown as two sentences: what happened, and what the advisor can do about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote

from services.booking.domain.errors import BookingError, InvalidInput, Message, invalid


@dataclass(frozen=True)
class Login:
    """An account on a CalDAV server."""

    url: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class FoundCalendar:
    """A calendar that holds events. `zone` is an IANA name, or "" when the server does not say."""

    url: str
    name: str
    zone: str = ""
    is_writable: bool = True


@dataclass(frozen=True)
class Resource:
    """One iCalendar text of a collection. `href` is its whole address."""

    href: str
    etag: str
    content: str


@dataclass(frozen=True)
class Changes:
    """What is different in a collection since the etags that were known. `token` stands for its present state."""

    changed: tuple[Resource, ...]
    gone: frozenset[str]
    token: str


@dataclass(frozen=True)
class FeedAnswer:
    """A feed as it was found. `content` is None when it has not changed since `etag` and `last_modified`."""

    content: bytes | None
    etag: str = ""
    last_modified: str = ""


class Trouble(StrEnum):
    """Why a calendar could not be read or written."""

    ADDRESS = "address"
    UNKNOWN_HOST = "unknown_host"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    PASSWORD = "password"  # noqa: S105 - the name of a trouble
    FORBIDDEN = "forbidden"
    IN_THE_CLEAR = "in_the_clear"
    NOT_FOUND = "not_found"
    GONE = "gone"
    WEB_PAGE = "web_page"
    NOT_A_CALENDAR = "not_a_calendar"
    NOT_CALDAV = "not_caldav"
    NO_CALENDARS = "no_calendars"
    REDIRECTS = "redirects"
    TOO_LONG = "too_long"
    TOO_MUCH = "too_much"
    BUSY_SERVER = "busy_server"
    SERVER_ERROR = "server_error"
    KEY = "key"
    ENTRY = "entry"


class SourceFailed(BookingError):
    """A calendar elsewhere did not do what was asked of it.

    `may_have_happened`: the request may have had its effect all the same (no status came back, or a 5xx).
    """

    def __init__(self, trouble: Trouble, *, may_have_happened: bool = False) -> None:
        super().__init__(WORDS[trouble][0])
        self.trouble = trouble
        self.may_have_happened = may_have_happened

    def of_field(self) -> InvalidInput:
        """The same as what is wrong with one field of a form that connects a calendar."""
        what, fix = WORDS[self.trouble]
        name = "password" if self.trouble in (Trouble.PASSWORD, Trouble.FORBIDDEN) else "url"
        return invalid(name, what, fix)


class EntryConflict(BookingError):
    """The entry is not the one we last wrote (412), or there is one already where a new one should go."""

    def __init__(self) -> None:
        super().__init__(Message("The entry was changed in the calendar since we wrote it."))


def words_of(trouble: str) -> tuple[Message, Message]:
    """What happened and what to do, for a trouble as it is kept."""
    return WORDS[Trouble(trouble)]


def pause_after(trouble: Trouble, failures: int) -> float:
    """Seconds until the next try after so many failures in a row (1 for the first).

    Servers lock out or ban addresses that keep coming with a wrong password, so that waits for hours. What is gone
    for good is still looked for now and then: calendars come back.

    >>> pause_after(Trouble.NO_ANSWER, 1), pause_after(Trouble.NO_ANSWER, 9), pause_after(Trouble.PASSWORD, 1)
    (60.0, 3600.0, 3600.0)
    """
    first, longest = (3600.0, 86_400.0) if is_lasting(trouble) else (60.0, 3600.0)
    return min(first * float(1 << min(failures - 1, 10)), longest)


def is_lasting(trouble: Trouble) -> bool:
    """Whether it ends when somebody does something about it, and hardly by itself."""
    return trouble in _LASTING


def entry_url(calendar_url: str, uid: str) -> str:
    """Where an entry of ours stands in a collection: one resource a UID (RFC 4791 §4.1)."""
    return f"{calendar_url.rstrip('/')}/{quote(uid, safe='@.-_')}.ics"


_LASTING = {
    *(Trouble.PASSWORD, Trouble.FORBIDDEN, Trouble.NOT_FOUND, Trouble.GONE, Trouble.WEB_PAGE, Trouble.ADDRESS),
    *(Trouble.NOT_CALDAV, Trouble.TOO_LONG, Trouble.KEY, Trouble.IN_THE_CLEAR),
}
_CHECK_ADDRESS = Message("Check the address, or copy it once more from your calendar's settings.")
_BY_ITSELF = Message("We try again by ourselves. Until then the times last read stay taken.")
WORDS: Mapping[Trouble, tuple[Message, Message]] = {
    Trouble.ADDRESS: (
        Message("We do not read from that address."),
        Message(
            "Give a public https address. For a server in your own network, the operator sets CALENDARS_ALLOW_PRIVATE."
        ),
    ),
    Trouble.UNKNOWN_HOST: (Message("That server's name is not known."), _CHECK_ADDRESS),
    Trouble.UNREACHABLE: (Message("The server could not be reached."), _BY_ITSELF),
    Trouble.NO_ANSWER: (Message("The server did not answer in time."), _BY_ITSELF),
    Trouble.PASSWORD: (
        Message("The server does not accept the name and password."),
        Message("Make an app password in your account there, and save it on the page of this calendar."),
    ),
    Trouble.FORBIDDEN: (
        Message("The server does not allow this account to do that."),
        Message("Share the calendar with this account, or connect with one that may use it."),
    ),
    Trouble.IN_THE_CLEAR: (
        Message("The password would travel in the clear."),
        Message("Give an address that begins with https."),
    ),
    Trouble.NOT_FOUND: (Message("There is no calendar at that address (404)."), _CHECK_ADDRESS),
    Trouble.GONE: (
        Message("The calendar is gone from that address (410)."),
        Message("Its secret address was reset, or it is not published any more. Connect it anew."),
    ),
    Trouble.WEB_PAGE: (
        Message("That is a web page and not the calendar itself."),
        Message(
            "Take the address that ends in .ics: in Google, “Secret address in iCal format”; in Outlook, the ICS link"
            " of a published calendar."
        ),
    ),
    Trouble.NOT_A_CALENDAR: (Message("What is there is no calendar (iCalendar, .ics)."), _CHECK_ADDRESS),
    Trouble.NOT_CALDAV: (
        Message("There is no CalDAV server at that address."),
        Message("Give the server's CalDAV address; your provider's help page names it."),
    ),
    Trouble.NO_CALENDARS: (
        Message("The account has no calendar that holds events."),
        Message("Make one there first, or give the address of the calendar itself."),
    ),
    Trouble.REDIRECTS: (
        Message("The server sends us on to another place, where we do not follow with your password."),
        Message("Give the address at which the calendar really is."),
    ),
    Trouble.TOO_LONG: (
        Message("The calendar is larger than we read."),
        Message("Publish one with fewer past events."),
    ),
    Trouble.TOO_MUCH: (
        Message("The calendar has more events and repetitions than we can work out."),
        Message("Look for an event that repeats far too often. Until then the times last read stay taken."),
    ),
    Trouble.BUSY_SERVER: (Message("The server asks us to come less often."), _BY_ITSELF),
    Trouble.SERVER_ERROR: (Message("The server had an error of its own."), _BY_ITSELF),
    Trouble.KEY: (
        Message("What was kept to reach the calendar cannot be read."),
        Message("SECRET_KEY was changed and SECRET_KEY_OLD does not name it. Name it, or connect the calendar anew."),
    ),
    Trouble.ENTRY: (
        Message("The call cannot be written as an entry."),
        Message("Something in it, such as an address, cannot stand in a calendar. The log of the worker names it."),
    ),
}
