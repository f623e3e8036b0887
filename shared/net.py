"""Where an outgoing request may go: which URLs, which ports and which addresses. No request is made here.

The address tables are our own. `ipaddress.is_global` of Python 3.11 calls multicast, NAT64, 6to4 and site-local
addresses global and differs between versions, so it decides nothing here. Sources: the IANA special-purpose registries
(RFC 6890 and its updates) and the block list of Svix, of which this is a superset.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import SplitResult, urlsplit

from shared.deadline import Deadline

Address = IPv4Address | IPv6Address
Resolver = Callable[[str], Sequence[str]]


class NotSent(Exception):
    """Not one byte of the request left this machine: sending it again cannot do anything twice."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Refused(NotSent):
    """Our own rules forbid this request. It will not become possible by waiting."""


@dataclass(frozen=True)
class Target:
    """The parts of an accepted URL. `host` is lower case, without brackets; `path` begins with a slash and includes
    the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The URL put together again from what was checked, so that no second parser can read it differently."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def check_url(url: str) -> Target:
    """The target of a URL. Raises `Refused` with what is wrong."""
    parts = _split(url)
    if parts.scheme not in _DEFAULT_PORTS:
        raise Refused("url", "only http and https")
    if "@" in parts.netloc:
        raise Refused("url", "no user name or password in the address")
    if "#" in url:
        raise Refused("url", "no fragment")
    host = _host_of(parts)
    return Target(parts.scheme, host, _port_of(parts), (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def addresses_of(host: str, *, resolver: Resolver, deadline: Deadline, allow_private: bool) -> list[Address]:
    """Every address of a host, checked. One refused address refuses the host: whoever publishes a private address
    beside a public one is trying something.

    Raises `Refused` for a forbidden address and `NotSent` when the name does not resolve in time.
    """
    found = [ipaddress.ip_address(text) for text in _resolve(host, resolver, deadline)]
    if not found:
        raise NotSent("dns", "no address")
    if not all(is_allowed(address, allow_private=allow_private) for address in found):
        raise Refused("address", "leads to an address that is not public")
    return found


def is_allowed(address: Address, *, allow_private: bool) -> bool:
    """Whether a connection to this address may be made.

    >>> is_allowed(ipaddress.ip_address("169.254.169.254"), allow_private=True)
    False
    >>> is_allowed(ipaddress.ip_address("127.0.0.1"), allow_private=True)
    True
    """
    if allow_private and _is_in(address, _PRIVATE) and address not in _METADATA:
        return True
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not _is_in(address, _PRIVATE) and not _is_in(address, _NEVER)


def system_resolver(host: str) -> list[str]:
    """The addresses the system knows for a host, without zone ids, in the order it prefers them."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found))


def _split(url: str) -> SplitResult:
    # urlsplit drops tabs and line ends silently, so the text is judged before it is parsed.
    if len(url) > 2048 or not _URL.fullmatch(url):
        raise Refused("url", "only printable ASCII, at most 2048 characters, no space or backslash")
    try:
        return urlsplit(url)
    except ValueError:
        raise Refused("url", "is not a URL") from None


def _host_of(parts: SplitResult) -> str:
    host = (parts.hostname or "").removesuffix(".")
    if ":" in host:
        return _literal(host)
    if not _HOST.fullmatch(host) or len(host) > 253:
        raise Refused("url", "has no usable host name")
    # 127.1, 0x7f000001 and 2130706433 are addresses to getaddrinfo and names to a reader; only plain quads pass.
    return _literal(host) if _NUMERIC.fullmatch(host.rpartition(".")[2]) else host


def _literal(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host if "%" not in host else ""))  # a zone id names an interface of ours
    except ValueError:
        raise Refused("url", "is not a plainly written address") from None


def _port_of(parts: SplitResult) -> int:
    try:
        port = _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        raise Refused("url", "the port is not a number below 65536") from None
    if (port < 1024 and port not in _LOW_PORTS) or port in _INTERNAL_PORTS:
        raise Refused("url", f"port {port} is not for HTTP")
    return port


def _resolve(host: str, resolver: Resolver, deadline: Deadline) -> Sequence[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    return _bounded(lambda: resolver(host), deadline)


def _bounded(look_up: Callable[[], Sequence[str]], deadline: Deadline) -> Sequence[str]:
    # getaddrinfo cannot be interrupted and has no timeout of its own: it runs in a thread that may be left behind.
    # The number of threads left behind is bounded; past it, names fail at once instead of piling up.
    if not _lookups.acquire(timeout=_left_for_dns(deadline)):
        raise NotSent("dns", "too many lookups are waiting")
    answer: list[Sequence[str] | BaseException] = []

    def work() -> None:
        try:
            answer.append(look_up())
        except (OSError, UnicodeError) as error:
            answer.append(error)
        finally:
            _lookups.release()

    thread = threading.Thread(target=work, name="dns", daemon=True)
    thread.start()
    thread.join(_left_for_dns(deadline))
    if not answer:
        raise NotSent("dns", "no answer in time")
    if isinstance(answer[0], BaseException):
        raise NotSent("dns", "the name does not resolve") from answer[0]
    return answer[0]


def _left_for_dns(deadline: Deadline) -> float:
    try:
        return deadline.left()
    except TimeoutError:
        raise NotSent("dns", "no answer in time") from None


def _is_in(address: Address, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    return any(address in network for network in networks)


_lookups = threading.BoundedSemaphore(32)

_URL = re.compile(r"[A-Za-z0-9!#$%&'()*+,/:;=?@\[\]._~-]+")  # the characters of RFC 3986
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOW_PORTS = {80, 443}
# Databases, brokers, control planes and remote shells above 1023, which answer to a stray HTTP request or act on it.
_INTERNAL_PORTS = frozenset(
    {1433, 1521, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5433, 5671, 5672, 5900, 5984, 5985, 5986}
    | {6379, 6380, 6432, 6443, 7001, 8125, 8500, 9042, 9092, 9200, 9300, 10250, 10255, 10257, 10259, 11211, 15672}
    | {25672, 26379, 27017, 27018, 27019}
)

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_PRIVATE: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),
    IPv4Network("127.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv6Network("::1/128"),
    IPv6Network("fc00::/7"),
)
# Inside the private ranges, yet never meant: the metadata services of AWS and Alibaba.
_METADATA = {ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")}
_NEVER: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("168.63.129.16/32"),  # Azure's wire server
    IPv4Network("169.254.0.0/16"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.0.2.0/24"),
    IPv4Network("192.31.196.0/24"),
    IPv4Network("192.52.193.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.175.48.0/24"),
    IPv4Network("198.18.0.0/15"),
    IPv4Network("198.51.100.0/24"),
    IPv4Network("203.0.113.0/24"),
    IPv4Network("224.0.0.0/4"),
    IPv4Network("240.0.0.0/4"),
    IPv6Network("2001::/23"),  # protocol assignments, Teredo and ORCHID among them
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),  # 6to4 carries any IPv4 address
    IPv6Network("2620:4f:8000::/48"),
    IPv6Network("3ffe::/16"),
    IPv6Network("3fff::/20"),
)
