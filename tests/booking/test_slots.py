"""The rules of starts one by one, each at its edge. 1 June 2026 is a Monday."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from services.booking.domain.listing import by_date, utc_texts
from services.booking.domain.offsets import Span, minutes_down
from services.booking.domain.rules import Dates, SlotRules, Taken
from services.booking.domain.slots import find_slots, is_offered, nearest
from tests.booking.builders import busy, hours, on, some_rules, utc

DAY = "2026-06-01"


def starts(
    rules: SlotRules,
    *,
    taken: Sequence[Span] = (),
    now: str = "2026-05-01 00:00",
    range_start: str = "2026-06-01 00:00",
    range_end: str = "2026-06-02 00:00",
) -> list[str]:
    """What is offered, as "HH:MM" of UTC (with the date when the range has more than one)."""
    found = find_slots(rules, taken=Taken(taken), now=utc(now), range_start=utc(range_start), range_end=utc(range_end))
    texts = utc_texts(found)
    return [text[11:16] if text.startswith(DAY) else text[5:16] for text in texts]


def test_starts_follow_the_interval_and_end_within_the_window() -> None:
    assert starts(some_rules(length_min=45)) == ["09:00", "09:30", "10:00"]


def test_windows_that_touch_or_overlap_are_one_with_one_grid() -> None:
    touching = some_rules(hours("09:15", "10:00"), hours("10:00", "11:00"), length_min=40, interval_min=40)
    assert starts(touching) == ["09:15", "09:55"]
    overlapping = some_rules(hours("09:15", "10:30"), hours("10:00", "11:00"), length_min=40, interval_min=40)
    assert starts(overlapping) == ["09:15", "09:55"]


def test_a_gap_of_a_minute_begins_another_grid() -> None:
    rules = some_rules(hours("09:15", "10:00"), hours("10:01", "11:00"), length_min=40, interval_min=40)
    assert starts(rules) == ["09:15", "10:01"]


def test_a_start_stays_on_the_grid_after_something_busy() -> None:
    assert starts(some_rules(), taken=[busy(DAY, "09:00", "09:10")]) == ["09:30", "10:00", "10:30"]


def test_a_call_may_end_when_something_busy_begins_and_begin_when_it_ends() -> None:
    assert starts(some_rules(), taken=[busy(DAY, "09:30", "10:00")]) == ["09:00", "10:00", "10:30"]


def test_one_minute_of_overlap_refuses() -> None:
    assert starts(some_rules(), taken=[busy(DAY, "09:29", "10:01")]) == ["10:30"]


def test_buffers_are_kept_on_their_own_side() -> None:
    before = some_rules(buffer_before_min=10)
    assert starts(before, taken=[busy(DAY, "09:30", "10:00")]) == ["09:00", "10:30"]
    after = some_rules(buffer_after_min=10)
    assert starts(after, taken=[busy(DAY, "09:30", "10:00")]) == ["10:00", "10:30"]


def test_a_buffer_may_reach_out_of_the_window() -> None:
    assert starts(some_rules(buffer_before_min=60, buffer_after_min=60)) == ["09:00", "09:30", "10:00", "10:30"]


def test_a_long_busy_time_is_not_forgotten_behind_a_short_one_inside_it() -> None:
    taken = [busy(DAY, "08:00", "10:30"), busy(DAY, "08:30", "08:45"), busy(DAY, "09:00", "09:10")]
    assert starts(some_rules(), taken=taken) == ["10:30"]


def test_a_busy_time_over_two_windows_takes_from_both() -> None:
    rules = some_rules(hours("09:00", "10:00"), hours("10:30", "11:30"))
    assert starts(rules, taken=[busy(DAY, "09:30", "11:00")]) == ["09:00", "11:00"]


def test_notice_counts_in_whole_minutes_from_the_second_after() -> None:
    rules = some_rules(notice_min=60)
    assert starts(rules, now="2026-06-01 08:30:00") == ["09:30", "10:00", "10:30"]
    assert starts(rules, now="2026-06-01 08:30:01") == ["10:00", "10:30"]


def test_a_range_does_not_move_the_grid_and_holds_the_whole_call() -> None:
    assert starts(some_rules(), range_start="2026-06-01 09:10", range_end="2026-06-01 10:59") == ["09:30", "10:00"]
    assert starts(some_rules(), range_end="2026-06-01 10:30:59") == ["09:00", "09:30", "10:00"]


def test_an_empty_or_reversed_range_offers_nothing() -> None:
    assert starts(some_rules(), range_end="2026-06-01 00:00") == []
    assert starts(some_rules(), range_end="2026-05-01 00:00") == []


def test_an_override_replaces_all_windows_of_its_date() -> None:
    rules = some_rules(hours("09:00", "11:00"), hours("13:00", "14:00"), overrides=(on(DAY, ("15:00", "16:00")),))
    assert starts(rules) == ["15:00", "15:30"]
    assert starts(some_rules(overrides=(on(DAY),))) == []
    assert starts(some_rules(hours("09:00", "10:00", days=(2,)), overrides=(on(DAY, ("09:00", "10:00")),))) != []


def test_a_window_over_midnight_belongs_to_the_date_it_starts_on() -> None:
    rules = some_rules(hours("23:00", "01:00", days=(7,), crosses=True), overrides=(on(DAY),))
    assert starts(rules, range_start="2026-05-31 00:00") == ["05-31T23:00", "05-31T23:30", "00:00", "00:30"]
    closed_sunday = some_rules(hours("23:00", "01:00", days=(7,), crosses=True), overrides=(on("2026-05-31"),))
    assert starts(closed_sunday, range_start="2026-05-31 00:00") == []


def test_a_window_that_ends_at_midnight_joins_the_one_that_starts_there() -> None:
    rules = some_rules(
        hours("23:15", "24:00", days=(7,)), hours("00:00", "01:00", days=(1,)), length_min=40, interval_min=40
    )
    assert starts(rules, range_start="2026-05-31 00:00") == ["05-31T23:15", "05-31T23:55"]


@pytest.mark.parametrize(("start", "end"), [("11:00", "09:00"), ("09:00", "09:00"), ("22:00", "00:00")])
def test_a_window_that_does_not_run_forward_offers_nothing(start: str, end: str) -> None:
    assert starts(some_rules(hours(start, end))) == []


def test_a_chain_of_windows_keeps_its_grid_for_seven_days_and_then_begins_one_each_midnight() -> None:
    # Closed on 1 June, open round the clock from midnight of the 2nd, a start every 50 minutes (28.8 a day).
    rules = some_rules(hours("00:00", "24:00"), interval_min=50, overrides=(on(DAY),))

    def first_of(day: str) -> str:
        return starts(rules, range_start=f"{day} 00:00", range_end=f"{day} 02:00")[0][-5:]

    assert [first_of(f"2026-06-{day:02}") for day in range(2, 11)] == [
        "00:00",
        "00:10",
        "00:20",
        "00:30",
        "00:40",
        "00:00",
        "00:10",
        "00:00",
        "00:00",
    ]


def test_an_instant_with_seconds_is_never_offered() -> None:
    start = utc("2026-06-01 09:00")
    assert is_offered(some_rules(), start, taken=Taken(), now=utc("2026-05-01"))
    assert not is_offered(some_rules(), start + timedelta(seconds=1), taken=Taken(), now=utc("2026-05-01"))


def test_the_nearest_starts_come_in_order_and_the_earlier_of_two_as_near_first() -> None:
    assert nearest([0, 10, 20, 30], 15, count=1) == [10]
    assert nearest([0, 10, 20, 30], 15, count=9) == [0, 10, 20, 30]
    assert nearest([], 15) == []


def test_a_slot_stands_under_the_viewers_date() -> None:
    slots = [minutes_down(utc("2026-06-01 10:30")), minutes_down(utc("2026-06-01 22:30"))]
    assert by_date(slots, "Pacific/Kiritimati") == {"2026-06-02": ["00:30", "12:30"]}
    assert by_date(slots, "Pacific/Pago_Pago") == {"2026-05-31": ["23:30"], "2026-06-01": ["11:30"]}
    assert by_date([], "UTC") == {}


@pytest.mark.parametrize(
    "wrong", [{"length_min": 0}, {"interval_min": 0}, {"notice_min": -1}, {"buffer_before_min": -1}]
)
def test_rules_without_sense_cannot_be_made(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"at least a minute|not negative"):
        some_rules(**wrong)


def test_a_group_call_is_offered_at_its_own_start_and_nothing_overlaps_it() -> None:
    taken = Taken([busy(DAY, "09:20", "09:50")], joinable=[minutes_down(utc("2026-06-01 09:20"))])
    ask: dict[str, Any] = {"now": utc("2026-05-01"), "range_start": utc("2026-06-01"), "range_end": utc("2026-06-02")}
    found = find_slots(some_rules(), taken=taken, **ask)
    assert [text[11:16] for text in utc_texts(found)] == ["09:20", "10:00", "10:30"]
    assert is_offered(some_rules(), utc("2026-06-01 09:20"), taken=taken, now=ask["now"])
    assert not is_offered(some_rules(), utc("2026-06-01 09:30"), taken=taken, now=ask["now"])


def test_a_group_call_keeps_notice_range_and_absence() -> None:
    joinable = [minutes_down(utc(f"2026-06-01 {clock}")) for clock in ("08:00", "12:00", "23:45")]
    taken = Taken(joinable=joinable)
    ask: dict[str, Any] = {
        "now": utc("2026-06-01 08:00"),
        "range_start": utc("2026-06-01"),
        "range_end": utc("2026-06-02"),
    }
    rules = some_rules(notice_min=60)
    assert [text[11:16] for text in utc_texts(find_slots(rules, taken=taken, **ask))][-1] == "12:00"
    assert not is_offered(rules, utc("2026-06-01 08:00"), taken=taken, now=ask["now"])
    away = some_rules(away=(Dates(date(2026, 6, 1), date(2026, 6, 1)),))
    assert find_slots(away, taken=taken, **ask) == []
