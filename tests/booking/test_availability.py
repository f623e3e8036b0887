"""What the tables say about free times: everything that is loaded, in how few statements, and for whom.

The house is open on weekdays from 9 to 17 in Berlin, which is UTC + 1 in these weeks.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.booking.domain.errors import InvalidInput, SlotTaken
from services.booking.domain.refusals import Rule
from services.booking.usecases.availability import (
    Own,
    away_at,
    free_starts,
    is_free,
    next_free,
    offer_for,
    offer_of,
    why_not,
)
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.sign_in import SCOPES, make_token
from tests.builders import a_booking, a_visitor
from tests.installation import START, Installation
from tests.statements import queries, statements

TUESDAY = datetime(2026, 12, 8, tzinfo=UTC)
TEN = TUESDAY + timedelta(hours=9)
ALL_DAY = [f"{hour:02}:{minute:02}" for hour in range(8, 16) for minute in (0, 30)]


def listed(house: Installation, slug: str = "intro", *, on: datetime = TUESDAY, own: Own | None = None) -> list[str]:
    """The free starts of one UTC date, as HH:MM of UTC."""
    with house.booking.sessions.begin() as session:
        offer = offer_of(session, slug)
        found = free_starts(session, offer, now=START, start=on, end=on + timedelta(days=1), own=own or Own())
    return [f"{start:%H:%M}" for start in found]


def booked(house: Installation, start: datetime = TEN, **changes: object) -> tuple[UUID, str]:
    """A call of the house: its id and its token."""
    with house.booking.sessions.begin() as session:
        call = book_call(session, a_booking(start, **changes), uid_domain="x.test", now=START)
        return call.id, call.token


def given(house: Installation, table: str, **values: object) -> None:
    """A row of the advisor's."""
    columns = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    house.run(f"INSERT INTO booking.{table} (advisor_id, {columns}) SELECT id, {marks} FROM booking.advisor", **values)


def an_override(house: Installation, on: str, *windows: tuple[int, int]) -> None:
    rows = [{"start_minute": start, "end_minute": end, "crosses_midnight": False} for start, end in windows]
    house.run(
        "INSERT INTO booking.date_override (schedule_id, on_date, windows)"
        " SELECT id, :on, CAST(:rows AS jsonb) FROM booking.schedule WHERE standard",
        on=on,
        rows=json.dumps(rows),
    )


def a_calendar(house: Installation, *, is_read: bool = True) -> None:
    house.run(
        "WITH account AS (INSERT INTO booking.calendar_account (kind, name, url, created_at)"
        " VALUES ('ics', 'Work', '', now()) RETURNING id)"
        " INSERT INTO booking.calendar (account_id, name, url, url_digest, is_read)"
        " SELECT id, 'Work', '', 'digest', :is_read FROM account",
        is_read=is_read,
    )


def busy_in_the_calendar(house: Installation, start: datetime, minutes: int, uid: str = "theirs") -> None:
    house.run(
        "INSERT INTO booking.busy_time (calendar_id, href, uid, during)"
        " SELECT id, '', :uid, tstzrange(:start, :end) FROM booking.calendar",
        uid=uid,
        start=start,
        end=start + timedelta(minutes=minutes),
    )


def test_a_listing_is_two_statements_whatever_is_set(house: Installation) -> None:
    given(house, "call_limit", per="week", unit="calls", most=5)
    given(house, "away", first_date="2026-12-24", last_date="2026-12-31")
    given(house, "travel", first_date="2027-01-04", last_date="2027-01-08", zone="Asia/Tokyo")
    an_override(house, "2026-12-09", (600, 660))
    house.run("UPDATE booking.call_type SET seats = 5")
    a_calendar(house)
    with house.booking.sessions.begin() as session, statements() as said:
        offer = offer_of(session, "intro")
        assert free_starts(session, offer, now=START, start=TUESDAY, end=TUESDAY + timedelta(days=60))
        assert len(queries(said)) == 2


