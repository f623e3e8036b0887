"""WebDAV over the one outbound door: requests with a login, answers as XML, everything that fails as a `SourceFailed`.

Basic authentication, over TLS; in the clear only where the operator allows addresses of their own network. Passwords
are never sent on to another host by a redirect (RFC 4918, RFC 7617).
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote, urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from services.booking.domain.calendar_sources import Login, SourceFailed, Trouble
from shared.http import Ambiguous, Answer, HttpDoor, NotSent, Outgoing, Refused

MOST_BYTES = 32_000_000
MOST_REDIRECTS = 3
D, C = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'


@cache
def door_to_calendars(allow_private: bool) -> HttpDoor:
    """This process's door to calendars, with its kept-alive connections."""
    return HttpDoor(allow_private=allow_private)


@dataclass(frozen=True)
class Found:
    """One response of a multistatus: the address, its own status if it has one, and the properties that were found."""

    url: str
    status: int
    properties: Mapping[str, Element]

    def text(self, name: str) -> str:
        """The text of a property, "" when it was not found."""
        element = self.properties.get(name)
        return "" if element is None else (element.text or "").strip()

    def hrefs(self, name: str) -> list[str]:
        """The addresses that a property holds."""
        element = self.properties.get(name)
        found = [] if element is None else element.iter(f"{D}href")
        return [resolved(self.url, one.text or "") for one in found]


@dataclass(frozen=True)
class Dav:
    """A server for one login. All its requests together may take until `until` (monotonic seconds)."""

    door: HttpDoor
    login: Login
    until: float
    allow_clear: bool = False
    headers: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pair = f"{self.login.username}:{self.login.password}".encode()
        object.__setattr__(self, "headers", {"Authorization": f"Basic {base64.b64encode(pair).decode()}"})

    def multistatus(self, method: str, url: str, body: str, *, depth: int = 0) -> tuple[list[Found], Element]:
        """A PROPFIND or REPORT: its responses, and the whole answer. Raises `SourceFailed`."""
        headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": str(depth)}
        at, answer = self.follow(method, url, headers, f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode())
        if answer.status != 207:
            raise SourceFailed(trouble_of(answer.status) or Trouble.NOT_CALDAV)
        root = xml_of(answer)
        found = list(_responses(at, root))
        # Xandikos says of a collection that is not there: 207, and the 404 inside. Read as empty, it would be free.
        own = next((one.status for one in found if one.url.rstrip("/") == at.rstrip("/")), 200)
        if own >= 400 and own != 507:
            raise SourceFailed(trouble_of(own) or Trouble.NOT_CALDAV)
        return found, root

    def follow(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[str, Answer]:
        """A request that may be sent on, at most three times and never to another host. The last address and answer."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = self.send(method, url, headers, body)
            if answer.status not in (301, 302, 307, 308) or not answer.headers.get("location"):
                return url, answer
            url = _next_place(url, answer.headers["location"])
        raise SourceFailed(Trouble.REDIRECTS)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """One request. Raises `SourceFailed` when no whole answer came back."""
        # Where it may travel in the clear, it does so only for who typed such an address: no server leads it there.
        may_be_clear = self.allow_clear and urlsplit(self.login.url).scheme != "https"
        if urlsplit(url).scheme != "https" and not may_be_clear:
            raise SourceFailed(Trouble.IN_THE_CLEAR)
        left = self.until - time.monotonic()
        if left <= 0:
            raise SourceFailed(Trouble.NO_ANSWER)
        request = Outgoing(
            method=method,
            url=url,
            headers={**self.headers, **headers},
            body=body,
            deadline_s=left,
            max_response_bytes=MOST_BYTES,
        )
        return answered(self.door, request)


def answered(door: HttpDoor, request: Outgoing) -> Answer:
    """What the door brings back, whole, or a `SourceFailed`."""
    try:
        answer = door.send(request)
    except Refused:
        raise SourceFailed(Trouble.ADDRESS) from None
    except NotSent as error:
        raise SourceFailed(Trouble.UNKNOWN_HOST if error.reason == "dns" else Trouble.UNREACHABLE) from None
    except Ambiguous as error:
        trouble = Trouble.NO_ANSWER if error.reason == "deadline" else Trouble.UNREACHABLE
        raise SourceFailed(trouble, may_have_happened=True) from None
    if answer.cut and answer.status < 300:
        trouble = {"too long": Trouble.TOO_LONG, "deadline": Trouble.NO_ANSWER}.get(answer.cut, Trouble.UNREACHABLE)
        raise SourceFailed(trouble, may_have_happened=True)
    return answer


def trouble_of(status: int) -> Trouble | None:
    """The trouble that a status means; None for success and for what only the caller understands."""
    if status >= 500:
        return Trouble.BUSY_SERVER if status == 503 else Trouble.SERVER_ERROR
    return {
        401: Trouble.PASSWORD,
        403: Trouble.FORBIDDEN,
        404: Trouble.NOT_FOUND,
        410: Trouble.GONE,
        429: Trouble.BUSY_SERVER,
    }.get(status)


def xml_of(answer: Answer) -> Element:
    """The answer as XML; entities and DTDs are refused. Raises `SourceFailed`."""
    try:
        root: Element = fromstring(answer.body)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise SourceFailed(Trouble.NOT_CALDAV) from None
    return root


def resolved(base: str, href: str) -> str:
    """A whole address, with what servers leave unquoted in an href quoted. Raises `SourceFailed` for what is none."""
    try:
        there = urljoin(base, quote(href.strip(), safe="%/:=&?~+!$,;'@()*[]"))
        _ = urlsplit(there).port
    except ValueError:
        raise SourceFailed(Trouble.NOT_CALDAV) from None
    return there


def _responses(base: str, root: Element) -> Iterator[Found]:
    for response in root.iter(f"{D}response"):
        url = resolved(base, response.findtext(f"{D}href") or "")
        found = {
            element.tag: element
            for propstat in response.iter(f"{D}propstat")
            if _status(propstat) == 200
            for element in propstat.findall(f"{D}prop/*")
        }
        yield Found(url, _status(response), found)


def _status(element: Element) -> int:
    # "HTTP/1.1 200 OK"; a response without one of its own was found.
    parts = (element.findtext(f"{D}status") or "").split()
    is_one = len(parts) > 1 and len(parts[1]) == 3 and parts[1].isdecimal()
    return int(parts[1]) if is_one else 200


def _next_place(url: str, location: str) -> str:
    there = resolved(url, location)
    old, new = urlsplit(url), urlsplit(there)
    if old.hostname != new.hostname or (old.scheme == "https" and new.scheme != "https"):
        raise SourceFailed(Trouble.REDIRECTS)
    return there
