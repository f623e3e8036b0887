"""How long slots take, as ratios measured in one run: `python -m bench.slots`.

The same question is answered by the product and, minute by minute, by the slow reference of the tests. Then the range
and the busy times grow: the time per slot and per busy time should not. Processor time, the best of several runs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.booking.domain.listing import by_date, utc_texts
from services.booking.domain.rules import DateOverride, SlotRules, Taken, WeeklyWindow
from services.booking.domain.slots import busy_span, find_slots
from tests.booking.slow_slots import slow_slots

BEGIN = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
# Finding, and finding with all texts as JSON, for about 200 slots in 30 days and 7,000 in 365.
LIMITS_MS = {30: (0.1, 0.5), 365: (1.0, 8.0)}
VIEWER = "America/New_York"
RULES = SlotRules(
    zone="Europe/Berlin",
    weekly=(WeeklyWindow((1, 2, 3, 4, 5), 9 * 60, 17 * 60),),
    overrides=(DateOverride(BEGIN.date() + timedelta(days=4)),),
    length_min=45,
    interval_min=15,
    notice_min=60,
)


@dataclass(frozen=True)
class Question:
    """A range from `BEGIN` on, with busy times spread evenly over it."""

    days: int
    count: int = 200

    @property
    def busy(self) -> list[tuple[datetime, datetime]]:
        """Half an hour to two hours each, in the order that a calendar gives them: none."""
        starts = [BEGIN + timedelta(days=self.days) * (i * 7919 % self.count) / self.count for i in range(self.count)]
        return [(start, start + timedelta(minutes=30 + 30 * (i % 4))) for i, start in enumerate(starts)]

    @property
    def end(self) -> datetime:
        """Where the range ends."""
        return BEGIN + timedelta(days=self.days)


def main() -> None:
    """Print three tables: against the reference, by range, by busy times."""
    find, slow = spent(asker(Question(30))), spent(reference(Question(30)), runs=1)
    print(f"30 days: the reference takes {slow / find:.0f} times as long ({slow * 1e3:.0f} ms)\n")
    print("  days  slots  find µs  with JSON µs  find ns per slot")
    for days in (30, 60, 120, 365, 730):
        print(row(Question(days)))
    print()
    for days, (find_limit, json_limit) in LIMITS_MS.items():
        ask = asker(Question(days))
        found, whole = spent(ask, runs=100) * 1e3, spent(with_json(ask), runs=100) * 1e3
        print(f"{days} days: {found / find_limit:.2f} of the limit of {find_limit} ms for finding,", end=" ")
        print(f"{whole / json_limit:.2f} of that of {json_limit} ms with JSON (goal: at most 1)")
    print("\n  busy  find µs  find ns per busy time")
    for count in (200, 2_000, 20_000):
        find = spent(asker(Question(365, count)))
        print(f"{count:6} {find * 1e6:8.0f} {find * 1e9 / count:22.0f}")


def row(question: Question) -> str:
    """Finding, and finding with all texts as JSON."""
    ask = asker(question)
    find, whole = spent(ask), spent(with_json(ask))
    slots = len(ask())
    return f"{question.days:6} {slots:6} {find * 1e6:8.0f} {whole * 1e6:13.0f} {find * 1e9 / slots:17.0f}"


def asker(question: Question) -> Callable[[], list[int]]:
    """The product's answer; busy times are whole minutes beforehand, as the database's rows are."""
    taken = Taken(busy=[busy_span(*span) for span in question.busy])
    return lambda: find_slots(RULES, taken=taken, now=BEGIN, range_start=BEGIN, range_end=question.end)


def reference(question: Question) -> Callable[[], object]:
    """The slow answer."""
    return lambda: slow_slots(RULES, busy=question.busy, now=BEGIN, range_start=BEGIN, range_end=question.end)


def with_json(ask: Callable[[], list[int]]) -> Callable[[], str]:
    """Finding and writing."""
    return lambda: as_json(ask())


def as_json(slots: list[int]) -> str:
    """What `./run slots` prints."""
    return json.dumps({"slots": utc_texts(slots), "by_date": by_date(slots, VIEWER)})


def spent(act: Callable[[], object], runs: int = 30) -> float:
    """Seconds of processor time of the fastest run."""
    best = float("inf")
    for _ in range(runs):
        begun = time.process_time()
        act()
        best = min(best, time.process_time() - begun)
    return best


if __name__ == "__main__":
    main()
