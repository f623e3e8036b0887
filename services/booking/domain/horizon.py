"""How far ahead a call can begin: so many days or business days, or fixed dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from services.booking.domain.offsets import Span
from services.booking.domain.public_holidays import is_business_day

_EPOCH_DAY = date(1970, 1, 1).toordinal()


class HorizonKind(StrEnum):
    """What a horizon counts."""

    DAYS = "days"
    BUSINESS_DAYS = "business_days"
    DATES = "dates"


@dataclass(frozen=True)
class Horizon:
    """The dates, in the advisor's zone, on which a call can begin. Whole dates, the last one included.

    `days` are counted from tomorrow: with 0 only today is open. A business day is a Monday to Friday that is no public
    holiday. `first` and `last` are for fixed dates.
    """

    kind: HorizonKind
    days: int = 0
    first: date | None = None
    last: date | None = None

    def dates(self, today: int, region: str) -> Span:
        """The open dates [first, end), in days since 1970-01-01; `today` likewise. `region` says the holidays."""
        if self.kind == HorizonKind.DAYS:
            return today, today + self.days + 1
        if self.kind == HorizonKind.BUSINESS_DAYS:
            return today, _after_business_days(today, self.days, region) + 1
        if self.first is None or self.last is None:
            raise ValueError("fixed dates have a first and a last one")
        return self.first.toordinal() - _EPOCH_DAY, self.last.toordinal() - _EPOCH_DAY + 1


@lru_cache(maxsize=64)
def _after_business_days(today: int, count: int, region: str) -> int:
    day = today
    while count > 0:
        day += 1
        count -= is_business_day(region, day)
    return day
