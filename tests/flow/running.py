"""A started Firstcall: its processes, its pages, its mails. Waiting is for something to happen, never for a time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import requests
from bs4 import BeautifulSoup, Tag

from deploy.embedded.ports import free_port
from deploy.installation import local_database
from tests.fakes.sendgrid import FakeSendGrid
from tests.letters import parsed, to

ROOT = Path(__file__).parent.parent.parent
# Long enough for a busy machine; what is waited for usually comes within a second.
PATIENCE_S = 240

T = TypeVar("T")


class Running:
    """The launcher in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.folder, self.arguments = folder, arguments
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.provider = FakeSendGrid()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "PYTHONTZPATH": "",
            "PYTHONPATH": str(ROOT),
            "PYTHONSAFEPATH": "1",
            "SENDGRID_EVENT_KEY": self.provider.public_key,
            "ENDPOINTS_ALLOW_PRIVATE": "true",
            "TIMING_TICK": "0.2",
            **environment,
        }
        self.said = ""

    def start(self) -> None:
        """Start, and wait until it says that it is ready."""
        command = [
            sys.executable,
            "-m",
            "deploy",
            "--port",
            str(self.port),
            "--data",
            str(self.folder),
            *self.arguments,
        ]
        self.process = subprocess.Popen(
            command,
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                return
        raise AssertionError(f"it did not start:\n{self.said}")

    def stop(self) -> int:
        """Ctrl-C; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)

    def mails(self, address: str = "", *, at_least: int = 0) -> list[EmailMessage]:
        """The mails to an address, in the order in which they left; waits until there are so many."""
        return self.eventually(lambda: self._mails(address), lambda found: len(found) >= at_least)

    def _mails(self, address: str) -> list[EmailMessage]:
        files = sorted((self.folder / "outbox" / "new").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        found = [parsed(path.read_bytes()) for path in files]
        return [mail for mail in found if address in ("", to(mail))]

    def eventually(self, look: Callable[[], T], good: Callable[[T], bool]) -> T:
        """What `look` sees, once it is good."""
        until = time.monotonic() + PATIENCE_S
        while True:
            seen = look()
            if good(seen):
                return seen
            assert time.monotonic() < until, f"still {seen!r}"
            time.sleep(0.05)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read the database, as its owner."""
        with local_database(self.folder) as environ, psycopg.connect(environ["DATABASE_URL"]) as connection:
            return connection.execute(query.encode()).fetchall()

    def first_password(self) -> str:
        """The console's, as the start printed it."""
        found = re.search(r"first password (\S+)", self.said)
        assert found is not None, self.said
        return found[1]

    def token(self) -> str:
        """An API token, as `./run token` prints it."""
        done = subprocess.run(
            [sys.executable, "-m", "deploy", "token", "--data", str(self.folder)],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip().splitlines()[-1]


class Reader:
    """Somebody with a browser that runs no scripts."""

    def __init__(self, url: str) -> None:
        self.url, self.session = url, requests.Session()
        self.session.trust_env = False

    def open(self, path: str) -> BeautifulSoup:
        """Open a page."""
        answer = self.session.get(self.url + path, timeout=60)
        answer.raise_for_status()
        self.at = answer.url.removeprefix(self.url)
        return BeautifulSoup(answer.text, "html.parser")

    def send(self, page: BeautifulSoup, action: str, **typed: str) -> BeautifulSoup:
        """Fill in the form that posts to `action` and send it."""
        form = page.find("form", {"action": re.compile(action), "method": "post"})
        assert isinstance(form, Tag), f"no form posts to {action}"
        kept = {field["name"]: field.get("value", "") for field in form.find_all("input", {"type": "hidden"})}
        answer = self.session.post(self.url + str(form["action"]), data={**kept, **typed}, timeout=60)
        self.status, self.at = answer.status_code, answer.url.removeprefix(self.url)
        return BeautifulSoup(answer.text, "html.parser")
