"""What is kept of somebody's calendar: its iCalendar text without what says what the times are for.

Whatever the advisor's calendar holds passes through here before anything is stored. Only the properties of `_KEPT`
stay: when, how often, and a UID. Whether a time counts is decided here too and kept as one word (TRANSP), so that the
people who say who declined need not be kept. Keeping what was kept gives the same text.

The text may be anything: it is read line by line, in one pass, without recursion and up to a size.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass

from services.booking.domain.calendar_lines import Line, clean, name_of, read_line, unfolded
from services.booking.domain.calendar_sources import SourceFailed, Trouble
from services.booking.domain.calendar_zones import zone_named

MOST_PARTS = 50_000
# Of one component: lines that are kept, and dates in its lists.
MOST_LINES, MOST_DATES = 5_000, 20_000
# How deep components may lie in one another. RFC 5545 knows two levels below the calendar.
DEEPEST = 20
LONGEST_UID, LONGEST_RULE = 1_000, 1_000


@dataclass(frozen=True)
class Part:
    """A VEVENT, VFREEBUSY or VTIMEZONE, or with kind `""` the calendar's own properties."""

    kind: str
    lines: tuple[Line, ...]

    def first(self, name: str) -> Line | None:
        """The first line of this name."""
        return next((line for line in self.lines if line.name == name), None)

    def all(self, name: str) -> list[Line]:
        """Every line of this name."""
        return [line for line in self.lines if line.name == name]

    def text(self, name: str) -> str:
        """The value of the first line of this name, or ""."""
        line = self.first(name)
        return line.value if line else ""


@dataclass(frozen=True)
class Kept:
    """What may be stored of a calendar, and how many of its components are damaged."""

    content: str
    damaged: int


def kept_of(text: str, *, own: Collection[str] = ()) -> Kept:
    """The calendar without what it is about. `own` are the advisor's addresses in lower case: what one of them has
    declined is free.

    Raises `SourceFailed` for what is no whole calendar, and for more than we read.
    """
    reader = _Reader(text, own)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for part in reader.parts():
        if part.kind:
            lines += [f"BEGIN:{part.kind}", *map(str, part.lines), f"END:{part.kind}"]
        else:
            lines += map(str, part.lines)
    lines.append("END:VCALENDAR")
    return Kept("".join(f"{line}\r\n" for line in lines), reader.damaged)


def parts_of(content: str) -> Iterator[Part]:
    """The components of what was kept."""
    return _Reader(content, ()).parts()


class _Reader:
    """One pass over a text. `damaged` counts components without an end, and those with a line nobody can read."""

    def __init__(self, text: str, own: Collection[str]) -> None:
        self._lines = unfolded(text.removeprefix("\ufeff"))
        self._own = set(own)
        self._open = self._whole = self._parts = 0
        self._part: _Opened | None = None
        self.damaged = 0

    def parts(self) -> Iterator[Part]:
        for line in self._lines:
            word = line[:6].upper()
            if word == "BEGIN:":
                yield from self._begin(line[6:].strip().upper())
            elif line[:4].upper() == "END:":
                yield from self._end(line[4:].strip().upper())
            elif self._part is not None:
                self._part.take(line)
            elif self._open > self._whole:
                yield from self._of_calendar(line)
        if not self._open or self._open != self._whole:
            # Cut short, it would lack events, and lacking events are free time.
            raise SourceFailed(Trouble.NOT_A_CALENDAR)

    def _begin(self, kind: str) -> Iterator[Part]:
        if kind == "VCALENDAR":
            yield from self._closed(is_whole=False)
            self._open += 1
        elif self._open == self._whole:
            return
        elif self._part is None or kind in _KEPT:
            # An event in an event is one whose END is missing.
            yield from self._closed(is_whole=False)
            self._part = _Opened(kind, self._own)
            self._parts += 1
            if self._parts > MOST_PARTS:
                raise SourceFailed(Trouble.TOO_MUCH)
        else:
            self._part.begin(kind)

    def _end(self, kind: str) -> Iterator[Part]:
        if kind == "VCALENDAR":
            yield from self._closed(is_whole=False)
            self._whole += self._open > self._whole
        elif self._part is not None and self._part.end(kind):
            yield from self._closed(is_whole=True)

    def _closed(self, *, is_whole: bool) -> Iterator[Part]:
        part, self._part = self._part, None
        if part is None or part.kind not in _KEPT:
            return
        self.damaged += not is_whole or part.is_damaged
        if part.kind != "VTIMEZONE" or zone_named(part.tzid) is None:
            yield Part(part.kind, tuple(part.kept()))

    def _of_calendar(self, line: str) -> Iterator[Part]:
        name, _, value = line.partition(":")
        if name.upper() == "X-WR-TIMEZONE":
            yield Part("", (Line("X-WR-TIMEZONE", clean(value)[:LONGEST_UID]),))
        elif name.upper() == "X-WR-CALNAME" and "@" in value:
            # Google names a calendar after the address whose it is.
            self._own.add(value.strip().lower())


