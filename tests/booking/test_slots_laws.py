"""Laws that hold for every question about slots."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.booking.domain.listing import by_date
from services.booking.domain.offsets import instant_of, minutes_down
from services.booking.domain.refusals import Rule, why_refused
from services.booking.domain.slots import find_slots, is_offered
from tests.booking.builders import some_rules
from tests.booking.slot_strategies import ALWAYS, ZONES, Question, questions
from tests.booking.slow_slots import slow_slots

quick = settings(max_examples=150, deadline=None)
few = settings(max_examples=40, deadline=None)

# At 00:01 on 7 November 2010 the clocks of Goose Bay went back to 23:01 of the 6th.
A_MIDNIGHT_THAT_CAME_TWICE = Question(
    rules=some_rules(ALWAYS, zone="America/Goose_Bay"),
    busy=(),
    now=datetime(2010, 10, 11, tzinfo=UTC),
    range_start=datetime(2010, 11, 7, 2, tzinfo=UTC),
    range_end=datetime(2010, 11, 7, 4, tzinfo=UTC),
)


def listed(question: Question, *, start: datetime | None = None, end: datetime | None = None) -> list[int]:
    return find_slots(
        question.rules,
        taken=question.taken,
        now=question.now,
        range_start=start or question.range_start,
        range_end=end or question.range_end,
    )


@few
@given(questions())
def test_the_fast_answer_is_the_slow_one(question: Question) -> None:
    slow = slow_slots(
        question.rules,
        busy=question.busy,
        now=question.now,
        range_start=question.range_start,
        range_end=question.range_end,
        calls=question.calls,
        joinable=question.joinable,
    )
    assert [instant_of(slot) for slot in listed(question)] == slow


@few
@given(questions())
@example(A_MIDNIGHT_THAT_CAME_TWICE)
def test_what_is_listed_can_be_booked_and_no_other_minute_can(question: Question) -> None:
    taken = question.taken
    within = (question.range_start, question.range_end)
    offered = set(listed(question))
    first, last = minutes_down(question.range_start), minutes_down(question.range_end)
    # Every listed start, and of the others enough to meet each minute of an hour.
    for minute in offered | set(range(first - 1, last + 2, 7)):
        start = instant_of(minute)
        refusal = why_refused(question.rules, start, taken=taken, now=question.now, within=within)
        assert (refusal is None) == (minute in offered), refusal


@quick
@given(questions(), st.integers(-4000, 4000), st.sampled_from([0, 0, 1]))
def test_a_refusal_is_named_exactly_when_a_start_is_not_offered(question: Question, minutes: int, seconds: int) -> None:
    start = instant_of(minutes_down(question.range_start) + minutes) + timedelta(seconds=seconds)
    taken = question.taken
    refusal = why_refused(question.rules, start, taken=taken, now=question.now)
    assert is_offered(question.rules, start, taken=taken, now=question.now) == (refusal is None)
    assert not (refusal and refusal.rule in (Rule.RANGE_START, Rule.RANGE_END))


@quick
@given(questions(), st.integers(0, 3000), st.integers(0, 600))
def test_another_busy_time_only_takes_slots_away(question: Question, after: int, length: int) -> None:
    begin = minutes_down(question.range_start) + after
    taken = question.taken
    ask = {"now": question.now, "range_start": question.range_start, "range_end": question.range_end}
    before = find_slots(question.rules, taken=taken, **ask)
    more = replace(taken, busy=[*taken.busy, (begin, begin + length)])
    assert set(find_slots(question.rules, taken=more, **ask)) <= set(before)


@quick
@given(questions(), st.integers(0, 3 * 1440))
def test_two_halves_of_a_range_are_the_whole_but_for_what_straddles_the_split(question: Question, after: int) -> None:
    split = min(question.range_start + timedelta(minutes=after), question.range_end)
    halves = listed(question, end=split) + listed(question, start=split)
    length = timedelta(minutes=question.rules.length_min)
    straddling = [slot for slot in listed(question) if instant_of(slot) < split < instant_of(slot) + length]
    assert sorted(halves + straddling) == listed(question)


@quick
@given(questions(), st.sampled_from(ZONES))
def test_the_viewers_zone_changes_labels_and_never_the_slots(question: Question, zone: str) -> None:
    slots = listed(question)
    assert sum(len(labels) for labels in by_date(slots, zone).values()) == len(slots)
    for date, labels in by_date(slots, zone).items():
        assert len(set(labels)) == len(labels), date


@quick
@given(questions())
def test_slots_come_in_order_and_each_once(question: Question) -> None:
    slots = listed(question)
    assert slots == sorted(set(slots))
