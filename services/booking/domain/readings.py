"""One reading of a calendar: what is asked of its source, what came of it, and what is to be stored.

Pure but for the clock that `Within.out_of_time` brings along.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from services.booking.domain.busy_times import MOST_SPANS, Busy, Within, busy_times
from services.booking.domain.calendar_sources import Changes, FeedAnswer, Login, SourceFailed, Trouble
from services.booking.domain.calendar_text import kept_of

Kind = Literal["ics", "caldav"]
# The address of a feed's one object.
WHOLE = ""


@dataclass(frozen=True)
class Source:
    """A calendar as its gateway needs it: where it is, and how it stood when it was last read.

    `known` are the etags of a CalDAV calendar's objects by address.
    """

    kind: Kind
    login: Login
    url: str = field(repr=False)
    etag: str = ""
    last_modified: str = ""
    token: str = ""
    known: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Clocks:
    """The zones by which a calendar is read: the advisor's, and the calendar's own or ""."""

    advisor: str
    calendar: str

    def __str__(self) -> str:
        return f"{self.advisor} {self.calendar}".strip()


@dataclass(frozen=True)
class ReadObject:
    """One object as it is to be stored. With `busy` None it could not be read: its text and times stay as they are."""

    href: str
    etag: str
    content: str
    busy: Busy | None
    doubtful: int


@dataclass(frozen=True)
class Reading:
    """What came of a reading. `gone` are the objects that are no more; the rest is for asking only for what is new."""

    objects: tuple[ReadObject, ...] = ()
    gone: frozenset[str] = frozenset()
    etag: str = ""
    last_modified: str = ""
    token: str = ""


@dataclass(frozen=True)
class Failed:
    """The source could not be read. What was read before stays."""

    trouble: Trouble


def read_feed(answer: FeedAnswer, *, own: Collection[str], clocks: Clocks, within: Within) -> Reading:
    """A feed that has changed, as one object. Raises `SourceFailed` when it is no calendar, or too much."""
    headers = Reading(etag=answer.etag, last_modified=answer.last_modified)
    if answer.content is None:
        return headers
    kept = kept_of(answer.content.decode("utf-8", "replace"), own=own)
    busy = _busy(kept.content, clocks, within)
    return replace(headers, objects=(ReadObject(WHOLE, "", kept.content, busy, busy.doubtful + kept.damaged),))


def read_changes(changes: Changes, *, own: Collection[str], clocks: Clocks, within: Within) -> Reading:
    """What changed on a CalDAV server. One object that cannot be read holds up no other: it stays as it was."""
    objects: list[ReadObject] = []
    for one in changes.changed:
        try:
            kept = kept_of(one.content, own=own)
            busy = _busy(kept.content, clocks, within)
        except SourceFailed:
            if within.out_of_time():
                raise
            objects.append(ReadObject(one.href, one.etag, "", None, 1))
        else:
            objects.append(ReadObject(one.href, one.etag, kept.content, busy, busy.doubtful + kept.damaged))
    if sum(len(one.busy.spans) for one in objects if one.busy) > MOST_SPANS:
        raise SourceFailed(Trouble.TOO_MUCH)
    return Reading(tuple(objects), changes.gone, token=changes.token)


def read_anew(contents: Mapping[str, str], *, clocks: Clocks, within: Within) -> dict[str, Busy]:
    """What is stored, by address, worked out for another stretch of time or by other clocks. Raises `SourceFailed`."""
    return {href: _busy(content, clocks, within) for href, content in contents.items() if content}


def _busy(content: str, clocks: Clocks, within: Within) -> Busy:
    return busy_times(content, advisor=clocks.advisor, calendar=clocks.calendar, within=within)
