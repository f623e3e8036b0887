"""The console's room of hours: schedules, their weeks, and their dates with hours of their own."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, g, request
from sqlalchemy.orm import Session

from services.booking.domain.date_lists import Fields, chosen_dates, listed_dates
from services.booking.domain.forms import Problems
from services.booking.domain.hours_text import WEEKDAYS, hours_text, week_of, windows_of
from services.booking.routes import hours_page
from services.booking.routes.forms import Form
from services.booking.routes.hours_acts import Answer, done, now
from services.booking.routes.undo import undo_parameter
from services.booking.usecases.freshness import want_reading
from services.booking.usecases.hours import (
    clear_dates,
    create_schedule,
    delete_schedule,
    rename_schedule,
    set_dates,
    set_weekly_hours,
)
from services.booking.usecases.hours_room import dates, schedule_shown
from shared.clock import machine_now
from shared.web.app import this_service
from shared.web.guards import console, guarded

blueprint = Blueprint("console_hours", __name__, url_prefix="/console/hours")

DATES = Fields("dates_first", "dates_last", "dates_more")
# The days that take over Monday's hours, by the button that was pressed.
COPIES = {"weekdays": WEEKDAYS[:5], "all": WEEKDAYS}


@blueprint.get("")
@guarded(console())
def hours() -> str:
    with this_service().sessions.begin() as session:
        want_reading(session, machine=machine_now())
        return hours_page.render(session, Form.empty())


@blueprint.post("")
@guarded(console())
def add_schedule() -> Answer:
    def act(session: Session) -> str:
        made = create_schedule(session, request.form.get("new_name", ""), now=now(), by=g.caller.email)
        return f"/console/hours/{made}?said=made"

    return done("schedules", act, fields={"name": "new_name"})


@blueprint.get("/<uuid:schedule_id>")
@guarded(console())
def schedule(schedule_id: UUID) -> str:
    with this_service().sessions() as session:
        return hours_page.render(session, Form.empty(), schedule_id=schedule_id)


@blueprint.post("/<uuid:schedule_id>/name")
@guarded(console())
def save_name(schedule_id: UUID) -> Answer:
    def act(session: Session) -> str:
        rename_schedule(session, schedule_id, request.form.get("name", ""), now=now(), by=g.caller.email)
        return f"{_path(session, schedule_id)}?said=renamed"

    return done("name", act, schedule_id=schedule_id)


@blueprint.post("/<uuid:schedule_id>/removal")
@guarded(console())
def drop_schedule(schedule_id: UUID) -> Answer:
    def act(session: Session) -> str:
        delete_schedule(session, schedule_id, now=now(), by=g.caller.email)
        return "/console/hours?said=deleted"

    return done("name", act, schedule_id=schedule_id)


@blueprint.post("/<uuid:schedule_id>/week")
@guarded(console())
def save_week(schedule_id: UUID) -> Answer:
    def act(session: Session) -> str:
        texts = {day: request.form.get(day, "") for day in WEEKDAYS}
        texts |= dict.fromkeys(COPIES.get(request.form.get("copy", ""), ()), texts["monday"])
        set_weekly_hours(session, schedule_id, week_of(texts), now=now(), by=g.caller.email)
        return f"{_path(session, schedule_id)}?said=week"

    return done("week", act, schedule_id=schedule_id)


@blueprint.post("/<uuid:schedule_id>/dates")
@guarded(console())
def save_dates(schedule_id: UUID) -> Answer:
    def act(session: Session) -> str:
        form, problems = request.form, Problems()
        first, last, more = (form.get(name, "") for name in (DATES.first, DATES.last, DATES.more))
        on = [number for number, day in enumerate(WEEKDAYS, 1) if form.get(f"on_{day}")]
        chosen = problems.take([], chosen_dates, first, last, more, on, DATES)
        windows = problems.take((), windows_of, form.get("dates_hours", ""), "dates_hours")
        problems.finish()
        set_dates(session, schedule_id, chosen, windows, now=now(), by=g.caller.email)
        return f"{_path(session, schedule_id)}?said=dates"

    return done("dates", act, fields={"dates": DATES.more}, schedule_id=schedule_id)


@blueprint.post("/<uuid:schedule_id>/usual-dates")
@guarded(console())
def drop_dates(schedule_id: UUID) -> Answer:
    """The week holds again on some dates; they can have their hours back as long as the notice stands."""

    def act(session: Session) -> str:
        text = request.form.get("cleared", "")
        chosen = listed_dates(text, "cleared")
        before = next((hours_text(one.windows) for one in dates(session, schedule_id) if one.date in chosen), "")
        clear_dates(session, schedule_id, chosen, now=now(), by=g.caller.email)
        again = {DATES.more: text, "dates_hours": before}
        undo = undo_parameter(this_service().settings, f"/console/hours/{schedule_id}/dates", again)
        return f"{_path(session, schedule_id)}?said=cleared{undo}"

    return done("cleared", act, fields={"dates": "cleared"}, schedule_id=schedule_id)


def _path(session: Session, schedule_id: UUID) -> str:
    return hours_page.room_path(schedule_shown(session, schedule_id))
