"""The page of proposed times, and the steps on a call's page: one form each, without scripts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from services.booking.models import Call, Proposal
from services.booking.usecases.change import Change, cancel_call
from services.booking.usecases.propose import offer_times, propose_times
from tests.booking.calls import ELEVEN, NIGHT, TEN, TWELVE, asked, booked, by_ben, of_type, row
from tests.browsing import Page, opened, post
from tests.installation import Installation
from tests.stored import stored


@pytest.fixture
def browser(house: Installation) -> FlaskClient:
    return house.browser()


def proposed(house: Installation, call: Call, *starts: datetime) -> str:
    with house.booking.sessions.begin() as session:
        made = propose_times(session, call.id, starts, "I have to be in court.", now=house.clock.now())
        return path_of(made)


def offered(house: Installation, *starts: datetime) -> str:
    ask = asked(house)
    with house.booking.sessions.begin() as session:
        return path_of(offer_times(session, ask, "intro", starts, "", now=house.clock.now()))


def path_of(proposal: Proposal) -> str:
    return f"/times/{proposal.token}"


def choices(page: Page) -> list[str]:
    """What the buttons of the form send, in their order."""
    return [str(button["value"]) for button in page.soup.select("form button[name=start]")]


def tap(browser: FlaskClient, path: str, start: str) -> Page:
    return Page(post(browser, path, {**opened(browser, path).fields(path), "start": start}))


def z(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_each_proposed_time_is_a_button_in_the_prospects_zone(house: Installation, browser: FlaskClient) -> None:
    page = opened(browser, proposed(house, booked(house), ELEVEN, NIGHT))
    assert page.heading == "Another time for our call"
    assert "I have to be in court." in page.text
    assert choices(page) == [z(ELEVEN), z(NIGHT)]
    assert "05:00–05:30" in page.text
    assert "Times in New York" in page.text
    assert "now Tue 8 Dec, 04:00–04:30" in page.text


def test_one_tap_moves_the_call_and_shows_it(house: Installation, browser: FlaskClient) -> None:
    of_type(house, most_moves=0)
    call = booked(house)
    answer = tap(browser, proposed(house, call, ELEVEN, NIGHT), z(NIGHT)).answer
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/call/{call.token}?just=moved")
    assert row(house, call, "starts_at") == NIGHT
    assert opened(browser, answer.headers["Location"]).heading == "Moved"


def test_after_choosing_the_page_leads_to_the_call(house: Installation, browser: FlaskClient) -> None:
    call = booked(house)
    path = proposed(house, call, ELEVEN, NIGHT)
    shown = opened(browser, path).fields(path)
    for _ in range(2):
        assert post(browser, path, {**shown, "start": z(NIGHT)}).status_code == 303
    assert browser.get(path).headers["Location"] == f"/call/{call.token}"
    assert row(house, call, "sequence") == 1


def test_a_taken_time_is_shown_as_taken_with_the_nearest_free(house: Installation, browser: FlaskClient) -> None:
    path = proposed(house, booked(house), ELEVEN, NIGHT)
    by_ben(house, ELEVEN)
    page = opened(browser, path)
    assert "Tue 8 Dec, 05:00–05:30 taken" in page.text
    # The nearest free by all rules, without the time that the call has.
    assert choices(page) == [z(NIGHT), z(TEN + timedelta(minutes=30)), z(TEN + timedelta(minutes=90))]
    assert "in Berlin, the first is at 23:00" in page.text


def test_a_time_that_has_passed_is_shown_as_passed(house: Installation, browser: FlaskClient) -> None:
    path = proposed(house, booked(house, TEN + timedelta(days=7)), ELEVEN, NIGHT)
    house.clock.move(timedelta(hours=30))
    page = opened(browser, path)
    assert "05:00–05:30 passed" in page.text
    assert choices(page) == [z(NIGHT)]


def test_choosing_a_time_for_a_request_confirms_it_and_is_said_to_have_moved_it(
    house: Installation, browser: FlaskClient
) -> None:
    call = booked(house)
    house.run("UPDATE booking.call SET state = 'pending'")
    answer = tap(browser, proposed(house, call, NIGHT), z(NIGHT)).answer
    assert answer.headers["Location"].endswith("?just=moved")
    assert row(house, call, "state, sequence") == ("confirmed", 0)


def test_choosing_what_was_lost_meanwhile_offers_others_and_changes_nothing(
    house: Installation, browser: FlaskClient
) -> None:
    path = proposed(house, booked(house), ELEVEN, NIGHT)
    shown = opened(browser, path).fields(path)
    by_ben(house, ELEVEN)
    before = stored(house)
    page = Page(post(browser, path, {**shown, "start": z(ELEVEN)}))
    assert page.status == 409
    assert "Tue 8 Dec, 05:00 is not free any more." in page.text
    assert stored(house) == before
    assert Page(post(browser, path, {**shown, "start": choices(page)[1]})).status == 303


def test_times_for_an_ask_book_the_call(house: Installation, browser: FlaskClient) -> None:
    path = offered(house, ELEVEN, NIGHT)
    page = opened(browser, path)
    assert page.heading == "Times for our call"
    assert "Choosing a time books it" in page.text
    answer = tap(browser, path, z(ELEVEN)).answer
    assert answer.headers["Location"].endswith("?just=booked")
    assert opened(browser, answer.headers["Location"]).heading == "Booked"
    assert opened(browser, path).heading == "Your call with Nora Feld"


def test_when_all_times_have_passed_the_page_says_so(house: Installation, browser: FlaskClient) -> None:
    call = booked(house, TEN + timedelta(days=7))
    path = proposed(house, call, ELEVEN)
    shown = opened(browser, path).fields(path)
    house.clock.move(timedelta(days=2))
    page = opened(browser, path)
    assert "All of these times have passed." in page.text
    assert choices(page) == []
    assert page.links(f"/call/{call.token}")
    assert post(browser, path, {**shown, "start": z(ELEVEN)}).status_code == 409


def test_replaced_times_say_so_and_lead_to_the_call(house: Installation, browser: FlaskClient) -> None:
    call = booked(house)
    path = proposed(house, call, ELEVEN)
    proposed(house, call, TWELVE)
    page = opened(browser, path)
    assert "something newer replaced them" in page.text
    assert page.links(f"/call/{call.token}")


def test_times_of_a_cancelled_call_lead_to_its_page(house: Installation, browser: FlaskClient) -> None:
    call = booked(house)
    path = proposed(house, call, ELEVEN)
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("prospect"), now=house.clock.now())
    assert opened(browser, path).heading == "Cancelled"


@pytest.mark.parametrize("start", ["", "soon", "2026-12-08T10:00:00", "x" * 9000, "9999-12-31T23:59:59Z"])
def test_a_start_that_is_none_is_told_and_changes_nothing(
    house: Installation, browser: FlaskClient, start: str
) -> None:
    path = proposed(house, booked(house), ELEVEN)
    before = stored(house)
    page = tap(browser, path, start)
    assert page.status == 422
    assert choices(page) == [z(ELEVEN)]
    assert stored(house) == before


@pytest.mark.parametrize("token", ["x", "A" * 22, "%00", "%F0%9F%A6%86", "' OR '1'='1"])
def test_a_link_to_no_times_leads_nowhere(quiet_house: Installation, token: str) -> None:
    browser = quiet_house.browser()
    csrf = opened(browser, "/contact").fields("/contact")["csrf_token"]
    assert browser.get(f"/times/{token}").status_code == 404
    assert post(browser, f"/times/{token}", {"csrf_token": csrf, "start": z(ELEVEN)}).status_code == 404
    for step in ("late", "guests", "guests/0192f0c1-1111-7000-8000-000000000001/remove"):
        sent = {"csrf_token": csrf, "minutes": "5", "guests": "gil@guest.test"}
        assert post(browser, f"/call/{token}/{step}", sent).status_code == 404


def test_being_late_can_be_said_when_it_is_time(house: Installation, browser: FlaskClient) -> None:
    call = booked(house)
    path = f"/call/{call.token}"
    assert "Running late?" not in opened(browser, path).text
    house.clock.move(timedelta(hours=24, minutes=30))
    page = opened(browser, path)
    assert "I’m 5 minutes late" in page.text
    answer = post(browser, f"{path}/late", {**page.fields(f"{path}/late"), "minutes": "10"})
    assert answer.headers["Location"] == f"{path}?just=late"
    assert "A mail tells me at once" in opened(browser, answer.headers["Location"]).text


@pytest.mark.parametrize(("minutes", "status"), [("5", 409), ("7", 422), ("", 422), ("five", 422), ("９", 422)])
def test_lateness_that_cannot_be_said_is_refused_on_the_page(
    house: Installation, browser: FlaskClient, minutes: str, status: int
) -> None:
    path = f"/call/{booked(house).token}"
    shown = opened(browser, path).fields(f"{path}/cancel")
    before = stored(house)
    assert post(browser, f"{path}/late", {**shown, "minutes": minutes}).status_code == status
    assert stored(house) == before


def test_guests_are_invited_and_removed_on_the_page(house: Installation, browser: FlaskClient) -> None:
    call = booked(house)
    path = f"/call/{call.token}"
    shown = opened(browser, path).fields(f"{path}/guests")
    sent = {**shown, "guests": "gil@guest.test, hana@guest.test\nivo@guest.test"}
    assert post(browser, f"{path}/guests", sent).status_code == 303
    page = opened(browser, path)
    for name in ("gil", "hana", "ivo"):
        assert f"{name}@guest.test" in page.text
    remove = str(page.soup.select("form[action$='/remove']")[0]["action"])
    assert post(browser, remove, page.fields(remove)).status_code == 303
    assert "gil@guest.test" not in opened(browser, path).text


@pytest.mark.parametrize(
    "typed", ["", "nobody", "gil@guest.test, nobody", "ana@reader.test", ",".join(f"g{n}@g.test" for n in range(11))]
)
def test_guests_that_cannot_be_invited_are_told_beside_the_field(
    house: Installation, browser: FlaskClient, typed: str
) -> None:
    path = f"/call/{booked(house).token}"
    shown = opened(browser, path).fields(f"{path}/guests")
    before = stored(house)
    page = Page(post(browser, f"{path}/guests", {**shown, "guests": typed}))
    assert page.status == 422
    assert page.wrong("guests")
    assert stored(house) == before


def test_a_call_that_was_moved_often_enough_says_so(house: Installation, browser: FlaskClient) -> None:
    of_type(house, most_moves=0)
    path = f"/call/{booked(house).token}"
    page = opened(browser, path)
    assert "It was moved as often as it can be from here." in page.text
    assert page.links("/move") == []
    assert opened(browser, f"{path}/move").heading == "Your call with Nora Feld"
