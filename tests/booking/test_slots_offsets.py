"""The table of offsets says what zoneinfo says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from services.booking.domain.offsets import instant_of, minutes_down, minutes_up, offsets_between

zones = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory", "posixrules"}))
minutes = st.integers(4 * 366 * 1440, 180 * 365 * 1440)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def shown(wall: int, zone: str) -> datetime:
    """A wall minute of a zone; the first of two, and in a gap with the offset before it (PEP 495)."""
    return (EPOCH + timedelta(minutes=wall)).replace(tzinfo=ZoneInfo(zone))


@settings(max_examples=300, deadline=None)
@given(zones, minutes)
def test_every_instant_has_the_offset_of_the_zone(zone: str, minute: int) -> None:
    offset = offsets_between(zone, minute, minute).at(minute)
    assert timedelta(minutes=offset) == instant_of(minute).astimezone(ZoneInfo(zone)).utcoffset()


@settings(max_examples=300, deadline=None)
@given(zones, minutes)
def test_every_wall_time_is_the_instant_that_rfc_5545_gives_it(zone: str, wall: int) -> None:
    offsets = offsets_between(zone, wall - 1440, wall + 1440)
    assert instant_of(offsets.instant(wall)) == shown(wall, zone).astimezone(UTC)


def test_wall_times_around_every_change_of_two_years_are_right() -> None:
    begin = minutes_down(datetime(2026, 1, 1, tzinfo=UTC))
    for zone in ("Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "Africa/Casablanca", "America/Havana"):
        offsets = offsets_between(zone, begin, begin + 730 * 1440)
        assert len(offsets.instants) >= 3
        for change in offsets.instants:
            for wall in range(change + offsets.at(change) - 130, change + offsets.at(change) + 130):
                assert instant_of(offsets.instant(wall)) == shown(wall, zone).astimezone(UTC)
                both = {shown(wall, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
                real = [at for at in both if at.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC) == instant_of(wall)]
                assert offsets.repeats(wall) == (len(real) == 2)


def test_seconds_are_rounded_to_the_side_that_was_asked_for() -> None:
    at = datetime(2026, 3, 1, 9, 0, 30, tzinfo=UTC)
    assert minutes_up(at) - minutes_down(at) == 1
    assert minutes_up(at.replace(second=0)) == minutes_down(at.replace(second=0)) == minutes_down(at)