class _Opened:
    """A component that is being read."""

    def __init__(self, kind: str, own: Set[str]) -> None:
        self.kind, self._own = kind, own
        self._kept = _KEPT.get(kind, frozenset())
        self._inner: list[str] = []
        self._lines: list[Line] = []
        self._dates = 0
        self._is_free = False
        self.is_damaged = False

    @property
    def tzid(self) -> str:
        """The name of a VTIMEZONE."""
        return next((line.value for line in self._lines if line.name == "TZID"), "")

    def begin(self, kind: str) -> None:
        """Something within it: an alarm, or the summer time of a zone."""
        self._inner.append(kind)
        if len(self._inner) > DEEPEST:
            raise SourceFailed(Trouble.TOO_MUCH)
        if self._is_observance():
            self._add(Line("BEGIN", kind))

    def end(self, kind: str) -> bool:
        """Whether the component itself ends here. An END that nothing began is passed over."""
        if kind == self.kind and kind not in self._inner:
            return True
        if kind in self._inner:
            if self._is_observance():
                self._add(Line("END", self._inner[-1]))
            del self._inner[self._inner.index(kind) :]
        return False

    def take(self, line: str) -> None:
        """Keep the property if it is one that is kept, or note what it says."""
        name = name_of(line)
        if self._inner and not self._is_observance():
            return
        if name in self._kept:
            self._keep(name, line)
        elif self.kind == "VEVENT" and name in _FREEING:
            self._is_free |= _FREEING[name](line, self._own)

    def kept(self) -> Iterable[Line]:
        """Its lines, with one more when its time is free."""
        return [*self._lines, Line("TRANSP", "TRANSPARENT")] if self._is_free else self._lines

    def _keep(self, name: str, line: str) -> None:
        read = read_line(name, line)
        if read is None:
            self.is_damaged = True
            return
        if name == "RRULE" and len(read.value) > LONGEST_RULE:
            raise SourceFailed(Trouble.TOO_MUCH)
        self._dates += read.value.count(",") if name in ("EXDATE", "RDATE", "FREEBUSY") else 0
        kept = {key: value for key, value in read.params.items() if key in _PARAMS}
        self._add(Line(name, read.value[:LONGEST_UID] if name == "UID" else read.value, kept))

    def _add(self, line: Line) -> None:
        self._lines.append(line)
        if len(self._lines) > MOST_LINES or self._dates > MOST_DATES:
            raise SourceFailed(Trouble.TOO_MUCH)

    def _is_observance(self) -> bool:
        return self.kind == "VTIMEZONE" and len(self._inner) == 1 and self._inner[0] in ("STANDARD", "DAYLIGHT")


def _has_declined(line: str, own: Set[str]) -> bool:
    """Whether the attendee of this line is the advisor and has said no. `own` may be as long as the calendar."""
    if "DECLINED" not in line.upper() or (read := read_line("ATTENDEE", line)) is None:
        return False
    addresses = {read.value.lower().removeprefix("mailto:"), read.params.get("EMAIL", "").lower()}
    return read.params.get("PARTSTAT", "").upper() == "DECLINED" and not addresses.isdisjoint(own)


_KEPT = {
    "VEVENT": frozenset(
        ("UID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
    ),
    "VFREEBUSY": frozenset(("UID", "FREEBUSY")),
    "VTIMEZONE": frozenset(("TZID", "DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO")),
}
_PARAMS = ("VALUE", "TZID", "RANGE", "FBTYPE")
_FREEING = {
    "TRANSP": lambda line, _: line.rpartition(":")[2].strip().upper() == "TRANSPARENT",
    "STATUS": lambda line, _: line.rpartition(":")[2].strip().upper() == "CANCELLED",
    "ATTENDEE": _has_declined,
}
