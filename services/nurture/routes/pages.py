"""Pages for people: an article, and "stop these e-mails".

The unsubscribe page's GET changes nothing, because link scanners fetch it; its POST works without cookies or a login,
for mail programs (RFC 8058) and for the button alike, and always answers 200.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, render_template
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from services.nurture.domain.article import text_of
from services.nurture.domain.reading import Kind, read_article
from services.nurture.models import Article, KnownAdvisor, Lead
from services.nurture.usecases.enrol import suppressed
from services.nurture.usecases.leave import stop
from services.nurture.usecases.publish import first_offered
from shared.events import OfferedCall
from shared.i18n import date_words, translations
from shared.web.app import language, this_service
from shared.web.guards import guarded, is_open, signed

blueprint = Blueprint("nurture", __name__)

# How fast people read prose on a screen; only ever said in whole minutes.
WORDS_A_MINUTE = 220
_KINDS: dict[str, Kind] = {"markdown": "markdown", "html": "html", "plain": "plain"}


@blueprint.get("/articles/<slug>")
@guarded(is_open())
def article(slug: str) -> str:
    """An article to read, with the next step at its foot."""
    with this_service().sessions() as session:
        row = session.scalar(select(Article).where(Article.slug == slug))
        if row is None:
            abort(404)
        offered = first_offered(session)
    read = read_article(row.source, kind=_KINDS.get(row.kind), name=row.slug)
    minutes = max(1, round(sum(len(text_of(block).split()) for block in read.blocks) / WORDS_A_MINUTE))
    return render_template(
        "article.html",
        article=read,
        published=date_words(read.date, language()) if read.date else None,
        minutes=minutes,
        call=_call(offered, slug),
    )


@blueprint.get("/u/<token>")
@guarded(is_open())
def unsubscribe(token: str) -> str:
    """Ask for one tap. Shows the same page to somebody who has stopped already."""
    with this_service().sessions() as session:
        lead = session.scalar(select(Lead).where(Lead.token == token))
        if lead is None:
            abort(404)
        done = suppressed(session, lead.digest)
    return render_template("unsubscribe.html", done=done, action=f"/u/{token}")


@blueprint.post("/u/<token>")
@guarded(signed("unsubscribe"))
def unsubscribe_now(token: str) -> Response | str:
    """Stop, now. The same for one-click (`List-Unsubscribe=One-Click`) and for our own button."""
    service = this_service()
    with service.sessions.begin() as session:
        lead = stop(session, token, now=service.clock.now())
    if lead is None:
        abort(404)
    return render_template("unsubscribe.html", done=True, action=f"/u/{token}")


def _call(offered: OfferedCall | None, slug: str) -> dict[str, str] | None:
    """The call at the foot of an article."""
    if offered is None:
        return None
    _ = translations(language()).gettext
    line = _("%(minutes)s minutes, %(price)s. You leave with a yes, a no, or a better question.")
    plain = _("%(minutes)s minutes. You leave with a yes, a no, or a better question.")
    facts = {"minutes": offered.minutes, "price": offered.price_text}
    return {
        "href": f"/book/{offered.slug}?utm_source=article&utm_campaign={slug}",
        "label": _("Book: %s") % offered.name,
        "line": (line if offered.price_text else plain) % facts,
    }


def advisor_context() -> dict[str, Any]:
    """The advisor as every page shows them."""
    try:
        with this_service().sessions() as session:
            return {"advisor": session.scalar(select(KnownAdvisor))}
    except SQLAlchemyError:
        # The page that says so must still be shown.
        return {"advisor": None}
