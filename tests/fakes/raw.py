"""A TCP server that behaves as badly as a test tells it to, below the level of HTTP."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Self

# Gets a connection and an event that is set when the server closes: wait on it to hang.
Script = Callable[[socket.socket, threading.Event], None]


class RawServer:
    """Runs one script per connection, each in its own thread. A context manager."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None, family: int = socket.AF_INET) -> None:
        self._script = script
        self._tls = tls
        self._stop = threading.Event()
        self._open: list[socket.socket] = []
        self.connections = 0
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        self._listener.listen(64)
        self.port: int = self._listener.getsockname()[1]

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        """The address of this server under a host name or literal."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # A peer that gives up is what most of these scripts are about.
        with contextlib.suppress(OSError, ValueError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            with connection:
                self._script(connection, self._stop)


def read_request(connection: socket.socket) -> bytes:
    """One whole request, body included. Empty when the peer closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def answering(*answers: bytes) -> Script:
    """Reads a request, sends the first answer; then the next, on the same connection; then closes."""

    def script(connection: socket.socket, _: threading.Event) -> None:
        for answer in answers:
            if not read_request(connection):
                return
            connection.sendall(answer)

    return script


FOR_GOOD_S = 10
"""Whoever comes back sooner has a deadline of their own. A slow machine is late, but not by this much."""


def hanging(connection: socket.socket, stop: threading.Event) -> None:
    """Accepts and never says a word."""
    stop.wait(30)
    connection.close()


def dripping(head: bytes, *, every_s: float = 0.02) -> Script:
    """After the request sends the head, then one byte at a time for as long as anybody listens."""

    def script(connection: socket.socket, stop: threading.Event) -> None:
        read_request(connection)
        connection.sendall(head)
        while not stop.wait(every_s):
            connection.sendall(b"x")

    return script


def flooding(head: bytes, block: bytes) -> Script:
    """After the request sends the head, then the same block for ever, as fast as it goes."""

    def script(connection: socket.socket, stop: threading.Event) -> None:
        read_request(connection)
        connection.sendall(head)
        while not stop.is_set():
            connection.sendall(block)

    return script
