"""The data folder of an installation on one machine: `var/`. Closed to others, used by one launcher at a time.

postgres/ valkey/ outbox/   what the product keeps
secrets.env                 made once; losing it closes the database and every session
first-password              opens the console until it is changed
speed                       only there when product time runs faster than the clock on the wall
prepared                    what the database was last prepared with
lock                        who uses the folder now
log/                        one file per program
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

SECRETS = ("SECRET_KEY", "SUPPRESSION_KEY", "POSTGRES_PASSWORD", "VALKEY_PASSWORD")


class FolderRefused(Exception):
    """This folder cannot be used as asked; the text says why and what to do."""


@dataclass(frozen=True)
class Running:
    """What a launcher writes into the lock, for a second one and for commands that join it."""

    pid: int
    url: str
    broker_url: str = ""


@dataclass(frozen=True)
class DataFolder:
    """`path` is absolute. `make` comes before everything else."""

    path: Path

    @property
    def logs(self) -> Path:
        """One log a program."""
        return self.path / "log"

    def make(self) -> None:
        """Make it, closed to others. Raises `FolderRefused` when it belongs to another account."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_own(self.path)
        self.path.chmod(0o700)
        self.logs.mkdir(exist_ok=True)

    def secrets(self) -> dict[str, str]:
        """The installation's own secrets. What is missing is made and kept."""
        path = self.path / "secrets.env"
        found = _read(path)
        if missing := [name for name in SECRETS if name not in found]:
            found |= {name: secrets.token_hex(32) for name in missing}
            write_private(path, "".join(f"{name}={value}\n" for name, value in found.items()))
        return found

    def first_password(self) -> str:
        """The console's first password, made when there is none."""
        path = self.path / "first-password"
        if not path.exists():
            write_private(path, f"{secrets.token_urlsafe(12)}\n")
        return path.read_text().strip()

    def forget_first_password(self) -> None:
        """It was changed, so it opens nothing any more."""
        (self.path / "first-password").unlink(missing_ok=True)

    def require_speed(self, speed: int | None) -> None:
        """Product time cannot be made faster or slower than it was begun, or letters would leave in a heap.

        Raises `FolderRefused`. Writes the mark into a new folder.
        """
        made_with, begun = self.speed(), (self.path / "secrets.env").exists()
        if speed is None and made_with is not None:
            raise FolderRefused(
                f"{self.path} was made with --speed {made_with}; its time is not the time of day.\n"
                f"Go on with: ./run --speed {made_with}   or choose another folder: ./run --data DIR"
            )
        if speed is not None and begun and made_with is None:
            raise FolderRefused(
                f"{self.path} runs at the time of day, so --speed is refused.\n"
                f"Try it in a folder of its own: ./run --speed {speed} --data DIR"
            )
        if speed is not None:
            write_private(self.path / "speed", f"{speed}\n")

    def speed(self) -> int | None:
        """How many times as fast product time runs here; None for the time of day."""
        mark = self.path / "speed"
        return int(mark.read_text()) if mark.exists() else None

    def running(self) -> Running | None:
        """Who uses the folder, as far as they have said so. None when nobody does."""
        with self._lock_file() as lock:
            if _take(lock):
                return None
            return _parse((self.path / "lock").read_text())

    @contextmanager
    def locked(self, url: str) -> Iterator[bool]:
        """Use the folder alone. Yields whether the last one who used it was killed.

        Raises `FolderRefused`, naming who uses it already.
        """
        with self._lock_file() as lock:
            last = (self.path / "lock").read_text()
            if not _take(lock):
                other = _parse(last)
                raise FolderRefused(f"Firstcall already runs in {self.path}: process {other.pid}, {other.url}")
            self.announce(Running(os.getpid(), url))
            yield bool(last)
            (self.path / "lock").write_text("")

    def announce(self, running: Running) -> None:
        """Tell others who uses the folder. The lock is held, so nobody else writes here."""
        (self.path / "lock").write_text(json.dumps(asdict(running)))

    @contextmanager
    def _lock_file(self) -> Iterator[int]:
        # Not inherited by the programs that are started, so the lock ends with the launcher.
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield lock
        finally:
            os.close(lock)


def write_private(path: Path, text: str) -> None:
    """Replace a file at once and for good, readable by its owner only."""
    part = path.with_name(path.name + ".new")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    part.replace(path)


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def _require_own(path: Path) -> None:
    owner = path.stat().st_uid
    if owner == os.geteuid():
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = str(owner)
    raise FolderRefused(f"{path} belongs to {name}. Start Firstcall as {name}, or choose another folder: --data DIR")


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _parse(text: str) -> Running:
    try:
        return Running(**json.loads(text))
    except (ValueError, TypeError):
        # It has the lock and has not written yet.
        return Running(pid=0, url="(just starting)")
