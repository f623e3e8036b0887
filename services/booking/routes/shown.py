"""What several pages show of the advisor's offer."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from services.booking.models import Advisor, CallType
from services.booking.usecases.availability import advisor_of, lengths_of
from services.booking.usecases.offers import shown_types
from shared.i18n import translations
from shared.web.app import language, this_service


def advisor_context() -> dict[str, Any]:
    """The advisor as every page shows them."""
    try:
        with this_service().sessions() as session:
            return {"advisor": advisor_of(session)}
    except SQLAlchemyError:
        # The page that says so must still be shown.
        return {"advisor": None}


def home_ways(session: Session, advisor: Advisor) -> list[dict[str, Any]]:
    """The ways of working with their calls, as the first page shows them."""
    rows = shown_types(session)
    return [
        {
            "name": way["name"],
            "text": way["text"],
            "call_types": [_type(row) for row in rows if row.way == way["slug"]],
            "step": _step(way["slug"], [row for row in rows if row.way == way["slug"]]),
        }
        for way in advisor.ways
    ]


def _type(row: CallType) -> dict[str, Any]:
    href = f"/book/{row.slug}" if row.access == "public" else None
    return {
        "name": row.name,
        "lengths": lengths_of(row),
        "seats": row.seats,
        "price_text": row.price_text,
        "href": href,
    }


def _step(way: str, rows: list[CallType]) -> dict[str, str]:
    """One next step a way: the request form for mentorship, else its first call."""
    _ = translations(language()).gettext
    if way == "mentorship":
        return {"label": _("Ask for mentorship"), "href": "/mentorship"}
    first = next((row for row in rows if row.access == "public"), None)
    if first is None:
        return {"label": _("Ask me"), "href": "/contact"}
    return to_book(first)


def to_book(call_type: CallType) -> dict[str, str]:
    """The way to a call's booking page."""
    _ = translations(language()).gettext
    return {"label": _("Book: %s") % call_type.name, "href": f"/book/{call_type.slug}"}
