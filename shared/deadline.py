"""A total time limit for one piece of outside work, on the machine's monotonic clock.

Timeouts of libraries are per read or per write; a peer that sends one byte a second never meets them. A deadline is
made once, handed down, and every wait asks it what is left.
"""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """An instant of the monotonic clock after which nothing may be waited for."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds that may still be waited. Raises `TimeoutError` when there are none."""
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline has passed")
        return seconds

    def passed(self) -> bool:
        """Whether nothing may be begun any more."""
        return time.monotonic() >= self.at

    def share(self, parts: int) -> float:
        """Seconds for the next of so many tries that are left, so that one silent try leaves time for the others."""
        return self.left() / max(parts, 1)
