"""A hard end for a conversation on a socket: `smtplib` has a timeout per read, which a slow dripper never meets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_off_at(line: socket.socket, seconds: float) -> Iterator[None]:
    """Shut the connection down if the block has not ended after so many seconds; its reads then fail at once.

    A duplicate of the descriptor is kept, so that the end also reaches a socket that TLS has wrapped meanwhile.
    """
    watched = socket.socket(fileno=socket.dup(line.fileno()))
    timer = threading.Timer(seconds, _shut, [watched])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        watched.close()


def _shut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
