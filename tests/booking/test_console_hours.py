"""The console's room of hours: what is saved there is what is offered, and nothing wrong is stored by halves.

The house is open on weekdays from 9 to 17 in Berlin, which is UTC + 1 in these weeks; tests begin on Monday,
7 December 2026.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.booking.calls import TEN, booked
from tests.browsing import Page, opened, post
from tests.furnished import signed_in
from tests.installation import Installation

ROOM = "/console/hours"
NOTHING_TYPED = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SET = (
    "SELECT 'schedule', row_to_json(s)::text FROM booking.schedule s",
    "SELECT 'hours', weekday || ' ' || start_minute || ' ' || end_minute FROM booking.weekly_hours",
    "SELECT 'dates', on_date || windows::text FROM booking.date_override",
    "SELECT 'away', first_date || ' ' || last_date || message FROM booking.away",
    "SELECT 'travel', first_date || ' ' || last_date || zone FROM booking.travel",
    "SELECT 'limit', per || unit || most FROM booking.call_limit",
    "SELECT 'advisor', zone || holidays || revision FROM booking.advisor",
)


def all_that_is_set(house: Installation) -> list[str]:
    return sorted(str(tuple(row)) for query in SET for row in house.rows(query))


def path_of(house: Installation, act: str, name: str = "Working hours") -> str:
    [(schedule,)] = house.rows("SELECT id FROM booking.schedule WHERE name = :name", name=name)
    return f"{ROOM}/{schedule}/{act}"


def sent(browser: FlaskClient, action: str, page: str = ROOM, **typed: str) -> TestResponse:
    """The form of the room that posts to `action`, filled in and sent."""
    return post(browser, action, opened(browser, page).fields(action) | typed)


def saved(browser: FlaskClient, action: str, page: str = ROOM, **typed: str) -> Page:
    """The same, and the page it leads to."""
    answer = sent(browser, action, page, **typed)
    assert answer.status_code == 303, Page(answer).text
    return opened(browser, answer.headers["Location"])


def offered(house: Installation, first: str, last: str = "", slug: str = "intro", zone: str = "") -> list[str]:
    """What a program is given for some dates, as "DD HH:MM" of the zone asked for (UTC unless named)."""
    query = f"from={first}&to={last or first}&timezone={zone or 'UTC'}"
    answer = house.browser().get(f"/api/v1/call-types/{slug}/slots?{query}")
    assert answer.status_code == 200
    return [
        f"{slot['start'][8:10]} {slot['start'][11:16]}" for day in answer.get_json()["days"] for slot in day["slots"]
    ]


def test_the_room_shows_what_is_set(quiet_house: Installation) -> None:
    page = opened(signed_in(quiet_house), ROOM)
    assert page.heading == "Hours"
    fields = page.fields(path_of(quiet_house, "week"))
    assert [fields[day] for day in NOTHING_TYPED] == ["09:00-17:00"] * 5 + ["", ""]
    assert page.fields("/console/zone")["zone"] == "Europe/Berlin"
    assert "Intro call · Strategy call · Mentorship session" in page.text


def test_saving_the_week_as_it_is_shown_changes_nothing_that_is_offered(house: Installation) -> None:
    browser, before = signed_in(house), offered(house, "2026-12-07", "2026-12-31")
    page = saved(browser, path_of(house, "week"))
    assert "The week is saved." in page.text
    assert offered(house, "2026-12-07", "2026-12-31") == before != []


def test_a_week_that_is_typed_is_the_week_that_is_offered(house: Installation) -> None:
    typed = {"tuesday": "9-10, 14:00–15:00", "wednesday": "23:00-24:00", "thursday": "", "friday": "23:30-00:30"}
    page = saved(signed_in(house), path_of(house, "week"), **typed)
    assert page.fields(path_of(house, "week"))["tuesday"] == "09:00-10:00, 14:00-15:00"
    assert offered(house, "2026-12-08", "2026-12-12") == [
        *("08 08:00", "08 08:30", "08 13:00", "08 13:30"),
        *("09 22:00", "09 22:30"),
        *("11 22:30", "11 23:00"),
    ]
    [(detail,)] = house.rows("SELECT detail FROM access.audit WHERE act = 'weekly_hours_set'")
    assert "2 14:00-15:00" in detail["weekly_hours_set"][1]


@pytest.mark.parametrize(("copy", "days"), [("weekdays", 5), ("all", 7), ("nonsense", 1)])
def test_mondays_hours_are_copied_to_other_days(house: Installation, copy: str, days: int) -> None:
    browser, path = signed_in(house), path_of(house, "week")
    page = saved(browser, path, copy=copy, **(dict.fromkeys(NOTHING_TYPED, "12-13") | {"monday": "10-11"}))
    fields = page.fields(path)
    assert [fields[day] for day in NOTHING_TYPED] == ["10:00-11:00"] * days + ["12:00-13:00"] * (7 - days)


def test_a_wrong_day_is_named_and_the_week_stays_as_it_was(house: Installation) -> None:
    browser, before = signed_in(house), all_that_is_set(house)
    refused = sent(browser, path_of(house, "week"), monday="9-25", tuesday="10-12", sunday="soon")
    assert refused.status_code == 422
    page = Page(refused)
    assert "“9-25” is not a stretch of hours." in page.wrong("monday")
    assert "09:00-12:30, 14:00-18:00" in page.wrong("sunday")
    assert "Monday: “9-25” is not" in page.text
    # What was typed stays; nothing is stored.
    assert page.fields(path_of(house, "week"))["tuesday"] == "10-12"
    assert all_that_is_set(house) == before


def test_a_schedule_is_made_filled_used_renamed_and_deleted(house: Installation) -> None:
    browser = signed_in(house)
    page = saved(browser, ROOM, new_name="Evenings")
    assert page.heading == "Evenings"
    own = path_of(house, "", "Evenings").rstrip("/")
    saved(browser, f"{own}/week", own, tuesday="20:00-21:00")
    call_type = "/console/call-types/intro"
    assert (
        post(browser, call_type, opened(browser, call_type).fields(call_type) | {"schedule": "Evenings"}).status_code
        == 303
    )
    assert offered(house, "2026-12-08") == ["08 19:00", "08 19:30"]
    refused = sent(browser, f"{own}/removal", own)
    assert refused.status_code == 422
    assert "Call types go by this schedule: Intro call." in Page(refused).text
    assert saved(browser, f"{own}/name", own, name="Late").heading == "Late"
    post(browser, call_type, opened(browser, call_type).fields(call_type) | {"schedule": ""})
    assert saved(browser, f"{own}/removal", own).heading == "Hours"
    assert browser.get(own).status_code == 404


def test_dates_are_closed_opened_and_given_back_many_at_once(house: Installation) -> None:
    browser = signed_in(house)
    path, usual = path_of(house, "dates"), path_of(house, "usual-dates")
    page = saved(
        browser,
        path,
        dates_first="2026-12-08",
        dates_last="2026-12-31",
        on_tuesday="yes",
        dates_more="2026-12-12, 2026-12-13",
        dates_hours="10-11",
    )
    assert "12 December 2026 – 13 December 2026 10:00-11:00" in page.text
    assert [text for text in offered(house, "2026-12-08", "2026-12-13") if text[:2] in ("08", "12", "13")] == [
        f"{day} 09:{minute}" for day in ("08", "12", "13") for minute in ("00", "30")
    ]
    saved(browser, path, dates_more="2026-12-09")
    assert offered(house, "2026-12-09") == []
    assert saved(browser, usual).status == 200  # the first line: 8 December
    assert len(offered(house, "2026-12-08")) == 16


def test_dates_that_are_cleared_can_have_their_hours_back(house: Installation) -> None:
    browser, path = signed_in(house), path_of(house, "dates")
    saved(browser, path, dates_first="2026-12-08", dates_last="2026-12-10", dates_hours="10-11, 22-1")
    before = offered(house, "2026-12-08", "2026-12-11")
    cleared = sent(browser, path_of(house, "usual-dates")).headers["Location"]
    assert offered(house, "2026-12-08", "2026-12-11") != before
    again = opened(browser, cleared).fields(path)
    assert post(browser, path, again).status_code == 303
    assert offered(house, "2026-12-08", "2026-12-11") == before


def test_dates_that_are_past_are_folded_away(house: Installation) -> None:
    browser, path = signed_in(house), path_of(house, "dates")
    saved(browser, path, dates_more="2026-12-06, 2026-12-07")
    page = opened(browser, ROOM)
    assert "One that is past" not in page.text  # the stretch reaches into today
    house.clock.move(timedelta(days=1))
    assert "One that is past" in opened(browser, ROOM).text


def test_being_away_closes_dates_tells_visitors_and_is_undone_from_the_notice(house: Installation) -> None:
    browser = signed_in(house)
    message = "At a conference; “soon” back & <b>well</b>."
    page = saved(browser, "/console/away", away_first="2026-12-08", away_last="2026-12-11", away_message=message)
    assert f"I am away until 11 December 2026. {message} First free: Monday 14 December, 09:00." in page.text
    assert offered(house, "2026-12-08", "2026-12-11") == []
    [(away,)] = house.rows("SELECT id FROM booking.away")
    back = sent(browser, f"/console/away/{away}/removal").headers["Location"]
    # The words stand in no address that a log or a history keeps.
    assert "conference" not in back
    assert len(offered(house, "2026-12-08", "2026-12-11")) == 64
    page = opened(browser, back)
    assert "The absence is taken back." in page.text
    undo = page.fields("/console/away")
    assert undo["away_message"] == message
    assert post(browser, "/console/away", undo).status_code == 303
    assert offered(house, "2026-12-08", "2026-12-11") == []
    # From the page that is still open in another tab.
    assert post(browser, "/console/away", undo).status_code == 303
    assert house.rows("SELECT count(*) FROM booking.away") == [(1,)]
    assert browser.post(f"/console/away/{away}/removal", data=undo).status_code == 404


@pytest.mark.parametrize("undo", ["x", "gAAAAA", "%00", "é" * 50, "A" * 5000])
def test_an_address_that_somebody_else_made_offers_no_undo(quiet_house: Installation, undo: str) -> None:
    page = opened(signed_in(quiet_house), f"{ROOM}?said=back&undo={undo}")
    assert page.status == 200
    assert "Undo" not in page.text


def test_a_word_that_no_act_says_is_just_done(quiet_house: Installation) -> None:
    assert (
        "<script>" not in opened(signed_in(quiet_house), f"{ROOM}?said=<script>").answer.get_data(as_text=True)[:4000]
    )


def test_travel_reads_the_hours_on_the_clock_of_the_place(house: Installation) -> None:
    browser = signed_in(house)
    stay = {"travel_first": "2026-12-08", "travel_last": "2026-12-09", "travel_zone": "Asia/Kathmandu"}
    page = saved(browser, "/console/travel", **stay)
    assert "09:00-17:00 there is 04:15–12:15 in Berlin." in page.text
    assert offered(house, "2026-12-08")[:2] == ["08 03:15", "08 03:45"]
    refused = sent(browser, "/console/travel", **(stay | {"travel_zone": "Europe/Lisbon"}))
    assert "You are in Asia/Kathmandu from 2026-12-08 to 2026-12-09." in Page(refused).wrong("travel_first")
    [(travel,)] = house.rows("SELECT id FROM booking.travel")
    undo = sent(browser, f"/console/travel/{travel}/removal").headers["Location"]
    assert offered(house, "2026-12-08")[0] == "08 08:00"
    assert post(browser, "/console/travel", opened(browser, undo).fields("/console/travel")).status_code == 303
    assert offered(house, "2026-12-08")[0] == "08 03:15"


def test_public_holidays_are_closed_and_listed_and_a_date_of_its_own_opens_one(house: Installation) -> None:
    browser = signed_in(house)
    choices = "datalist#regions option[value='{}']"
    assert opened(browser, ROOM).soup.select_one(choices.format("DE")) is not None
    assert saved(browser, "/console/holidays", holidays="DE").soup.select_one(choices.format("DE-BE")) is not None
    page = saved(browser, "/console/holidays", holidays="DE-BE")
    assert "those of Germany, Berlin" in page.text
    assert "25 December 2026 Christmas Day ; 26 December 2026 Second Day of Christmas" in page.text
    assert offered(house, "2026-12-25") == []
    saved(browser, path_of(house, "dates"), dates_first="2026-12-25", dates_hours="10-11")
    assert offered(house, "2026-12-25") == ["25 09:00", "25 09:30"]
    assert "None are closed." in saved(browser, "/console/holidays", holidays="").text


def test_limits_of_a_type_and_of_all_are_set_shown_and_kept(house: Installation) -> None:
    browser = signed_in(house)
    booked(house, TEN)
    page = saved(browser, "/console/limits/intro", **{"limit-intro-calls-day": "1", "limit-intro-minutes-month": "600"})
    assert "1 call" not in page.text
    assert "one call a day, 600 minutes a month" in page.text
    assert offered(house, "2026-12-08") == []
    assert offered(house, "2026-12-08", slug="strategy") != []
    assert "45 minutes a week" in saved(browser, "/console/limits", **{"limit-minutes-week": "45"}).text
    assert offered(house, "2026-12-08", slug="strategy") == []
    saved(browser, "/console/limits", **{"limit-minutes-week": ""})
    saved(browser, "/console/limits/intro", **{"limit-intro-calls-day": " "})
    assert offered(house, "2026-12-08") != []


def test_moving_to_another_zone_warns_of_the_calls_that_keep_their_instants(house: Installation) -> None:
    browser = signed_in(house)
    booked(house, TEN)
    assert "One booked call keeps its instant" in opened(browser, ROOM).text
    page = saved(browser, "/console/zone", zone="America/New_York")
    assert "Your zone is changed." in page.text
    assert "All times are on your clock in New York." in page.text
    # Ten in Berlin is four in the morning there.
    assert "One call stands outside of your hours Tue 8 Dec, 04:00–04:30 · Intro call · Ana Lima" in page.text
    assert offered(house, "2026-12-08")[0] == "08 14:00"


def test_calls_that_a_change_leaves_outside_are_listed_and_kept(house: Installation) -> None:
    browser = signed_in(house)
    call = booked(house, TEN)
    assert "outside of your hours" not in opened(browser, ROOM).text
    page = saved(browser, "/console/away", away_first="2026-12-08")
    assert "One call stands outside of your hours" in page.text
    assert "You are away on this date." in page.text
    assert page.links("/console/calls/") == [f"/console/calls/{call.id}"]
    assert house.rows("SELECT state FROM booking.call") == [("confirmed",)]


WRONG = [
    ("week", {"friday": "\0"}, "friday"),
    ("week", {"friday": "9-10," * 999}, "friday"),
    ("week", {"friday": "<b>9</b>"}, "friday"),
    ("name", {"name": ""}, "name"),
    ("name", {"name": "x" * 9999}, "name"),
    ("name", {"name": "a\x00b"}, "name"),
    ("dates", {}, "dates_first"),
    ("dates", {"dates_first": "2026-02-30"}, "dates_first"),
    ("dates", {"dates_first": "9999-12-31"}, "dates_first"),
    ("dates", {"dates_first": "2026-12-24", "dates_last": "2026-12-01"}, "dates_last"),
    ("dates", {"dates_first": "2001-01-01", "dates_last": "2099-12-31"}, "dates_last"),
    ("dates", {"dates_first": "2026-01-01", "dates_last": "2028-01-01"}, "dates_more"),
    ("dates", {"dates_more": "tomorrow"}, "dates_more"),
    ("dates", {"dates_more": "2026-12-24", "dates_hours": "all day"}, "dates_hours"),
    ("/console/hours", {"new_name": " "}, "new_name"),
    ("/console/hours", {"new_name": "Working hours"}, "new_name"),
    ("/console/away", {}, "away_first"),
    ("/console/away", {"away_first": "soon"}, "away_first"),
    ("/console/away", {"away_first": "2026-12-24", "away_last": "2026-12-23"}, "away_last"),
    ("/console/away", {"away_first": "2026-12-24", "away_message": "x" * 501}, "away_message"),
    ("/console/away", {"away_first": "2026-12-24", "away_message": "\x1b[31m"}, "away_message"),
    ("/console/travel", {"travel_zone": "Asia/Tokyo"}, "travel_first"),
    ("/console/travel", {"travel_first": "2026-12-24"}, "travel_zone"),
    ("/console/travel", {"travel_first": "2026-12-24", "travel_zone": "../../etc/passwd"}, "travel_zone"),
    ("/console/holidays", {"holidays": "Germany"}, "holidays"),
    ("/console/holidays", {"holidays": "XX\0"}, "holidays"),
    ("/console/limits", {"limit-calls-day": "0"}, "limit-calls-day"),
    ("/console/limits", {"limit-calls-day": "-1"}, "limit-calls-day"),
    ("/console/limits", {"limit-minutes-month": "9" * 9999}, "limit-minutes-month"),
    ("/console/limits/intro", {"limit-intro-calls-week": "many"}, "limit-intro-calls-week"),
    ("/console/zone", {"zone": ""}, "zone"),
    ("/console/zone", {"zone": "EST"}, "zone"),
    ("/console/zone", {"zone": "Europe/Berlin\0"}, "zone"),
]


@pytest.mark.parametrize(("act", "typed", "field"), WRONG)
def test_what_cannot_be_taken_is_named_beside_its_field_and_nothing_is_stored(
    quiet_house: Installation, act: str, typed: dict[str, Any], field: str
) -> None:
    browser, before = signed_in(quiet_house), all_that_is_set(quiet_house)
    action = act if act.startswith("/") else path_of(quiet_house, act)
    refused = sent(browser, action, **typed)
    assert refused.status_code == 422
    assert len(Page(refused).wrong(field)) > 10
    summary = Page(refused).soup.select_one(".notice.error")
    assert summary is not None
    assert summary.select_one(f'a[href="#{field}"]') is not None
    # The form that was sent is open, with its field in it.
    wrong = Page(refused).soup.find(attrs={"name": field})
    assert wrong is not None
    assert all(fold.has_attr("open") for fold in wrong.find_parents("details"))
    assert all_that_is_set(quiet_house) == before
    assert quiet_house.rows("SELECT count(*) FROM access.audit") == [(0,)]


@pytest.mark.parametrize("cleared", ["", "soon", "2026-12-24 to", "2000-01-01 to 2099-01-01", "\0"])
def test_dates_to_clear_that_cannot_be_read_are_told(quiet_house: Installation, cleared: str) -> None:
    browser = signed_in(quiet_house)
    token = opened(browser, ROOM).fields("/console/zone")["csrf_token"]
    answer = post(browser, path_of(quiet_house, "usual-dates"), {"csrf_token": token, "cleared": cleared})
    assert answer.status_code == 422


def test_what_is_not_there_is_not_found(quiet_house: Installation) -> None:
    browser, nothing = signed_in(quiet_house), "00000000-0000-0000-0000-000000000001"
    token = opened(browser, ROOM).fields("/console/zone")["csrf_token"]
    assert browser.get(f"{ROOM}/{nothing}").status_code == 404
    assert browser.get(f"{ROOM}/standard").status_code == 404
    for act in ("name", "removal", "week", "dates", "usual-dates"):
        typed = {"csrf_token": token, "name": "x", "cleared": "2026-12-24", "dates_first": "2026-12-24"}
        assert post(browser, f"{ROOM}/{nothing}/{act}", typed).status_code == 404, act
    for path in (f"/console/away/{nothing}/removal", f"/console/travel/{nothing}/removal", "/console/limits/nothing"):
        assert post(browser, path, {"csrf_token": token}).status_code == 404, path


# The date, what is typed for it, and the starts of half an hour in UTC, worked out by hand.
CLOCKS_CHANGE = [
    # 02:00 becomes 03:00: from one to four are two hours.
    ("Europe/Berlin", "2027-03-28", "01:00-04:00", ["00:00", "00:30", "01:00", "01:30"]),
    # 03:00 becomes 02:00: from one to three are three hours.
    ("Europe/Berlin", "2027-10-31", "01:00-03:00", ["23:00", "23:30", "00:00", "00:30", "01:00", "01:30"]),
    # The night over midnight into it.
    ("Europe/Berlin", "2027-03-27", "23:00-03:30", ["22:00", "22:30", "23:00", "23:30", "00:00", "00:30", "01:00"]),
    # 02:00 +10:30 becomes 02:30 +11.
    ("Australia/Lord_Howe", "2027-10-03", "01:00-03:00", ["14:30", "15:00", "15:30"]),
    # A day that begins at 01:00, and one that ends an hour later.
    ("Africa/Cairo", "2027-04-30", "00:00-02:00", ["22:00", "22:30"]),
    ("Africa/Cairo", "2027-10-28", "23:00-24:00", ["20:00", "20:30", "21:00", "21:30"]),
    # Nothing changes here, a quarter before the hour.
    ("Asia/Kathmandu", "2027-03-28", "23:00-24:00", ["17:15", "17:45"]),
]


def test_hours_of_a_day_on_which_clocks_change_are_offered_as_worked_out_by_hand(house: Installation) -> None:
    browser = signed_in(house)
    house.run("UPDATE booking.call_type SET horizon_days = 400")
    saved(browser, path_of(house, "week"), **dict.fromkeys(NOTHING_TYPED, ""))
    for zone, day, typed, starts in CLOCKS_CHANGE:
        saved(browser, "/console/zone", zone=zone)
        saved(browser, path_of(house, "dates"), dates_first=day, dates_hours=typed)
        assert [text[3:] for text in offered(house, "2027-03-01", "2027-12-31")] == starts, (zone, day)
        saved(browser, path_of(house, "usual-dates"))


def test_only_the_advisor_may_look(quiet_house: Installation) -> None:
    assert quiet_house.browser().get(ROOM).status_code == 303
