"""When letters leave: in a window, on a weekday, in the reader's own zone, whatever its clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.nurture.domain.errors import UnknownZone
from services.nurture.domain.timing import WEEKDAYS, WINDOWS, arrivals, next_send

_ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
_MOMENTS = st.integers(1_100_000_000, 2_100_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
# Windows where clocks change at night, so that hours that are missing and hours that come twice are met.
_NIGHT = ((time(0, 30), time(1, 15)), (time(1, 45), time(2, 45)))
_ALL_DAYS = frozenset(range(1, 8))


@settings(max_examples=300, deadline=None)
@given(after=_MOMENTS, days=st.integers(0, 30), zone=_ZONES)
def test_it_leaves_in_a_window_on_a_weekday_of_the_readers_zone(after: datetime, days: int, zone: str) -> None:
    found = next_send(after=after, not_before_days=days, zone=zone)
    local = found.astimezone(ZoneInfo(zone))
    assert found >= after + timedelta(days=days)
    assert local.isoweekday() in WEEKDAYS
    assert any(begin <= local.time() < end for begin, end in WINDOWS)
    assert found - (after + timedelta(days=days)) < timedelta(days=8)


@settings(max_examples=150, deadline=None)
@given(after=_MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=4)), zone=_ZONES)
@example(after=datetime(2026, 10, 24, 23, 50, tzinfo=UTC), later=timedelta(minutes=40), zone="Europe/Berlin")
@example(after=datetime(2026, 4, 4, 14, 40, tzinfo=UTC), later=timedelta(minutes=25), zone="Australia/Lord_Howe")
def test_who_asks_later_gets_it_no_earlier(after: datetime, later: timedelta, zone: str) -> None:
    def found(at: datetime) -> datetime:
        return next_send(after=at, not_before_days=0, zone=zone, weekdays=_ALL_DAYS, windows=_NIGHT)

    assert found(after) <= found(after + later)
    assert found(found(after)) == found(after)


@pytest.mark.parametrize(
    ("after", "zone", "expected"),
    [
        # Friday evening waits for Tuesday.
        ("2026-11-27T19:00+00:00", "Europe/Berlin", "2026-12-01T08:30+01:00"),
        # In a window already: now.
        ("2026-11-24T09:00+00:00", "Europe/Berlin", "2026-11-24T10:00+01:00"),
        # The end of a window does not belong to it.
        ("2026-11-24T10:30+00:00", "Europe/Berlin", "2026-11-24T13:30+01:00"),
        # Quarter-hour zones.
        ("2026-11-24T00:00+00:00", "Asia/Kathmandu", "2026-11-24T08:30+05:45"),
        ("2026-11-24T00:00+00:00", "Pacific/Chatham", "2026-11-24T13:45+13:45"),
        # The first working day after the clocks went forward.
        ("2026-03-29T12:00+00:00", "Europe/Berlin", "2026-03-31T08:30+02:00"),
        ("2026-11-01T12:00+00:00", "America/New_York", "2026-11-03T08:30-05:00"),
    ],
)
def test_known_cases(after: str, zone: str, expected: str) -> None:
    found = next_send(after=datetime.fromisoformat(after), not_before_days=0, zone=zone)
    assert found == datetime.fromisoformat(expected)
    assert found.tzinfo is UTC


def test_a_window_inside_the_hour_that_is_missing_waits_for_the_next_day() -> None:
    gap = ((time(2, 10), time(2, 50)),)
    after = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    found = next_send(after=after, not_before_days=0, zone="Europe/Berlin", weekdays=_ALL_DAYS, windows=gap)
    assert found == datetime(2026, 3, 30, 0, 10, tzinfo=UTC)


def test_a_window_inside_the_hour_that_comes_twice_opens_twice() -> None:
    twice = ((time(2, 10), time(2, 50)),)
    after = datetime(2026, 10, 25, 0, 55, tzinfo=UTC)
    found = next_send(after=after, not_before_days=0, zone="Europe/Berlin", weekdays=_ALL_DAYS, windows=twice)
    assert found == datetime(2026, 10, 25, 1, 10, tzinfo=UTC)


def test_a_day_that_a_zone_skips_is_no_day() -> None:
    """Samoa had no Friday 30 December 2011."""
    after = datetime(2011, 12, 30, 4, 0, tzinfo=UTC)
    found = next_send(after=after, not_before_days=0, zone="Pacific/Apia", weekdays=frozenset({5}))
    assert found.astimezone(ZoneInfo("Pacific/Apia")).date().isoformat() == "2012-01-06"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe/Berlin\x00", "Europe", "x" * 5_000])
def test_a_zone_that_is_none_is_named(zone: str) -> None:
    with pytest.raises(UnknownZone, match="time zone"):
        next_send(after=datetime(2026, 1, 1, tzinfo=UTC), not_before_days=0, zone=zone)


@settings(max_examples=100, deadline=None)
@given(start=_MOMENTS, zone=_ZONES)
def test_letters_are_two_days_apart_and_the_last_comes_within_four_weeks(start: datetime, zone: str) -> None:
    sent = arrivals(start, (0, 3, 6, 10, 15, 22), zone=zone)
    assert sent[0] == start
    assert timedelta(days=22) <= sent[-1] - start < timedelta(days=29)
    assert all(later - earlier >= timedelta(days=2) for earlier, later in pairwise(sent))
