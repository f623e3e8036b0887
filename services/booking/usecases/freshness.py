"""How fresh the calendars are that are read: asking for a reading when somebody looks, and saying how they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import DateTime, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from services.booking.domain.calendar_sources import Trouble, words_of
from services.booking.domain.errors import Message
from services.booking.models import Calendar, CalendarAccount, CalendarObject
from services.booking.usecases.reading_calendars import may_be_tried
from shared.doorbell import wake
from shared.ready import Ready

# Many people who look at once are one wish; what was read so lately is fresh enough for all of them.
WANTED_LATELY = timedelta(minutes=1)
READ_LATELY = timedelta(minutes=3)
_INSTANT = DateTime(timezone=True)


@dataclass(frozen=True)
class CalendarNow:
    """A connected calendar as the console shows it. `read_at` is machine time, like all of reading.

    `is_stale`: it is read, and was not for longer than `stale_minutes`. `trouble` is why the last try failed. `words`
    are sentences for people, in order; none when all is well.
    """

    id: UUID
    account_id: UUID
    name: str
    account: str
    kind: str
    is_read: bool
    is_written: bool
    is_writable: bool
    stale_minutes: int
    read_at: datetime | None
    is_stale: bool
    trouble: Trouble | None
    words: tuple[Message, ...]

    @property
    def is_failing(self) -> bool:
        """Whether what is shown as free may be taken by now, and nobody knows."""
        return self.is_read and (self.is_stale or self.trouble is not None)


def want_reading(session: Session, *, machine: datetime) -> None:
    """Somebody looks at free times: have the calendars read that were not just now. Never waits, for nobody's lock."""
    wanted, read = machine - WANTED_LATELY, machine - READ_LATELY
    if _WANT.rows(session, machine=machine, wanted_lately=wanted, read_lately=read):
        wake(session, "booking.calendars")


_STALE = (
    select(Calendar.id)
    .where(Calendar.is_read, may_be_tried(bindparam("machine", type_=_INSTANT)))
    .where(or_(Calendar.wanted_at.is_(None), Calendar.wanted_at < bindparam("wanted_lately")))
    .where(or_(Calendar.tried_at.is_(None), Calendar.tried_at < bindparam("read_lately")))
    .with_for_update(skip_locked=True, key_share=True)
)
_WANT = Ready(
    update(Calendar)
    .where(Calendar.id.in_(_STALE))
    .values(wanted_at=bindparam("machine", type_=_INSTANT))
    .returning(Calendar.id)
)


def read_again(session: Session, *, machine: datetime, account_id: UUID | None = None) -> int:
    """Read the calendars of an account, or all, without waiting for a pause to end: once a cause is mended.

    Returns how many.
    """
    anew = update(Calendar).where(Calendar.is_read).values(wanted_at=machine, retry_at=None, failures=0)
    if account_id is not None:
        anew = anew.where(Calendar.account_id == account_id)
    found = session.scalars(anew.returning(Calendar.id)).all()
    if found:
        wake(session, "booking.calendars")
    return len(found)


def calendars_now(session: Session, *, machine: datetime) -> list[CalendarNow]:
    """Every connected calendar and how it stands, by account and name."""
    doubtful = (
        select(func.coalesce(func.sum(CalendarObject.doubtful), 0))
        .where(CalendarObject.calendar_id == Calendar.id)
        .correlate(Calendar)
        .scalar_subquery()
    )
    query = (
        select(Calendar, CalendarAccount, doubtful)
        .join(CalendarAccount, CalendarAccount.id == Calendar.account_id)
        .order_by(CalendarAccount.name, Calendar.name, Calendar.id)
    )
    return [_now(row, account, unclear, machine) for row, account, unclear in session.execute(query)]


def failing_calendars(session: Session, *, machine: datetime) -> Sequence[CalendarNow]:
    """Those of whose times nobody can be sure."""
    return [one for one in calendars_now(session, machine=machine) if one.is_failing]


def _now(row: Calendar, account: CalendarAccount, doubtful: int, machine: datetime) -> CalendarNow:
    since = row.read_at or account.created_at
    is_stale = row.is_read and since < machine - timedelta(minutes=row.stale_minutes)
    trouble = Trouble(row.error) if row.error and row.is_read else None
    return CalendarNow(
        id=row.id,
        account_id=account.id,
        name=row.name,
        account=account.name,
        kind=account.kind,
        is_read=row.is_read,
        is_written=row.is_written,
        is_writable=row.is_writable,
        stale_minutes=row.stale_minutes,
        read_at=row.read_at,
        is_stale=is_stale,
        trouble=trouble,
        words=tuple(_words(row, trouble, doubtful)) if row.is_read else (),
    )


def _words(row: Calendar, trouble: Trouble | None, doubtful: int) -> list[Message]:
    words = list(words_of(trouble)) if trouble else []
    if row.read_at is None:
        words.append(Message("It was not read yet, so none of its times are taken."))
    if doubtful:
        words.append(
            Message(
                "Events in it that could not be quite understood: %(count)s. Where it is unclear, the time is taken.",
                {"count": int(doubtful)},
            )
        )
    return words
