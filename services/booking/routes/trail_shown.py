"""The trail as people read it: who did what to whom or what, and what was before and is now, on the advisor's clock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from babel.dates import get_day_names
from flask import g

from services.booking.domain.errors import Message as Words
from services.booking.domain.happenings import MAILS
from services.booking.domain.limits import Limit, Per, Unit
from services.booking.domain.trail import ACTORS, ACTS, FACTS, LISTS, NO, VALUES, YES
from services.booking.models import Audit
from services.booking.routes.call_words import name_in_words
from services.booking.routes.limit_words import limit_words
from services.booking.routes.said import said
from services.booking.usecases.trail_subjects import Subject
from shared import i18n
from shared.web.app import language

# More is folded: the trail is looked through, and only some of it is read.
LONGEST_OPEN = 160

_PAGES = {
    "call": "/console/calls/{}",
    "call_type": "/console/call-types/{}",
    "link": "/console/call-types/{}#links",
    "schedule": "/console/hours/{}",
    "calendars": "/console/calendars/{}",
    "mail": "/console/mails/{}",
}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z")
_LIMIT = re.compile(r"(\d+) (calls|minutes) a (day|week|month)\b")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")


@dataclass(frozen=True)
class Reader:
    """What lines are read with: the names of what they are about, of call types by slug, and the advisor's zone."""

    subjects: Mapping[UUID, Subject]
    call_types: Mapping[str, str]
    zone: str


def line_shown(line: Audit, reader: Reader) -> dict[str, Any]:
    """A line as the page takes it: `{at, who, told, about: {name, href} | None, changes: [str], folded: bool}`."""
    subject = reader.subjects.get(line.subject) if line.subject else None
    about = _about(subject) if subject else None
    changes = list(_changes(line, reader, shown="" if about is None else about["name"]))
    return {
        "at": line.at,
        "who": _who(line.actor),
        "told": said(ACTS[line.act]) if line.act in ACTS else line.act.replace("_", " "),
        "about": about,
        "changes": changes,
        "folded": sum(map(len, changes)) > LONGEST_OPEN,
    }


def _about(subject: Subject) -> dict[str, str] | None:
    name = said(MAILS[subject.name]) if subject.kind == "mail" else name_in_words(subject.name)
    page = _PAGES[subject.kind].format(subject.page) if subject.kind in _PAGES else ""
    return {"name": name, "href": page} if name else None


def _who(actor: str) -> str:
    if actor == g.caller.email:
        return said(Words("you"))
    kind, colon, label = actor.partition(": ")
    return said(ACTORS[kind]) + colon + label if kind in ACTORS else actor


def _changes(line: Audit, reader: Reader, *, shown: str) -> Iterator[str]:
    """A change each: `Time: Tue 8 Dec, 10:00 → 11:00`; without its name where the act says it."""
    for name, value in line.detail.items():
        pair = isinstance(value, list) and len(value) == 2 and name not in LISTS
        if name == "weekly_hours_set" and pair:
            yield from _days(*value)
            continue
        before, after = value if pair else (None, value)
        told = _value(name, after, reader) or "–"
        if pair and (was := _value(name, before, reader)):
            told = f"{was} → {told}"
        if name == line.act:
            yield told
        elif told != shown:
            yield f"{said(FACTS[name]) if name in FACTS else name.replace('_', ' ')}: {told}"


def _days(before: str, after: str) -> Iterator[str]:
    """A week before and after, the days that differ. It is kept as `1 09:00-12:00, 1 14:00-18:00, 2 …`."""
    names = get_day_names("abbreviated", "stand-alone", locale=i18n.locale_of(language()))
    was, now = _by_day(before), _by_day(after)
    for day in sorted({*was, *now}):
        if was.get(day) != now.get(day):
            closed = said(Words("closed"))
            yield f"{names[int(day) - 1]}: {was.get(day, closed)} → {now.get(day, closed)}"


def _by_day(week: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for day, hours in re.findall(r"(\d) ([^,]+)", week):
        found[day] = f"{found[day]}, {hours}" if day in found else hours
    return found


def _value(name: str, value: Any, reader: Reader) -> str:
    """A value as people write it: of questions and choices their words, of instants and dates the day."""
    if isinstance(value, list):
        return " · ".join(_value(name, one, reader) for one in value)
    if isinstance(value, Mapping):
        return str(value.get("label") or value.get("name") or dict(value))
    if isinstance(value, bool):
        return said(YES if value else NO)
    return "" if value is None else _text(name, str(value), reader)


def _text(name: str, text: str, reader: Reader) -> str:
    if name == "call_type":
        return reader.call_types.get(text, text)
    if name == "limits_set":
        return _LIMIT.sub(lambda found: limit_words(Limit(Per(found[3]), Unit(found[2]), int(found[1]))), text)
    if text in VALUES.get(name, {}):
        return said(VALUES[name][text])
    return _on_their_clock(text, reader.zone)


def _dated(at: datetime, zone: str) -> str:
    return f"{i18n.day_dated(at, zone, language())}, {i18n.time(at, zone, language())}"


def _on_their_clock(text: str, zone: str) -> str:
    text = _INSTANT.sub(lambda found: _dated(datetime.fromisoformat(found[0]), zone), text)
    return _DATE.sub(lambda found: i18n.date_words(date.fromisoformat(found[0]), language()), text)
