"""What is known of a person and what they wrote. Only the advisor's copies carry it."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from services.booking.models import Article, Ask, Call
from services.booking.usecases.render.readers import ADVISORS_LANGUAGE
from shared.i18n import translations

Lines = list[tuple[str, str]]


def who_of(call: Call) -> Lines:
    """Who the advisor will speak with, as (label, value)."""
    _ = translations(ADVISORS_LANGUAGE).gettext
    facts = (
        (_("Name"), call.name),
        (_("E-mail"), call.email),
        (_("Company"), call.company),
        (_("Phone"), call.phone),
    )
    return [(label, value) for label, value in facts if value]


def words_of(call: Call) -> Lines:
    """What they answered, as (question, words). Never shown to anybody but the advisor and themselves."""
    return [(answer["question"], answer["answer"]) for answer in call.answers]


def came_by(session: Session, call: Call) -> Lines:
    """How they came here, and which article they read, as far as their browser told."""
    _ = translations(ADVISORS_LANGUAGE).gettext
    told = {key: str(value) for key, value in call.attribution.items() if value}
    source = " / ".join(told[key] for key in ("source", "medium", "campaign") if key in told)
    lines = [
        (_("Read"), _article_read(session, told)),
        (_("Came from"), source),
        (_("Referred by"), told.get("referrer", "")),
        (_("First page"), told.get("landing", "")),
    ]
    return [(label, value) for label, value in lines if value]


def briefing(session: Session, call: Call) -> str:
    """What stands in the advisor's own calendar entry."""
    who = "\n".join(f"{label}: {value}" for label, value in who_of(call))
    said = [f"{question}\n{words}" for question, words in words_of(call)]
    came = "\n".join(f"{label}: {value}" for label, value in came_by(session, call))
    return "\n\n".join(part for part in (who, *said, came) if part)


def contact_of(ask: Ask) -> Lines:
    """Who asks."""
    _ = translations(ADVISORS_LANGUAGE).gettext
    facts = (
        (_("Name"), ask.name),
        (_("E-mail"), ask.email),
        (_("Company"), ask.company),
        (_("Phone"), ask.phone),
        (_("Zone"), ask.zone),
    )
    return [(label, value) for label, value in facts if value]


def words_of_ask(ask: Ask) -> Lines:
    """What they wrote."""
    _ = translations(ADVISORS_LANGUAGE).gettext
    label = _("Goal") if ask.kind == "mentorship" else _("Message")
    said = ((label, ask.message), (_("Background"), ask.background), (_("Preferred times"), ask.preferred_times))
    return [(label, value) for label, value in said if value]


def _article_read(session: Session, told: dict[str, str]) -> str:
    """The title of the article whose page they landed on, or whose letters led them here."""
    path = urlsplit(told.get("landing", "")).path
    landed = path.rsplit("/", 1)[-1] if "/articles/" in path else ""
    for slug in (landed, told.get("campaign", "")):
        article = session.get(Article, slug) if slug else None
        if article is not None:
            return article.title
    return ""
