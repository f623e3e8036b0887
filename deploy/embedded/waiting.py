"""Waiting for programs to serve, which ends at once when one of them dies or when the launcher is told to stop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Event

from deploy.embedded.children import Child, NotStarted, describe_exit


class Stopped(Exception):
    """Somebody asked the launcher to stop while it was still starting."""


def wait_until(children: Sequence[Child], *, within: float, stopping: Event) -> None:
    """Return when all serve. Raises `NotStarted` when one ends first or the time is over, `Stopped` when told to."""
    deadline = time.monotonic() + within
    waiting = list(children)
    while waiting := [child for child in waiting if not _serves(child)]:
        if time.monotonic() > deadline:
            raise NotStarted(_report(waiting[0], f"is not ready after {within:.0f} s"))
        if stopping.wait(0.02):
            raise Stopped


def wait_for_end(child: Child, *, stopping: Event) -> None:
    """Return when a program has ended well. Raises `NotStarted` when it has not, `Stopped` when told to."""
    while (code := child.exit_code()) is None:
        if stopping.wait(0.02):
            raise Stopped
    if code:
        raise NotStarted(_report(child, f"failed ({describe_exit(code)})"))


def _serves(child: Child) -> bool:
    code = child.exit_code()
    if code is not None:
        raise NotStarted(_report(child, f"ended before it was ready ({describe_exit(code)})"))
    return child.ready()


def _report(child: Child, what: str) -> str:
    return f"{child.program.name} {what}. The end of {child.program.log}:\n{child.tail()}"
