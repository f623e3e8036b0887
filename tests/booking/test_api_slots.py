"""GET: what can be booked, and when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from services.booking.domain.zones import z
from services.booking.usecases.book import book_call
from tests.booking.programs import errors_of
from tests.booking.slot_strategies import ZONES
from tests.builders import a_booking
from tests.installation import START, Installation

TUESDAY = "from=2026-12-08&to=2026-12-08"


@pytest.fixture(scope="module")
def program(quiet_house: Installation) -> FlaskClient:
    return quiet_house.browser()


def days(program: FlaskClient, query: str, slug: str = "intro") -> list[dict[str, Any]]:
    answer = program.get(f"/api/v1/call-types/{slug}/slots?{query}")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.get_json()["days"]
    return found


def starts(program: FlaskClient, query: str, slug: str = "intro") -> list[str]:
    return [slot["start"] for day in days(program, query, slug) for slot in day["slots"]]


def test_call_types_come_in_their_order_with_what_a_page_needs(program: FlaskClient) -> None:
    listed = program.get("/api/v1/call-types").get_json()
    assert [item["slug"] for item in listed["items"]] == ["intro", "strategy", "session"]
    session = listed["items"][2]
    assert [(question["key"], question["kind"]) for question in session.pop("questions")] == [
        ("situation", "choice"),
        ("worth", "long_text"),
    ]
    assert session == {
        "slug": "session",
        "name": "Mentorship session",
        "way": "mentorship",
        "headline": "",
        "minutes": 60,
        "other_minutes": [],
        "price_text": "€ 180",
        "access": "accepted_request",
    }
    assert listed["next"] is None


def test_a_call_type_that_is_not_offered_any_more_is_not_listed(house: Installation) -> None:
    house.run("UPDATE booking.call_type SET active = false WHERE slug = 'strategy'")
    listed = house.browser().get("/api/v1/call-types").get_json()
    assert [item["slug"] for item in listed["items"]] == ["intro", "session"]
    assert house.browser().get("/api/v1/call-types/strategy/slots").status_code == 404


def test_slots_say_where_their_days_are_and_how_long_each_slot_is(program: FlaskClient) -> None:
    listed = program.get(f"/api/v1/call-types/intro/slots?{TUESDAY}&timezone=Europe/Berlin").get_json()
    [day] = listed["days"]
    assert listed == {"timezone": "Europe/Berlin", "days": [{"date": "2026-12-08", "slots": day["slots"]}]}
    assert day["slots"][0] == {"start": "2026-12-08T08:00:00Z", "end": "2026-12-08T08:30:00Z"}
    assert day["slots"][-1]["end"] == "2026-12-08T16:00:00Z"
    assert len(day["slots"]) == 16


def test_a_day_is_a_day_of_the_viewer(program: FlaskClient) -> None:
    """The advisor's Tuesday morning in Berlin is Tuesday evening in Auckland, and its afternoon is Wednesday."""
    listed = days(program, "from=2026-12-08&to=2026-12-09&timezone=Pacific/Auckland")
    assert [day["date"] for day in listed] == ["2026-12-08", "2026-12-09"]
    assert listed[0]["slots"][-1]["start"] == "2026-12-08T10:30:00Z"
    assert listed[1]["slots"][0]["start"] == "2026-12-08T11:00:00Z"


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 4000), st.integers(0, 4000))
def test_the_viewers_zone_says_under_which_date_a_slot_stands_and_moves_none(
    program: FlaskClient, zone: str, after: int, length: int
) -> None:
    first = START + timedelta(minutes=after)
    within = f"from={z(first)}&to={z(first + timedelta(minutes=length))}"
    found = days(program, f"{within}&timezone={zone}")
    assert [slot["start"] for day in found for slot in day["slots"]] == starts(program, within)
    for day in found:
        local = {datetime.fromisoformat(slot["start"]).astimezone(ZoneInfo(zone)).date() for slot in day["slots"]}
        assert local == {date.fromisoformat(day["date"])}


def test_the_last_date_is_included_and_the_last_instant_is_not(program: FlaskClient) -> None:
    assert [day["date"] for day in days(program, "from=2026-12-08&to=2026-12-09")] == ["2026-12-08", "2026-12-09"]
    found = starts(program, "from=2026-12-08T08:30:00Z&to=2026-12-08T10:00:00Z")
    assert found == ["2026-12-08T08:30:00Z", "2026-12-08T09:00:00Z", "2026-12-08T09:30:00Z"]


