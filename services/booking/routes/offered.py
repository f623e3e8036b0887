"""What the booking page says before anything is booked: the call, its price, what comes after it, and absences."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from sqlalchemy.orm import Session

from services.booking.domain.answer_by import answer_by
from services.booking.routes.calendar import Openings
from services.booking.routes.visits import Visit
from services.booking.usecases.availability import OutOfOffice, away_at
from services.booking.usecases.new_calls import VERIFY_WITHIN
from services.booking.usecases.render import location_of
from shared.i18n import locale_of, translations
from shared.web.app import language


def call_type_of(visit: Visit, *, seats: int) -> dict[str, Any]:
    """The call type as the page shows it, in the length that was chosen; `seats` are those of the time chosen."""
    row = visit.offer.call_type
    return {
        "name": row.name,
        "headline": row.headline,
        "minutes": visit.offer.minutes,
        "seats": seats,
        "price_text": row.price_text,
        # Paying comes after booking, so the page only says where it will be.
        "pays_at": urlsplit(row.pay_url).hostname or "" if row.pay_url else "",
        "location": _place(visit),
        "by_phone": row.location_kind == "phone_out",
        "guests": not visit.offer.is_group,
        "move_notice_minutes": row.move_notice_minutes,
        "cancel_notice_minutes": row.cancel_notice_minutes,
    }


def promise_of(visit: Visit, start: datetime | None, *, now: datetime) -> dict[str, Any]:
    """What stands between the form and the call: an address that must answer, a yes that is needed and by when.

    And what can be changed once it is booked at this start, or at any when None.
    """
    row = visit.offer.call_type
    asks = row.confirmation if visit.moving is None else "none"
    moves = 0 if visit.moving is None else visit.moving.moves + 1
    return {
        "confirmation": asks,
        "answer_by": answer_by(now, start or visit.offer.last_start(now), visit.offer.advisor.zone),
        "kept": row.pending_blocks,
        "verifies": row.verify_email and visit.moving is None,
        "verify_minutes": VERIFY_WITHIN // timedelta(minutes=1),
        "may_move": start is None or now <= start - timedelta(minutes=row.move_notice_minutes),
        "may_cancel": start is None or now <= start - timedelta(minutes=row.cancel_notice_minutes),
        "moves_left": row.most_moves is None or moves < row.most_moves,
    }


def away_from(
    session: Session, visit: Visit, openings: Openings, shown: dict[str, Any], *, now: datetime
) -> dict[str, str] | None:
    """Why nothing is free on the day or in the month shown, or before the first free time: the advisor is away."""
    found = away_at(session, **_looked_at(visit, openings, shown, now=now))
    return _said(found, now.astimezone(ZoneInfo(visit.offer.advisor.zone)).date()) if found else None


def _looked_at(visit: Visit, openings: Openings, shown: dict[str, Any], *, now: datetime) -> dict[str, datetime]:
    zone = ZoneInfo(visit.offer.advisor.zone)
    free = {start.astimezone(zone).date() for start in openings.starts}
    if (day := shown["day"]) is not None and openings.starts and day not in free:
        noon = datetime.combine(day, time(12), zone)
        return {"now": noon, "until": noon}
    return {"now": now, "until": openings.starts[0] if openings.starts else visit.offer.last_start(now)}


def _said(away: OutOfOffice, today: date) -> dict[str, str]:
    return {
        "since": "" if away.first <= today else _date(away.first),
        "until": _date(away.last),
        "message": away.message,
    }


def _date(day: date) -> str:
    return format_skeleton("MMMMd", datetime.combine(day, time(12)), locale=locale_of(language()))


def _place(visit: Visit) -> str:
    """In general: the link, or the number, goes to who has booked."""
    row, _ = visit.offer.call_type, translations(language()).gettext
    if row.location_kind == "phone_out":
        return _("I call you")
    if row.location_kind == "phone_in":
        return _("you call me")
    where = location_of(visit.offer.advisor, row)
    return _("video call") if where.startswith(("http:", "https:")) else where
