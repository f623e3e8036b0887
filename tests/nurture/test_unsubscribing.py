"""The way out: `/u/<token>`, for people and for mail programs (RFC 8058)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient

from services.nurture.tasks import hear as take_in
from services.nurture.tasks import sender_of, write_letters
from shared.inbox import publish
from shared.mail.dispatch import claim
from tests.browsing import Page, opened
from tests.builders import contact_requested
from tests.installation import START, Installation
from tests.letters import link_in
from tests.nurture.test_enrolling import enrolments, hear, letters
from tests.nurture.test_leaving import on_the_list
from tests.stored import stored

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def browser(house: Installation) -> FlaskClient:
    hear(house, contact_requested(START))
    return house.browser("nurture")


def way_out(house: Installation) -> str:
    """The path in the letter that left last."""
    return link_in(letters(house)[-1], "/u/").strip(".,").removeprefix("http://firstcall.test")


def test_opening_the_link_changes_nothing_because_link_scanners_open_it(
    house: Installation, browser: FlaskClient
) -> None:
    before = stored(house)
    for _ in range(3):
        page = opened(browser, way_out(house))
        assert (page.status, page.heading) == (200, "Stop these e-mails?")
    browser.head(way_out(house))
    assert stored(house) == before


def test_a_mail_programs_one_click_works_without_cookie_or_form(house: Installation, browser: FlaskClient) -> None:
    answer = house.browser("nurture").post(way_out(house), data=ONE_CLICK)
    assert answer.status_code == 200
    assert on_the_list(house) == ["stopped"]
    assert enrolments(house) == [("exited", "stopped", 1)]
    house.pass_time(days=30)
    assert len(letters(house)) == 1


def test_the_button_on_the_page_stops_too(house: Installation, browser: FlaskClient) -> None:
    path = way_out(house)
    page = Page(browser.post(path, data=opened(browser, path).fields(path)))
    assert (page.status, page.heading) == (200, "Stopped")
    assert on_the_list(house) == ["stopped"]
    assert opened(browser, path).heading == "Stopped"


def test_saying_it_again_is_the_same_answer_and_one_trace(house: Installation, browser: FlaskClient) -> None:
    for _ in range(3):
        assert browser.post(way_out(house), data=ONE_CLICK).status_code == 200
    assert house.rows("SELECT state FROM nurture.consent ORDER BY at, id") == [("given",), ("withdrawn",)]
    told = house.rows("SELECT name FROM webhooks.inbox WHERE name LIKE 'nurture.lead_un%'")
    assert told == [("nurture.lead_unsubscribed.v1",)]


def test_saying_it_many_times_at_once_leaves_one_trace_too(house: Installation, browser: FlaskClient) -> None:
    path, gate = way_out(house), threading.Barrier(6)

    def click(one: FlaskClient) -> int:
        gate.wait()
        return one.post(path, data=ONE_CLICK).status_code

    # Made before the rush: making an app in many threads at once is more than Python 3.11's parser bears.
    browsers = [house.browser("nurture") for _ in range(6)]
    with ThreadPoolExecutor(6) as crowd:
        assert set(crowd.map(click, browsers)) == {200}
    assert house.rows("SELECT count(*) FROM nurture.consent WHERE state = 'withdrawn'") == [(1,)]


def test_a_link_to_nobody_is_not_found_and_stops_nobody(house: Installation, browser: FlaskClient) -> None:
    before = stored(house)
    for token in ("x", "A" * 22, "%00", "%F0%9F%A6%86", "' OR 1=1", "../articles"):
        assert browser.get(f"/u/{token}").status_code == 404
        assert browser.post(f"/u/{token}", data=ONE_CLICK).status_code == 404
    assert stored(house) == before


def test_whoever_said_stop_may_tick_the_box_again_and_gets_nothing(house: Installation, browser: FlaskClient) -> None:
    browser.post(way_out(house), data=ONE_CLICK)
    hear(house, contact_requested(START))
    house.pass_time(days=30)
    assert len(letters(house)) == 1
    assert on_the_list(house) == ["stopped"]


def test_the_link_still_works_when_everything_is_over(house: Installation, browser: FlaskClient) -> None:
    path = way_out(house)
    house.pass_time(days=3000)
    assert browser.post(path, data=ONE_CLICK).status_code == 200


@pytest.mark.parametrize("claimed", [False, True])
def test_a_letter_that_has_not_left_yet_never_does(house: Installation, claimed: bool) -> None:
    """Also one that a worker has claimed: the point of no return asks again."""
    with house.booking.sessions.begin() as session:
        publish(session, contact_requested(START))
    take_in(house.nurture)
    write_letters(house.nurture)
    if claimed:
        with house.nurture.sessions.begin() as session:
            assert len(claim(session, house.nurture, sender_of(house.nurture))) == 1
    [(token,)] = house.rows("SELECT token FROM nurture.lead")
    assert house.browser("nurture").post(f"/u/{token}", data=ONE_CLICK).status_code == 200
    assert house.rows("SELECT state, skip_reason FROM nurture.message") == [("skipped", "stopped")]
    house.work()
    assert letters(house) == []
