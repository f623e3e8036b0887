"""Publishing an article: it is stored, compiled into a sequence, and told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.nurture.domain.compiling import Compilation, compile_sequence
from services.nurture.domain.reading import Kind, read_article
from services.nurture.domain.steps import Offer
from services.nurture.models import Article, KnownAdvisor, SequenceVersion
from shared.events import ArticlePublished, OfferedCall
from shared.inbox import publish


@dataclass(frozen=True)
class Manuscript:
    """An article as somebody hands it in. `name` is the file's; `kind` is told from it when None."""

    source: str
    name: str
    kind: Kind | None = None


def publish_article(session: Session, manuscript: Manuscript, *, now: datetime) -> tuple[Article, Compilation]:
    """Store and compile an article. The same slug again is a new revision; its sequence gets a new version when its
    letters changed. Leads who are on their way stay on the version they began with.

    Raises `ArticleError` when it cannot be read.
    """
    read = read_article(manuscript.source, kind=manuscript.kind, name=manuscript.name)
    compilation = compile_sequence(read, offer=offer_of(session))
    article = session.scalar(select(Article).where(Article.slug == read.slug).with_for_update())
    if article is None:
        article = Article(slug=read.slug, revision=0)
        session.add(article)
    article.title, article.kind, article.source = read.title, manuscript.kind or "", manuscript.source
    article.revision, article.published_at = article.revision + 1, now
    session.flush()
    _new_version(session, article, compilation, now=now)
    publish(
        session,
        ArticlePublished(
            subject=article.id,
            revision=article.revision,
            occurred_at=now,
            slug=article.slug,
            title=article.title,
            emails=len(compilation.steps),
        ),
    )
    return article, compilation


def offer_of(session: Session) -> Offer:
    """The call that letters lead to: the first that anybody may book."""
    first = first_offered(session)
    return Offer(first.name, first.minutes, first.price_text) if first else Offer("", 30, "")


def first_offered(session: Session) -> OfferedCall | None:
    """The first call that anybody may book, as booking last told of it."""
    advisor = session.scalar(select(KnownAdvisor))
    return OfferedCall.model_validate(advisor.call_types[0]) if advisor and advisor.call_types else None


def _new_version(session: Session, article: Article, compilation: Compilation, *, now: datetime) -> None:
    steps = [step.to_json() for step in compilation.steps]
    latest = session.scalar(
        select(SequenceVersion)
        .where(SequenceVersion.article_id == article.id)
        .order_by(SequenceVersion.number.desc())
        .limit(1)
    )
    if latest is not None and latest.steps == steps:
        return
    query = select(func.max(SequenceVersion.number)).where(SequenceVersion.article_id == article.id)
    number = (session.scalar(query) or 0) + 1
    session.add(SequenceVersion(article_id=article.id, number=number, steps=steps, published_at=now))
