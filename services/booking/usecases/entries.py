"""Which calls should stand in the advisor's calendars, as rows. Making it so: `writing_entries.py`.

One row is one entry for life; a change of its call raises what is wanted, and the row is worked off again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, case, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.domain.states import GONE
from services.booking.models import Calendar, CalendarEntry, Call, GroupCall
from shared.doorbell import wake

# What stands in calendars: a call that waits for a yes, or for its address to answer, is in none of them.
STANDING = ("confirmed", "completed", "missed")


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


def hold_entries_still(session: Session) -> None:
    """Let nobody note an entry until this transaction ends: for a change of which calendars are written to.

    Entries are noted before the advisor's row is locked, so that lock orders nothing here. Without this one, a call
    that is just being booked would miss a calendar that it does not know of yet, or fail for one that is just going.
    """
    session.flush()
    session.execute(select(func.pg_advisory_xact_lock(_NOTING)))


def fill_calendar(session: Session, calendar_id: UUID, *, now: datetime) -> None:
    """Want all coming calls in a calendar that is written to from now on."""
    calls = select(Call).where(Call.group_call_id.is_(None), Call.state == "confirmed", Call.ends_at > now)
    groups = select(GroupCall).where(GroupCall.state == "confirmed", GroupCall.ends_at > now)
    for about in (*session.scalars(calls), *session.scalars(groups)):
        _want(session, about, only=calendar_id)


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
    # A statement of its own: the next one then sees what whoever held still has changed.
    session.execute(select(func.pg_advisory_xact_lock_shared(_NOTING)))
    if gone:
        standing = update(CalendarEntry).where(CalendarEntry.uid == about.uid, ~CalendarEntry.gone)
        anew = standing.values(wanted=about.sequence, gone=True, **_QUEUED_ANEW).returning(CalendarEntry.id)
        _ring(session, session.scalars(anew).all())
    else:
        _want(session, about)


def _want(session: Session, about: Call | GroupCall, *, only: UUID | None = None) -> None:
    """One statement: a row for every calendar that is written to, and for those that have the entry already."""
    has_it = exists().where(CalendarEntry.calendar_id == Calendar.id, CalendarEntry.uid == about.uid)
    of_call, of_group = (about.id, None) if isinstance(about, Call) else (None, about.id)
    wanted = select(
        Calendar.id,
        literal(of_call, Uuid),
        literal(of_group, Uuid),
        literal(about.uid),
        literal(about.sequence),
    ).where(or_(Calendar.is_written, has_it) if only is None else Calendar.id == only)
    columns = ["calendar_id", "call_id", "group_call_id", "uid", "wanted"]
    made = insert(CalendarEntry).from_select(columns, wanted)
    changes = {"wanted": made.excluded.wanted, "gone": False, **_QUEUED_ANEW}
    newer = CalendarEntry.wanted < made.excluded.wanted
    raised = made.on_conflict_do_update(index_elements=["calendar_id", "uid"], set_=changes, where=newer)
    _ring(session, session.scalars(raised.returning(CalendarEntry.id)).all())


def _ring(session: Session, changed: Sequence[UUID]) -> None:
    if changed:
        wake(session, "booking.entries")


# The advisory lock of noting entries: shared by all who note, alone for who changes where they are written.
_NOTING = 0x656E_7472_6965_73

# What a worker has in its hands stays with it until it is recorded: two must never write one entry at once.
_QUEUED_ANEW = {
    "state": case((CalendarEntry.state == "claimed", literal("claimed")), else_=literal("queued")),
    "attempt": case((CalendarEntry.state == "claimed", CalendarEntry.attempt), else_=literal(0)),
    "retry_at": None,
    "error": None,
}