def test_a_program_gets_sixty_days_in_at_most_four_statements(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        token = make_token(session, "of a test", SCOPES, now=START)
    program, slots = house.browser(), "/api/v1/call-types/intro/slots?from=2026-12-08&to=2027-02-05"
    with statements() as said:
        answer = program.get(slots, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert len(answer.get_json()["days"]) > 40
    assert 2 < len(queries(said)) <= 4, said


def test_hours_are_those_of_the_call_types_schedule(house: Installation) -> None:
    assert listed(house) == ALL_DAY
    house.run(
        "WITH made AS (INSERT INTO booking.schedule (advisor_id, name) SELECT id, 'Evenings' FROM booking.advisor"
        " RETURNING id), hours AS (INSERT INTO booking.weekly_hours (schedule_id, weekday, start_minute, end_minute)"
        " SELECT id, 2, 1200, 1260 FROM made)"
        " UPDATE booking.call_type SET schedule_id = made.id FROM made WHERE slug = 'intro'"
    )
    assert listed(house) == ["19:00", "19:30"]
    assert listed(house, "strategy") != []


def test_an_override_holds_on_its_date(house: Installation) -> None:
    an_override(house, "2026-12-08", (600, 660), (1200, 1230))
    an_override(house, "2026-12-09")
    assert listed(house) == ["09:00", "09:30", "19:00"]
    assert listed(house, on=TUESDAY + timedelta(days=1)) == []


def test_absence_travel_and_holidays_are_kept(house: Installation) -> None:
    given(house, "away", first_date="2026-12-09", last_date="2026-12-10")
    given(house, "travel", first_date="2026-12-08", last_date="2026-12-08", zone="Europe/Lisbon")
    house.run("UPDATE booking.advisor SET holidays = 'DE'")
    assert listed(house) == [f"{int(text[:2]) + 1:02}{text[2:]}" for text in ALL_DAY]
    assert listed(house, on=TUESDAY + timedelta(days=1)) == listed(house, on=TUESDAY + timedelta(days=2)) == []
    assert listed(house, on=datetime(2026, 12, 25, tzinfo=UTC)) == []
    assert listed(house, on=datetime(2026, 12, 28, tzinfo=UTC)) == ALL_DAY


def test_a_length_is_one_of_those_offered(house: Installation) -> None:
    house.run("UPDATE booking.call_type SET other_minutes = '{60, 90}' WHERE slug = 'intro'")
    with house.booking.sessions.begin() as session:
        hour = offer_of(session, "intro", minutes=60)
        assert (hour.minutes, hour.length, offer_of(session, "intro").minutes) == (60, timedelta(hours=1), 30)
        found = free_starts(session, hour, now=START, start=TUESDAY, end=TUESDAY + timedelta(days=1))
        assert [f"{start:%H:%M}" for start in found][-2:] == ["14:30", "15:00"]
        with pytest.raises(InvalidInput, match=r"minutes: .* Choose one of: 30, 60, 90"):
            offer_of(session, "intro", minutes=45)
        # A call keeps its length when that is no longer offered.
        assert offer_for(session, hour.call_type.id, minutes=45).minutes == 45


@pytest.mark.parametrize(
    ("kind", "holidays", "last"),
    [
        ("days", "", "12-11"),  # the fifth day is a Saturday
        ("business_days", "", "12-14"),
        ("business_days", "AT", "12-15"),  # the 8th is a holiday there
    ],
)
def test_how_far_ahead_is_counted_as_the_type_says(house: Installation, kind: str, holidays: str, last: str) -> None:
    house.run("UPDATE booking.call_type SET horizon_kind = :kind, horizon_days = 5", kind=kind)
    house.run("UPDATE booking.advisor SET holidays = :holidays", holidays=holidays)
    with house.booking.sessions.begin() as session:
        offer = offer_of(session, "intro")
        found = free_starts(session, offer, now=START, start=START, end=START + timedelta(days=60))
    assert f"{found[-1]:%m-%d}" == last


def test_a_calendar_that_is_read_is_in_the_way_and_another_is_not(house: Installation) -> None:
    a_calendar(house)
    busy_in_the_calendar(house, TEN, 45)
    assert [text for text in ALL_DAY if text not in listed(house)] == ["09:00", "09:30"]
    house.run("UPDATE booking.calendar SET is_read = false")
    assert listed(house) == ALL_DAY


def test_a_call_keeps_its_own_buffers_before_and_after_it_from_what_a_calendar_has(house: Installation) -> None:
    """Three quarters of an hour, and a quarter before and after them."""
    a_calendar(house)
    busy_in_the_calendar(house, TEN + timedelta(minutes=50), 5)
    assert [text for text in ALL_DAY if text not in listed(house, "strategy")] == ["09:00", "09:30", "10:00", "15:30"]
    house.run("UPDATE booking.call_type SET buffer_after_minutes = 0")
    assert [text for text in ALL_DAY if text not in listed(house, "strategy")] == ["09:30", "10:00", "15:30"]
    house.run("UPDATE booking.call_type SET buffer_before_minutes = 0")
    assert [text for text in ALL_DAY if text not in listed(house, "strategy")] == ["09:30", "15:30"]


def test_an_entry_that_we_wrote_is_not_in_the_way_of_its_own_call(house: Installation) -> None:
    call_id, token = booked(house)
    a_calendar(house)
    [[uid]] = house.rows("SELECT uid FROM booking.call")
    busy_in_the_calendar(house, TEN, 30, uid)
    assert "09:00" in listed(house, own=Own(call=call_id))
    with house.booking.sessions.begin() as session:
        cancel_call(session, token, Change("prospect", ""), now=START)
    # The entry is still there until the calendar is read again.
    assert listed(house) == ALL_DAY


def test_nobody_elses_time_is_free_for_who_moves_or_holds(house: Installation) -> None:
    mine, token = booked(house)
    booked(house, TEN + timedelta(hours=1), visitor=a_visitor(email="ben@reader.test", person="ben@reader.test"))
    assert [text for text in ALL_DAY if text not in listed(house, own=Own(call=mine))] == ["10:00"]
    with house.booking.sessions.begin() as session, pytest.raises(SlotTaken):
        move_call(session, token, TEN + timedelta(hours=1), Change("prospect", ""), now=START)


def test_a_hold_is_in_the_way_of_all_but_its_holder_and_not_after_its_end(house: Installation) -> None:
    def hold(ends: str) -> None:
        house.run("DELETE FROM booking.claim")
        house.run(
            "INSERT INTO booking.claim (advisor_id, during, kind, holder, expires_at)"
            " SELECT id, tstzrange(:start, :end), 'hold', 'visitor', now() + CAST(:ends AS interval)"
            " FROM booking.advisor",
            start=TEN,
            end=TEN + timedelta(minutes=30),
            ends=ends,
        )

    hold("5 minutes")
    assert "09:00" not in listed(house)
    assert "09:00" not in listed(house, own=Own(holder="somebody else"))
    assert listed(house, own=Own(holder="visitor")) == ALL_DAY
    hold("-1 second")
    assert listed(house) == ALL_DAY


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ("unverified", True),
        ("pending", True),
        ("confirmed", True),
        ("completed", True),
        ("missed", True),
        ("cancelled", False),
        ("declined", False),
        ("lapsed", False),
    ],
)
def test_what_used_the_advisors_time_counts_for_limits(house: Installation, state: str, counts: bool) -> None:
    given(house, "call_limit", per="day", unit="calls", most=1)
    call_id, _ = booked(house)
    house.run("UPDATE booking.call SET state = :state", state=state)
    house.run("UPDATE booking.claim SET active = false")
    assert (listed(house) == []) == counts
    # A call does not count against its own move.
    assert listed(house, own=Own(call=call_id)) == ALL_DAY


