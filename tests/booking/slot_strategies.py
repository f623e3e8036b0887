"""Hypothesis strategies for slots: awkward zones, days on which clocks change, crowded calendars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from services.booking.domain.horizon import Horizon, HorizonKind
from services.booking.domain.limits import CountedCall, Limit, Per, Unit
from services.booking.domain.offsets import minutes_down
from services.booking.domain.rules import DateOverride, Dates, SlotRules, Stay, Taken, WeeklyWindow, Window
from services.booking.domain.slots import busy_span

T = TypeVar("T")

# A zone and a day near which something happens to its clocks.
DAYS = [
    ("UTC", datetime(2026, 2, 27, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 29, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2026, 4, 23, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2026, 10, 29, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 11, 1, tzinfo=UTC)),
    ("Pacific/Chatham", datetime(2026, 9, 26, tzinfo=UTC)),
    ("Pacific/Chatham", datetime(2026, 4, 4, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2025, 12, 31, tzinfo=UTC)),
    ("Pacific/Kiritimati", datetime(2026, 6, 7, tzinfo=UTC)),
    # A whole day that never was, and a midnight that came twice.
    ("Pacific/Apia", datetime(2011, 12, 29, tzinfo=UTC)),
    ("America/Goose_Bay", datetime(2010, 11, 7, tzinfo=UTC)),
    ("America/Goose_Bay", datetime(2011, 3, 13, tzinfo=UTC)),
    # Three hours at once, two hours, and the line crossed with a whole day left out.
    ("Antarctica/Casey", datetime(2010, 3, 5, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 10, 25, tzinfo=UTC)),
    ("Pacific/Kwajalein", datetime(1993, 8, 20, tzinfo=UTC)),
]
ZONES = sorted({zone for zone, _ in DAYS})


@dataclass(frozen=True)
class Question:
    """Everything `find_slots` is asked with; busy times as instants, seconds and all.

    `calls` are what limits count and `joinable` the group calls with a free seat, both in epoch minutes.
    """

    rules: SlotRules
    busy: tuple[tuple[datetime, datetime], ...]
    now: datetime
    range_start: datetime
    range_end: datetime
    calls: tuple[CountedCall, ...] = ()
    joinable: tuple[int, ...] = ()

    @property
    def taken(self) -> Taken:
        """What is used already, as the product is asked."""
        return Taken([busy_span(*span) for span in self.busy], self.calls, self.joinable)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A question about at most three days near one on which clocks change."""
    zone, day = draw(st.sampled_from(DAYS))
    start = day + draw(_minutes(-2 * 1440, 1440)) + draw(_seconds)
    end = start + draw(_minutes(0, 3 * 1440)) + draw(_seconds)
    busy = draw(st.lists(_busy_near(day), max_size=8))
    return Question(
        rules=draw(_rules(zone, day)),
        busy=tuple(busy),
        now=day + draw(_minutes(-3 * 1440, 1440)),
        range_start=start,
        range_end=end,
        calls=draw(_rarely(st.lists(_call_near(day), max_size=5).map(tuple), ())),
        joinable=draw(_rarely(st.lists(_near(day), max_size=2).map(tuple), ())),
    )


def _rarely(strategy: st.SearchStrategy[T], otherwise: T) -> st.SearchStrategy[T]:
    """Most questions have little of everything, so that something is left to offer."""
    return st.sampled_from([False, False, True]).flatmap(lambda yes: strategy if yes else st.just(otherwise))


def _near(day: datetime) -> st.SearchStrategy[int]:
    return st.integers(-2 * 1440, 3 * 1440).map(lambda minutes: minutes_down(day) + minutes)


def _call_near(day: datetime) -> st.SearchStrategy[CountedCall]:
    return st.builds(CountedCall, _near(day), st.sampled_from([15, 30, 60]), st.booleans())


