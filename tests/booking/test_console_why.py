"""The console's answer to "why is this time not offered?": a sentence, the thing in the way, and where to change it.

The house is open on weekdays from 9 to 17 in Berlin, which is UTC + 1 in these weeks; tests begin on Monday,
7 December 2026, at nine there.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from services.booking.usecases.availability import offer_of
from services.booking.usecases.hold import hold_time
from tests.booking.calls import TEN, booked, of_type
from tests.booking.test_why import a_calendar, busy_in_the_calendar, furnish
from tests.browsing import Page, opened
from tests.furnished import signed_in
from tests.installation import START, Installation


def asked(house: Installation, call: str = "intro:30", **query: str) -> Page:
    return opened(signed_in(house), f"/console/why?{urlencode({'call': call, **query})}")


def answer(page: Page) -> str:
    """The sentence about the one time, without its heading."""
    heading = page.soup.select_one("#answer")
    assert heading is not None
    section = heading.find_parent("section")
    assert section is not None
    return " ".join(" ".join(p.get_text(" ") for p in section.find_all("p")).split())


def rows(page: Page) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in page.soup.select(".stretches > li")]


def test_without_a_question_the_day_of_today_is_shown(quiet_house: Installation) -> None:
    page = opened(signed_in(quiet_house), "/console/why")
    assert page.status == 200
    assert rows(page) == [
        (
            "09:00–10:30 4 starts This is sooner than the notice allows."
            " The notice ends on Monday 7 December, 11:00. The call type"
        ),
        "11:00–16:30 12 starts Offered",
    ]
    assert page.links("/console/call-types/") == ["/console/call-types/intro"]


@pytest.mark.parametrize(
    ("day", "time", "said", "room"),
    [
        ("2026-12-08", "10:00", "This time is offered.", ""),
        (
            "2026-12-08",
            "08:00",
            "This time is outside the opening hours. In “Working hours” this day has 09:00-17:00. The week",
            "/console/hours#week",
        ),
        (
            "2026-12-12",
            "10:00",
            "This time is outside the opening hours. In “Working hours” this day is closed. The week",
            "/console/hours#week",
        ),
        (
            "2026-12-08",
            "16:45",
            (
                "The call would end after the opening hours do. You are open Tue 8 Dec, 09:00–17:00, and the call takes"
                " 30 min. The week"
            ),
            "/console/hours#week",
        ),
        (
            "2026-12-08",
            "10:10",
            (
                "The starts of this call type fall on other minutes. You are open Tue 8 Dec, 09:00–17:00, with a start"
                " every 30 min. The call type"
            ),
            "/console/call-types/intro",
        ),
        (
            "2026-12-07",
            "10:00",
            ("This is sooner than the notice allows. The notice ends on Monday 7 December, 11:00. The call type"),
            "/console/call-types/intro",
        ),
        (
            "2027-03-01",
            "10:00",
            (
                "This date is not open for booking: it is too far ahead, or not one of the call type’s dates."
                " Open are the dates from Monday 7 December to Friday 5 February. The call type"
            ),
            "/console/call-types/intro",
        ),
    ],
)
def test_a_time_has_its_answer_in_a_sentence(
    quiet_house: Installation, day: str, time: str, said: str, room: str
) -> None:
    page = asked(quiet_house, date=day, time=time)
    assert answer(page) == said
    if room:
        assert room in page.links("/console/")


def test_what_is_in_the_way_is_named_with_the_room_where_it_can_be_changed(house: Installation) -> None:
    call = booked(house, TEN)
    a_calendar(house, "Work <b>")
    busy_in_the_calendar(house, TEN + timedelta(hours=1, minutes=40), 45)
    with house.booking.sessions.begin() as session:
        offer = offer_of(session, "intro")
        until = hold_time(session, offer, TEN + timedelta(hours=4), holder="v", seconds=300, now=START)
    taken = asked(house, date="2026-12-08", time="10:00")
    assert answer(taken) == (
        "Something else is in the calendar at this time. Intro call with Ana Lima, Tue 8 Dec, 10:00–10:30. The call"
    )
    assert f"/console/calls/{call.id}" in taken.links("/console/")
    busy = asked(house, date="2026-12-08", time="12:00")
    assert "Your calendar “Work <b>” has something on Tue 8 Dec, 11:40–12:25. Calendars" in answer(busy)
    assert "/console/calendars" in busy.links("/console/")
    held = until.astimezone(ZoneInfo("Europe/Berlin"))
    assert answer(asked(house, date="2026-12-08", time="14:00")).endswith(
        f"Somebody is filling in the form: Tue 8 Dec, 14:00–14:30 is kept for them until {held:%H:%M}."
    )
    near = asked(house, "strategy:45", date="2026-12-08", time="10:30")
    assert "a buffer is kept. Intro call with Ana Lima" in answer(near)
    assert "keeps 15 min free before and 15 min after." in answer(near)
    # The nearest that are offered lead to their own answer.
    [first, *_] = [link for link in near.links("/console/why?") if "at=" in link]
    assert answer(opened(signed_in(house), first)) == "This time is offered."


def test_what_a_call_keeps_free_around_it_is_told_apart_from_the_call(house: Installation) -> None:
    booked(house, TEN, call_type="strategy")
    assert answer(asked(house, date="2026-12-08", time="09:30")) == (
        "Something else is in the calendar at this time. Strategy call with Ana Lima, Tue 8 Dec, 10:00–10:45."
        " With what is kept free around it, it takes Tue 8 Dec, 09:45–11:00. The call"
    )


def test_absence_holiday_override_and_limit_are_named(house: Installation) -> None:
    furnish(house)
    for day, said in (
        ("2026-12-15", "You are away on this date. You are back after Wednesday 16 December. Out of office"),
        (
            "2026-12-25",
            (
                "This date has hours of its own, and this time is outside them. In “Working hours” this day has"
                " 10:15-11:40. Dates that differ"
            ),
        ),
        (
            "2026-12-11",
            (
                "This date has hours of its own, and this time is outside them. In “Working hours” this day is"
                " closed. Dates that differ"
            ),
        ),
        (
            "2027-01-01",
            (
                "This date is a public holiday, and those are closed. New Year's Day. Give the date hours of its"
                " own to open it. Dates that differ"
            ),
        ),
        (
            "2026-12-08",
            "All call types together have as many calls on this day as you allow. The limit is one call a day. Limits",
        ),
    ):
        assert answer(asked(house, date=day, time="12:00")) == said, day


def test_a_day_of_travel_is_read_on_the_clock_of_the_place(house: Installation) -> None:
    furnish(house)
    page = asked(house, date="2026-12-17", time="09:00")
    assert answer(page) == "This time is offered."
    assert "On the clock in Kathmandu. You travel on that day." in page.text
    assert rows(page) == ["09:00–16:30 16 starts Offered"]
    # The same instant, pasted.
    assert "Thursday 17 December, 09:00 UTC+5:45" in asked(house, at="2026-12-17T03:15:00Z").text


def test_the_rows_of_a_day_are_what_a_program_is_offered(house: Installation) -> None:
    furnish(house)
    berlin = ZoneInfo("Europe/Berlin")
    program = house.browser()
    for day in range(7, 32):
        date = f"2026-12-{day:02}"
        if date in ("2026-12-17", "2026-12-18"):
            continue
        query = f"from={date}&to={date}&timezone=Europe/Berlin"
        slots = program.get(f"/api/v1/call-types/intro/slots?{query}").get_json()["days"]
        starts = [datetime.fromisoformat(slot["start"]).astimezone(berlin) for one in slots for slot in one["slots"]]
        page = asked(house, date=date)
        offered = [row for row in rows(page) if row.endswith("Offered")]
        count = sum(int(found[1]) if (found := re.search(r"(\d+) starts", row)) else 1 for row in offered)
        assert count == len(starts), date
        assert not offered or offered[0].startswith(f"{starts[0]:%H:%M}"), date
        assert ("None of them is offered." in page.text) == (not offered and rows(page) != []), date


def test_a_wall_time_that_comes_twice_or_never_says_which_to_paste(house: Installation) -> None:
    house.run("UPDATE booking.advisor SET zone = 'Europe/Berlin'")
    never = asked(house, date="2027-03-28", time="02:30")
    assert never.status == 422
    assert "does not exist on 2027-03-28" in never.wrong("time")
    twice = asked(house, date="2027-10-31", time="02:30")
    assert "2027-10-31T02:30+02:00 or 2027-10-31T02:30+01:00" in twice.wrong("time")
    page = asked(house, at="2027-10-31T02:30+01:00")
    assert "Sunday 31 October, 02:30 UTC+1" in page.text


def test_a_call_type_in_another_length_and_one_that_is_switched_off_can_be_asked_about(house: Installation) -> None:
    house.run("UPDATE booking.call_type SET other_minutes = '{60}' WHERE slug = 'intro'")
    assert "the call takes 60 min" in answer(asked(house, "intro:60", date="2026-12-08", time="16:30"))
    house.run("UPDATE booking.call_type SET active = false WHERE slug = 'intro'")
    page = asked(house, date="2026-12-08", time="10:00")
    assert "switched off: nobody is offered anything" in page.text


def test_a_day_without_hours_says_so(quiet_house: Installation) -> None:
    page = asked(quiet_house, date="2026-12-12")
    assert "This day has no hours, in the week or of its own." in page.text
    assert page.soup.select_one("#answer") is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"call": "nothing:30"}, "call"),
        ({"call": "intro:31"}, "call"),
        ({"call": "\0"}, "call"),
        ({"date": "soon"}, "date"),
        ({"date": "0001-01-01"}, "date"),
        ({"date": "9999-12-31"}, "date"),
        ({"date": "2026-12-08", "time": "9"}, "time"),
        ({"date": "2026-12-08", "time": "24:00"}, "time"),
        ({"time": "<script>"}, "time"),
        ({"at": "2026-12-08T09:00:00"}, "at"),
        ({"at": "0001-01-01T00:00:00Z"}, "at"),
        ({"at": "x" * 9999}, "at"),
    ],
)
def test_a_question_that_cannot_be_read_names_its_field(
    quiet_house: Installation, query: dict[str, str], field: str
) -> None:
    page = opened(signed_in(quiet_house), f"/console/why?{urlencode(query)}")
    if query == {"call": "\0"}:
        # Nothing is left of it, which is no question about another call.
        assert page.status == 200
        return
    assert page.status == 422
    assert len(page.wrong(field)) > 10
    assert not rows(page)


@pytest.mark.parametrize("at", ["1974-01-01T00:00:00Z", "2198-12-31T23:59:59Z", "2026-12-08T09:00:01Z"])
def test_an_instant_far_away_or_with_seconds_is_answered(quiet_house: Installation, at: str) -> None:
    page = asked(quiet_house, at=at)
    assert page.status == 200
    assert answer(page)


def test_only_the_advisor_may_ask(quiet_house: Installation) -> None:
    assert quiet_house.browser().get("/console/why").status_code == 303


def test_a_call_type_without_a_length_is_asked_about_in_its_usual_one(house: Installation) -> None:
    of_type(house, other_minutes=[60])
    page = asked(house, "intro", date="2026-12-08", time="16:45")
    assert page.status == 200
    assert "takes 30 min." in answer(page)
    [chosen] = page.soup.select("select[name=call] option[selected]")
    assert chosen["value"] == "intro:30"
    assert asked(house, "nobody").status == 422