def test_limits_of_a_type_and_of_all_types_are_told_apart(house: Installation) -> None:
    house.run(
        "INSERT INTO booking.call_limit (advisor_id, call_type_id, per, unit, most)"
        " SELECT advisor.id, call_type.id, 'week', 'calls', 1 FROM booking.advisor, booking.call_type"
        " WHERE slug = 'strategy'"
    )
    booked(house)
    assert listed(house, "strategy") != []
    given(house, "call_limit", per="week", unit="minutes", most=60)
    assert listed(house, "strategy") == []
    with house.booking.sessions.begin() as session:
        refusal = why_not(session, offer_of(session, "strategy"), TEN + timedelta(hours=8), now=START)
    assert refusal is not None
    assert refusal.rule is Rule.HOURS
    with house.booking.sessions.begin() as session:
        refusal = why_not(session, offer_of(session, "strategy"), TEN + timedelta(hours=4), now=START)
    assert refusal is not None
    assert refusal.rule is Rule.LIMIT_WEEK_ALL


def a_group_call(house: Installation, *, taken: int, start: datetime = TEN, minutes: int = 30) -> None:
    """An open group call of the intro type with five seats, its claim, and no seats' calls."""
    house.run("UPDATE booking.call_type SET seats = 5 WHERE slug = 'intro'")
    house.run(
        "WITH made AS (INSERT INTO booking.group_call"
        " (uid, call_type_id, starts_at, ends_at, capacity, taken, created_at, changed_at)"
        " SELECT 'group', id, :start, :end, 5, :taken, now(), now() FROM booking.call_type WHERE slug = 'intro'"
        " RETURNING id) INSERT INTO booking.claim (advisor_id, during, kind, group_call_id)"
        " SELECT advisor.id, tstzrange(:start, :end), 'call', made.id FROM made, booking.advisor",
        start=start,
        end=start + timedelta(minutes=minutes),
        taken=taken,
    )


