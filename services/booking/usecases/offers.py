"""Call types: what is offered to whom, making one and changing one. Calls that are booked stay as they were booked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, inspect, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.domain.errors import FieldError, InvalidInput, Message, NotFound, invalid
from services.booking.domain.forms import clipped
from services.booking.domain.offers import read_offer, require_sound
from services.booking.domain.questions import Question, questions_of
from services.booking.models import CallType, Schedule
from services.booking.usecases.audit import note
from services.booking.usecases.availability import advisor_of
from services.booking.usecases.set_up import profile_event
from shared.events import CallTypeChanged
from shared.inbox import publish
from shared.ready import Ready

NEEDED = ("slug", "name", "minutes")
# A way of working that no advisor has: what belongs to it stands on no list.
NO_WAY = "calls"


def call_types(session: Session) -> list[CallType]:
    """All of them in their order, those that are switched off too."""
    return list(session.scalars(select(CallType).order_by(CallType.position, CallType.slug)))


def call_type_of(session: Session, slug: str, *, lock: bool = False) -> CallType:
    """One by its slug, switched off or not. Raises `NotFound`."""
    query = select(CallType).where(CallType.slug == slug)
    found = session.scalars(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if found is None:
        raise NotFound
    return found


def call_type_with(session: Session, call_type_id: UUID) -> CallType:
    """The one that a call, a link or a proposal is of."""
    return session.get_one(CallType, call_type_id)


def shown_types(session: Session, *, opened: UUID | None = None) -> list[CallType]:
    """What is offered, in its order. What only a private link opens is no public offer: but for the one it `opened`."""
    shown = CallType.active & ((CallType.access != "link") | (CallType.id == opened))
    return list(session.scalars(select(CallType).where(shown).order_by(CallType.position)))


def public_types(session: Session) -> list[CallType]:
    """What anybody may book, in its order."""
    return [row for row in shown_types(session) if row.access == "public"]


def questions_asked(session: Session, slug: str) -> tuple[Question, ...]:
    """What a call type asks; nothing for one that is not there."""
    return tuple(
        question for found in _QUESTIONS.scalars(session, slug=clipped(slug)) for question in questions_of(found)
    )


_QUESTIONS = Ready(select(CallType.questions).where(CallType.slug == bindparam("slug")))


def schedule_name(session: Session, call_type: CallType) -> str | None:
    """The schedule that a call type goes by; None for the standard one."""
    return session.get_one(Schedule, call_type.schedule_id).name if call_type.schedule_id else None


def make_call_type(session: Session, given: Mapping[str, object], *, actor: str, now: datetime) -> CallType:
    """A new call type; what is not given has its usual value. Raises `InvalidInput`."""
    read = _read(session, given)
    if missing := [name for name in NEEDED if not read.get(name)]:
        raise InvalidInput(
            [FieldError(n, Message("This is empty."), Message("A call type needs it.")) for n in missing]
        )
    values = {"way": NO_WAY, "interval_minutes": read["minutes"], "position": _last(session) + 1} | read
    new = insert(CallType).values(**values).on_conflict_do_nothing(index_elements=["slug"]).returning(CallType)
    made = session.scalars(new).one_or_none()
    if made is None:
        raise invalid("slug", Message("There is a call type of this name."), Message("Choose another one."))
    require_sound(_columns(made))
    note(session, actor, "call_type_made", made.id, detail={"slug": made.slug}, now=now)
    _announce(session, made, now=now)
    return made


def change_call_type(
    session: Session, slug: str, given: Mapping[str, object], *, actor: str, now: datetime
) -> CallType:
    """Change what `given` names. Raises `NotFound` or `InvalidInput`, and then nothing is changed."""
    call_type = call_type_of(session, slug, lock=True)
    before = _columns(call_type)
    changed = {name: value for name, value in _read(session, given).items() if before[name] != value}
    require_sound(before | changed)
    if not changed:
        return call_type
    if "slug" in changed and session.scalar(select(CallType.id).where(CallType.slug == changed["slug"])):
        raise invalid("slug", Message("There is a call type of this name."), Message("Choose another one."))
    for name, value in changed.items():
        setattr(call_type, name, value)
    call_type.revision += 1
    session.flush()
    detail = {name: [_plain(before[name]), _plain(value)] for name, value in changed.items()}
    note(session, actor, "call_type_changed", call_type.id, detail=detail, now=now)
    _announce(session, call_type, now=now)
    return call_type


def _read(session: Session, given: Mapping[str, object]) -> dict[str, Any]:
    """The fields, and the schedule by its name or id: the one field that only the database can check."""
    rest = {name: value for name, value in given.items() if name != "schedule"}
    read = read_offer(rest)
    if "schedule" in given:
        read["schedule_id"] = _schedule(session, given["schedule"])
    return read


def _schedule(session: Session, wanted: object) -> UUID | None:
    if wanted in (None, ""):
        return None
    found = session.scalar(select(Schedule.id).where(Schedule.name == clipped(str(wanted))))
    if found is None:
        message = Message("There is no schedule of this name.")
        raise invalid("schedule", message, Message("Choose one that is listed."))
    return found


def _columns(call_type: CallType) -> dict[str, Any]:
    return {column.key: getattr(call_type, column.key) for column in inspect(CallType).column_attrs}


def _last(session: Session) -> int:
    return session.scalar(select(CallType.position).order_by(CallType.position.desc()).limit(1)) or 0


def _announce(session: Session, call_type: CallType, *, now: datetime) -> None:
    """Tell who listens, and nurture what may be booked: its letters name the calls and their prices."""
    publish(
        session,
        CallTypeChanged(
            subject=call_type.id,
            revision=call_type.revision,
            occurred_at=now,
            slug=call_type.slug,
            call_type_name=call_type.name,
            minutes=call_type.minutes,
            active=call_type.active,
            public=call_type.access == "public",
            price_text=call_type.price_text,
        ),
    )
    advisor = advisor_of(session, lock=True)
    advisor.revision += 1
    session.flush()
    publish(session, profile_event(session, advisor, now=now))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value
