"""Which names are zones, and what becomes of wall times that do not exist or come twice."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.domain.errors import InvalidInput
from services.booking.domain.zones import _RENAMED, instant, known_zone, todays_name, wall_time
from services.booking.routes.calendar import zones_by_region


@pytest.mark.parametrize(
    "name",
    ["Europe/Berlin", "Asia/Calcutta", "Europe/Kiev", "US/Pacific", "UTC", "Etc/UTC", "Japan", "PRC", "ROK", "NZ-CHAT"],
)
def test_places_and_their_older_names_are_zones(name: str) -> None:
    assert known_zone(name) == name


@pytest.mark.parametrize(("old", "new"), _RENAMED.items())
def test_a_zone_that_was_renamed_is_the_same_clock_by_a_name_that_is_offered(old: str, new: str) -> None:
    assert todays_name(known_zone(old)) == known_zone(new)
    for month in range(1, 13):
        at = datetime(2026, month, 1, tzinfo=UTC)
        assert at.astimezone(ZoneInfo(old)).utcoffset() == at.astimezone(ZoneInfo(new)).utcoffset()
    choices = [zone for _, places in zones_by_region() for zone, _ in places]
    assert old not in choices
    assert choices.count(new) == 1


@pytest.mark.parametrize(
    "name",
    [
        *("EST", "CET", "GMT", "MST7MDT", "EST5EDT", "GMT+0", "Zulu", "Etc/GMT+5", "Etc/GMT-14", "+02:00", "UTC+2"),
        *("localtime", "Factory", "posixrules", "zone.tab", "tzdata.zi", "Europe", "America/", "/etc/localtime"),
        *("", " ", "../UTC", "Europe/Berlin\x00", "europe/berlin", "Europe/Berlin ", "\ud800", "x" * 100_000),
    ],
)
def test_abbreviations_offsets_and_paths_are_refused_with_a_way_out(name: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        known_zone(name)
    (error,) = raised.value.errors
    assert error.field == "timezone"
    assert "Europe/Berlin" in str(error.fix)
    assert len(str(error.message)) < 100
    assert str(error.message).isprintable()


@given(st.text())
def test_any_text_is_either_a_zone_or_refused(name: str) -> None:
    try:
        assert known_zone(name) == name
    except InvalidInput as refused:
        assert refused.errors[0].field == "timezone"


def test_a_wall_time_is_one_instant() -> None:
    assert wall_time("Europe/Berlin", at("2026-06-01 09:30")).isoformat() == "2026-06-01T07:30:00+00:00"
    assert wall_time("Asia/Kathmandu", at("2026-06-01 09:30")).isoformat() == "2026-06-01T03:45:00+00:00"


@pytest.mark.parametrize(
    ("zone", "missing"),
    [
        ("Europe/Berlin", "2026-03-29 02:30"),
        ("America/New_York", "2026-03-08 02:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15"),
        ("Africa/Cairo", "2026-04-24 00:00"),
        ("Pacific/Chatham", "2026-09-27 03:00"),
        ("Pacific/Apia", "2011-12-30 12:00"),
    ],
)
def test_a_wall_time_that_does_not_exist_is_refused(zone: str, missing: str) -> None:
    with pytest.raises(InvalidInput, match="does not exist") as raised:
        wall_time(zone, at(missing))
    assert raised.value.errors[0].message.params["zone"] == zone


@pytest.mark.parametrize(
    ("zone", "twice", "first", "second"),
    [
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-05T01:45+11:00", "2026-04-05T01:45+10:30"),
        ("Africa/Cairo", "2026-10-29 23:30", "2026-10-29T23:30+03:00", "2026-10-29T23:30+02:00"),
    ],
)
def test_a_wall_time_that_comes_twice_asks_which(zone: str, twice: str, first: str, second: str) -> None:
    with pytest.raises(InvalidInput, match="comes twice") as raised:
        wall_time(zone, at(twice))
    assert str(raised.value.errors[0].fix) == f"Say which: {first} or {second}."


@pytest.mark.parametrize("text", ["2026-06-01T09:30:00Z", "2026-06-01T11:30+02:00", "2026-06-01T15:15:00.000+05:45"])
def test_an_instant_is_read_with_its_offset(text: str) -> None:
    assert instant(text).isoformat() == "2026-06-01T09:30:00+00:00"


@pytest.mark.parametrize(
    "text",
    ["", "2026-06-01T09:30:00", "2026-06-01", "09:30", "tomorrow", "\x00", "\ud800", "1780306200", "9" * 100_000],
)
def test_a_naive_or_unreadable_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not an instant with its offset"):
        instant(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1960-01-01T00:00:00Z"])
def test_a_year_out_of_reach_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="out of reach"):
        instant(text)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
