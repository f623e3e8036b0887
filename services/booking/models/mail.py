"""Booking's mail and its inbox: the shared columns in booking's own schema, and the addresses known to be dead."""

from __future__ import annotations

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.tables import BookingTables
from shared.db import Instant
from shared.erasure import ErasedColumns
from shared.inbox import InboxColumns, inbox_indexes
from shared.mail.row import BodyColumns, MessageColumns, body_indexes, message_indexes


class Message(MessageColumns, BookingTables):
    """A mail about an ask or a call. `subject_id` is that row's id."""


class MessageBody(BodyColumns, BookingTables):
    """What the mail said."""


class Inbox(InboxColumns, BookingTables):
    """What other services told booking."""


class Erased(ErasedColumns, BookingTables):
    """Whom booking has erased."""


class DeadAddress(BookingTables):
    """An address that bounced for good: booking stops writing to it and shows it to the advisor."""

    __tablename__ = "dead_address"

    person: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[Instant]


message_indexes(Message)
body_indexes(MessageBody)
inbox_indexes(Inbox)