def test_a_group_call_is_offered_while_it_has_a_seat(house: Installation) -> None:
    a_group_call(house, taken=4)
    assert listed(house) == ALL_DAY
    assert "09:00" not in listed(house, "strategy")
    house.run("UPDATE booking.group_call SET taken = 5")
    assert [text for text in ALL_DAY if text not in listed(house)] == ["09:00"]


def test_a_group_call_of_another_length_is_not_offered(house: Installation) -> None:
    a_group_call(house, taken=1, minutes=60)
    assert [text for text in ALL_DAY if text not in listed(house)] == ["09:00", "09:30"]


def test_a_group_call_counts_once_and_can_be_joined_when_the_day_is_full(house: Installation) -> None:
    given(house, "call_limit", per="day", unit="calls", most=2)
    a_group_call(house, taken=3)
    assert listed(house) == ALL_DAY
    house.run("UPDATE booking.call_limit SET most = 1")
    assert listed(house) == ["09:00"]


def test_the_only_seat_of_a_group_call_is_not_in_its_own_way(house: Installation) -> None:
    call_id, _ = booked(house)
    house.run("UPDATE booking.claim SET active = false")
    a_group_call(house, taken=1)
    house.run("UPDATE booking.call SET group_call_id = (SELECT id FROM booking.group_call)")
    house.run("UPDATE booking.group_call SET capacity = 1")
    assert "09:00" not in listed(house)
    assert listed(house, own=Own(call=call_id)) == ALL_DAY


def test_the_next_free_times_are_found_beyond_an_absence_and_at_the_horizon(house: Installation) -> None:
    given(house, "away", first_date="2026-12-07", last_date="2026-12-18")
    with house.booking.sessions.begin() as session:
        found = next_free(session, offer_of(session, "intro"), now=START, count=2)
        assert [f"{start:%m-%d %H:%M}" for start in found] == ["12-21 08:00", "12-21 08:30"]
    house.run(
        "UPDATE booking.call_type SET horizon_kind = 'dates', first_date = '2028-05-02', last_date = '2028-05-02'"
    )
    with house.booking.sessions.begin() as session:
        offer = offer_of(session, "intro")
        assert f"{next_free(session, offer, now=START, count=1)[0]:%Y-%m-%d %H:%M}" == "2028-05-02 07:00"
        assert f"{offer.last_start(START):%Y-%m-%d %H:%M}" == "2028-05-02 21:59"


