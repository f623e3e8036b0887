"""The sentence beside the box that starts a sequence: what is ticked is what is kept as proof."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.models import Article

NUMBERS = {4: "four", 5: "five", 6: "six", 7: "seven"}


def newest_article(session: Session) -> Article | None:
    """The article whose short version is offered, if one was published."""
    return session.scalar(select(Article).order_by(Article.published_at.desc()).limit(1))


def follow_up_sentence(article: Article | None, gettext: Callable[[str], str]) -> str | None:
    """What stands beside the box, or None when there is nothing to send."""
    if article is None:
        return None
    count = gettext(NUMBERS.get(article.emails, str(article.emails)))
    sentence = gettext("Also send me the short version of “%(title)s” in %(count)s e-mails; it ends when we speak.")
    return sentence % {"title": article.title, "count": count}
