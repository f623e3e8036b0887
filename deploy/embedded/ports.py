"""Ports of this machine: a free one for what only we talk to, and a kind answer when the wished one is taken."""

from __future__ import annotations

import errno
import socket
from contextlib import closing, suppress

LOOPBACK = "127.0.0.1"


class PortTaken(Exception):
    """The wished port cannot be had; the text says which can."""


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(host: str, port: int) -> None:
    """Raises `PortTaken`, naming the next free port, when somebody listens there.

    Asked before the web server binds, because it shares its port among its workers and would share it with a stranger
    of the same user too.
    """
    try:
        _bind(host, port)
    except PermissionError:
        raise PortTaken(f"Port {port} needs root. Try: ./run --port 8000") from None
    except OSError:
        raise PortTaken(_taken(host, port)) from None


def _bind(host: str, port: int) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        # Two may bind one address with this option; only one may listen.
        probe.listen(1)
    if host == LOOPBACK:
        _bind_v6(port)


def _bind_v6(port: int) -> None:
    """`localhost` is ::1 first for many browsers: a stranger there would answer in our place."""
    try:
        with closing(socket.socket(socket.AF_INET6)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(("::1", port))
            probe.listen(1)
    except OSError as error:
        # Any other error means that this machine has no ::1 on which somebody could listen.
        if error.errno == errno.EADDRINUSE:
            raise


def _taken(host: str, port: int) -> str:
    for other in range(port + 1, min(port + 100, 65536)):
        with suppress(OSError):
            _bind(host, other)
            return f"Port {port} is taken. Try: ./run --port {other}"
    return f"Port {port} is taken, and so are the next ones."
