"""Mail into a folder: each message one .eml file, exactly as it would leave. The embedded default.

A Maildir (https://cr.yp.to/proto/maildir.html): written in `tmp`, made durable, then renamed into `new`. The file's
name is our message id, so sending the same mail again replaces it by the same bytes: nothing here is ever doubled.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from shared.mail.compose import compose
from shared.mail.outgoing import Accepted, NotSent, Outgoing, Result


class MaildirTransport:
    """Writes into `folder`/new."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def at(cls, url: str) -> Self:
        """From `maildir:var/outbox` or `maildir:///absolute/folder`."""
        path = unquote(url.removeprefix("maildir:"))
        return cls(Path("/" + path.lstrip("/") if path.startswith("//") else path))

    def send(self, mails: Sequence[Outgoing], *, deadline: float, budget: float) -> Iterable[tuple[Outgoing, Result]]:  # noqa: ARG002 - a disk has no deadline
        """Write each mail; see `Transport.send`."""
        return [(mail, self._write(mail)) for mail in mails]

    def _write(self, mail: Outgoing) -> Result:
        name = f"{mail.id}.eml"
        try:
            for part in ("tmp", "new", "cur"):
                (self._folder / part).mkdir(parents=True, exist_ok=True)
            waiting = self._folder / "tmp" / name
            with waiting.open("wb") as file:
                file.write(compose(mail))
                file.flush()
                os.fsync(file.fileno())
            waiting.replace(self._folder / "new" / name)
            _make_durable(self._folder / "new")
        except OSError as error:
            # Even if it failed while renaming: a repeat puts the same bytes under the same name.
            return NotSent(f"the folder cannot be written: {error.strerror}")
        return Accepted(name)


def _make_durable(folder: Path) -> None:
    """A renamed file is only safe from a power cut once its folder is written too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
