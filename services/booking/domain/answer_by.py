"""By when somebody who asks for a time is answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

WORKING_DAYS = 2
_EVENING = 18


def answer_by(asked: datetime, start: datetime, zone: str) -> datetime:
    """The evening of the second working day in the advisor's zone, or the start when that is sooner. Aware instants.

    >>> from datetime import UTC
    >>> friday, later = datetime(2026, 12, 4, 9, tzinfo=UTC), datetime(2026, 12, 18, 9, tzinfo=UTC)
    >>> f"{answer_by(friday, later, 'Europe/Berlin'):%A %H:%M}"
    'Tuesday 18:00'
    """
    day, left = asked.astimezone(ZoneInfo(zone)), WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return min(day.replace(hour=_EVENING, minute=0, second=0, microsecond=0), start)
