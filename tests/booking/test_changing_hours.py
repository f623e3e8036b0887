"""What the advisor changes about their hours: what is kept, what is refused, what is told of it.

The house is open on weekdays from 9 to 17 in Berlin, which is UTC + 1 in these weeks; tests begin on Monday,
7 December 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from services.booking.domain.errors import InvalidInput, NotFound
from services.booking.domain.limits import Limit, Per, Unit
from services.booking.domain.rules import Dates, Stay, WeeklyWindow, Window
from services.booking.usecases import absences, hours
from services.booking.usecases.availability import free_starts, offer_of
from tests.booking.calls import TEN, booked, events
from tests.installation import START, Installation

NORA = "nora@advisor.test"
TUESDAY = date(2026, 12, 8)


def change(house: Installation, act: Callable[..., Any], *given: Any) -> Any:
    """One change, committed."""
    with house.booking.sessions.begin() as session:
        return act(session, *given, now=START, by=NORA)


def refused(house: Installation, act: Callable[..., Any], *given: Any) -> dict[str, str]:
    """What a change was refused for: the message by its field."""
    with pytest.raises(InvalidInput) as raised:
        change(house, act, *given)
    return {error.field: str(error.message) for error in raised.value.errors}


def standard(house: Installation) -> UUID:
    [(found,)] = house.rows("SELECT id FROM booking.schedule WHERE standard")
    assert isinstance(found, UUID)
    return found


def listed(house: Installation, on: date = TUESDAY, slug: str = "intro") -> list[str]:
    """The free starts of one UTC date, as HH:MM of UTC."""
    start = datetime(on.year, on.month, on.day, tzinfo=UTC)
    with house.booking.sessions.begin() as session:
        found = free_starts(session, offer_of(session, slug), now=START, start=start, end=start + timedelta(days=1))
    return [f"{at:%H:%M}" for at in found]


def trail(house: Installation) -> list[tuple[str, str, list[str]]]:
    """Who did what, and what it was before and after."""
    query = "SELECT actor, act, detail FROM access.audit ORDER BY id"
    return [(actor, act, detail[act]) for actor, act, detail in house.rows(query)]


def test_a_schedule_is_made_renamed_used_and_deleted(house: Installation) -> None:
    made = change(house, hours.create_schedule, "  Evenings ")
    change(house, hours.set_weekly_hours, made, [WeeklyWindow((2,), 1200, 1260)])
    house.run("UPDATE booking.call_type SET schedule_id = :made WHERE slug = 'intro'", made=made)
    assert listed(house) == ["19:00", "19:30"]
    assert refused(house, hours.delete_schedule, made) == {
        "schedule": "Call types go by this schedule: Intro call.",
    }
    change(house, hours.rename_schedule, made, "Late")
    house.run("UPDATE booking.call_type SET schedule_id = NULL")
    change(house, hours.delete_schedule, made)
    assert house.rows("SELECT name FROM booking.schedule") == [("Working hours",)]
    assert house.rows("SELECT count(*) FROM booking.weekly_hours WHERE schedule_id = :made", made=made) == [(0,)]
    assert trail(house) == [
        (NORA, "schedule_made", ["", "Evenings"]),
        (NORA, "weekly_hours_set", ["", "2 20:00-21:00"]),
        (NORA, "schedule_renamed", ["Evenings", "Late"]),
        (NORA, "schedule_deleted", ["Late", ""]),
    ]
    assert [event["what"] for event in events(house, "availability_changed")] == [act for _, act, _ in trail(house)]


def test_the_standard_schedule_stays(house: Installation) -> None:
    assert list(refused(house, hours.delete_schedule, standard(house))) == ["schedule"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\0b", "a\x07b", "\u200b"])
def test_a_schedule_needs_a_name_that_can_be_shown(house: Installation, name: str) -> None:
    assert list(refused(house, hours.create_schedule, name)) == ["name"]
    assert list(refused(house, hours.rename_schedule, standard(house), name)) == ["name"]


def test_two_schedules_have_two_names(house: Installation) -> None:
    made = change(house, hours.create_schedule, "Evenings")
    assert "name" in refused(house, hours.create_schedule, "Evenings")
    assert "name" in refused(house, hours.rename_schedule, made, "Working hours")
    assert house.rows("SELECT name FROM booking.schedule ORDER BY name") == [("Evenings",), ("Working hours",)]


def test_a_week_is_replaced_as_a_whole(house: Installation) -> None:
    week = [WeeklyWindow((2,), 540, 600), WeeklyWindow((2,), 1380, 60, crosses_midnight=True)]
    change(house, hours.set_weekly_hours, standard(house), week)
    assert listed(house) == ["08:00", "08:30", "22:00", "22:30", "23:00", "23:30"]
    assert listed(house, date(2026, 12, 9)) == []


@pytest.mark.parametrize(
    "window",
    [
        WeeklyWindow((1,), 600, 600),
        WeeklyWindow((1,), 600, 540),
        WeeklyWindow((), 540, 600),
        WeeklyWindow((8,), 540, 600),
        WeeklyWindow((1,), -1, 600),
        WeeklyWindow((1,), 540, 1441),
        WeeklyWindow((1,), 540, 600, crosses_midnight=True),
    ],
)
def test_a_window_that_opens_nothing_or_too_much_is_refused_and_the_week_stays(
    house: Installation, window: WeeklyWindow
) -> None:
    before = listed(house)
    fine = WeeklyWindow((1,), 540, 600)
    assert list(refused(house, hours.set_weekly_hours, standard(house), [fine, window])) == ["windows[1]"]
    assert listed(house) == before != []


def test_many_dates_get_hours_at_once_and_lose_them_again(house: Installation) -> None:
    saturday, before = date(2026, 12, 12), listed(house)
    change(house, hours.set_dates, standard(house), [TUESDAY, saturday, TUESDAY], [Window(600, 660)])
    assert listed(house) == listed(house, saturday) == ["09:00", "09:30"]
    change(house, hours.set_dates, standard(house), [TUESDAY], [])
    assert listed(house) == []
    change(house, hours.clear_dates, standard(house), [TUESDAY, saturday, date(2026, 12, 20)])
    assert (listed(house), listed(house, saturday)) == (before, [])
    assert [entry for _, _, entry in trail(house)] == [
        ["", "2026-12-08 10:00-11:00, 2026-12-12 10:00-11:00"],
        ["2026-12-08 10:00-11:00", "2026-12-08 closed"],
        ["2026-12-08 closed, 2026-12-12 10:00-11:00", ""],
    ]


def test_a_date_may_be_open_to_its_very_end_and_past_midnight(house: Installation) -> None:
    late, night = Window(1380, 1440), Window(1380, 60, crosses_midnight=True)
    change(house, hours.set_dates, standard(house), [TUESDAY], [late])
    assert listed(house) == ["22:00", "22:30"]
    change(house, hours.set_dates, standard(house), [TUESDAY], [night])
    assert listed(house) == ["22:00", "22:30", "23:00", "23:30"]


@pytest.mark.parametrize(
    "dates",
    [[], [date(1066, 10, 14)], [date(9999, 12, 31)], [TUESDAY + timedelta(days=number) for number in range(401)]],
)
def test_dates_out_of_reach_and_too_many_are_refused(house: Installation, dates: list[date]) -> None:
    for act, given in ((hours.set_dates, [[]]), (hours.clear_dates, [])):
        assert list(refused(house, act, standard(house), dates, *given)) == ["dates"]
    assert house.rows("SELECT count(*) FROM booking.date_override") == [(0,)]


def test_what_is_not_there_cannot_be_changed(house: Installation) -> None:
    nothing = uuid4()
    for act, given in (
        (hours.rename_schedule, ["Late"]),
        (hours.delete_schedule, []),
        (hours.set_weekly_hours, [[]]),
        (hours.set_dates, [[TUESDAY], []]),
        (hours.clear_dates, [[TUESDAY]]),
        (absences.remove_away, []),
        (absences.remove_travel, []),
        (absences.set_limits, [[]]),
    ):
        with pytest.raises(NotFound):
            change(house, act, nothing, *given)
    assert trail(house) == []


def test_an_absence_is_added_and_taken_back(house: Installation) -> None:
    before = listed(house)
    made = change(house, absences.add_away, Dates(TUESDAY, TUESDAY), "  At a conference.\r\nBack soon ")
    assert listed(house) == []
    assert house.rows("SELECT message FROM booking.away") == [("At a conference.\nBack soon",)]
    change(house, absences.remove_away, made)
    assert listed(house) == before
    assert trail(house) == [
        (NORA, "away_added", ["", "2026-12-08 to 2026-12-08"]),
        (NORA, "away_removed", ["2026-12-08 to 2026-12-08", ""]),
    ]


def test_an_absence_or_a_stay_that_is_said_twice_is_one(house: Installation) -> None:
    away, stay = (Dates(TUESDAY, TUESDAY), "At a conference"), Stay(TUESDAY, TUESDAY, "Asia/Tokyo")
    assert change(house, absences.add_away, *away) == change(house, absences.add_away, *away)
    assert change(house, absences.add_travel, stay) == change(house, absences.add_travel, stay)
    assert change(house, absences.add_away, away[0], "Ill") != change(house, absences.add_away, *away)
    assert house.rows("SELECT count(*) FROM booking.away") == [(2,)]
    assert [act for _, act, _ in trail(house)] == ["away_added", "travel_added", "away_added"]


@pytest.mark.parametrize(
    ("dates", "message", "field"),
    [
        (Dates(TUESDAY, TUESDAY - timedelta(days=1)), "", "last_date"),
        (Dates(date(1066, 10, 14), TUESDAY), "", "first_date"),
        (Dates(TUESDAY, date(9999, 12, 31)), "", "last_date"),
        (Dates(TUESDAY, TUESDAY), "x" * 501, "message"),
        (Dates(TUESDAY, TUESDAY), "a\0b", "message"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(house: Installation, dates: Dates, message: str, field: str) -> None:
    assert list(refused(house, absences.add_away, dates, message)) == [field]
    assert house.rows("SELECT count(*) FROM booking.away") == [(0,)]


def test_stays_shift_the_hours_and_do_not_overlap(house: Installation) -> None:
    made = change(house, absences.add_travel, Stay(TUESDAY, date(2026, 12, 10), "Asia/Tokyo"))
    assert listed(house)[0] == "00:00"
    overlapping = Stay(date(2026, 12, 10), date(2026, 12, 11), "Europe/Lisbon")
    assert "2026-12-08 to 2026-12-10" in refused(house, absences.add_travel, overlapping)["first_date"]
    assert list(refused(house, absences.add_travel, Stay(date(2026, 12, 20), date(2026, 12, 21), "Mars"))) == ["zone"]
    change(house, absences.remove_travel, made)
    change(house, absences.add_travel, overlapping)
    assert listed(house)[0] == "08:00"


def test_public_holidays_are_those_of_a_known_region(house: Installation) -> None:
    christmas = date(2026, 12, 25)
    assert listed(house, christmas) != []
    change(house, absences.set_holidays, "DE-BE")
    assert listed(house, christmas) == []
    assert list(refused(house, absences.set_holidays, "Berlin")) == ["holidays"]
    change(house, hours.set_dates, standard(house), [christmas], [Window(600, 660)])
    assert listed(house, christmas) == ["09:00", "09:30"]
    change(house, absences.set_holidays, "")
    assert trail(house)[-1] == (NORA, "holidays_set", ["DE-BE", ""])


def test_limits_are_replaced_for_a_type_or_for_all(house: Installation) -> None:
    booked(house, TEN)
    [(intro,)] = house.rows("SELECT id FROM booking.call_type WHERE slug = 'intro'")
    change(house, absences.set_limits, intro, [Limit(Per.DAY, Unit.CALLS, 1)])
    assert listed(house) == []
    assert listed(house, slug="strategy") != []
    change(house, absences.set_limits, None, [Limit(Per.DAY, Unit.MINUTES, 60, every_type=True)])
    assert listed(house, slug="strategy") == []
    change(house, absences.set_limits, None, [])
    change(house, absences.set_limits, intro, [])
    assert listed(house) != []
    assert [entry for _, act, entry in trail(house) if act == "limits_set"] == [
        ["", "1 calls a day"],
        ["", "60 minutes a day"],
        ["60 minutes a day", ""],
        ["1 calls a day", ""],
    ]


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ([Limit(Per.DAY, Unit.CALLS, 0)], "limits[0].most"),
        ([Limit(Per.DAY, Unit.CALLS, 100_001)], "limits[0].most"),
        ([Limit(Per.DAY, Unit.CALLS, 1), Limit(Per.DAY, Unit.CALLS, 2)], "limits[1]"),
    ],
)
def test_a_limit_that_allows_nothing_or_comes_twice_is_refused(
    house: Installation, limits: list[Limit], field: str
) -> None:
    assert list(refused(house, absences.set_limits, None, limits)) == [field]


def test_another_zone_moves_the_hours_and_leaves_booked_instants(house: Installation) -> None:
    call = booked(house, TEN)
    assert change(house, absences.set_zone, "Europe/Lisbon") == 1
    assert listed(house)[0] == "09:30"  # the call at 09:00 UTC is now the first hour of the day
    assert house.rows("SELECT starts_at FROM booking.call WHERE id = :id", id=call.id) == [(TEN,)]
    assert list(refused(house, absences.set_zone, "EST")) == ["zone"]
    told = house.rows("SELECT payload FROM nurture.inbox WHERE name = 'booking.profile_changed.v1' ORDER BY id")
    assert told[-1][0]["zone"] == "Europe/Lisbon"


def test_a_change_without_a_name_leaves_no_line_in_the_trail(house: Installation) -> None:
    def silently(session: Session) -> None:
        hours.set_weekly_hours(session, standard(house), [], now=START)

    with house.booking.sessions.begin() as session:
        silently(session)
    assert trail(house) == []
    assert len(events(house, "availability_changed")) == 1
