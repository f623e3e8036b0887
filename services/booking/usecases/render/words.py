"""What is known of a person and what they wrote. Only the advisor's copies carry it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from services.booking.models import Article, Ask, Call, Guest
from services.booking.usecases.audit import is_noted
from services.booking.usecases.calls import guests_of
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


def guests_line(session: Session, call: Call) -> Lines:
    """Who else is invited, in one line; none when nobody is."""
    people = ", ".join(map(named, guests_of(session, call)))
    return [(translations(ADVISORS_LANGUAGE).gettext("Guests"), people)] if people else []


def named(person: Call | Guest) -> str:
    """A name with its address; of a guest often only that is known."""
    return f"{person.name} ({person.email})" if person.name else person.email


def words_of(call: Call) -> Lines:
    """What they answered, as (question, words). Never shown to anybody but the advisor and themselves.

    Without what the address of the page answered for them: they have not seen it, and it is none of their words.
    """
    return [(answer["question"], answer["answer"]) for answer in call.answers if not answer.get("hidden")]


def own_words_of(session: Session, call: Call) -> Lines:
    """The same for themselves: what the advisor filled in for them is none of their words."""
    return [] if is_noted(session, "call_booked", call.id) else words_of(call)


def answers_of(call: Call) -> Lines:
    """All that was answered, for the advisor alone: also what only the address of the page brought along."""
    return [(answer["question"], answer["answer"]) for answer in call.answers]


def told_before(session: Session, call: Call) -> Lines:
    """All they wrote, for the advisor: their answers, and what the request that led to this call says beyond them."""
    said = answers_of(call)
    ask = _ask_of(session, call)
    known = {words for _, words in said}
    return said + [line for line in (words_of_ask(ask) if ask else []) if line[1] not in known]


def came_by(session: Session, call: Call) -> Lines:
    """How they came here, and which article they read, as far as their browser told.

    Who booked by the link of an answer came to us with the request before: its way is told first.
    """
    _ = translations(ADVISORS_LANGUAGE).gettext
    ask = _ask_of(session, call)
    ways = [_told(row.attribution) for row in (ask, call) if row is not None]
    lines = [
        (_("Read"), [_article_read(session, way) for way in ways]),
        (_("Came from"), [" / ".join(way[key] for key in _CAMPAIGN if key in way) for way in ways]),
        (_("Referred by"), [way.get("referrer", "") for way in ways]),
        (_("First page"), [way.get("landing", "") for way in ways]),
    ]
    return [(label, value) for label, values in lines if (value := next(filter(None, values), ""))]


def briefing(session: Session, call: Call) -> str:
    """What stands in the advisor's own calendar entry."""
    who = "\n".join(f"{label}: {value}" for label, value in who_of(call) + guests_line(session, call))
    said = [f"{question}\n{words}" for question, words in told_before(session, call)]
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


_CAMPAIGN = ("source", "medium", "campaign", "term", "content")


def _ask_of(session: Session, call: Call) -> Ask | None:
    """The request that this call answers."""
    return session.get(Ask, call.ask_id) if call.ask_id else None


def _told(attribution: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in attribution.items() if value}


def _article_read(session: Session, told: dict[str, str]) -> str:
    """The title of the article whose page they landed on, or whose letters led them here."""
    # As anybody may have written it: "//[" is no address to take apart.
    path = told.get("landing", "")
    landed = path.rsplit("/", 1)[-1] if "/articles/" in path else ""
    for slug in (landed, told.get("campaign", "")):
        article = session.get(Article, slug) if slug else None
        if article is not None:
            return article.title
    return ""
