"""The network taken away: whatever Python code of this process would connect to is written down and refused.

The interpreter itself tells of it (PEP 578), so no library gets past. Only libpq does, which is no Python and speaks to
PostgreSQL alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_OUTWARD = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "socket.sendmsg",
    "subprocess.Popen",
}
_tried: list[list[str]] = []


class NoNetwork(OSError):
    """What a refused connection meets."""


@contextmanager
def no_network() -> Iterator[list[str]]:
    """Until it ends nothing is reached; what was tried, in its order."""
    _listen()
    tried: list[str] = []
    _tried.append(tried)
    try:
        yield tried
    finally:
        _tried.remove(tried)


@cache
def _listen() -> None:
    """Once for the process: a hook stays."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if _tried and event in _OUTWARD:
        tried = f"{event} {arguments[-1] if event == 'socket.connect' else arguments}"
        for one in _tried:
            one.append(tried)
        raise NoNetwork(tried)
