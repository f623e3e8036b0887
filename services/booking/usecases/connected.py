"""What the console shows of the calendars that are connected: where they come from, what they are for, how fresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.calendar_accounts import host_of
from services.booking.models import CalendarAccount
from services.booking.usecases.calendar_access import opened
from services.booking.usecases.calendars import account_of
from services.booking.usecases.freshness import CalendarNow, calendars_now
from shared.settings import Settings


@dataclass(frozen=True)
class Connected:
    """One source. `url` is "" for a feed, whose address is a secret; then, and always, `host` tells where it is.

    `trouble` is why its calendars could not be found, "" when they were or nobody knows yet; `is_sought` while the
    first answer is waited for.
    """

    id: UUID
    kind: str
    name: str
    host: str
    url: str
    username: str
    is_sought: bool
    trouble: str
    found_at: datetime | None
    calendars: Sequence[CalendarNow]


def connected(session: Session, settings: Settings, *, machine: datetime) -> list[Connected]:
    """All sources in the order in which they were connected, each with its calendars by name."""
    calendars = calendars_now(session, machine=machine)
    accounts = session.scalars(select(CalendarAccount).order_by(CalendarAccount.id))
    return [_source(settings, account, calendars) for account in accounts]


def connected_source(session: Session, settings: Settings, account_id: UUID, *, machine: datetime) -> Connected:
    """One of them. Raises `NotFound`."""
    return _source(settings, account_of(session, account_id), calendars_now(session, machine=machine))


def _source(settings: Settings, account: CalendarAccount, calendars: Sequence[CalendarNow]) -> Connected:
    url = opened(settings, account.url) or ""
    return Connected(
        id=account.id,
        kind=account.kind,
        name=account.name,
        host=host_of(url),
        url=url if account.kind == "caldav" else "",
        username=account.username,
        is_sought=account.state in ("queued", "claimed") and account.error is None,
        trouble=account.error or "",
        found_at=account.found_at,
        calendars=[one for one in calendars if one.account_id == account.id],
    )
