"""Why is this time not offered: each rule can be met, and is named."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.booking.domain.horizon import Horizon, HorizonKind
from services.booking.domain.offsets import instant_of, minutes_down
from services.booking.domain.refusals import Refusal, Rule, why_refused
from services.booking.domain.rules import Dates, Taken
from tests.booking.builders import busy, hours, on, some_rules, utc

DAY = "2026-06-01"
RULES = some_rules(
    hours("09:00", "11:00", days=(1, 2)),
    overrides=(on("2026-06-02", ("14:00", "15:00")),),
    buffer_before_min=10,
    notice_min=120,
)


def asked(start: str) -> Refusal | None:
    return why_refused(
        RULES,
        utc(start),
        taken=Taken(busy=[busy(DAY, "10:00", "10:25"), busy(DAY, "23:00", "23:30")]),
        now=utc("2026-06-01 07:10"),
        within=(utc("2026-06-01 00:00"), utc("2026-06-02 14:45")),
    )


@pytest.mark.parametrize(
    ("start", "rule"),
    [
        ("2026-06-01 09:30:30", Rule.WHOLE_MINUTE),
        ("2026-06-02 09:30", Rule.OVERRIDE),
        ("2026-06-01 12:00", Rule.HOURS),
        ("2026-06-03 09:30", Rule.HOURS),
        ("2026-06-01 10:45", Rule.WINDOW_END),
        ("2026-06-01 09:40", Rule.INTERVAL),
        ("2026-06-01 09:00", Rule.NOTICE),
        ("2026-06-02 14:30", Rule.RANGE_END),
        ("2026-06-01 10:00", Rule.BUSY),
        ("2026-06-01 10:30", Rule.BUFFER),
    ],
)
def test_the_rule_that_refuses_is_named(start: str, rule: Rule) -> None:
    refusal = asked(start)
    assert refusal is not None
    assert refusal.rule is rule
    assert str(refusal.message).endswith(".")


def test_an_offered_time_has_no_refusal() -> None:
    assert asked("2026-06-01 09:30") is None
    assert asked("2026-06-02 14:00") is None


def test_a_time_before_the_range_is_refused_by_it() -> None:
    within = (utc("2026-06-01 09:15"), utc("2026-06-02 00:00"))
    refusal = why_refused(some_rules(), utc("2026-06-01 09:00"), taken=Taken(), now=utc("2026-05-01"), within=within)
    assert refusal == Refusal(Rule.RANGE_START)


def test_a_refusal_shows_what_the_rule_measures_by() -> None:
    shown = {start: asked(f"2026-06-01 {start}") for start in ("10:00", "10:45", "09:00")}
    spans = {
        start: [f"{instant_of(at):%H:%M}" for at in found.span]
        for start, found in shown.items()
        if found and found.span
    }
    assert spans == {"10:00": ["10:00", "10:25"], "10:45": ["09:00", "11:00"], "09:00": ["07:10", "09:10"]}


def test_absence_holiday_and_horizon_are_named() -> None:
    rules = some_rules(
        hours("09:00", "11:00"),
        holidays="DE",
        away=(Dates(date(2026, 4, 8), date(2026, 4, 9)),),
        horizon=Horizon(HorizonKind.DAYS, 10),
    )
    ask: dict[str, Any] = {"taken": Taken(), "now": utc("2026-04-01 12:00")}
    assert why_refused(rules, utc("2026-04-06 09:00"), **ask) == Refusal(Rule.HOLIDAY)
    away, ahead = (why_refused(rules, utc(f"2026-04-{day} 09:00"), **ask) for day in ("09", "12"))
    assert away == Refusal(Rule.AWAY, (minutes_down(utc("2026-04-08")), minutes_down(utc("2026-04-10"))))
    assert ahead == Refusal(Rule.HORIZON, (minutes_down(utc("2026-04-01")), minutes_down(utc("2026-04-12"))))
    assert why_refused(rules, utc("2026-04-07 09:00"), **ask) is None


def test_a_group_call_with_a_free_seat_has_no_refusal() -> None:
    at = utc("2026-06-01 12:10")
    taken = Taken([busy(DAY, "12:10", "12:40")], joinable=[minutes_down(at)])
    assert why_refused(some_rules(), at, taken=taken, now=utc("2026-05-01")) is None
