"""The booking page in all its states."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask.testing import FlaskClient

from services.booking.usecases.book import book_call
from tests.booking.programs import A_WISH, call
from tests.browsing import Page, opened, send
from tests.builders import a_booking, a_visitor
from tests.installation import START, Installation
from tests.stored import stored

TEN = "2026-12-08T09:00:00Z"  # Tuesday, ten in Berlin
FORM = f"/book/intro?zone=Europe/Berlin&start={TEN}"
TYPED = {"name": "Ana Lima", "email": "ana@reader.test", "worth": "A yes or a no"}


@pytest.fixture(scope="module")
def browser(quiet_house: Installation) -> FlaskClient:
    return quiet_house.browser()


def take(house: Installation, start: str = TEN) -> None:
    with house.booking.sessions.begin() as session:
        request = a_booking(datetime.fromisoformat(start), visitor=a_visitor("Ben", "ben@reader.test"))
        book_call(session, request, uid_domain="firstcall.test", now=START)


def times(page: Page) -> list[str]:
    """The starts that the open day offers."""
    return [str(time["datetime"]) for time in page.soup.select("#times .chip time")]


def days(page: Page) -> list[str]:
    """The numbers of the free days of the open month."""
    return [link.get_text() for link in page.soup.select("table a.free")]


def test_the_first_free_day_is_open_in_the_advisors_zone(browser: FlaskClient) -> None:
    page = opened(browser, "/book/intro")
    assert page.status == 200
    assert "Times in Berlin" in page.text
    assert times(page)[0] == "2026-12-07T10:00:00+00:00"  # after two hours' notice
    assert "7" in days(page)
    assert "12" not in days(page)  # a Saturday
    assert page.soup.select_one("table a[aria-current=date]").get_text() == "7"  # type: ignore[union-attr]


def test_another_zone_moves_the_times_to_its_own_days(browser: FlaskClient) -> None:
    page = opened(browser, "/book/intro?zone=Pacific/Auckland&day=2026-12-09")
    assert times(page)[0] == "2026-12-08T11:00:00+00:00"
    assert "Auckland" in page.text
    assert "Berlin" in page.text
    assert all("zone=Pacific%2FAuckland" in link for link in page.links("/book/intro?"))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "EST", "%00", "../etc/passwd", "Europe/Berlin%0d%0aX: y"])
def test_an_unknown_zone_is_told_so(browser: FlaskClient, zone: str) -> None:
    page = opened(browser, f"/book/intro?zone={zone}")
    assert page.status == 422
    assert "is not the name of a time zone" in page.text


def test_a_day_can_be_opened_and_one_without_times_names_the_next(browser: FlaskClient) -> None:
    assert times(opened(browser, "/book/intro?day=2026-12-09"))[0] == "2026-12-09T08:00:00+00:00"
    empty = opened(browser, "/book/intro?day=2026-12-12")
    assert "Nothing free that day." in empty.text
    assert any("day=2026-12-14" in link for link in empty.links("day="))


def test_months_can_be_turned_within_what_is_open(browser: FlaskClient) -> None:
    december = opened(browser, "/book/intro?month=2026-12")
    assert "December 2026" in december.text
    assert any("month=2027-01" in link for link in december.links("month="))
    assert not any("month=2026-11" in link for link in december.links("month="))
    february = opened(browser, "/book/intro?month=2027-02")
    assert not any("month=2027-03" in link for link in february.links("month="))


def test_an_empty_month_names_the_first_free_time(browser: FlaskClient) -> None:
    page = opened(browser, "/book/intro?month=2027-06")
    assert "Nothing free in June." in page.text
    assert "7 December" in page.text


@pytest.mark.parametrize(
    "query",
    [
        *("month=2026-13", "month=x", "month=0001-01", "month=9999-12", "day=2026-02-30", "day=x", "day=9999-12-31"),
        *("day=%00", "month=%00", "day=%F0%9F%A6%86", "day=0001-01-01"),
    ],
)
def test_a_day_or_month_that_cannot_be_shown_is_told_so(browser: FlaskClient, query: str) -> None:
    page = opened(browser, f"/book/intro?{query}")
    assert page.status == 422
    assert "This is not a date that can be shown." in page.text


@pytest.mark.parametrize("query", ["month=2000-01", "month=2100-12", "day=2000-01-01", "day=2100-12-31"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
def test_the_ends_of_what_can_be_shown_are_shown(browser: FlaskClient, query: str, zone: str) -> None:
    assert opened(browser, f"/book/intro?{query}&zone={zone}").status == 200


@pytest.mark.parametrize("start", ["x", "%00", "2026-12-08", "2020-01-01T00:00:00Z", "9999-12-31T00:00:00Z", ""])
def test_a_start_from_an_old_or_broken_link_opens_the_calendar(browser: FlaskClient, start: str) -> None:
    page = opened(browser, f"/book/intro?start={start}")
    assert page.status == 200
    assert times(page)


def test_nothing_free_at_all_leads_to_the_contact_form(house: Installation) -> None:
    house.run("DELETE FROM booking.weekly_hours")
    page = opened(house.browser(), "/book/intro")
    assert page.status == 200
    assert "Nothing is free just now" in page.text
    assert "/contact" in page.links("/contact")


def test_a_chosen_time_shows_the_form_with_both_sides_times(browser: FlaskClient) -> None:
    page = opened(browser, f"/book/intro?zone=America/New_York&start={TEN}&utm_source=letters")
    shown = page.fields("/book/intro")
    assert (shown["start"], shown["timezone"], shown["utm_source"]) == (TEN, "America/New_York", "letters")
    assert "in New York; 10:00 in Berlin, where I am" in page.text
    assert "Book Tue" in page.text


@pytest.mark.parametrize("slug", ["nothing", "%00", "INTRO", "%F0%9F%A6%86"])
def test_a_page_of_no_call_type_is_not_found(browser: FlaskClient, slug: str) -> None:
    assert opened(browser, f"/book/{slug}").status == 404


def test_booking_leads_to_the_page_of_the_call(house: Installation) -> None:
    answer = send(house.browser(), FORM, **TYPED, situation="stuck_pilots")
    [(token, answers, zone)] = house.rows("SELECT token, answers, zone FROM booking.call")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/call/{token}?just=booked")
    assert [one["answer"] for one in answers] == ["Pilots that never reach production", "A yes or a no"]
    assert zone == "Europe/Berlin"


def test_a_booking_remembers_which_letter_led_to_it(house: Installation) -> None:
    send(house.browser(), f"{FORM}&utm_source=letters&utm_campaign=winter&utm_content=point", **TYPED)
    [(attribution,)] = house.rows("SELECT attribution FROM booking.call")
    assert attribution == {"source": "letters", "campaign": "winter", "content": "point", "landing": "/book/intro"}


def test_a_form_sent_twice_is_one_booking(house: Installation) -> None:
    browser = house.browser()
    shown = opened(browser, FORM).fields("/book/intro") | TYPED
    first, again = (browser.post("/book/intro", data=shown) for _ in range(2))
    assert first.headers["Location"] == again.headers["Location"]
    assert house.rows("SELECT count(*) FROM booking.call") == [(1,)]


def test_an_error_keeps_the_time_and_all_that_was_typed(quiet_house: Installation, browser: FlaskClient) -> None:
    before = stored(quiet_house)
    again = Page(send(browser, FORM, **(TYPED | {"email": "nobody", "situation": "board_asks"})))
    assert again.status == 422
    assert again.wrong("email")
    kept = again.fields("/book/intro")
    assert (kept["start"], kept["name"], kept["worth"], kept["situation"]) == (
        *(TEN, "Ana Lima", "A yes or a no", "board_asks"),
    )
    assert stored(quiet_house) == before


def test_a_time_that_was_taken_meanwhile_is_answered_with_the_nearest_and_keeps_the_words(house: Installation) -> None:
    browser = house.browser()
    shown = opened(browser, FORM).fields("/book/intro") | TYPED
    take(house)
    taken = Page(browser.post("/book/intro", data=shown))
    assert taken.status == 409
    assert "Someone took 10:00 a moment ago." in taken.text
    offered = [str(radio["value"]) for radio in taken.soup.select("input[type=radio][name=start]")]
    assert offered == ["2026-12-08T08:00:00Z", "2026-12-08T08:30:00Z", "2026-12-08T09:30:00Z"]
    kept = taken.fields("/book/intro")
    assert (kept["worth"], kept["form_key"]) == ("A yes or a no", shown["form_key"])
    assert browser.post("/book/intro", data=kept | {"start": offered[0]}).status_code == 303


def test_a_slip_in_a_field_and_a_lost_time_at_once_lose_nothing_that_was_typed(house: Installation) -> None:
    browser = house.browser()
    shown = opened(browser, FORM).fields("/book/intro") | TYPED | {"email": "nobody"}
    take(house)
    page = Page(browser.post("/book/intro", data=shown))
    assert page.status == 422
    assert page.wrong("email")
    assert "Someone took 10:00 a moment ago." in page.text
    assert page.fields("/book/intro")["worth"] == "A yes or a no"


@pytest.mark.parametrize("start", ["", "soon", "2026-12-08T09:00:00"])
def test_a_form_without_a_time_offers_some_and_loses_nothing_that_was_typed(
    quiet_house: Installation, browser: FlaskClient, start: str
) -> None:
    before = stored(quiet_house)
    page = Page(send(browser, FORM, **TYPED, start=start))
    assert page.status == 422
    assert page.links("#start")
    assert page.fields("/book/intro")["worth"] == "A yes or a no"
    assert len(page.soup.select("input[type=radio][name=start]")) == 3
    assert stored(quiet_house) == before


def test_a_zone_that_a_browser_could_not_name_shows_the_form_again_in_the_advisors(browser: FlaskClient) -> None:
    page = Page(send(browser, FORM, **TYPED, timezone="Mars/Olympus"))
    assert page.status == 422
    assert page.fields("/book/intro")["timezone"] == "Europe/Berlin"
    assert page.links("#timezone")


def test_an_accepted_request_opens_its_session_and_nobody_elses_does(house: Installation) -> None:
    browser = house.browser()
    call(browser, "/mentorship-requests", A_WISH)
    house.run("UPDATE booking.ask SET state = 'accepted'")
    [(invitation,)] = house.rows("SELECT token FROM booking.ask")
    path = f"/book/session?start={TEN}&invitation="
    assert send(browser, path + "made-up", **TYPED).status_code == 403
    shown = opened(browser, path + invitation)
    assert shown.fields("/book/session")["invitation"] == invitation
    assert send(browser, path + invitation, **TYPED).status_code == 303
    assert house.rows("SELECT c.ask_id = a.id FROM booking.call c, booking.ask a") == [(True,)]


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Pacific/Kiritimati", "America/St_Johns"])
def test_the_times_that_are_one_tap_away_can_be_booked(house: Installation, zone: str) -> None:
    browser = house.browser()
    for link in opened(browser, f"/book/intro?zone={zone}").links("start=")[:3]:
        assert send(browser, link, **TYPED).status_code == 303
    assert house.rows("SELECT DISTINCT zone FROM booking.call") == [(zone,)]
