"""How far ahead busy times are needed: as far as anybody can be offered a start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from services.booking.domain.horizon import Horizon, HorizonKind
from services.booking.domain.wall_clock import EPOCH_DAY
from services.booking.models import Advisor, CallType

# The longest range that a program may list, and the two days by which dates differ around the world.
LISTED = timedelta(days=368)
# Fixed dates may lie anywhere; who plans further ahead than this has no calendar for it.
FURTHEST = timedelta(days=3653)
# By so much more than is needed times are worked out, so that they are once a month and not every day.
MARGIN = timedelta(days=31)


def needed_until(session: Session, *, now: datetime) -> datetime:
    """The end of the times that any call type can be listed or moved to, those no longer offered included."""
    query = select(
        Advisor.holidays, CallType.horizon_kind, CallType.horizon_days, CallType.first_date, CallType.last_date
    ).join(CallType, true())
    ends = [
        _end(Horizon(HorizonKind(kind), days, first, last), region, now)
        for region, kind, days, first, last in session.execute(query)
    ]
    return min(max([now + LISTED, *ends]), now + FURTHEST)


def _end(horizon: Horizon, region: str, now: datetime) -> datetime:
    today = now.date().toordinal() - EPOCH_DAY
    _, end = horizon.dates(today, region)
    # A day more on either side of midnight, and the longest call.
    return datetime.fromtimestamp(0, UTC) + timedelta(days=min(end + 3, today + FURTHEST.days))