def test_an_instant_may_have_any_offset(program: FlaskClient) -> None:
    query = "from=2026-12-08T09:00:00%2B01:00&to=2026-12-08T04:00:00-05:00"
    assert starts(program, query) == ["2026-12-08T08:00:00Z", "2026-12-08T08:30:00Z"]


def test_without_a_range_the_next_four_weeks_are_listed_from_the_notice_on(program: FlaskClient) -> None:
    listed = days(program, "")
    assert listed[0]["slots"][0]["start"] == "2026-12-07T10:00:00Z"  # two hours' notice at 08:00
    assert listed[-1]["date"] == "2027-01-01"


def test_the_past_and_what_lies_beyond_the_horizon_have_nothing_free(program: FlaskClient) -> None:
    assert days(program, "from=2020-01-01&to=2020-12-31") == []
    assert days(program, "from=2027-06-01&to=2027-07-01") == []
    # The sixtieth day from today is Friday, 5 February, and it is open as a whole.
    assert starts(program, "from=2027-01-25&to=2027-03-01")[-1] == "2027-02-05T15:30:00Z"


def test_a_range_that_ends_before_it_begins_is_empty(program: FlaskClient) -> None:
    assert days(program, "from=2026-12-10&to=2026-12-08") == []


def test_a_booked_time_is_not_listed_and_neither_is_what_its_buffers_touch(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        at = datetime(2026, 12, 8, 10, tzinfo=UTC)
        book_call(session, a_booking(at, call_type="strategy"), uid_domain="x.test", now=START)
    found = starts(house.browser(), "from=2026-12-08T09:00:00Z&to=2026-12-08T12:00:00Z")
    assert found == ["2026-12-08T09:00:00Z", "2026-12-08T11:00:00Z", "2026-12-08T11:30:00Z"]


@pytest.mark.parametrize(
    ("query", "field", "fix"),
    [
        ("from=tomorrow", "from", "2026-06-07T09:30:00Z"),
        ("from=2026-13-01", "from", "2026-06-07T09:30:00Z"),
        ("from=2026-12-08T09:00:00", "from", "+02:00"),
        ("from=0001-01-01", "from", "nearer"),
        ("to=9999-12-31", "to", "nearer"),
        ("from=0001-01-01T00:00:00Z", "from", "from 1974 to 2198"),
        ("to=9999-12-31T23:59:59-14:00", "to", "from 1974 to 2198"),
        ("from=2026-12-08&to=", "", ""),
        ("from=2026-12-01&to=2028-12-01", "to", "less at once"),
        ("from=%00", "from", "2026-06-07T09:30:00Z"),
        ("to=%F0%9F%A6%86", "to", "2026-06-07T09:30:00Z"),
        ("timezone=EST", "timezone", "America/New_York"),
        ("timezone=CET", "timezone", "Europe/Berlin"),
        ("timezone=%2B02:00", "timezone", "Europe/Berlin"),
        ("timezone=Mars/Olympus", "timezone", "Europe/Berlin"),
        ("timezone=../../etc/passwd", "timezone", "Europe/Berlin"),
        ("timezone=Europe/Berlin%00", "timezone", "Europe/Berlin"),
        ("timezone=localtime", "timezone", "Europe/Berlin"),
        ("timezone=", "timezone", "Europe/Berlin"),
        ("timezone=" + "A" * 5000, "timezone", "Europe/Berlin"),
    ],
)
def test_a_range_or_zone_that_cannot_be_used_is_named_with_what_to_write(
    program: FlaskClient, query: str, field: str, fix: str
) -> None:
    answer = program.get(f"/api/v1/call-types/intro/slots?{query}")
    if not field:
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert list(errors_of(answer)) == [field]
    assert fix in errors_of(answer)[field][1]


@pytest.mark.parametrize("slug", ["nothing", "INTRO", "intro%00", "%E2%9C%93", "x" * 5000])
def test_slots_of_no_call_type_are_not_found(program: FlaskClient, slug: str) -> None:
    answer = program.get(f"/api/v1/call-types/{slug}/slots")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
