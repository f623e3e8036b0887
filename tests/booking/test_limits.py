"""The most calls and minutes in a day, a week, a month. 1 June 2026 is a Monday."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.booking.domain.limits import CountedCall, Limit, Per, Unit
from services.booking.domain.listing import utc_texts
from services.booking.domain.offsets import minutes_down
from services.booking.domain.refusals import Rule, why_refused
from services.booking.domain.rules import SlotRules, Taken
from services.booking.domain.slots import find_slots
from tests.booking.builders import hours, some_rules, utc

NINE = hours("09:00", "10:00")


def rules_with(*limits: Limit, zone: str = "UTC", length_min: int = 60) -> SlotRules:
    return some_rules(NINE, zone=zone, interval_min=60, length_min=length_min, limits=limits)


def a_call(start: str, *, minutes: int = 30, same_type: bool = True) -> CountedCall:
    return CountedCall(minutes_down(utc(start)), minutes, same_type)


def open_dates(rules: SlotRules, calls: Sequence[CountedCall], first: str, end: str) -> list[str]:
    """The UTC dates that have a start, as MM-DD."""
    found = find_slots(
        rules, taken=Taken(calls=calls), now=utc("2026-01-01"), range_start=utc(first), range_end=utc(end)
    )
    return sorted({text[5:10] for text in utc_texts(found)})


def test_a_full_day_is_closed_and_others_are_not() -> None:
    two = rules_with(Limit(Per.DAY, Unit.CALLS, 2))
    calls = [a_call("2026-06-02 06:00"), a_call("2026-06-02 20:00"), a_call("2026-06-03 20:00")]
    assert open_dates(two, calls, "2026-06-01", "2026-06-05") == ["06-01", "06-03", "06-04"]


def test_a_day_is_the_advisors() -> None:
    # 15:30 UTC of the 1st is 00:30 of the 2nd in Tokyo, and the 2nd's 09:00 is 00:00 UTC.
    one = rules_with(Limit(Per.DAY, Unit.CALLS, 1), zone="Asia/Tokyo")
    assert open_dates(one, [a_call("2026-06-01 15:30")], "2026-06-01", "2026-06-04") == ["06-01", "06-03"]
    assert open_dates(one, [a_call("2026-06-01 14:30")], "2026-06-01", "2026-06-04") == ["06-02", "06-03"]


def test_a_week_begins_on_monday() -> None:
    one = rules_with(Limit(Per.WEEK, Unit.CALLS, 1))
    sunday, monday = a_call("2026-06-07 23:30"), a_call("2026-06-08 00:00")
    assert open_dates(one, [sunday], "2026-06-06", "2026-06-10") == ["06-08", "06-09"]
    assert open_dates(one, [monday], "2026-06-06", "2026-06-16") == ["06-06", "06-07", "06-15"]


def test_a_month_is_the_calendars_also_at_the_end_of_a_year() -> None:
    one = rules_with(Limit(Per.MONTH, Unit.CALLS, 1))
    call = a_call("2026-12-01 00:00")
    found = open_dates(one, [call], "2026-11-29", "2027-01-03")
    assert found == ["01-01", "01-02", "11-29", "11-30"]


def test_minutes_are_held_against_the_length_that_is_asked_for() -> None:
    limit = Limit(Per.DAY, Unit.MINUTES, 90)
    calls = [a_call("2026-06-02 20:00", minutes=45)]
    assert open_dates(rules_with(limit, length_min=45), calls, "2026-06-02", "2026-06-03") == ["06-02"]
    assert open_dates(rules_with(limit, length_min=46), calls, "2026-06-02", "2026-06-03") == []


def test_a_limit_smaller_than_one_call_closes_everything() -> None:
    tiny = rules_with(Limit(Per.MONTH, Unit.MINUTES, 59))
    assert open_dates(tiny, [], "2026-06-02", "2026-07-03") == []
    refusal = why_refused(tiny, utc("2026-06-02 09:00"), taken=Taken(), now=utc("2026-01-01"))
    assert refusal is not None
    assert (refusal.rule, refusal.span) == (Rule.LIMIT_MONTH, None)


def test_a_limit_of_the_type_counts_the_type_and_one_of_all_counts_all() -> None:
    other = [a_call("2026-06-02 20:00", same_type=False)]
    of_type, of_all = Limit(Per.DAY, Unit.CALLS, 1), Limit(Per.DAY, Unit.CALLS, 1, every_type=True)
    assert open_dates(rules_with(of_type), other, "2026-06-02", "2026-06-03") == ["06-02"]
    assert open_dates(rules_with(of_all), other, "2026-06-02", "2026-06-03") == []


def test_a_day_whose_midnight_comes_twice_is_one_day() -> None:
    # At 00:01 on 7 November 2010 (03:01 UTC) the clocks of Goose Bay went back to 23:01 of the 6th.
    one = rules_with(Limit(Per.DAY, Unit.CALLS, 1), zone="America/Goose_Bay")
    call = a_call("2010-11-07 03:30")
    found = find_slots(
        one,
        taken=Taken(calls=[call]),
        now=utc("2010-11-01"),
        range_start=utc("2010-11-06"),
        range_end=utc("2010-11-09"),
    )
    assert [text[5:16] for text in utc_texts(found)] == ["11-06T12:00", "11-08T13:00"]


@pytest.mark.parametrize(
    ("limit", "rule", "span"),
    [
        (Limit(Per.DAY, Unit.CALLS, 1), Rule.LIMIT_DAY, ("06-03", "06-04")),
        (Limit(Per.WEEK, Unit.CALLS, 1), Rule.LIMIT_WEEK, ("06-01", "06-08")),
        (Limit(Per.MONTH, Unit.CALLS, 1), Rule.LIMIT_MONTH, ("06-01", "07-01")),
        (Limit(Per.DAY, Unit.MINUTES, 60, every_type=True), Rule.LIMIT_DAY_ALL, ("06-03", "06-04")),
        (Limit(Per.WEEK, Unit.MINUTES, 60, every_type=True), Rule.LIMIT_WEEK_ALL, ("06-01", "06-08")),
        (Limit(Per.MONTH, Unit.MINUTES, 60, every_type=True), Rule.LIMIT_MONTH_ALL, ("06-01", "07-01")),
    ],
)
def test_the_limit_that_refuses_is_named_with_its_period(limit: Limit, rule: Rule, span: tuple[str, str]) -> None:
    taken = Taken(calls=[a_call("2026-06-03 20:00")])
    refusal = why_refused(rules_with(limit), utc("2026-06-03 09:00"), taken=taken, now=utc("2026-01-01"))
    assert refusal is not None
    assert refusal.rule is rule
    assert refusal.span is not None
    assert tuple(text[5:10] for text in utc_texts(refusal.span)) == span
    assert str(refusal.message).endswith("as you allow.")
