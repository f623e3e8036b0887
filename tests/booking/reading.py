"""Reading calendars, for tests: connected calendars, their sources, and what is busy by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from services.booking.domain.busy_times import Busy, Within, busy_times
from services.booking.domain.calendar_text import kept_of
from services.booking.tasks import read_calendars
from shared.security import cipher
from tests.fakes.caldav import PASSWORD, USER, CalDavServer
from tests.fakes.web import Reply, Request, WebServer
from tests.installation import START, Installation

OWN = frozenset({"nora@advisor.test"})
FROM, UNTIL = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)
TUESDAY_SLOTS = "/api/v1/call-types/intro/slots?from=2026-12-08&to=2026-12-08"


def busy(
    text: str,
    *,
    advisor: str = "Europe/Berlin",
    calendar: str = "",
    start: datetime = FROM,
    end: datetime = UNTIL,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Busy:
    """What is busy by a calendar's text."""
    within = Within(start, end, out_of_time)
    return busy_times(kept_of(text, own=OWN).content, advisor=advisor, calendar=calendar, within=within)


def spans(text: str, **how: Any) -> list[str]:
    """The busy times as text, in UTC: "2026-12-08 09:00-10:00", and with the day of their end when that differs."""
    return [_shown(one.start, one.end) for one in sorted(busy(text, **how).spans, key=lambda one: one[1:])]


@dataclass
class Feed:
    """What a web server answers at the address of a feed, and what it was asked."""

    content: str = ""
    reply: Reply | None = None
    asked: list[Request] = field(default_factory=list)
    server: WebServer | None = None

    @property
    def url(self) -> str:
        """Its address."""
        assert self.server is not None
        return f"{self.server.url}/private/basic.ics"

    def answer(self, request: Request) -> Reply:
        """As a good server does: with an ETag, and 304 to who has that one."""
        self.asked.append(request)
        if self.reply is not None:
            return self.reply
        etag = f'"{hash(self.content)}"'
        if request.headers.get("if-none-match") == etag:
            return Reply(304, {"ETag": etag})
        headers = {"Content-Type": "text/calendar", "ETag": etag, "Last-Modified": "Mon, 07 Dec 2026 08:00:00 GMT"}
        return Reply(200, headers, self.content.encode())


@pytest.fixture
def feed() -> Iterator[Feed]:
    """A feed on a web server of its own."""
    made = Feed()
    with WebServer(made.answer) as server:
        made.server = server
        yield made


def connect_feed(house: Installation, url: str, *, name: str = "Work") -> None:
    """A feed that is read."""
    _connect(house, kind="ics", name=name, url=url, home=url)


def connect_caldav(house: Installation, server: CalDavServer, *, at: str = "", password: str = PASSWORD) -> None:
    """The server's calendar, to be read; `at` another address of it."""
    _connect(house, kind="caldav", name="Work", url=at or server.calendar, home=server.url, password=password)


def read(house: Installation) -> int:
    """Let the worker read every calendar now, pauses or no pauses."""
    house.run("UPDATE booking.calendar SET wanted_at = now(), tried_at = tried_at - interval '1 hour', retry_at = NULL")
    return read_calendars(house.booking)


def taken(house: Installation) -> list[str]:
    """The busy times that are stored, as `spans` shows them."""
    rows = house.rows("SELECT lower(during), upper(during) FROM booking.busy_time ORDER BY during, uid")
    return [_shown(start.astimezone(UTC), end.astimezone(UTC)) for start, end in rows]


def stand(house: Installation) -> tuple[str | None, int]:
    """What is said of the one calendar: its trouble, and how often in a row it failed."""
    [row] = house.rows("SELECT error, failures FROM booking.calendar")
    return row.error, row.failures


def slots(house: Installation) -> list[str]:
    """The starts that a program is offered on Tuesday, in UTC."""
    listed = house.browser().get(TUESDAY_SLOTS).get_json()
    return [slot["start"][11:16] for day in listed["days"] for slot in day["slots"]]


def _connect(house: Installation, *, kind: str, name: str, url: str, home: str, password: str = "") -> None:
    secrets = cipher(house.settings, "calendar")
    house.run(
        "WITH a AS (INSERT INTO booking.calendar_account (kind, name, url, username, password, created_at)"
        " VALUES (:kind, :name, :home, :user, :password, :now) RETURNING id)"
        " INSERT INTO booking.calendar (account_id, name, url, url_digest) SELECT id, :name, :url, :url FROM a",
        kind=kind,
        name=name,
        home=secrets.encrypt(home.encode()).decode(),
        user=USER if kind == "caldav" else "",
        password=secrets.encrypt(password.encode()).decode(),
        url=secrets.encrypt(url.encode()).decode(),
        now=START,
    )


def _shown(start: datetime, end: datetime) -> str:
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M}-{until}"
