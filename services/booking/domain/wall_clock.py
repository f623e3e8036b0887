"""The clock that the advisor goes by: their own zone's, and on dates of travel that of the place where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.booking.domain.offsets import DAY, Offsets, Span, offsets_between
from services.booking.domain.rules import Dates, Stay

EPOCH_DAY = date(1970, 1, 1).toordinal()
# A month has to be seen whole by whoever counts in months.
_AROUND = 45 * DAY


@dataclass(frozen=True)
class WallClock:
    """The offsets that hold on each local date. Dates are days since 1970-01-01.

    `elsewhere` has the dates of travel; all others are the home zone's.
    """

    home: Offsets
    elsewhere: Mapping[int, Offsets]

    def on(self, day: int) -> Offsets:
        """The offsets by which the wall times of a date are read."""
        return self.elsewhere.get(day, self.home)

    def steady(self, day: int) -> tuple[int | None, int]:
        """The one offset of all windows that begin on the dates from this one on, and the first date it is not for.

        None where a window of this date may meet a change of the offset, and while the advisor travels.
        """
        if self.elsewhere:
            return None, day + 1
        offset, until = self.home.steady(day * DAY)
        # A window that crosses midnight ends within two days of its date.
        after = until // DAY - 2
        return (offset, after) if day < after else (None, day + 1)

    def midnight(self, day: int) -> int:
        """The epoch minute at which a date begins."""
        return self.on(day).instant(day * DAY)

    def span(self, dates: Dates) -> Span:
        """Whole dates in epoch minutes: from the first midnight of the first date to the end of the last one."""
        first, end = dates.days
        return self.midnight(first), self.on(end - 1).instant(end * DAY)


def wall_clock(zone: str, travel: Sequence[Stay], days: range) -> WallClock:
    """The clock on some dates of an advisor who lives in `zone`. Of two stays on a date the first one counts."""
    first, end = days.start * DAY - _AROUND, days.stop * DAY + _AROUND
    elsewhere: dict[int, Offsets] = {}
    for stay in travel:
        begins, ends = stay.days
        there = offsets_between(stay.zone, first, end)
        for day in range(max(begins, days.start), min(ends, days.stop)):
            elsewhere.setdefault(day, there)
    return WallClock(offsets_between(zone, first, end), elsewhere)


def zone_on(zone: str, travel: Sequence[Stay], day: date) -> str:
    """The zone whose clock holds on a date, of an advisor who lives in `zone`."""
    return next((stay.zone for stay in travel if stay.first <= day <= stay.last), zone)
