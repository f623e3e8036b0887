"""An HTTP/1.1 server with kept-alive connections whose answers a test decides, including the ones that never come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self


@dataclass(frozen=True)
class Request:
    """One request as it came. Header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What comes back: an answer, a closed connection, or nothing for as long as the server lives."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    instead: Literal["", "close", "hang"] = ""


class WebServer:
    """Answers every request by `respond`, each connection in its own thread. A context manager."""

    def __init__(self, respond: Callable[[Request], Reply], *, port: int = 0) -> None:
        self._stop = threading.Event()
        self._server = _Server(("127.0.0.1", port), _handler(respond, self._stop))
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """Clients that go away are what these tests are about."""


def _handler(respond: Callable[[Request], Reply], stop: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = respond(Request(self.command, self.path, headers, body))
            if reply.instead:
                self.close_connection = True
                stop.wait(60 if reply.instead == "hang" else 0)
                return
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PROPFIND = do_REPORT = answer  # noqa: N815 - the names are the library's

        def log_message(self, *_: Any) -> None:
            """Quiet: the ledger tells what came."""

    return Handler
