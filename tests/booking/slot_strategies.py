"""Hypothesis strategies for slots: awkward zones, days on which clocks change, crowded calendars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from services.booking.domain.rules import DateOverride, SlotRules, WeeklyWindow, Window

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
    """Everything `find_slots` is asked with; busy times as instants, seconds and all."""

    rules: SlotRules
    busy: tuple[tuple[datetime, datetime], ...]
    now: datetime
    range_start: datetime
    range_end: datetime


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A question about at most three days near one on which clocks change."""
    zone, day = draw(st.sampled_from(DAYS))
    start = day + draw(_minutes(-2 * 1440, 1440)) + draw(_seconds)
    end = start + draw(_minutes(0, 3 * 1440)) + draw(_seconds)
    busy = draw(st.lists(_busy_near(day), max_size=8))
    return Question(draw(_rules(zone, day)), tuple(busy), day + draw(_minutes(-3 * 1440, 1440)), start, end)


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
