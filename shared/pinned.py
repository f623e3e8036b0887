"""Connections for the HTTP door: to checked addresses only, and with every wait bounded by one deadline.

A name is resolved once, at connecting; all its addresses are checked and one of them is connected to, so what was
checked is what is talked to (no rebinding), while Host, SNI and the certificate stay those of the name. Sockets ask the
exchange under way how long they may wait and how much they may still receive, because the timeouts of the libraries
above them are per read and know no size.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from shared.deadline import Deadline
from shared.net import Address, NotSent


class TooLong(OSError):
    """More came in than the exchange allows."""


@dataclass
class Exchange:
    """One request under way. `allowance` is how many bytes may still come in, framing included; `began` is true once
    the first byte of the request may have left."""

    deadline: Deadline
    addresses: Callable[[str, Deadline], list[Address]]
    allowance: int
    began: bool = False

    def sending(self) -> float:
        """Seconds the next write may take."""
        left = self.deadline.left()
        self.began = True
        return left

    def received(self, count: int) -> int:
        """Count what came in. Raises `TooLong` past the allowance."""
        self.allowance -= count
        if self.allowance < 0:
            raise TooLong("the answer is too long")
        return count


@contextmanager
def under_way(exchange: Exchange) -> Iterator[None]:
    """Make an exchange known to the sockets that serve it. requests has no channel down to them, so it travels in a
    context variable: one per thread."""
    token = _current.set(exchange)
    try:
        yield
    finally:
        _current.reset(token)


class PinnedAdapter(HTTPAdapter):
    """The transport adapter of requests, with pinned connections. `ca_file`: the certificates servers are judged by."""

    def __init__(self, ca_file: str) -> None:
        self._context = _tls_context(ca_file)
        super().__init__(pool_connections=64, pool_maxsize=32)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """Called by requests: pools of our connections."""
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        """Called by requests: every pool shares one TLS context."""
        host, _ = super().build_connection_pool_key_attributes(*args, **kwargs)
        return host, {"ssl_context": self._context}

    def cert_verify(self, conn: Any, *_: Any, **__: Any) -> None:
        """Called by requests. The context already holds the certificates; the original loads the whole bundle again
        for every connection."""
        conn.cert_reqs = "CERT_REQUIRED"


class _Connection(HTTPConnection):
    """A connection to an address that was checked: the name is resolved once, here, and never by the library."""

    used_at = 0.0

    def _new_conn(self) -> socket.socket:
        exchange = _current.get()
        addresses = exchange.addresses(self.host, exchange.deadline)
        return _connect(addresses[:4], self.port, exchange.deadline)

    def request(self, *args: Any, **kwargs: Any) -> None:
        self.used_at = time.monotonic()
        super().request(*args, **kwargs)

    @property
    def is_connected(self) -> bool:
        # A server that closes an idle connection while we write to it makes a send ambiguous for nothing. The
        # shortest keep-alive in common use is 2 s (gunicorn), so nothing older than that is used again.
        return super().is_connected and time.monotonic() - self.used_at < _IDLE_S


class _TlsConnection(_Connection, HTTPSConnection):
    """TLS on top: name and certificate are those of the host, whatever address it has."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _connect(addresses: list[Address], port: int, deadline: Deadline) -> socket.socket:
    detail = ""
    for tries_left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
        try:
            return _dial(address, port, deadline, tries_left)
        except OSError as error:
            detail = str(error)
    raise NotSent("connect", detail)


def _dial(address: Address, port: int, deadline: Deadline, tries_left: int) -> socket.socket:
    sock = _PlainSocket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(deadline.share(tries_left))
        sock.connect((str(address), port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(deadline.left())  # the TLS handshake that may follow is one wait
    except OSError:
        sock.close()
        raise
    return sock


class _PlainSocket(socket.socket):
    """A socket whose every wait is bounded by what is left of the exchange, not by a timeout of its own."""

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        self.settimeout(_current.get().sending())
        super().sendall(data, flags)

    def recv_into(self, *args: Any) -> int:
        exchange = _current.get()
        self.settimeout(exchange.deadline.left())
        return exchange.received(super().recv_into(*args))


class _TlsSocket(ssl.SSLSocket):
    """The same under TLS, where `sendall` is a loop over `send`."""

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(_current.get().sending())
        return super().send(data, flags)

    def recv_into(self, *args: Any) -> int:
        exchange = _current.get()
        self.settimeout(exchange.deadline.left())
        return exchange.received(super().recv_into(*args))


def _tls_context(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _TlsSocket
    return context


_current: ContextVar[Exchange] = ContextVar("exchange")
_IDLE_S = 1.5
