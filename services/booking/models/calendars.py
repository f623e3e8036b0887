"""The advisor's other calendars: what is read from them, what is written into them, and what may be subscribed to.

Reading and writing them is work with the outside, so all instants here are machine time, except for `busy_time.during`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, literal_column, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.tables import BookingTables
from shared.db import Instant, RowId


class CalendarAccount(BookingTables):
    """Where calendars come from: one feed (`ics`), or an account on a CalDAV server.

    `url` and `password` are encrypted (`security.cipher`, purpose `calendar`): a secret address is a password. `digest`
    tells two apart, so that none is connected twice.

    The calendars of a CalDAV account are looked for by a worker: `state` says how far it is, `error` is the last
    trouble and `found_at` when the server last told which there are. Leases as everywhere (ADR 2).
    """

    __tablename__ = "calendar_account"
    __table_args__ = (
        CheckConstraint("kind IN ('ics', 'caldav')", name="kind"),
        CheckConstraint("state IN ('queued', 'claimed', 'done', 'parked')", name="state"),
    )

    id: Mapped[RowId]
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    username: Mapped[str] = mapped_column(Text, server_default="")
    password: Mapped[str] = mapped_column(Text, server_default="")
    digest: Mapped[str | None] = mapped_column(Text, unique=True)
    created_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(Text, server_default="done")
    found_at: Mapped[Instant | None]
    attempt: Mapped[int] = mapped_column(server_default="0")
    retry_at: Mapped[Instant | None]
    claim_id: Mapped[UUID | None]
    lease_until: Mapped[Instant | None]
    error: Mapped[str | None] = mapped_column(Text)


class Calendar(BookingTables):
    """One calendar: whether its times count as busy, whether calls are written into it, and how fresh it is.

    A calendar that cannot be read keeps its last busy times and says so; `stale_minutes` after its last reading it is
    shown as stale. `wanted_at` is when a page last asked for a reading. Leases as everywhere (ADR 2).
    """

    __tablename__ = "calendar"
    __table_args__ = (UniqueConstraint("account_id", "url_digest"),)

    id: Mapped[RowId]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("calendar_account.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    # Encrypted, as the account's; the digest tells two apart.
    url: Mapped[str] = mapped_column(Text)
    url_digest: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text, server_default="")
    is_read: Mapped[bool] = mapped_column(server_default="true")
    is_written: Mapped[bool] = mapped_column(server_default="false")
    # What the server says that we may; what the advisor wants of it is said above.
    is_writable: Mapped[bool] = mapped_column(server_default="true")
    etag: Mapped[str] = mapped_column(Text, server_default="")
    last_modified: Mapped[str] = mapped_column(Text, server_default="")
    sync_token: Mapped[str] = mapped_column(Text, server_default="")
    read_at: Mapped[Instant | None]
    tried_at: Mapped[Instant | None]
    wanted_at: Mapped[Instant | None]
    retry_at: Mapped[Instant | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None] = mapped_column(Text)
    # Up to when recurring events were expanded; product time, because that is what slots are asked in. And by which
    # clocks: the advisor's zone, and the calendar's own. When either is not as it should be, they are expanded anew.
    expanded_until: Mapped[Instant | None]
    expanded_in: Mapped[str] = mapped_column(Text, server_default="")
    stale_minutes: Mapped[int] = mapped_column(server_default="360")
    claim_id: Mapped[UUID | None]
    lease_until: Mapped[Instant | None]


class CalendarObject(BookingTables):
    """What was read: one resource of a CalDAV collection, or the whole of a feed (`href` is "").

    `content` is the iCalendar text without what says what it is about: summary, description, place and people go before
    it is stored, so that our database knows when the advisor is busy and not why. `doubtful` is how many events of it
    could not be quite understood; with an empty `content` the whole of it could not be read.
    """

    __tablename__ = "calendar_object"

    calendar_id: Mapped[UUID] = mapped_column(ForeignKey("calendar.id", ondelete="CASCADE"), primary_key=True)
    href: Mapped[str] = mapped_column(Text, primary_key=True)
    etag: Mapped[str] = mapped_column(Text, server_default="")
    content: Mapped[str] = mapped_column(Text)
    doubtful: Mapped[int] = mapped_column(server_default="0")


class BusyTime(BookingTables):
    """A time at which the advisor is taken, by a calendar that is read. Our own calls are known by `uid`."""

    __tablename__ = "busy_time"
    __table_args__ = (
        CheckConstraint("NOT isempty(during)", name="during"),
        Index("busy_time_during_idx", literal_column("during"), postgresql_using="gist"),
        Index("busy_time_object_idx", "calendar_id", "href"),
    )

    id: Mapped[RowId]
    calendar_id: Mapped[UUID] = mapped_column(ForeignKey("calendar.id", ondelete="CASCADE"))
    href: Mapped[str] = mapped_column(Text)
    uid: Mapped[str] = mapped_column(Text)
    during: Mapped[Range[Any]] = mapped_column(TSTZRANGE)


class CalendarEntry(BookingTables):
    """A call, or a group call, as it should stand in one calendar that is written to. One row an entry, for life.

    `wanted` is the SEQUENCE that should be there and `written` the one that is (None: none); `gone` means that no entry
    should be there. `etag` is the server's answer to our last writing, so a change of somebody else's is noticed.
    """

    __tablename__ = "calendar_entry"
    __table_args__ = (
        UniqueConstraint("calendar_id", "uid"),
        CheckConstraint("num_nonnulls(call_id, group_call_id) = 1", name="about"),
        CheckConstraint("state IN ('queued', 'claimed', 'done', 'parked')", name="state"),
        Index("calendar_entry_queued_idx", "retry_at", postgresql_where=text("state = 'queued'")),
        Index("calendar_entry_lease_idx", "lease_until", postgresql_where=text("state = 'claimed'")),
    )

    id: Mapped[RowId]
    calendar_id: Mapped[UUID] = mapped_column(ForeignKey("calendar.id", ondelete="CASCADE"))
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id"))
    group_call_id: Mapped[UUID | None] = mapped_column(ForeignKey("group_call.id"))
    uid: Mapped[str] = mapped_column(Text)
    href: Mapped[str] = mapped_column(Text, server_default="")
    etag: Mapped[str] = mapped_column(Text, server_default="")
    wanted: Mapped[int]
    written: Mapped[int | None]
    gone: Mapped[bool] = mapped_column(server_default="false")
    state: Mapped[str] = mapped_column(Text, server_default="queued")
    attempt: Mapped[int] = mapped_column(server_default="0")
    retry_at: Mapped[Instant | None]
    claim_id: Mapped[UUID | None]
    lease_until: Mapped[Instant | None]
    error: Mapped[str | None] = mapped_column(Text)


class Feed(BookingTables):
    """An address to subscribe to: the advisor's calls (`calls`), or when they are taken, nameless (`free_busy`).

    `digest` is of what was last given out and `changed_at` (product time) when that became what it is: what subscribers
    are told as Last-Modified, and the DTSTAMP of the times that are taken.
    """

    __tablename__ = "feed"
    __table_args__ = (CheckConstraint("kind IN ('calls', 'free_busy')", name="kind"),)

    id: Mapped[RowId]
    token: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text, server_default="")
    digest: Mapped[str] = mapped_column(Text, server_default="")
    changed_at: Mapped[Instant]
    created_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None]
