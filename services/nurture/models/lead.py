"""People who agreed to get letters: what they agreed to, where they are, and who said stop."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.nurture.models.tables import NurtureTables
from shared.db import Instant, RowId


class Lead(NurtureTables):
    """A person who asked for letters. `token` is in every unsubscribe link and works for years; `words` their ask."""

    __tablename__ = "lead"

    id: Mapped[RowId]
    token: Mapped[str] = mapped_column(Text, unique=True)
    person: Mapped[str] = mapped_column(Text, unique=True)
    # The person's key as the suppression list keeps it, so that a letter's claim can ask the list in SQL. It outlives
    # their erasure, so that "stop" in an old letter still means them; whoever comes back then has it in two rows.
    digest: Mapped[str] = mapped_column(Text, index=True)
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    company: Mapped[str] = mapped_column(Text, server_default="")
    words: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[Instant]


class Consent(NurtureTables):
    """One yes or no, kept as it was given: the sentence they saw and the ask it came with. Rows are only added."""

    __tablename__ = "consent"
    __table_args__ = (CheckConstraint("state IN ('given', 'withdrawn')", name="state"),)

    id: Mapped[RowId]
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id"), index=True)
    state: Mapped[str] = mapped_column(Text)
    shown: Mapped[str] = mapped_column(Text)
    source: Mapped[UUID | None]
    at: Mapped[Instant]


class Suppression(NurtureTables):
    """Who must not get letters any more, as a keyed digest: it outlives the person's erasure and names nobody."""

    __tablename__ = "suppression"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]


class Enrolment(NurtureTables):
    """A lead on their way through a sequence. `next_step` counts from 0; `due` (product time) is when it is sent.

    One live enrolment per person: two sequences at once would be two people writing.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'paused', 'done', 'exited')", name="state"),
        Index("enrolment_live_key", "lead_id", unique=True, postgresql_where=text("state IN ('active', 'paused')")),
        Index("enrolment_due_idx", "due", postgresql_where=text("state = 'active'")),
    )

    id: Mapped[RowId]
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("sequence_version.id"))
    state: Mapped[str] = mapped_column(Text, server_default="active")
    exit_reason: Mapped[str] = mapped_column(Text, server_default="")
    next_step: Mapped[int] = mapped_column(server_default="0")
    due: Mapped[Instant | None]
    entered_at: Mapped[Instant]
    left_at: Mapped[Instant | None]
