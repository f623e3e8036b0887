"""The one outbound HTTP door. Whatever this product fetches or delivers by HTTP goes through `HttpDoor.send`.

It is `requests` without its sessions: no redirect is followed, no cookie kept, no proxy, .netrc or CA bundle taken from
the environment. What it adds: one deadline over name lookup, connection, TLS, request and answer; addresses that are
checked and then connected to as checked (`pinned.py`); a cap on what may come back; and failures told apart by the only
question that matters for a retry, whether the other side may have seen the request.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError

from shared.deadline import Deadline
from shared.net import Address, NotSent, Refused, Resolver, addresses_of, check_url, system_resolver
from shared.pinned import Exchange, PinnedAdapter, TooLong, under_way

__all__ = ["Ambiguous", "Answer", "HttpDoor", "NotSent", "Outgoing", "Refused"]


class Ambiguous(Exception):
    """The request began to leave this machine and no status came back: the other side may have acted on it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Outgoing:
    """One request. `deadline_s` is the total for everything; `max_response_bytes` caps the body that is kept."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    deadline_s: float = 15.0
    max_response_bytes: int = 65_536


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are lower case; a repeated header is joined by a comma and a space.

    A status that arrived is an answer even when its body did not: `cut` is empty for a whole body, else why there is
    only the beginning of it (`deadline`, `too long`, `broken off`) or nothing (`encoded`). Who needs the body looks.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: str = ""


class HttpDoor:
    """Sends requests over kept-alive connections; one per process, used by all its threads at once.

    With `allow_private` the addresses of this machine and of private networks are allowed too; never those of
    link-local and metadata services. `ca_file` replaces the certificates that servers are judged by.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        user_agent: str = "Firstcall",
        ca_file: str | None = None,
        resolver: Resolver = system_resolver,
    ) -> None:
        self._user_agent = user_agent
        self._resolver = resolver
        self._allow_private = allow_private
        self._adapter = PinnedAdapter(ca_file or DEFAULT_CA_BUNDLE_PATH)

    def check(self, url: str, *, deadline_s: float = 5.0) -> None:
        """Whether a request to this URL may be made now, without making one.

        Raises `Refused` when our rules forbid it and `NotSent` when its name does not resolve.
        """
        self._addresses(check_url(url).host, Deadline.after(deadline_s))

    def send(self, request: Outgoing) -> Answer:
        """Make one request, once.

        Raises `Refused` (never allowed), `NotSent` (surely not sent: lookup, connection, TLS) or `Ambiguous` (no
        status came back after the request began).
        """
        prepared = _prepare(request, self._user_agent)
        allowance = 2 * request.max_response_bytes + _FRAMING
        exchange = Exchange(Deadline.after(request.deadline_s), self._addresses, allowance)
        with under_way(exchange):
            return self._exchange(request, prepared, exchange)

    def close(self) -> None:
        """Close the idle connections."""
        self._adapter.close()

    def _addresses(self, host: str, deadline: Deadline) -> list[Address]:
        return addresses_of(host, resolver=self._resolver, deadline=deadline, allow_private=self._allow_private)

    def _exchange(self, request: Outgoing, prepared: requests.PreparedRequest, exchange: Exchange) -> Answer:
        try:
            response = self._adapter.send(prepared, stream=True, timeout=request.deadline_s)
        except (OSError, HTTPError, ValueError) as error:
            raise _verdict(error, exchange) from error
        with response:
            if response.status_code < 200:
                # http.client passes 101..199 on as if they were final; what follows would answer the next request.
                raise Ambiguous("protocol", f"informational status {response.status_code}")
            body, cut = _read(response, request.max_response_bytes)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, body, cut)


def _prepare(request: Outgoing, user_agent: str) -> requests.PreparedRequest:
    target = check_url(request.url)
    for name, value in request.headers.items():
        _check_header(name, value)
    headers = {"User-Agent": user_agent, **request.headers, "Accept-Encoding": "identity"}
    if not _TOKEN.fullmatch(request.method):
        raise Refused("method")
    try:
        return requests.Request(request.method, target.url, headers=headers, data=request.body).prepare()
    except ValueError as error:
        raise Refused("url", str(error)) from None


def _check_header(name: str, value: str) -> None:
    if not _TOKEN.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
        raise Refused("header", f"{name[:40]!r} has characters that a header cannot have")
    if name.lower() in _OWN_HEADERS:
        raise Refused("header", f"{name} is set by the connection itself")


def _verdict(error: Exception, exchange: Exchange) -> NotSent | Ambiguous:
    chain = list(islice(_causes(error), 10))
    reason = next((reason for kind, reason in _REASONS if any(isinstance(one, kind) for one in chain)), "protocol")
    detail = str(chain[-1])[:200]
    return Ambiguous(reason, detail) if exchange.began else NotSent(reason, detail)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        inner = [part for part in error.args if isinstance(part, BaseException)] + [getattr(error, "reason", None)]
        error = next((part for part in inner if isinstance(part, BaseException)), error.__cause__ or error.__context__)


def _read(response: requests.Response, limit: int) -> tuple[bytes, str]:
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        return b"", "encoded"
    body = bytearray()
    try:
        for chunk in response.raw.stream(16_384, decode_content=False):
            body += chunk
            if len(body) > limit:
                return bytes(body[:limit]), "too long"
    except (OSError, HTTPError, ValueError) as error:
        return bytes(body), _why_cut(error)
    return bytes(body), ""


def _why_cut(error: Exception) -> str:
    chain = list(islice(_causes(error), 10))
    if any(isinstance(one, TimeoutError) for one in chain):
        return "deadline"
    return "too long" if any(isinstance(one, TooLong) for one in chain) else "broken off"


# urllib3 logs whole URLs, and a URL may carry somebody's token. Its warnings say nothing that we do not raise.
logging.getLogger("urllib3").setLevel(logging.ERROR)

# Room for status line, headers and chunk sizes, over the body that is wanted.
_FRAMING = 262_144
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t -~]*")
_OWN_HEADERS = {
    *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization"),
    *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
}
_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "deadline"),
    (ssl.SSLCertVerificationError, "certificate"),
    (ssl.SSLError, "tls"),
    (TooLong, "too long"),
    (ConnectionError, "reset"),
)
