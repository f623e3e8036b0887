"""Which processes still belong to a folder: they work in it, or name it in their command or environment."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

PATIENCE_S = 30


def left_behind(folder: Path) -> list[str]:
    """The commands of the living processes that have to do with `folder`, our own excepted."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if _belongs(entry, folder):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [command for command in found if command]


def wait_until_nothing_is_left(folder: Path) -> None:
    """Fails when something of `folder` still runs after some seconds."""
    deadline = time.monotonic() + PATIENCE_S
    while left := left_behind(folder):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def _belongs(entry: Path, folder: Path) -> bool:
    # The launcher itself is told about the folder by an argument; it is not what it leaves behind.
    working_in = (entry / "cwd").readlink()
    return folder == working_in or folder in working_in.parents or str(folder) in (entry / "environ").read_text()
