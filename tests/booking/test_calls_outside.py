"""A change of hours leaves booked calls alone, and says which of them now stand outside.

The house is open on weekdays from 9 to 17 in Berlin, which is UTC + 1 in these weeks. 8 December 2026 is a Tuesday.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.booking.domain.refusals import Rule
from services.booking.domain.rules import Dates, Stay, WeeklyWindow, Window
from services.booking.domain.states import CallState
from services.booking.usecases.absences import add_away, add_travel, set_holidays, set_zone
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, move_call
from services.booking.usecases.choose import choose_time
from services.booking.usecases.hours import set_dates, set_weekly_hours
from services.booking.usecases.hours_room import schedule_shown
from services.booking.usecases.outside import calls_outside
from services.booking.usecases.propose import propose_times
from tests.booking.calls import ELEVEN, NIGHT, TEN, booked, by_ben, in_state
from tests.builders import a_booking, a_visitor
from tests.installation import START, Installation

TUESDAY = date(2026, 12, 8)
CEM = a_visitor("Cem", "cem@reader.test")


def outside(house: Installation) -> list[tuple[str, str, Rule]]:
    """Who, which call, and what of the hours it goes against."""
    with house.booking.sessions.begin() as session:
        return [(one.call.name, one.type_name, one.refusal.rule) for one in calls_outside(session, now=START)]


def test_calls_within_the_hours_are_not_listed(house: Installation) -> None:
    booked(house, TEN)
    # Another interval, notice, horizon or limit makes no call stand outside.
    house.run("UPDATE booking.call_type SET interval_minutes = 95, notice_minutes = 99999, horizon_days = 1")
    house.run(
        "INSERT INTO booking.call_limit (advisor_id, per, unit, most) SELECT id, 'day', 'calls', 1 FROM booking.advisor"
    )
    assert outside(house) == []


def test_a_week_that_closes_lists_the_calls_in_order_of_time(house: Installation) -> None:
    by_ben(house, ELEVEN)
    booked(house, TEN)
    with house.booking.sessions.begin() as session:
        standard = schedule_shown(session, None).id
        set_weekly_hours(session, standard, [WeeklyWindow((2,), 660, 675), WeeklyWindow((3,), 540, 1020)], now=START)
    assert outside(house) == [
        ("Ana Lima", "Intro call", Rule.HOURS),
        # Eleven is open, but not for half an hour.
        ("Ben", "Intro call", Rule.WINDOW_END),
    ]
    assert house.rows("SELECT count(*) FROM booking.call WHERE state = 'confirmed'") == [(2,)]


def test_each_rule_of_the_hours_is_named(house: Installation) -> None:
    booked(house, TEN)
    with house.booking.sessions.begin() as session:
        standard = schedule_shown(session, None).id
        set_dates(session, standard, [TUESDAY], [Window(900, 960)], now=START)
    assert [rule for _, _, rule in outside(house)] == [Rule.OVERRIDE]
    with house.booking.sessions.begin() as session:
        add_away(session, Dates(TUESDAY, TUESDAY), "", now=START)
    assert [rule for _, _, rule in outside(house)] == [Rule.AWAY]


def test_a_holiday_a_stay_and_another_zone_are_noticed(house: Installation) -> None:
    booked(house, TEN.replace(day=25))
    with house.booking.sessions.begin() as session:
        set_holidays(session, "DE", now=START)
    assert [rule for _, _, rule in outside(house)] == [Rule.HOLIDAY]
    with house.booking.sessions.begin() as session:
        set_holidays(session, "", now=START)
        add_travel(session, Stay(date(2026, 12, 24), date(2026, 12, 26), "America/New_York"), now=START)
    assert [rule for _, _, rule in outside(house)] == [Rule.HOURS]
    with house.booking.sessions.begin() as session:
        set_zone(session, "Asia/Kathmandu", now=START)
    # On dates of travel the clock is that of the place, wherever home is.
    assert [rule for _, _, rule in outside(house)] == [Rule.HOURS]


def test_a_call_that_was_moved_by_hand_is_judged_where_it_is(house: Installation) -> None:
    call = booked(house, TEN)
    with house.booking.sessions.begin() as session:
        set_weekly_hours(session, schedule_shown(session, None).id, [WeeklyWindow((3,), 540, 1020)], now=START)
    assert len(outside(house)) == 1
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, TEN + timedelta(days=1), Change("prospect", ""), now=START)
    assert outside(house) == []


def test_what_the_advisor_placed_outside_on_purpose_is_named_only_for_what_is_new(house: Installation) -> None:
    moved, now = by_ben(house, ELEVEN), house.clock.now()
    with house.booking.sessions.begin() as session:
        book_call(session, a_booking(NIGHT), uid_domain="firstcall.test", now=now, by_advisor=True)
        move_call(session, moved.token, NIGHT + timedelta(days=1), Change("advisor"), now=now)
    with house.booking.sessions.begin() as session:
        wanted = [NIGHT + timedelta(days=2)]
        cem = book_call(session, a_booking(ELEVEN, visitor=CEM), uid_domain="firstcall.test", now=now)
        token = propose_times(session, cem.id, wanted, "", now=now).token
    with house.booking.sessions.begin() as session:
        choose_time(session, token, wanted[0], uid_domain="firstcall.test", now=now)
    assert outside(house) == []
    # Where they are now, they would not be by the hours of these dates either.
    with house.booking.sessions.begin() as session:
        add_away(session, Dates(TUESDAY, TUESDAY), "", now=START)
    assert outside(house) == [("Ana Lima", "Intro call", Rule.AWAY)]


def test_what_the_advisor_placed_within_the_hours_is_named_when_they_close(house: Installation) -> None:
    call = by_ben(house, ELEVEN)
    with house.booking.sessions.begin() as session:
        book_call(session, a_booking(TEN), uid_domain="firstcall.test", now=START, by_advisor=True)
        move_call(session, call.token, NIGHT, Change("advisor"), now=START)
        move_call(session, call.token, ELEVEN, Change("prospect"), now=START)
    house.run("DELETE FROM booking.weekly_hours")
    assert outside(house) == [("Ana Lima", "Intro call", Rule.HOURS), ("Ben", "Intro call", Rule.HOURS)]


@pytest.mark.parametrize(
    ("state", "listed"),
    [
        (CallState.PENDING, 1),
        (CallState.UNVERIFIED, 1),
        (CallState.CANCELLED, 0),
        (CallState.DECLINED, 0),
        (CallState.LAPSED, 0),
    ],
)
def test_only_calls_that_will_take_place_are_listed(house: Installation, state: CallState, listed: int) -> None:
    in_state(house, state)
    house.run("DELETE FROM booking.weekly_hours")
    assert len(outside(house)) == listed


def test_a_call_goes_by_the_schedule_of_its_type_also_when_that_is_switched_off(house: Installation) -> None:
    booked(house, TEN)
    house.run("UPDATE booking.call_type SET active = false")
    assert outside(house) == []
    house.run(
        "WITH made AS (INSERT INTO booking.schedule (advisor_id, name) SELECT id, 'None' FROM booking.advisor"
        " RETURNING id) UPDATE booking.call_type SET schedule_id = made.id FROM made WHERE slug = 'intro'"
    )
    assert len(outside(house)) == 1
