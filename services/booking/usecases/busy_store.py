"""What is stored of calendars that are read: objects and busy times, of which only what differs is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from services.booking.domain.busy_times import BusySpan
from services.booking.domain.readings import Reading
from services.booking.models import BusyTime, CalendarObject

# Rows of one statement.
MANY = 1_000


def stored(session: Session, calendar_id: UUID) -> dict[str, str]:
    """The text of a calendar's objects, by address."""
    query = select(CalendarObject.href, CalendarObject.content).where(CalendarObject.calendar_id == calendar_id)
    return {href: content for href, content in session.execute(query)}  # noqa: C416 - a result is no mapping


def write_objects(session: Session, calendar_id: UUID, reading: Reading) -> None:
    """Store what was read in place of what was there, and let go of what is gone.

    An object that could not be read keeps its text and its times; only that it was seen is noted.
    """
    rows = [
        {
            "calendar_id": calendar_id,
            "href": one.href,
            "etag": one.etag,
            "content": one.content,
            "doubtful": one.doubtful,
        }
        for one in reading.objects
    ]
    for some in _some(rows):
        new = insert(CalendarObject).values(some)
        read = func.coalesce(func.nullif(new.excluded.content, ""), CalendarObject.content)
        values = {"etag": new.excluded.etag, "doubtful": new.excluded.doubtful, "content": read}
        was = tuple_(CalendarObject.etag, CalendarObject.doubtful, CalendarObject.content)
        differs = was.is_distinct_from(tuple_(new.excluded.etag, new.excluded.doubtful, read))
        session.execute(new.on_conflict_do_update(index_elements=["calendar_id", "href"], set_=values, where=differs))
    write_times(session, calendar_id, {one.href: one.busy.spans for one in reading.objects if one.busy})
    for some in _some(sorted(reading.gone)):
        for table in (BusyTime, CalendarObject):
            session.execute(delete(table).where(table.calendar_id == calendar_id, table.href.in_(some)))


def write_times(session: Session, calendar_id: UUID, spans: Mapping[str, Sequence[BusySpan]]) -> None:
    """Make the busy times of these objects these, and leave alone what they are already."""
    wanted = {(href, one.uid, one.start, one.end) for href, found in spans.items() for one in found}
    outdated = []
    for some in _some(sorted(spans)):
        query = select(BusyTime.id, BusyTime.href, BusyTime.uid, BusyTime.during).where(
            BusyTime.calendar_id == calendar_id, BusyTime.href.in_(some)
        )
        for row_id, href, uid, during in session.execute(query):
            this = (href, uid, during.lower, during.upper)
            if this in wanted:
                wanted.remove(this)
            else:
                outdated.append(row_id)
    for some in _some(outdated):
        session.execute(delete(BusyTime).where(BusyTime.id.in_(some)))
    rows = (
        {"calendar_id": calendar_id, "href": href, "uid": uid, "during": Range(start, end)}
        for href, uid, start, end in sorted(wanted)
    )
    for some in _some(rows):
        session.execute(insert(BusyTime).values(some))


def _some(things: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(things)
    while some := list(islice(left, MANY)):
        yield some
