"""Hours and dates as an advisor types them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.booking.domain.date_lists import Fields, chosen_dates, grouped, listed_dates
from services.booking.domain.errors import InvalidInput
from services.booking.domain.hours_text import WEEKDAYS, hours_text, week_of, windows_of
from services.booking.domain.rules import DateOverride, WeeklyWindow, Window
from tests.booking.builders import on


def parsed(text: str) -> list[tuple[int, int, bool]]:
    return [(one.start_min, one.end_min, one.crosses_midnight) for one in windows_of(text, "monday")]


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("09:00-12:30, 14:00-18:00", [(540, 750, False), (840, 1080, False)]),
        ("14:00–18:00; 9 – 12.30", [(540, 750, False), (840, 1080, False)]),
        ("9 to 17", [(540, 1020, False)]),
        ("9:00-12:00\n12:00-13:00", [(540, 720, False), (720, 780, False)]),
        ("20:00-24:00", [(1200, 1440, False)]),
        ("20:00-00:00", [(1200, 1440, False)]),
        ("0-24", [(0, 1440, False)]),
        ("22:00-02:00", [(1320, 120, True)]),
        ("00:01-00:00", [(1, 1440, False)]),
        ("", []),
        ("  ", []),
        ("-", []),
        ("Closed", []),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, windows: list[tuple[int, int, bool]]) -> None:
    assert parsed(text) == windows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nine to five", "“nine to five” is not a stretch of hours."),
        ("09:00", "“09:00” is not"),
        ("09:00-25:00", "“09:00-25:00” is not"),
        ("09:00-24:30", "“09:00-24:30” is not"),
        ("24:00-02:00", "“24:00-02:00” is not"),
        ("09:60-10:00", "“09:60-10:00” is not"),
        ("09:00-10:00,", "“” is not"),
        ("09:00-12:00 14:00-18:00", "“09:00-12:00 14:00-18:00” is not"),
        ("٠٩:٠٠-١٠:٠٠", "is not a stretch"),
        ("09:00-09:00", "09:00 to 09:00 has no length. A whole day is 00:00-24:00."),
        ("09:00-12:00, 11:59-13:00", "09:00-12:00 and 11:59-13:00 overlap."),
        ("22:00-02:00, 23:00-24:00", "22:00-02:00 and 23:00-24:00 overlap."),
        ("<script>\0" * 10, "is not a stretch"),
        ("09:00-10:00, " * 9999, "longer than the hours of a day can be"),
        (", ".join(f"{hour}:00-{hour}:30" for hour in range(13)), "too many windows for one day"),
    ],
)
def test_hours_that_cannot_be_read_name_the_day_and_show_how_to_write_it(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        windows_of(text, "tuesday")
    [error] = raised.value.errors
    assert error.field == "tuesday"
    assert said in f"{error.message} {error.fix}"
    assert str(error.fix)


def test_all_wrong_days_of_a_week_are_named_together() -> None:
    with pytest.raises(InvalidInput) as raised:
        week_of({"monday": "9-17", "tuesday": "soon", "sunday": "25-26"})
    assert [error.field for error in raised.value.errors] == ["tuesday", "sunday"]


def test_a_week_is_its_days_and_a_day_that_is_not_there_is_closed() -> None:
    assert week_of({"monday": "9-10", "sunday": "22-2"}) == [
        WeeklyWindow((1,), 540, 600),
        WeeklyWindow((7,), 1320, 120, crosses_midnight=True),
    ]


@st.composite
def days(draw: st.DrawFn) -> tuple[Window, ...]:
    """Windows of one day: in order, none over another, the last perhaps past midnight."""
    edges = sorted(draw(st.sets(st.integers(0, 1440), max_size=16)))
    windows = [Window(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    last = windows[-1].end_min if windows else 0
    if draw(st.booleans()) and last < 1439:
        start = draw(st.integers(max(last, 2), 1439))
        windows.append(Window(start, draw(st.integers(1, start - 1)), crosses_midnight=True))
    return tuple(windows)


@given(days())
@example((Window(0, 1440),))
@example((Window(1439, 1440),))
@example((Window(1439, 1438, crosses_midnight=True),))
def test_what_is_shown_reads_as_what_it_was(windows: tuple[Window, ...]) -> None:
    assert windows_of(hours_text(windows), "monday") == windows


@given(st.dictionaries(st.sampled_from(WEEKDAYS), days()))
def test_a_week_that_is_shown_reads_as_what_it_was(week: dict[str, tuple[Window, ...]]) -> None:
    texts = {day: hours_text(windows) for day, windows in week.items()}
    read = week_of(texts)
    for number, day in enumerate(WEEKDAYS, 1):
        of_day = [Window(one.start_min, one.end_min, one.crosses_midnight) for one in read if one.days == (number,)]
        assert tuple(of_day) == week.get(day, ())


@given(st.text(max_size=60) | st.text(alphabet="0123456789:-, ", max_size=30))
def test_whatever_is_typed_is_read_or_refused_by_its_day(text: str) -> None:
    try:
        windows = windows_of(text, "friday")
    except InvalidInput as refused:
        assert {error.field for error in refused.errors} == {"friday"}
    else:
        assert windows_of(hours_text(windows), "friday") == windows


def chosen(first: str = "", last: str = "", more: str = "", weekdays: tuple[int, ...] = ()) -> list[str]:
    return [str(day) for day in chosen_dates(first, last, more, weekdays, Fields())]


def test_dates_are_a_range_on_some_weekdays_and_a_list() -> None:
    assert chosen("2026-12-07", "2026-12-20", weekdays=(5, 1)) == [
        "2026-12-07",
        "2026-12-11",
        "2026-12-14",
        "2026-12-18",
    ]
    assert chosen("2026-12-24") == ["2026-12-24"]
    # Those that are listed are meant, whatever their weekday; each date comes once.
    assert chosen("2026-12-24", "2026-12-25", "2026-12-25, 2026-12-26", weekdays=(5,)) == ["2026-12-25", "2026-12-26"]
    assert chosen(more="2026-12-30 to 2027-01-01; 2026-12-24\n2026-12-24") == [
        "2026-12-24",
        "2026-12-30",
        "2026-12-31",
        "2027-01-01",
    ]


def test_a_list_of_dates_takes_ranges_as_people_write_them() -> None:
    for between in (" to ", "..", "–", " - "):
        assert [str(one) for one in listed_dates(f"2026-12-30{between}2027-01-01", "dates")] == [
            "2026-12-30",
            "2026-12-31",
            "2027-01-01",
        ]
    assert listed_dates("", "dates") == []


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({}, "first_date", "No date is chosen."),
        ({"last": "2026-12-24"}, "first_date", "No date is chosen."),
        ({"first": "2026-02-30"}, "first_date", "This is not a date."),
        ({"first": "2026-12-24", "last": "soon"}, "last_date", "This is not a date."),
        ({"first": "2026-12-24", "last": "2026-12-23"}, "last_date", "before the first date"),
        ({"first": "2000-01-01", "last": "2100-12-31"}, "last_date", "too many dates at once"),
        ({"first": "2026-12-24", "last": "2026-12-24", "weekdays": (1,)}, "last_date", "None of these dates"),
        ({"more": "2026-12-24, soon"}, "dates", "“soon” is not a date."),
        ({"more": "2026-12-24 to"}, "dates", "is not a date"),
        ({"more": "2026-12-24 to 2026-12-26 to 2026-12-28"}, "dates", "not a list of dates"),
        ({"more": "2026-12-28 to 2026-12-24"}, "dates", "before the first date"),
        ({"more": "1066-10-14"}, "dates", "is not a date"),
        ({"more": "2026-12-24," * 9999}, "dates", "too many dates at once"),
    ],
)
def test_dates_that_cannot_be_read_are_named(wrong: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        chosen(**wrong)
    [error] = raised.value.errors
    assert error.field == field
    assert said in str(error.message)


def test_dates_that_follow_each_other_with_the_same_hours_are_one_line() -> None:
    lines = grouped(
        [on("2026-12-26"), on("2026-12-24"), on("2026-12-25"), on("2026-12-27", ("10:00", "12:00")), on("2026-12-30")]
    )
    assert [(str(dates.first), str(dates.last), hours_text(windows)) for dates, windows in lines] == [
        ("2026-12-24", "2026-12-26", ""),
        ("2026-12-27", "2026-12-27", "10:00-12:00"),
        ("2026-12-30", "2026-12-30", ""),
    ]


@given(st.sets(st.integers(0, 60), min_size=1), st.integers(1, 3))
def test_lines_of_dates_read_as_the_dates_that_they_are(numbers: set[int], step: int) -> None:
    first = date(2026, 12, 1)
    given_dates = [
        DateOverride(first + timedelta(days=number), (Window(600, 660 + number // 20 % step),)) for number in numbers
    ]
    text = ", ".join(f"{dates.first} to {dates.last}" for dates, _ in grouped(given_dates))
    assert listed_dates(text, "dates") == sorted(one.date for one in given_dates)
