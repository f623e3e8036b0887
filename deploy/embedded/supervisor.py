"""Starts programs in order, starts a crashed one again, and stops them all in reverse order within five seconds."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event

from deploy.embedded.children import Child, NotStarted, describe_exit
from deploy.embedded.waiting import wait_for_end, wait_until

# After this many crashes within this time a further start would change nothing.
CRASHES, WITHIN_S = 5, 60.0
LONGEST_PAUSE_S = 8.0
# Ctrl-C to the end of everything. What has not ended by then is killed: every row is safe by then (law 1).
STOP_WITHIN_S = 4.5
# Left for the programs below, while one above takes its time.
RESERVED_S = 0.5


@dataclass
class _Watched:
    """A program that serves until it is stopped; machine times on the monotonic clock."""

    child: Child
    grace: float
    crashes: list[float] = field(default_factory=list)
    start_again_at: float | None = None


class Supervisor:
    """One launcher's programs. `stopping` is set by the first signal and never taken back."""

    def __init__(self, say: Callable[[str], None], *, stop_within: float = STOP_WITHIN_S) -> None:
        self._say = say
        self._stop_within = stop_within
        self._watched: list[list[_Watched]] = []
        self.stopping = Event()

    def heed_signals(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal stop everything; a second one changes nothing."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup has asked for the closed terminal to be ignored.
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue
            signal.signal(number, lambda *_: self.stopping.set())

    def start(self, *children: Child, grace: float = 2.0) -> None:
        """Start programs side by side. They stop side by side too, after those that are started later."""
        rank: list[_Watched] = []
        self._watched.append(rank)
        for child in children:
            rank.append(_Watched(child, grace))
            child.start()

    def wait(self, *children: Child, within: float = 30.0) -> None:
        """Until they serve. Raises `NotStarted` or `Stopped`."""
        wait_until(children, within=within, stopping=self.stopping)

    def run_to_end(self, child: Child) -> None:
        """A program that does one thing. Raises `NotStarted` when it fails, `Stopped` when told to."""
        child.start()
        try:
            wait_for_end(child, stopping=self.stopping)
        finally:
            child.stop(within=1)

    def watch(self) -> None:
        """Until told to stop. Raises `NotStarted` when a program crashes again and again."""
        while not self.stopping.wait(0.2):
            self.look_after_all(time.monotonic())

    def look_after_all(self, now: float) -> None:
        """Notice who has crashed and start again whose pause is over. `now` is monotonic machine time."""
        for rank in self._watched:
            for watched in rank:
                self._look_at(watched, now)

    def stop(self) -> None:
        """Stop everything, last started first, and return when nothing is left."""
        deadline = time.monotonic() + self._stop_within
        while self._watched:
            left = max(deadline - time.monotonic() - RESERVED_S * (len(self._watched) - 1), 0.1)
            _stop_side_by_side(self._watched.pop(), left)

    def _look_at(self, watched: _Watched, now: float) -> None:
        if watched.start_again_at is not None:
            if now >= watched.start_again_at:
                watched.start_again_at = None
                watched.child.start()
        elif (code := watched.child.exit_code()) is not None:
            self._after_crash(watched, describe_exit(code), now)

    def _after_crash(self, watched: _Watched, how: str, now: float) -> None:
        name = watched.child.program.name
        watched.child.stop(within=0)
        watched.crashes = [at for at in watched.crashes if now - at < WITHIN_S] + [now]
        if len(watched.crashes) >= CRASHES:
            raise NotStarted(
                f"{name} ended {CRASHES} times within a minute, the last time with {how}. "
                f"The end of {watched.child.program.log}:\n{watched.child.tail()}"
            )
        pause = min(0.5 * 2 ** (len(watched.crashes) - 1), LONGEST_PAUSE_S)
        watched.start_again_at = now + pause
        self._say(f"{name} ended ({how}). It is started again in {pause:g} s; see {watched.child.program.log}")


def _stop_side_by_side(rank: Sequence[_Watched], left: float) -> None:
    for watched in rank:
        watched.child.ask_to_stop()
    began = time.monotonic()
    for watched in rank:
        watched.child.stop(within=max(min(watched.grace, left) - (time.monotonic() - began), 0))
