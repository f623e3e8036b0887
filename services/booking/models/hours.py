"""When the advisor can be booked: schedules, and what differs from them. All of it wall time in the advisor's zone."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.tables import BookingTables
from shared.db import RowId


class Schedule(BookingTables):
    """A named week. Call types that name none use the standard one."""

    __tablename__ = "schedule"
    __table_args__ = (Index("schedule_standard_key", "advisor_id", unique=True, postgresql_where=text("standard")),)

    id: Mapped[RowId]
    advisor_id: Mapped[UUID] = mapped_column(ForeignKey("advisor.id"))
    name: Mapped[str] = mapped_column(Text, unique=True)
    standard: Mapped[bool] = mapped_column(server_default="false")


class WeeklyHours(BookingTables):
    """One weekly window of a schedule: minutes after midnight on the wall clock, ISO weekday (1 is Monday)."""

    __tablename__ = "weekly_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("start_minute BETWEEN 0 AND 1439 AND end_minute BETWEEN 0 AND 1440", name="minutes"),
    )

    id: Mapped[RowId]
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"), index=True)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    start_minute: Mapped[int] = mapped_column(SmallInteger)
    end_minute: Mapped[int] = mapped_column(SmallInteger)
    crosses_midnight: Mapped[bool] = mapped_column(server_default="false")


class DateOverride(BookingTables):
    """What holds on one local date of a schedule instead of its weekly windows. Without windows the date is closed.

    `windows` is a list of `{"start_minute", "end_minute", "crosses_midnight"}`, as in `WeeklyHours`.
    """

    __tablename__ = "date_override"
    __table_args__ = (UniqueConstraint("schedule_id", "on_date"),)

    id: Mapped[RowId]
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"))
    on_date: Mapped[date]
    windows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))


class Away(BookingTables):
    """Out of office: whole local dates, both included, in all schedules. `message` is shown to who looks for a time."""

    __tablename__ = "away"
    __table_args__ = (
        CheckConstraint("first_date <= last_date", name="dates"),
        # The same absence said twice is one.
        UniqueConstraint("advisor_id", "first_date", "last_date", "message"),
    )

    id: Mapped[RowId]
    advisor_id: Mapped[UUID] = mapped_column(ForeignKey("advisor.id"))
    first_date: Mapped[date]
    last_date: Mapped[date]
    message: Mapped[str] = mapped_column(Text, server_default="")


class Travel(BookingTables):
    """A stretch of dates, both included, in which the advisor's hours are wall time of another zone."""

    __tablename__ = "travel"
    __table_args__ = (CheckConstraint("first_date <= last_date", name="dates"),)

    id: Mapped[RowId]
    advisor_id: Mapped[UUID] = mapped_column(ForeignKey("advisor.id"))
    first_date: Mapped[date]
    last_date: Mapped[date]
    zone: Mapped[str] = mapped_column(Text)


class CallLimit(BookingTables):
    """The most calls, or the most minutes of calls, in a day, week (from Monday) or month of the advisor's zone.

    Without a call type it holds for all of them together.
    """

    __tablename__ = "call_limit"
    __table_args__ = (
        CheckConstraint("per IN ('day', 'week', 'month')", name="per"),
        CheckConstraint("unit IN ('calls', 'minutes')", name="unit"),
        CheckConstraint("most > 0", name="most"),
        UniqueConstraint("advisor_id", "call_type_id", "per", "unit", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[RowId]
    advisor_id: Mapped[UUID] = mapped_column(ForeignKey("advisor.id"))
    call_type_id: Mapped[UUID | None] = mapped_column(ForeignKey("call_type.id"))
    per: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    most: Mapped[int]
