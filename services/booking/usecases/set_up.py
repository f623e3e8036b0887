"""The first contents of an installation: the advisor, what they offer, when, and who may sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.domain.questions import definition, questions_of
from services.booking.domain.redirects import redirect_address
from services.booking.domain.rules import clock_minutes
from services.booking.models import Account, Advisor, CallType, Schedule, WeeklyHours
from services.booking.usecases.sign_in import make_account
from shared.events import OfferedCall, ProfileChanged
from shared.inbox import publish

# The schedule of call types that name none.
STANDARD = "Working hours"


def set_up(
    session: Session,
    *,
    profile: Mapping[str, Any],
    call_types: Sequence[Mapping[str, Any]],
    windows: Sequence[Mapping[str, Any]],
    schedules: Sequence[Mapping[str, Any]] = (),
    now: datetime,
) -> bool:
    """Fill an empty installation with an advisor and what they offer. False, and nothing done, when there is one.

    `windows` are the standard schedule's; `schedules` have a `name` and `window`s of their own, and a call type goes by
    the one that it names in `schedule`.

    Raises `InvalidInput` for questions that no form could show and for pages nobody can be led to.
    """
    if session.scalar(select(Advisor.id)) is not None:
        return False
    advisor = Advisor(**profile, revision=1)
    session.add(advisor)
    session.flush()
    for row in call_types:
        redirect_address(row.get("redirect_url", ""))
    standard = {"name": STANDARD, "window": windows}
    made = {row["name"]: _schedule(session, advisor, row) for row in (standard, *schedules)}
    session.add_all(_call_type(row, position, made) for position, row in enumerate(call_types))
    session.flush()
    publish(session, profile_event(session, advisor, now=now))
    return True


def open_console(session: Session, email: str, password: str, *, now: datetime) -> bool:
    """Make the first account. False when there is one already."""
    if session.scalar(select(Account.id)) is not None:
        return False
    make_account(session, email, password, now=now)
    return True


def profile_event(session: Session, advisor: Advisor, *, now: datetime) -> ProfileChanged:
    """The advisor's public facts, as the others need them."""
    public = session.scalars(
        select(CallType).where(CallType.active, CallType.access == "public").order_by(CallType.position)
    )
    return ProfileChanged(
        subject=advisor.id,
        revision=advisor.revision,
        occurred_at=now,
        advisor=advisor.name,
        email=advisor.email,
        zone=advisor.zone,
        title=advisor.title,
        photo_url=advisor.photo_url,
        signature=tuple(advisor.signature),
        postal_address=advisor.postal_address,
        call_types=tuple(
            OfferedCall(slug=row.slug, name=row.name, minutes=row.minutes, price_text=row.price_text) for row in public
        ),
    )


def _schedule(session: Session, advisor: Advisor, row: Mapping[str, Any]) -> Schedule:
    schedule = Schedule(advisor_id=advisor.id, name=row["name"], standard=row["name"] == STANDARD)
    session.add(schedule)
    session.flush()
    for window in row["window"]:
        session.add_all(_hours(schedule, window))
    return schedule


def _call_type(row: Mapping[str, Any], position: int, schedules: Mapping[str, Schedule]) -> CallType:
    values = {name: value for name, value in row.items() if name != "schedule"}
    if "schedule" in row:
        values["schedule_id"] = schedules[row["schedule"]].id
    values["questions"] = [definition(question) for question in questions_of(row.get("questions", []))]
    return CallType(**values, position=position)


def _hours(schedule: Schedule, window: Mapping[str, Any]) -> list[WeeklyHours]:
    return [
        WeeklyHours(
            schedule_id=schedule.id,
            weekday=day,
            start_minute=clock_minutes(window["start"]),
            end_minute=clock_minutes(window["end"]),
            crosses_midnight=window.get("crosses_midnight", False),
        )
        for day in window["days"]
    ]
