"""The page of a call in every state, and the page behind the link that an address must answer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from services.booking.domain.requests import GuestRequest
from services.booking.domain.states import CallState
from services.booking.models import Call
from services.booking.usecases.change import Change, cancel_call
from services.booking.usecases.confirm import confirm_call, decline_call, lapse_call, mark_paid
from services.booking.usecases.guests import add_guests
from services.booking.usecases.links import make_link
from shared.clock import machine_now
from tests.booking.calls import ELEVEN, TEN, booked, by_ben, in_state, of_type, row
from tests.browsing import Page, opened, post, send
from tests.builders import a_visitor
from tests.installation import START, Installation
from tests.letters import link_in, parsed
from tests.stored import stored

FORM = "/book/intro?zone=Europe/Berlin&start=2026-12-08T09:00:00Z"
TYPED = {"name": "Ana Lima", "email": "ana@reader.test", "worth": "A yes or a no"}
NEXT_DAY = "2026-12-09T09:00:00Z"


@pytest.fixture
def browser(house: Installation) -> FlaskClient:
    return house.browser()


def page_of(browser: FlaskClient, call: Call, query: str = "") -> Page:
    return opened(browser, f"/call/{call.token}{query}")


def let_the_time_pass(house: Installation) -> None:
    """As if the mail had been sent half an hour ago."""
    past = machine_now() - timedelta(seconds=1)
    house.run("UPDATE booking.call SET verify_by = :past", past=past)
    house.run("UPDATE booking.claim SET expires_at = :past", past=past)


def lapse(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        lapse_call(session, now=house.clock.now(), machine=machine_now())


# An address that must answer


def test_booking_leads_to_the_mail_and_the_mail_to_a_page_with_one_button(
    house: Installation, browser: FlaskClient
) -> None:
    of_type(house, verify_email=True)
    page = opened(browser, send(browser, FORM, **TYPED).headers["Location"])
    assert page.heading == "One step is left"
    assert "Open the mail that I sent to ana@reader.test" in page.text
    assert "Your time is kept for 30 minutes." in page.text
    assert not page.links("invite.ics")
    assert not page.links("/move")
    assert not page.links("meet.advisor.test")
    house.work()
    [mail] = map(parsed, house.mails())
    path = link_in(mail, "/verify/").removeprefix("http://firstcall.test")
    before = stored(house)
    for _ in range(2):  # a mail server looks behind every link
        asks = opened(house.browser(), path)
        assert asks.heading == "Is it you?"
    assert stored(house) == before
    answer = send(house.browser(), path)  # on the phone that reads the mail
    assert answer.status_code == 303
    done = opened(browser, answer.headers["Location"])
    assert done.heading == "Booked"
    assert done.links("meet.advisor.test")
    again = browser.get(path)
    assert (again.status_code, again.headers["Location"]) == (303, answer.headers["Location"].partition("?")[0])


def test_who_verifies_is_led_where_the_advisor_leads_who_has_booked(house: Installation, browser: FlaskClient) -> None:
    of_type(house, verify_email=True, redirect_url="https://advisor.test/thanks")
    path = f"/verify/{booked(house).verify_token}"
    shown = opened(browser, path)
    assert "https://advisor.test" in shown.answer.headers["Content-Security-Policy"]
    answer = send(browser, path)
    assert answer.headers["Location"].startswith("https://advisor.test/thanks?")


def test_who_needs_a_yes_too_asks_for_it_by_verifying(house: Installation, browser: FlaskClient) -> None:
    of_type(house, verify_email=True, confirmation="always")
    call = booked(house)
    answer = send(browser, f"/verify/{call.verify_token}")
    assert opened(browser, answer.headers["Location"]).heading == "You asked for this time"


def test_a_link_that_is_opened_too_late_leads_to_the_same_time_again(house: Installation, browser: FlaskClient) -> None:
    of_type(house, verify_email=True)
    call = booked(house)
    shown = opened(browser, f"/verify/{call.verify_token}").fields(f"/verify/{call.verify_token}")
    let_the_time_pass(house)
    lapse(house)
    for page in (
        opened(browser, f"/verify/{call.verify_token}"),
        Page(browser.post(f"/verify/{call.verify_token}", data=shown)),
    ):
        assert page.heading == "It came too late"
        assert "This one was given back." in page.text
        [again] = page.links("/book/intro")
        assert "Book Tue" in opened(browser, again).text
    gone = page_of(browser, call)
    assert gone.heading == "This call will not take place"
    assert "Nobody opened the mail to ana@reader.test in time" in gone.text


def test_a_time_that_somebody_else_has_by_then_shows_what_is_near(house: Installation, browser: FlaskClient) -> None:
    of_type(house, verify_email=True)
    call = booked(house)
    let_the_time_pass(house)
    by_ben(house, TEN)
    before = stored(house)
    page = Page(send(browser, f"/verify/{call.verify_token}"))
    assert (page.status, page.heading) == (409, "It came too late")
    assert "Somebody else has this one now." in page.text
    assert len(page.soup.select(".chips a")) == 3
    assert opened(browser, page.links("start=")[0]).soup.select_one(".chosen")
    assert stored(house) == before


def test_whoever_typed_a_wrong_address_gives_the_time_back_however_near_it_is(
    house: Installation, browser: FlaskClient
) -> None:
    of_type(house, verify_email=True)
    call = booked(house)
    house.clock.move(TEN - timedelta(hours=3) - START)
    answer = send(browser, f"/call/{call.token}", action=f"/call/{call.token}/cancel")
    assert answer.status_code == 303
    page = opened(browser, answer.headers["Location"])
    assert page.heading == "Cancelled"
    assert "nothing was in any calendar yet" in page.text
    assert opened(browser, f"/verify/{call.verify_token}").heading == "Cancelled"


@pytest.mark.parametrize("token", ["x", "A" * 22, "%00", "%F0%9F%A6%86", "..%2F..", "' OR '1'='1", "x" * 5000])
def test_a_made_up_link_verifies_nothing(quiet_house: Installation, token: str) -> None:
    browser = quiet_house.browser()
    csrf = opened(browser, "/contact").fields("/contact")["csrf_token"]
    assert browser.get(f"/verify/{token}").status_code == 404
    assert post(browser, f"/verify/{token}", {"csrf_token": csrf}).status_code == 404


def test_the_link_of_the_mail_is_never_told_as_the_way_here(house: Installation, browser: FlaskClient) -> None:
    of_type(house, verify_email=True)
    token = booked(house).verify_token or "none"
    page = Page(browser.get("/contact", headers={"Referer": f"http://localhost/verify/{token}"}))
    assert token not in page.answer.get_data(as_text=True)


# Waiting for a yes


def test_what_was_asked_for_says_by_when_it_is_answered_and_can_be_changed(
    house: Installation, browser: FlaskClient
) -> None:
    of_type(house, confirmation="always")
    page = opened(browser, send(browser, FORM, **TYPED).headers["Location"])
    assert page.heading == "You asked for this time"
    assert "answer by Tuesday 8 December" in page.text  # it begins before the second working day is over
    assert "kept for you" in page.text
    assert not page.links("invite.ics")
    assert not page.links("meet.advisor.test")
    path = page.links("/move")[0].removesuffix("/move")
    moved = opened(browser, send(browser, f"{path}/move?start={NEXT_DAY}").headers["Location"])
    assert moved.heading == "You ask for this time now"
    assert "calendar" not in moved.text.lower()
    gone = opened(browser, send(browser, path, action=f"{path}/cancel").headers["Location"])
    assert "nothing was in any calendar yet" in gone.text


def test_a_yes_makes_it_a_call_and_a_no_says_why(house: Installation, browser: FlaskClient) -> None:
    of_type(house, confirmation="always")
    yes, no = booked(house), booked(house, ELEVEN, visitor=a_visitor("Ben", "ben@reader.test"))
    with house.booking.sessions.begin() as session:
        confirm_call(session, yes.id, now=START)
        decline_call(session, no.id, "I am in the mountains that week.", now=START)
    assert page_of(browser, yes).heading == "Your call with Nora Feld"
    page = page_of(browser, no)
    assert page.heading == "I cannot take this call"
    assert "I am in the mountains that week." in page.text
    assert page.links("/book/intro")


def test_a_request_that_nobody_answered_says_sorry_also_before_the_next_tick(
    house: Installation, browser: FlaskClient
) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    house.clock.move(TEN - START)
    early = page_of(browser, call)
    lapse(house)
    for page in (early, page_of(browser, call)):
        assert page.heading == "This call will not take place"
        assert "I did not answer before it came. I am sorry." in page.text
        assert page.links("/book/intro")
    assert row(house, call, "state") == "lapsed"


def test_somebody_who_did_not_come_reads_no_blame_and_finds_a_way_on(house: Installation, browser: FlaskClient) -> None:
    call = in_state(house, CallState.MISSED)
    house.clock.move(timedelta(days=2))
    page = page_of(browser, call)
    assert page.heading == "We missed each other"
    assert page.links("/book/intro")


@pytest.mark.parametrize("state", list(CallState))
@pytest.mark.parametrize("hours", [0, 25.2, 48])
def test_every_state_has_its_page_before_during_and_after(house: Installation, state: CallState, hours: float) -> None:
    call = in_state(house, state)
    house.clock.move(timedelta(hours=hours))
    for query in ("", "?just=booked", "?just=moved", "?just=cancelled", "?just=guests", "?just=late"):
        page = page_of(house.browser(), call, query)
        assert page.status == 200
        assert page.heading
        assert "Tuesday 8 December" in page.text
    assert house.browser().get(f"/call/{call.token}/move").status_code in (200, 303)
    # Cancelled without having been confirmed, it was never in a calendar.
    in_calendars = state in (CallState.CONFIRMED, CallState.COMPLETED, CallState.MISSED)
    file = house.browser().get(f"/call/{call.token}/invite.ics")
    assert file.status_code == (200 if in_calendars else 404)
    assert in_calendars or "meet.advisor.test" not in file.text


def test_the_file_of_a_call_that_was_cancelled_takes_it_out_of_a_calendar(house: Installation) -> None:
    call = booked(house)
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("prospect"), now=START)
    assert b"METHOD:CANCEL" in house.browser().get(f"/call/{call.token}/invite.ics").data


# Where, what it costs, what their calendar said


@pytest.mark.parametrize(
    ("kind", "location", "words", "href"),
    [
        ("video", "", "meet.advisor.test/nora", "https://meet.advisor.test/nora"),
        ("video", "https://zoom.test/j/1", "zoom.test/j/1", "https://zoom.test/j/1"),
        ("phone_in", "+49 30 7654321", "By phone: +49307654321", "tel:+49307654321"),
        ("phone_out", "", "Nora Feld calls you at +493011", None),
        ("in_person", "Lindenweg 4, Berlin", "Lindenweg 4, Berlin", None),
        ("jitsi", "https://jitsi.advisor.test", "jitsi.advisor.test/", "https://jitsi.advisor.test/"),
    ],
)
def test_the_page_says_where_it_takes_place_and_opens_what_can_be_opened(
    house: Installation, browser: FlaskClient, kind: str, location: str, words: str, href: str | None
) -> None:
    of_type(house, location_kind=kind, location=location)
    page = page_of(browser, booked(house, phone="+49 30 11"))
    where = page.soup.select_one(".where")
    assert where is not None
    assert words in where.get_text()
    link = where.find("a")
    assert (str(link["href"]).startswith(href) if href else False) == (href is not None) == (link is not None)  # type: ignore[index]


def test_what_it_costs_stands_with_the_call_also_where_nothing_is_paid_online(
    house: Installation, browser: FlaskClient
) -> None:
    call = booked(house)
    assert "€ 180" not in page_of(browser, call).text
    of_type(house, price_text="€ 180")
    [ticket] = page_of(browser, call).soup.select(".ticket")
    assert "€ 180" in ticket.get_text()


def test_what_is_to_be_paid_is_one_button_until_it_is_paid(house: Installation, browser: FlaskClient) -> None:
    of_type(house, pay_url="https://pay.advisor.test/intro", price_text="€ 180")
    call = booked(house)
    page = page_of(browser, call, "?just=booked")
    assert page.soup.select_one("a.next[href='https://pay.advisor.test/intro']").get_text() == "Pay € 180"  # type: ignore[union-attr]
    with house.booking.sessions.begin() as session:
        mark_paid(session, call.id, now=START)
    paid = page_of(browser, call)
    assert not paid.links("pay.advisor.test")
    assert "Paid, thank you." in paid.text


def test_a_request_that_waits_for_its_payment_says_so_and_a_cancelled_one_asks_for_none(
    house: Installation, browser: FlaskClient
) -> None:
    of_type(house, pay_url="https://pay.advisor.test/intro", confirmation="always")
    call = booked(house)
    page = page_of(browser, call)
    assert "Once it is paid, I confirm it." in page.text
    assert page.links("pay.advisor.test")
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("prospect"), now=START)
    assert not page_of(browser, call).links("pay.advisor.test")


@pytest.mark.parametrize(
    ("answer", "words"),
    [("accepted", "You accepted the invitation."), ("tentative", "In your calendar you answered: maybe.")],
)
def test_what_their_calendar_answered_is_shown(
    house: Installation, browser: FlaskClient, answer: str, words: str
) -> None:
    call = booked(house)
    assert words not in page_of(browser, call).text
    house.run("UPDATE booking.call SET answer = :answer", answer=answer)
    assert words in page_of(browser, call).text


def test_guests_of_a_request_are_to_be_invited_and_of_a_call_are(house: Installation, browser: FlaskClient) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    with house.booking.sessions.begin() as session:
        add_guests(session, call.token, [GuestRequest("", "gil@guest.test", "gil@guest.test")], now=START)
    assert "gil@guest.test to be invited" in page_of(browser, call).text
    with house.booking.sessions.begin() as session:
        confirm_call(session, call.id, now=START)
    assert "gil@guest.test invited" in page_of(browser, call).text


def test_the_page_of_a_seat_shows_nobody_else(house: Installation, browser: FlaskClient) -> None:
    of_type(house, seats=8)
    mine = booked(house)
    by_ben(house, TEN)
    text = page_of(browser, mine).answer.get_data(as_text=True)
    assert "Ben" not in text
    assert "ben@reader.test" not in text
    assert "Who else comes?" not in text


# Moving with another length, booking again


def test_a_call_moves_with_another_length(house: Installation, browser: FlaskClient) -> None:
    of_type(house, other_minutes=[60])
    call = booked(house)
    path = f"/call/{call.token}"
    page = opened(browser, f"{path}/move")
    [longer] = [str(link["href"]) for link in page.soup.select(".lengths a:not([aria-current])")]
    assert "minutes=60" in longer
    same_start = opened(browser, f"{path}/move?minutes=60&start=2026-12-08T09:00:00Z")
    assert same_start.fields(f"{path}/move")["minutes"] == "60"
    answer = send(browser, f"{path}/move?minutes=60&start={NEXT_DAY}")
    assert answer.status_code == 303
    assert row(house, call, "ends_at - starts_at") == timedelta(hours=1)


def test_a_call_keeps_its_own_length_when_it_moves(house: Installation, browser: FlaskClient) -> None:
    of_type(house, other_minutes=[60])
    call = booked(house, minutes=60)
    of_type(house, other_minutes=[])  # not offered to anybody any more
    assert send(browser, f"/call/{call.token}/move?start={NEXT_DAY}").status_code == 303
    assert row(house, call, "ends_at - starts_at") == timedelta(hours=1)


def test_a_length_that_is_not_offered_moves_nothing(house: Installation, browser: FlaskClient) -> None:
    call = booked(house)
    before = stored(house)
    page = Page(send(browser, f"/call/{call.token}/move?start={NEXT_DAY}", minutes="55"))
    assert page.status == 422
    assert "This call is not offered in that length." in page.text
    assert stored(house) == before


def test_moving_without_scripts_shows_other_times_and_keeps_the_reason(
    house: Installation, browser: FlaskClient
) -> None:
    call = booked(house)
    shown = opened(browser, f"/call/{call.token}/move?start={NEXT_DAY}").fields(f"/call/{call.token}/move")
    page = Page(browser.post(f"/call/{call.token}/move", data=shown | {"another": "yes", "reason": "The train"}))
    assert page.status == 200
    assert page.fields(f"/call/{call.token}/move")["reason"] == "The train"
    assert len(page.soup.select("input[name=start]")) == 12


def test_a_call_that_did_not_come_about_opens_its_door_again_with_what_opened_it(
    house: Installation, browser: FlaskClient
) -> None:
    of_type(house, access="link")
    with house.booking.sessions.begin() as session:
        link = make_link(session, intro(house), label="", most_uses=1, expires_at=None, now=START)
    call = booked(house, link=link.token)
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("prospect"), now=START)
    [again] = page_of(browser, call).links("/book/intro")
    assert opened(browser, again).status == 200
    house.run("UPDATE booking.private_link SET revoked_at = created_at")
    assert not page_of(browser, call).links("/book/intro")


def intro(house: Installation) -> UUID:
    [(found,)] = house.rows("SELECT id FROM booking.call_type WHERE slug = 'intro'")
    return UUID(str(found))


def test_long_and_foreign_words_are_shown_whole_and_in_their_own_direction(
    house: Installation, browser: FlaskClient
) -> None:
    call = booked(house, visitor=a_visitor("<b>" + "x" * 117), answers=())
    page = page_of(browser, call)
    assert page.soup.find("b") is None
    house.run("UPDATE booking.call_type SET name = 'שיחת היכרות'")
    assert "שיחת היכרות" in page_of(browser, call).text
