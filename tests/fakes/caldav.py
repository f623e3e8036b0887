"""Two real CalDAV servers from PyPI, each a process of its own on a free port: Radicale, with a login, and Xandikos.

Both hold one calendar named work for `nora`. A context manager stops the process that it started, by its id.
"""

from __future__ import annotations

import base64
import contextlib
import subprocess
import sys
import time
from pathlib import Path
from typing import Self
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from deploy.embedded.ports import free_port

USER, PASSWORD = "nora", "a-password-of-nora's"


class CalDavServer:
    """A server in a process. `url` is what an advisor would type; `calendar` is the address of the calendar."""

    def __init__(self, name: str, command: list[str], port: int, calendar: str) -> None:
        self.name, self._command = name, command
        self.url = f"http://127.0.0.1:{port}/"
        self.calendar = f"http://127.0.0.1:{port}{calendar}"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()
        if self.name == "radicale":
            self.ask("MKCALENDAR", self.calendar, MKCALENDAR)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def put(self, name: str, content: str) -> None:
        """Somebody else's calendar program writes an entry."""
        self.ask("PUT", self.calendar + name, content)

    def delete(self, name: str) -> None:
        """Somebody else's calendar program removes one."""
        self.ask("DELETE", self.calendar + name)

    def content(self, name: str) -> str:
        """What the server holds under this name, "" when there is nothing."""
        try:
            return self.ask("GET", self.calendar + name)
        except HTTPError as error:
            if error.code != 404:
                raise
            return ""

    def ask(self, method: str, url: str, body: str = "") -> str:
        """A request of somebody else's program, with the login."""
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        kind = "text/calendar" if method == "PUT" else "application/xml"
        headers = {"Authorization": f"Basic {pair}", "Content-Type": f"{kind}; charset=utf-8"}
        with urlopen(Request(url, body.encode() or None, headers, method=method), timeout=10) as answer:
            text: str = answer.read().decode()
        return text

    def _wait(self) -> None:
        for _ in range(200):
            with contextlib.suppress(HTTPError, URLError, ConnectionError):
                urlopen(self.url, timeout=2).close()
                return
            time.sleep(0.05)
        raise TimeoutError(f"{self.name} did not come up")


def radicale(folder: Path) -> CalDavServer:
    """Radicale: Basic authentication, sync-collection, strict about what it stores."""
    port, program = free_port(), str(Path(sys.executable).parent / "radicale")
    users = folder / "users"
    users.write_text(f"{USER}:{PASSWORD}\n")
    options = {
        "--server-hosts": f"127.0.0.1:{port}",
        "--auth-type": "htpasswd",
        "--auth-htpasswd-filename": str(users),
        "--auth-htpasswd-encryption": "plain",
        "--auth-delay": "0",
        "--storage-filesystem-folder": str(folder / "collections"),
    }
    command = [program, *(part for option in options.items() for part in option)]
    return CalDavServer("radicale", command, port, f"/{USER}/work/")


def xandikos(folder: Path) -> CalDavServer:
    """Xandikos: no login, git underneath, strong etags and sync tokens that are commits."""
    port, program = free_port(), str(Path(sys.executable).parent / "xandikos")
    command = [program, "serve", "--defaults", "--no-detect-systemd", "-d", str(folder / "dav"), "-l", "127.0.0.1"]
    command += ["-p", str(port), "--current-user-principal", f"/{USER}/", "--state-dir", str(folder / "state")]
    return CalDavServer("xandikos", command, port, f"/{USER}/calendars/calendar/")


MKCALENDAR = """<?xml version="1.0" encoding="utf-8"?>
<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>
<D:displayname>Work</D:displayname>
<C:calendar-timezone>BEGIN:VCALENDAR&#13;
VERSION:2.0&#13;
PRODID:-//test//&#13;
BEGIN:VTIMEZONE&#13;
TZID:Europe/Berlin&#13;
BEGIN:STANDARD&#13;
DTSTART:19701025T030000&#13;
TZOFFSETFROM:+0200&#13;
TZOFFSETTO:+0100&#13;
END:STANDARD&#13;
END:VTIMEZONE&#13;
END:VCALENDAR&#13;
</C:calendar-timezone>
<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>
</D:prop></D:set></C:mkcalendar>"""
