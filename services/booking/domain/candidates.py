"""The starts that a date could offer if nothing stood in the way: what "why is this day empty?" is asked about."""

from __future__ import annotations

from dataclasses import replace

from services.booking.domain.offsets import Span
from services.booking.domain.rules import SlotRules, Taken
from services.booking.domain.slots import starts_between
from services.booking.domain.windows import open_windows


def candidates(rules: SlotRules, within: Span, taken: Taken) -> list[int]:
    """All starts within a half-open span, in order, that the hours give by any reading.

    They are the grid of the open windows, to the very end of each; where a holiday or an override has closed the usual
    hours, the grid of those; and group calls with a free seat. Each of them `why_refused` can be asked about, and what
    is listed is among them.
    """
    first, last = within[0], within[1] - 1
    # A call of a minute fits wherever a window is open: what does not fit is refused by name, not left out.
    bare = replace(rules, length_min=1, away=(), limits=(), horizon=None)
    usual = replace(bare, holidays="", overrides=())
    windows, _ = open_windows(bare, first, last + 1)
    closed = (at for at in starts_between(usual, Taken(), first, last) if not any(s <= at < e for s, e in windows))
    joined = (at for at in taken.joinable if first <= at <= last)
    return sorted({*starts_between(bare, Taken(), first, last), *closed, *joined})
