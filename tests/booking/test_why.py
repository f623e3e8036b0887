"""Why is this time not offered: the same answer as the listing, and what stands in the way by its name.

The house is open on weekdays from 9 to 17 in Berlin, which is UTC + 1 in these weeks. 8 December 2026 is a Tuesday.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings

from services.booking.domain.candidates import candidates
from services.booking.domain.offsets import instant_of, minutes_down, minutes_up
from services.booking.domain.refusals import Refusal, Rule, why_refused
from services.booking.domain.rules import SlotRules, Taken
from services.booking.domain.slots import find_slots
from services.booking.usecases.availability import free_starts, offer_of
from services.booking.usecases.book import book_call
from services.booking.usecases.hold import hold_time
from services.booking.usecases.why import Judged, judge, judge_day
from tests.booking.builders import hours, on, some_rules, utc
from tests.booking.calls import TEN, booked
from tests.booking.slot_strategies import Question, questions
from tests.builders import a_booking
from tests.installation import START, Installation

TUESDAY = date(2026, 12, 8)
few = settings(max_examples=40, deadline=None)


def judged(house: Installation, start: datetime = TEN, slug: str = "intro") -> Judged:
    with house.booking.sessions.begin() as session:
        return judge(session, offer_of(session, slug), start, now=START)


def a_calendar(house: Installation, name: str = "Work", account: str = "Home server") -> None:
    house.run(
        "WITH account AS (INSERT INTO booking.calendar_account (kind, name, url, created_at)"
        " VALUES ('ics', :account, '', now()) RETURNING id)"
        " INSERT INTO booking.calendar (account_id, name, url, url_digest) SELECT id, :name, '', 'digest' FROM account",
        name=name,
        account=account,
    )


def busy_in_the_calendar(house: Installation, start: datetime, minutes: int) -> None:
    house.run(
        "INSERT INTO booking.busy_time (calendar_id, href, uid, during)"
        " SELECT id, '', 'theirs', tstzrange(:start, :end) FROM booking.calendar",
        start=start,
        end=start + timedelta(minutes=minutes),
    )


def test_a_time_that_is_offered_has_nothing_in_its_way(house: Installation) -> None:
    assert judged(house) == Judged(TEN, None)


def test_a_call_in_the_way_is_named_with_its_own_times(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        call = book_call(session, a_booking(TEN, call_type="strategy"), uid_domain="x.test", now=START)
    found = judged(house, TEN - timedelta(minutes=30))
    # The claim begins a quarter of an hour earlier: what is kept free around the call.
    assert found.refusal is not None
    assert found.refusal.rule is Rule.BUSY
    assert found.source is not None
    assert (found.source.kind, found.source.name, found.source.who) == ("call", "Strategy call", "Ana Lima")
    assert (found.source.start, found.source.end, found.source.call) == (call.starts_at, call.ends_at, str(call.id))


def test_a_buffer_names_what_it_keeps_away_from(house: Installation) -> None:
    booked(house, TEN)
    found = judged(house, TEN + timedelta(minutes=30), "strategy")
    assert found.refusal is not None
    assert found.refusal.rule is Rule.BUFFER
    assert found.source is not None
    assert (found.source.kind, found.source.name) == ("call", "Intro call")


@pytest.mark.parametrize(("name", "said"), [("Work", "Work"), ("", "Home server")])
def test_a_calendar_in_the_way_is_named(house: Installation, name: str, said: str) -> None:
    a_calendar(house, name)
    busy_in_the_calendar(house, TEN, 45)
    found = judged(house)
    assert found.source is not None
    assert (found.source.kind, found.source.name) == ("calendar", said)
    assert (found.source.start, found.source.end) == (TEN, TEN + timedelta(minutes=45))


def test_of_two_things_the_one_that_the_rule_names_is_shown(house: Installation) -> None:
    a_calendar(house)
    busy_in_the_calendar(house, TEN + timedelta(minutes=15), 60)
    booked(house, TEN - timedelta(minutes=30))
    found = judged(house, TEN)
    assert found.source is not None
    assert found.source.kind == "calendar"
    # At the same stretch as an entry of somebody else's, a call of ours is what is named.
    house.run("UPDATE booking.busy_time SET during = (SELECT during FROM booking.claim)")
    found = judged(house, TEN - timedelta(minutes=30))
    assert found.source is not None
    assert found.source.kind == "call"


def test_a_form_that_somebody_fills_in_is_named_with_its_end(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        ends = hold_time(session, offer_of(session, "intro"), TEN, holder="visitor", seconds=300, now=START)
    found = judged(house)
    assert found.source is not None
    assert found.source.kind == "hold"
    assert found.source.until == ends
    # Nothing says who it is.
    assert (found.source.who, found.source.call) == ("", "")


def test_a_group_call_that_is_full_is_named_with_its_people(house: Installation) -> None:
    house.run("UPDATE booking.call_type SET seats = 2 WHERE slug = 'intro'")
    booked(house, TEN)
    house.run("UPDATE booking.group_call SET taken = 2")
    found = judged(house)
    assert found.source is not None
    assert (found.source.kind, found.source.name, found.source.seats) == ("group", "Intro call", 2)


def test_the_limit_that_is_reached_is_named(house: Installation) -> None:
    for unit, most in (("calls", 5), ("minutes", 45)):
        house.run(
            "INSERT INTO booking.call_limit (advisor_id, per, unit, most) SELECT id, 'week', :unit, :most"
            " FROM booking.advisor",
            unit=unit,
            most=most,
        )
    booked(house, TEN)
    found = judged(house, TEN + timedelta(days=1))
    assert found.refusal is not None
    assert found.refusal.rule is Rule.LIMIT_WEEK_ALL
    assert found.refusal.limit is not None
    assert (found.refusal.limit.unit, found.refusal.limit.most) == ("minutes", 45)


def furnish(house: Installation) -> None:
    """A bit of everything in the week of 7 December, and the clocks of March."""
    booked(house, TEN)
    a_calendar(house)
    busy_in_the_calendar(house, datetime(2026, 12, 9, 11, 20, tzinfo=UTC), 100)
    rows = {
        "2026-12-10": [(600, 660, False), (1380, 60, True)],
        "2026-12-11": [],
        "2026-12-25": [(615, 700, False)],
        "2027-03-28": [(60, 300, False)],
    }
    for day, windows in rows.items():
        keys = ("start_minute", "end_minute", "crosses_midnight")
        house.run(
            "INSERT INTO booking.date_override (schedule_id, on_date, windows)"
            " SELECT id, :day, CAST(:windows AS jsonb) FROM booking.schedule WHERE standard",
            day=day,
            windows=json.dumps([dict(zip(keys, window, strict=True)) for window in windows]),
        )
    house.run(
        "INSERT INTO booking.weekly_hours (schedule_id, weekday, start_minute, end_minute, crosses_midnight)"
        " SELECT id, 6, 1320, 120, true FROM booking.schedule WHERE standard"
    )
    house.run("UPDATE booking.advisor SET holidays = 'DE'")
    house.run(
        "INSERT INTO booking.away (advisor_id, first_date, last_date) SELECT id, '2026-12-15', '2026-12-16'"
        " FROM booking.advisor"
    )
    house.run(
        "INSERT INTO booking.travel (advisor_id, first_date, last_date, zone)"
        " SELECT id, '2026-12-17', '2026-12-18', 'Asia/Kathmandu' FROM booking.advisor"
    )
    house.run(
        "INSERT INTO booking.call_limit (advisor_id, per, unit, most) SELECT id, 'day', 'calls', 1 FROM booking.advisor"
    )


@pytest.mark.parametrize("slug", ["intro", "strategy"])
@pytest.mark.parametrize(("first", "days", "ahead"), [("2026-12-05", 25, 20), ("2027-03-26", 4, 120)])
def test_the_starts_of_each_day_have_the_answer_of_the_listing(
    house: Installation, slug: str, first: str, days: int, ahead: int
) -> None:
    furnish(house)
    house.run("UPDATE booking.call_type SET horizon_days = :ahead", ahead=ahead)
    found: list[Judged] = []
    with house.booking.sessions.begin() as session:
        offer = offer_of(session, slug)
        for number in range(days):
            of_day = judge_day(session, offer, date.fromisoformat(first) + timedelta(days=number), now=START)
            for one in of_day[:: len(of_day) // 2 + 1]:
                assert judge(session, offer, one.start, now=START) == one
            found += of_day
        # No day is left out, and none comes twice: the days together are the whole listing.
        last = found[-1].start + offer.length
        listed = free_starts(session, offer, now=START, start=found[0].start, end=last)
        assert [one.start for one in found if one.refusal is None] == listed != []
    if ahead == 20:
        met = {one.refusal.rule for one in found if one.refusal}
        assert {Rule.AWAY, Rule.HOLIDAY, Rule.OVERRIDE, Rule.NOTICE, Rule.HORIZON, Rule.LIMIT_DAY_ALL} <= met
        assert {Rule.WINDOW_END, Rule.BUSY} <= met
        assert all(one.source for one in found if one.refusal and one.refusal.rule in (Rule.BUSY, Rule.BUFFER))


@few
@given(questions())
def test_what_is_listed_is_among_the_candidates_and_all_others_are_refused_by_name(question: Question) -> None:
    first, end = minutes_up(question.range_start), minutes_down(question.range_end)
    found = candidates(question.rules, (first, end), question.taken)
    assert found == sorted(set(found))
    offered = set(
        find_slots(
            question.rules,
            taken=question.taken,
            now=question.now,
            range_start=question.range_start,
            range_end=question.range_end + timedelta(minutes=question.rules.length_min),
        )
    )
    assert {at for at in offered if at < end} <= set(found)
    for at in found:
        refusal = why_refused(question.rules, instant_of(at), taken=question.taken, now=question.now)
        assert (refusal is None) == (at in offered), refusal
        assert refusal is None or refusal.rule not in (Rule.INTERVAL, Rule.HOURS)


def rules_of(rules: SlotRules, day: str) -> list[str]:
    """The candidates of a UTC day with their rules, none given when offered."""
    first = minutes_down(utc(f"{day} 00:00"))
    refusals = {
        at: why_refused(rules, instant_of(at), taken=Taken(), now=utc("2026-01-01"))
        for at in candidates(rules, (first, first + 1440), Taken())
    }
    return [f"{instant_of(at):%H:%M} {refusal.rule if refusal else ''}".strip() for at, refusal in refusals.items()]


def test_a_window_shows_its_starts_to_the_very_end() -> None:
    assert rules_of(some_rules(hours("09:00", "10:00"), length_min=45, interval_min=15), "2026-06-01") == [
        "09:00",
        "09:15",
        "09:30 window_end",
        "09:45 window_end",
    ]


def test_a_day_that_is_closed_shows_the_starts_that_it_would_have() -> None:
    usual = some_rules(hours("09:00", "10:00"))
    closed = replace(usual, overrides=(on("2026-06-01"),))
    assert rules_of(closed, "2026-06-01") == ["09:00 override", "09:30 override"]
    holiday = replace(usual, holidays="DE")
    assert rules_of(holiday, "2026-04-06") == ["09:00 holiday", "09:30 holiday"]


def test_usual_starts_are_not_mixed_into_hours_of_their_own() -> None:
    special = some_rules(hours("09:00", "12:00"), overrides=(on("2026-06-01", ("10:10", "11:10")),))
    assert rules_of(special, "2026-06-01") == [
        "09:00 override",
        "09:30 override",
        "10:00 override",
        "10:10",
        "10:40",
        "11:30 override",
    ]


def test_a_holiday_is_named_for_any_time_within_the_usual_hours() -> None:
    rules = some_rules(hours("09:00", "10:00"), holidays="DE")
    for start in ("09:00", "09:10", "09:59"):
        asked = why_refused(rules, utc(f"2026-04-06 {start}"), taken=Taken(), now=utc("2026-01-01"))
        assert asked == Refusal(Rule.HOLIDAY)
    asked = why_refused(rules, utc("2026-04-06 10:00"), taken=Taken(), now=utc("2026-01-01"))
    assert asked == Refusal(Rule.HOURS)


def test_hours_of_their_own_are_named_on_a_holiday_too() -> None:
    rules = some_rules(hours("09:00", "10:00"), holidays="DE", overrides=(on("2026-04-06", ("12:00", "13:00")),))
    asked = why_refused(rules, utc("2026-04-06 09:10"), taken=Taken(), now=utc("2026-01-01"))
    assert asked == Refusal(Rule.OVERRIDE)
