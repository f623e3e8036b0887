"""Articles, and the sequences that were made from them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.nurture.models.tables import NurtureTables
from shared.db import Instant, RowId


class Article(NurtureTables):
    """An article as it was given to us. `kind` is markdown, html or plain; `revision` counts its publications."""

    __tablename__ = "article"

    id: Mapped[RowId]
    slug: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    published_at: Mapped[Instant]


class SequenceVersion(NurtureTables):
    """A sequence as it was compiled. Never changed: a lead stays on the version they began with."""

    __tablename__ = "sequence_version"
    __table_args__ = (UniqueConstraint("article_id", "number"),)

    id: Mapped[RowId]
    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id"))
    number: Mapped[int]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    published_at: Mapped[Instant]
