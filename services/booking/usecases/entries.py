"""Which calls should stand in the advisor's calendars, as rows. Making it so: `writing_entries.py`.

One row is one entry for life; a change of its call raises what is wanted, and the row is worked off again. Nobody who
books waits for an advisor who connects or lets go of a calendar meanwhile: one that is just going is passed over, and
what one lacks that is just coming is found by `want_missing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, case, exists, func, literal, null, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from services.booking.domain.states import GONE, STANDING
from services.booking.models import Calendar, CalendarEntry, Call, GroupCall
from shared.db import table_of
from shared.doorbell import wake
from shared.ready import Ready


def want_entry(session: Session, call: Call) -> None:
    """Note how the call, or the group call it is a seat in, should stand in the advisor's calendars from now on.

    Called with every change that calendars must hear of, in its transaction. Saying the same twice is saying it once.
    """
    session.flush()
    if call.group_call_id is not None:
        want_group_entry(session, session.get_one(GroupCall, call.group_call_id))
    else:
        _note(session, call, stands=call.state in STANDING, gone=call.state in GONE)


def want_group_entry(session: Session, group: GroupCall) -> None:
    """The same for a group call by itself: somebody gave their seat back, and may sit in another one now."""
    _note(session, group, stands=group.state != "cancelled", gone=group.state == "cancelled")


def want_missing(session: Session, *, now: datetime) -> int:
    """Want the coming calls that a calendar lacks though it is written to. Returns how many entries that are.

    It is written to since a moment ago; or a call was booked in that very moment and did not know of it. A call that
    somebody is changing is left for the next time, because it may be going.
    """
    return sum(len(session.scalars(lacking, {"now": now}).all()) for lacking in _LACKING)


def retry_entries(session: Session, account_id: UUID | None = None) -> int:
    """Try parked entries anew, of one account or of all: what to do once the cause is mended. Returns how many."""
    parked = update(CalendarEntry).where(CalendarEntry.state == "parked")
    if account_id is not None:
        of_account = select(Calendar.id).where(Calendar.account_id == account_id)
        parked = parked.where(CalendarEntry.calendar_id.in_(of_account))
    anew = parked.values(state="queued", attempt=0, retry_at=None, error=None).returning(CalendarEntry.id)
    retried = session.scalars(anew).all()
    _ring(session, retried)
    return len(retried)


def parked_entries(session: Session) -> Sequence[tuple[str, int, str]]:
    """What could not be written and waits for a person: each calendar's name, how many entries, and a trouble."""
    query = (
        select(Calendar.name, func.count(), func.max(CalendarEntry.error))
        .join(Calendar, Calendar.id == CalendarEntry.calendar_id)
        .where(CalendarEntry.state == "parked")
        .group_by(Calendar.id, Calendar.name)
        .order_by(Calendar.name)
    )
    return [(name, count, error or "") for name, count, error in session.execute(query)]


def _note(session: Session, about: Call | GroupCall, *, stands: bool, gone: bool) -> None:
    if not (stands or gone):
        return
    if gone:
        standing = update(CalendarEntry).where(CalendarEntry.uid == about.uid, ~CalendarEntry.gone)
        anew = standing.values(wanted=about.sequence, gone=True, **_QUEUED_ANEW).returning(CalendarEntry.id)
        _ring(session, session.scalars(anew).all())
    else:
        of_call, of_group = (about.id, None) if isinstance(about, Call) else (None, about.id)
        _ring(
            session,
            _WANTED.scalars(session, call=of_call, group_call=of_group, of=about.uid, revision=about.sequence),
        )


def _ring(session: Session, changed: Sequence[UUID]) -> None:
    if changed:
        wake(session, "booking.entries")


# What a worker has in its hands stays with it until it is recorded: two must never write one entry at once.
_QUEUED_ANEW = {
    "state": case((CalendarEntry.state == "claimed", literal("claimed")), else_=literal("queued")),
    "attempt": case((CalendarEntry.state == "claimed", CalendarEntry.attempt), else_=literal(0)),
    "retry_at": None,
    "error": None,
}


def _wanted() -> ReturningInsert[UUID]:
    """A row for every calendar that is written to, and for those that have the entry already."""
    uid = bindparam("of", type_=Text)
    has_it = exists().where(CalendarEntry.calendar_id == Calendar.id, CalendarEntry.uid == uid)
    ids = (bindparam("call", type_=Uuid), bindparam("group_call", type_=Uuid))
    wanted = select(Calendar.id, *ids, uid, bindparam("revision", type_=Integer)).where(Calendar.is_written | has_it)
    made = insert(_ENTRY).from_select(_COLUMNS, wanted.with_for_update(read=True, key_share=True, skip_locked=True))
    changes = {"wanted": made.excluded.wanted, "gone": False, **_QUEUED_ANEW}
    newer = CalendarEntry.wanted < made.excluded.wanted
    raised = made.on_conflict_do_update(index_elements=["calendar_id", "uid"], set_=changes, where=newer)
    return raised.returning(CalendarEntry.id)


def _lacking(about: type[Call] | type[GroupCall]) -> ReturningInsert[UUID]:
    none = null().cast(Uuid)
    ids = (Call.id, none) if about is Call else (none, GroupCall.id)
    coming = (about.state == "confirmed") & (about.ends_at > bindparam("now"))
    its_own = Call.group_call_id.is_(None) if about is Call else true()
    there = exists().where(CalendarEntry.calendar_id == Calendar.id, CalendarEntry.uid == about.uid)
    lacking = (
        select(Calendar.id, *ids, about.uid, about.sequence)
        .select_from(Calendar)
        .join(about, coming & its_own & ~there)
        .where(Calendar.is_written)
        .with_for_update(read=True, skip_locked=True)
    )
    made = insert(_ENTRY).from_select(_COLUMNS, lacking)
    return made.on_conflict_do_nothing().returning(CalendarEntry.id)


_ENTRY = table_of(CalendarEntry)
_COLUMNS = ["calendar_id", "call_id", "group_call_id", "uid", "wanted"]
_WANTED = Ready(_wanted())
_LACKING = (_lacking(Call), _lacking(GroupCall))
