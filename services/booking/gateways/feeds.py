"""A calendar published at an address (.ics), fetched only if it has changed (RFC 9110 §13.1).

The address is a secret and the only one: no login is sent, so a feed may be at another place than its address and lead
there. Each hop goes through the same door, which refuses addresses that are not public.
"""

from __future__ import annotations

import re
import time
from urllib.parse import urljoin, urlsplit

from services.booking.domain.calendar_sources import FeedAnswer, SourceFailed, Trouble
from services.booking.gateways.dav import MOST_BYTES, answered, door_to_calendars, trouble_of
from shared.http import Answer, HttpDoor, Outgoing
from shared.settings import Settings

MOST_REDIRECTS = 5
LONGEST_VALIDATOR = 500


def fetch_feed(settings: Settings, url: str, *, etag: str = "", last_modified: str = "") -> FeedAnswer:
    """The feed, or that it is as it was when `etag` and `last_modified` were answered. Raises `SourceFailed`."""
    private = settings.calendars_allow_private
    until = time.monotonic() + settings.timings.calendar_deadline
    headers = {"Accept": "text/calendar, text/plain;q=0.5, */*;q=0.1"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    answer = _followed(door_to_calendars(private), secure(url), headers, until, allow_clear=private)
    if answer.status == 304 and (etag or last_modified):
        return FeedAnswer(None, etag, last_modified)
    if answer.status != 200:
        raise SourceFailed(trouble_of(answer.status) or Trouble.SERVER_ERROR)
    _require_calendar(answer)
    return FeedAnswer(answer.body, _validator(answer, "etag"), _validator(answer, "last-modified"))


def secure(url: str) -> str:
    """The address to ask: webcal is what calendars call https when they wish to be subscribed to.

    >>> secure("webcal://calendar.test/a.ics")
    'https://calendar.test/a.ics'
    """
    return re.sub(r"^webcals?:", "https:", url.strip(), flags=re.IGNORECASE)


def _followed(door: HttpDoor, url: str, headers: dict[str, str], until: float, *, allow_clear: bool) -> Answer:
    for _ in range(MOST_REDIRECTS + 1):
        if urlsplit(url).scheme == "http" and not allow_clear:
            raise SourceFailed(Trouble.IN_THE_CLEAR)
        left = until - time.monotonic()
        if left <= 0:
            raise SourceFailed(Trouble.NO_ANSWER)
        answer = answered(door, Outgoing("GET", url, headers, deadline_s=left, max_response_bytes=MOST_BYTES))
        if answer.status not in (301, 302, 303, 307, 308) or not answer.headers.get("location"):
            return answer
        try:
            there = secure(urljoin(url, answer.headers["location"].strip()).partition("#")[0])
            is_clear = urlsplit(there).scheme != "https"
        except ValueError:
            raise SourceFailed(Trouble.ADDRESS) from None
        if urlsplit(url).scheme == "https" and is_clear:
            raise SourceFailed(Trouble.IN_THE_CLEAR)
        url = there
    raise SourceFailed(Trouble.REDIRECTS)


def _require_calendar(answer: Answer) -> None:
    """Refuse what is no calendar, first of all the page that asks to sign in."""
    beginning = answer.body[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith(b"<") or "html" in answer.headers.get("content-type", "").lower():
        raise SourceFailed(Trouble.WEB_PAGE)
    if not beginning.startswith(b"begin:vcalendar"):
        raise SourceFailed(Trouble.NOT_A_CALENDAR)


def _validator(answer: Answer, name: str) -> str:
    """A header to send back next time, if it is one that can be sent."""
    value = answer.headers.get(name, "")
    return value if len(value) <= LONGEST_VALIDATOR and re.fullmatch(r"[!-~]([ -~]*[!-~])?", value) else ""
