"""What the console shows of the calendars that are connected: where they come from, what they are for, how fresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.calendar_accounts import host_of
from services.booking.models import Calendar, CalendarAccount
from services.booking.usecases.calendar_access import opened
from services.booking.usecases.calendars import account_of
from shared.settings import Settings

# How a calendar's reading stands: it is not read; nobody knows it yet; its last times are new enough, or too old.
Freshness = Literal["off", "unread", "fresh", "stale"]


@dataclass(frozen=True)
class CalendarLine:
    """One calendar. `trouble` is why the last reading failed, "" when it did not."""

    id: UUID
    name: str
    is_read: bool
    is_written: bool
    is_writable: bool
    stale_minutes: int
    read_at: datetime | None
    freshness: Freshness
    trouble: str


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
    calendars: Sequence[CalendarLine]


def connected(session: Session, settings: Settings, *, machine: datetime) -> list[Connected]:
    """All sources in the order in which they were connected, each with its calendars by name."""
    accounts = session.scalars(select(CalendarAccount).order_by(CalendarAccount.id)).all()
    return [_source(session, settings, account, machine=machine) for account in accounts]


def connected_source(session: Session, settings: Settings, account_id: UUID, *, machine: datetime) -> Connected:
    """One of them. Raises `NotFound`."""
    return _source(session, settings, account_of(session, account_id), machine=machine)


def _source(session: Session, settings: Settings, account: CalendarAccount, *, machine: datetime) -> Connected:
    query = select(Calendar).where(Calendar.account_id == account.id).order_by(Calendar.name, Calendar.id)
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
        calendars=[_line(calendar, machine=machine) for calendar in session.scalars(query)],
    )


def _line(calendar: Calendar, *, machine: datetime) -> CalendarLine:
    return CalendarLine(
        id=calendar.id,
        name=calendar.name,
        is_read=calendar.is_read,
        is_written=calendar.is_written,
        is_writable=calendar.is_writable,
        stale_minutes=calendar.stale_minutes,
        read_at=calendar.read_at,
        freshness=_freshness(calendar, machine=machine),
        trouble=calendar.error or "" if calendar.is_read else "",
    )


def _freshness(calendar: Calendar, *, machine: datetime) -> Freshness:
    if not calendar.is_read:
        return "off"
    if calendar.read_at is None:
        return "unread"
    return "stale" if calendar.read_at < machine - timedelta(minutes=calendar.stale_minutes) else "fresh"