def _minutes(least: int, most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(least, most).map(lambda minutes: timedelta(minutes=minutes))


def _quarters(least: int, most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(least, most).map(lambda quarters: timedelta(minutes=15 * quarters))


_seconds = st.sampled_from([timedelta(0)] * 5 + [timedelta(seconds=1), timedelta(seconds=59)])


def _busy_near(day: datetime) -> st.SearchStrategy[tuple[datetime, datetime]]:
    # Often on quarters of an hour, so that busy times touch calls.
    starts = st.tuples(_minutes(-2 * 1440, 3 * 1440) | _quarters(-192, 288), _seconds).map(
        lambda at: day + at[0] + at[1]
    )
    lengths = st.tuples(_minutes(0, 300) | _quarters(0, 20), _seconds).map(lambda parts: parts[0] + parts[1])
    return st.tuples(starts, lengths).map(lambda parts: (parts[0], parts[0] + parts[1]))


@st.composite
def _rules(draw: st.DrawFn, zone: str, day: datetime) -> SlotRules:
    weekly = draw(st.lists(_weekly(), max_size=4) | st.just([ALWAYS]) | st.just([ALWAYS, EVENINGS]))
    dates = draw(st.lists(st.integers(-9, 3), max_size=3, unique=True))
    overrides = [
        DateOverride((day + timedelta(days=date)).date(), tuple(draw(st.lists(_windows, max_size=2)))) for date in dates
    ]
    return SlotRules(
        zone=zone,
        weekly=tuple(weekly),
        overrides=tuple(overrides),
        length_min=draw(st.sampled_from([15, 30, 45, 60]) | st.integers(1, 120)),
        interval_min=draw(st.sampled_from([5, 7, 15, 30, 50, 60, 97])),
        buffer_before_min=draw(st.sampled_from([0, 0, 10])),
        buffer_after_min=draw(st.sampled_from([0, 0, 15])),
        notice_min=draw(st.sampled_from([0, 0, 60, 1440])),
        holidays=draw(st.sampled_from(["", "", "AT", "US", "NZ-CIT", "JP"])),
        travel=draw(_rarely(st.lists(_stays(day), max_size=2).map(tuple), ())),
        away=draw(_rarely(st.lists(_dates(day), max_size=2).map(tuple), ())),
        horizon=draw(_rarely(_horizons(day), None)),
        limits=draw(_rarely(st.lists(_limits, max_size=2).map(tuple), ())),
    )


def _date_near(day: datetime, least: int, most: int) -> st.SearchStrategy[date]:
    return st.integers(least, most).map(lambda days: (day + timedelta(days=days)).date())


def _dates(day: datetime) -> st.SearchStrategy[Dates]:
    parts = st.tuples(_date_near(day, -4, 3), st.integers(0, 2))
    return parts.map(lambda parts: Dates(parts[0], parts[0] + timedelta(days=parts[1])))


def _stays(day: datetime) -> st.SearchStrategy[Stay]:
    parts = st.tuples(_date_near(day, -9, 3), st.integers(0, 8), st.sampled_from([*ZONES, "Pacific/Pago_Pago"]))
    return parts.map(lambda parts: Stay(parts[0], parts[0] + timedelta(days=parts[1]), parts[2]))


def _horizons(day: datetime) -> st.SearchStrategy[Horizon | None]:
    counted = st.builds(Horizon, st.sampled_from([HorizonKind.DAYS, HorizonKind.BUSINESS_DAYS]), st.integers(0, 4))
    fixed = _dates(day).map(lambda dates: Horizon(HorizonKind.DATES, first=dates.first, last=dates.last))
    return counted | fixed


_limits = st.builds(Limit, st.sampled_from(Per), st.just(Unit.CALLS), st.integers(1, 3), st.booleans()) | st.builds(
    Limit, st.sampled_from(Per), st.just(Unit.MINUTES), st.sampled_from([45, 60, 90, 180]), st.booleans()
)


# Starts and ends on the hour make windows that touch; others, ones that do not.
_clock = st.integers(0, 23).map(lambda hour: hour * 60) | st.integers(0, 1439)
_end = _clock | st.just(1440)
_windows = st.builds(Window, _clock, _end, st.booleans())


def _weekly() -> st.SearchStrategy[WeeklyWindow]:
    days = st.lists(st.integers(1, 7), max_size=7, unique=True).map(tuple)
    return st.builds(WeeklyWindow, days, _clock, _end, st.booleans())


ALWAYS = WeeklyWindow((1, 2, 3, 4, 5, 6, 7), 0, 1440)
EVENINGS = WeeklyWindow((1, 2, 3, 4, 5, 6, 7), 20 * 60, 60, crosses_midnight=True)
