"""One program that the launcher starts, and the promise that it ends with the launcher.

Each has a session of its own, so that Ctrl-C reaches the launcher only, which then stops them in order. On Linux the
kernel signals them when the launcher dies, even by kill -9; that is tied to the thread that started them, so `start`
is called from the main thread.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import Any

from deploy.embedded.who import Who, before_exec, nobody

LOG_LIMIT = 5_000_000


class NotStarted(Exception):
    """A program ended, or stayed silent, before it was ready. The text holds the end of its log."""


@dataclass(frozen=True)
class Program:
    """What is run, where, and by which signals it ends. `log` gets both of its outputs."""

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    cwd: Path
    log: Path
    stop_signal: Signals = SIGTERM
    # What the kernel sends when the launcher is gone and nobody is left to insist.
    orphan_signal: Signals = SIGTERM
    who: Who = Who.OURSELVES
    # Given to the program and closed: the way to hand over a password that `ps` does not show.
    stdin: bytes = field(default=b"", repr=False)


class Child:
    """A program with its process. `ready` says whether it serves; it is asked until it does."""

    def __init__(self, program: Program, ready: Callable[[], bool] = lambda: True) -> None:
        self.program = program
        self.ready = ready
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = False

    def start(self) -> None:
        """Start the process, from the main thread. Raises `OSError` when the program cannot be executed."""
        self._asked = False
        _shorten(self.program.log)
        with self.program.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.program.argv,
                env=dict(self.program.environ),
                cwd=self.program.cwd,
                stdin=subprocess.PIPE if self.program.stdin else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=before_exec(self.program.who, self.program.orphan_signal),  # noqa: PLW1509  # it has no threads
                **account_of(self.program.who),
            )
        self._feed()

    @property
    def pid(self) -> int | None:
        """The process, when one was started."""
        return self._process.pid if self._process else None

    def exit_code(self) -> int | None:
        """None while it runs; the code, or minus the signal, when it has ended. 0 when it was never started."""
        return self._process.poll() if self._process else 0

    def ask_to_stop(self) -> None:
        """Send the signal by which it ends. Once: a second one means "at once" to many programs."""
        if self._process and self._process.poll() is None and not self._asked:
            self._asked = True
            self._process.send_signal(self.program.stop_signal)

    def stop(self, within: float) -> None:
        """Ask it to end, and after `within` seconds make it end, with whatever it has started itself."""
        if self._process is None:
            return
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        self._end_session()

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        with suppress(OSError):
            text = self.program.log.read_bytes()[-20_000:].decode(errors="replace")
            return "\n".join(text.splitlines()[-lines:])
        return ""

    def _feed(self) -> None:
        if self._process and self._process.stdin:
            # A program that dies at once closes the pipe; its exit code tells more than this error.
            with suppress(BrokenPipeError), self._process.stdin as pipe:
                pipe.write(self.program.stdin)

    def _end_session(self) -> None:
        """Also after a crash: a web server's workers outlive their killed parent and would keep its port."""
        assert self._process is not None  # noqa: S101
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, SIGKILL)
        self._process.wait()


def describe_exit(code: int) -> str:
    """The exit code in words: `exit 1`, or `killed by SIGSEGV`."""
    return f"exit {code}" if code >= 0 else f"killed by {Signals(-code).name}"


def account_of(who: Who) -> dict[str, Any]:
    """How `subprocess` is told to become another account."""
    if who is not Who.NOBODY:
        return {}
    account = nobody()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _shorten(log: Path) -> None:
    """Keep one older log. Only between starts: a running program holds its file open."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