def test_an_absence_is_told_while_it_lasts_and_ahead_of_a_range(house: Installation) -> None:
    given(house, "away", first_date="2026-12-09", last_date="2026-12-10", message="At a conference.")

    def told(at: str, until: str | None = None) -> str | None:
        with house.booking.sessions.begin() as session:
            end = datetime.fromisoformat(until) if until else None
            found = away_at(session, now=datetime.fromisoformat(at), until=end)
        return found.message if found else None

    assert told("2026-12-08T22:59:00Z") is None
    assert told("2026-12-08T23:00:00Z") == "At a conference."
    assert told("2026-12-10T22:59:00Z") == "At a conference."
    assert told("2026-12-10T23:00:00Z") is None
    assert told("2026-12-07T08:00:00Z", "2026-12-12T08:00:00Z") == "At a conference."


@pytest.mark.parametrize(
    ("at", "first", "last", "message", "ends", "free"),
    [
        # Two that touch are one; what is said is said by the first that says something.
        ("2026-12-24T10:00Z", "2026-12-24", "2027-01-06", "Skiing.", "2027-01-06T23:00Z", "2027-01-07T08:00Z"),
        ("2026-12-31T22:59Z", "2026-12-24", "2027-01-06", "Skiing.", "2027-01-06T23:00Z", "2027-01-07T08:00Z"),
        # The first of the two is over: the other one tells of itself.
        ("2026-12-31T23:00Z", "2027-01-01", "2027-01-06", "Skiing.", "2027-01-06T23:00Z", "2027-01-07T08:00Z"),
        # A short one within a long one changes neither its end nor its words.
        ("2027-02-03T10:00Z", "2027-02-01", "2027-02-28", "On leave.", "2027-02-28T23:00Z", None),
        # A day between makes two.
        ("2027-01-08T10:00Z", "2027-01-08", "2027-01-08", "", "2027-01-08T23:00Z", "2027-01-11T08:00Z"),
    ],
)
def test_a_stretch_of_absences_ends_when_the_last_of_them_does(
    house: Installation, at: str, first: str, last: str, message: str, ends: str, free: str | None
) -> None:
    for one, other, words in (
        ("2027-01-08", "2027-01-08", ""),
        ("2027-01-01", "2027-01-06", "Skiing."),
        ("2026-12-24", "2026-12-31", ""),
        ("2027-02-01", "2027-02-28", "On leave."),
        ("2027-02-02", "2027-02-04", "At the dentist."),
    ):
        given(house, "away", first_date=one, last_date=other, message=words)
    now = datetime.fromisoformat(at)
    with house.booking.sessions.begin() as session:
        found = away_at(session, now=now)
        assert found is not None
        assert (str(found.first), str(found.last), found.message) == (first, last, message)
        assert found.ends == datetime.fromisoformat(ends)
        starts = next_free(session, offer_of(session, "intro"), now=START, count=1, after=found.ends)
        assert starts == ([datetime.fromisoformat(free)] if free else [])


def test_an_absence_that_ends_abroad_ends_with_the_date_there(house: Installation) -> None:
    given(house, "away", first_date="2026-12-09", last_date="2026-12-10")
    given(house, "travel", first_date="2026-12-10", last_date="2026-12-12", zone="America/New_York")
    with house.booking.sessions.begin() as session:
        found = away_at(session, now=TUESDAY + timedelta(days=1, hours=12))
    assert found is not None
    assert found.ends == datetime(2026, 12, 11, 5, tzinfo=UTC)


def test_why_not_tells_the_advisor_what_is_in_the_way(house: Installation) -> None:
    booked(house)
    with house.booking.sessions.begin() as session:
        offer = offer_of(session, "intro")
        refusals = {start: why_not(session, offer, start, now=START) for start in (TEN, TEN + timedelta(hours=1))}
        assert is_free(session, offer, TEN + timedelta(hours=1), now=START)
    found = refusals[TEN]
    assert found is not None
    assert found.rule is Rule.BUSY
    assert refusals[TEN + timedelta(hours=1)] is None
