"""Dates, times and zones as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

import pytest

from shared import i18n

AT = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "time", "offset"),
    [
        ("Europe/Berlin", "Tuesday 8 December", "10:00", "UTC+1"),
        ("America/New_York", "Tuesday 8 December", "04:00", "UTC−5"),
        ("Asia/Kathmandu", "Tuesday 8 December", "14:45", "UTC+5:45"),
        ("America/St_Johns", "Tuesday 8 December", "05:30", "UTC−3:30"),
        ("Pacific/Kiritimati", "Tuesday 8 December", "23:00", "UTC+14"),
        ("Pacific/Pago_Pago", "Monday 7 December", "22:00", "UTC−11"),
        ("UTC", "Tuesday 8 December", "09:00", "UTC"),
        ("Africa/Abidjan", "Tuesday 8 December", "09:00", "UTC"),
    ],
)
def test_an_instant_reads_by_the_readers_own_clock(zone: str, day: str, time: str, offset: str) -> None:
    assert (i18n.day(AT, zone), i18n.time(AT, zone), i18n.offset(AT, zone)) == (day, time, offset)


def test_a_zone_has_the_offset_of_the_instant_and_not_of_today() -> None:
    summer = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
    assert (i18n.offset(summer, "Europe/Berlin"), i18n.offset(AT, "Europe/Berlin")) == ("UTC+2", "UTC+1")


def test_where_there_is_little_room_a_day_is_short() -> None:
    assert i18n.day_short(AT, "Europe/Berlin") == "Tue 8 Dec"
    assert i18n.day_dated(AT, "Europe/Berlin") == "Tue 8 Dec 2026"


def test_a_span_is_from_and_to_on_the_same_clock() -> None:
    assert i18n.span(AT, AT + timedelta(minutes=30), "Europe/Berlin") == "10:00–10:30"
    assert i18n.span(AT, AT + timedelta(minutes=30), "Pacific/Kiritimati") == "23:00–23:30"


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=20), "1 minute"),
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_how_long_ago_is_said_in_words(passed: timedelta, words: str) -> None:
    assert i18n.ago(AT - passed, AT) == words


def test_other_languages_have_their_own_order_and_clock() -> None:
    assert "8. Dezember" in i18n.day(AT, "Europe/Berlin", "de")
    assert i18n.time(AT + timedelta(hours=5), "Europe/Berlin", "en_US").replace("\u202f", " ") == "3:00 PM"


@pytest.mark.parametrize("wanted", [[], [""], ["*"], ["xx"], ["de-AT", "fr"], ["en-US"], ["zh-Hans-CN"], ["-"]])
def test_a_browser_gets_a_language_that_there_is(wanted: list[str]) -> None:
    assert i18n.negotiate(wanted) in i18n.languages()


def test_an_unknown_language_reads_the_source() -> None:
    assert i18n.translations("tlh").gettext("Booked") == "Booked"


@pytest.mark.parametrize(
    ("zone", "place"),
    [("Europe/Berlin", "Berlin"), ("America/Argentina/Buenos_Aires", "Buenos Aires"), ("UTC", "UTC")],
)
def test_a_zone_is_called_by_its_town(zone: str, place: str) -> None:
    assert i18n.zone_place(zone) == place


def test_an_unknown_zone_is_an_error_and_never_a_guess() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        i18n.day(AT, "Europe/Atlantis")
