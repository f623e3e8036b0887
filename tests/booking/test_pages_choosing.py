"""What a call type can be, as the booking page offers it: lengths, seats, a number to call, guests, links, absences."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.booking.domain.rules import Dates
from services.booking.models import PrivateLink
from services.booking.usecases.absences import add_away
from services.booking.usecases.availability import offer_of
from services.booking.usecases.blocklist import block
from services.booking.usecases.links import make_link, revoke_link
from tests.booking.calls import TEN, booked, by_ben, of_type
from tests.browsing import Page, opened, send
from tests.builders import a_visitor
from tests.installation import START, Installation
from tests.letters import link_in, parsed, to
from tests.stored import stored

AT_TEN = "2026-12-08T09:00:00Z"
FORM = f"/book/intro?zone=Europe/Berlin&start={AT_TEN}"
TYPED = {"name": "Ana Lima", "email": "ana@reader.test", "worth": "A yes or a no"}


def a_link(house: Installation, slug: str = "intro", **terms: Any) -> PrivateLink:
    given: dict[str, Any] = {"label": "For Ana", "most_uses": 1, "expires_at": None} | terms
    with house.booking.sessions.begin() as session:
        return make_link(session, offer_of(session, slug).call_type.id, **given, now=START)


def lengths(page: Page) -> dict[str, str]:
    """The lengths to choose from, with their addresses."""
    return {link.get_text(): str(link["href"]) for link in page.soup.select(".lengths a")}


# Lengths


def test_a_call_type_with_one_length_has_nothing_to_choose(quiet_house: Installation) -> None:
    page = opened(quiet_house.browser(), "/book/intro")
    assert lengths(page) == {}
    assert "minutes" not in opened(quiet_house.browser(), FORM).fields("/book/intro")


def test_each_length_has_its_own_times_and_is_kept_to_the_booking(house: Installation) -> None:
    of_type(house, other_minutes=[60, 15])
    browser = house.browser()
    page = opened(browser, "/book/intro?zone=Europe/Berlin&utm_source=letters")
    assert list(lengths(page)) == ["15 min", "30 min", "60 min"]
    assert page.soup.select_one(".lengths [aria-current]").get_text() == "30 min"  # type: ignore[union-attr]
    hour = opened(browser, lengths(page)["60 min"])
    assert hour.soup.select_one(".lengths [aria-current]").get_text() == "60 min"  # type: ignore[union-attr]
    last = opened(browser, lengths(page)["60 min"] + "&day=2026-12-08").soup.select("#times .chip time")[-1]
    assert last["datetime"] == "2026-12-08T15:00:00+00:00"  # the hour ends with the office
    assert all("minutes=60" in link for link in hour.links("/book/intro?") if link not in lengths(hour).values())
    form = opened(browser, hour.links("start=")[0])
    assert form.fields("/book/intro")["minutes"] == "60"
    assert send(browser, hour.links("start=")[0], **TYPED).status_code == 303
    found = "SELECT ends_at - starts_at, attribution ->> 'source' FROM booking.call"
    assert house.rows(found) == [(timedelta(hours=1), "letters")]


def test_another_length_keeps_the_chosen_time_or_says_that_it_is_not_free_for_so_long(house: Installation) -> None:
    of_type(house, other_minutes=[60])
    browser = house.browser()
    longer = lengths(opened(browser, FORM))["60 min"]
    assert "Book Tue 8 Dec, 10:00–11:00" in opened(browser, longer).text
    by_ben(house, TEN + timedelta(minutes=30))
    page = opened(browser, longer)
    # Before the month, which fills a phone; and where the focus is, with scripts or without.
    said, month = page.soup.select("main [autofocus], main table")
    assert said.get_text() == (
        "Tue 8 Dec, 10:00 is not free for 60 min. If you have just booked it, the invitation has the way to it."
    )
    assert month.name == "table"
    assert page.soup.select_one("table a[aria-current=date]").get_text() == "8"  # type: ignore[union-attr]


@pytest.mark.parametrize("minutes", ["45", "-30", "x", "", "%00", "9" * 400, "30.0", "٣٠"])
def test_a_length_from_an_old_or_broken_address_opens_the_usual_one(house: Installation, minutes: str) -> None:
    of_type(house, other_minutes=[60])
    page = opened(house.browser(), f"/book/intro?minutes={minutes}")
    assert page.status == 200
    assert page.soup.select_one(".lengths [aria-current]").get_text() == "30 min"  # type: ignore[union-attr]


@pytest.mark.parametrize("minutes", ["45", "0", "-30", "soon", "9999999"])
def test_a_form_with_a_length_that_is_not_offered_is_told_so_and_stores_nothing(
    house: Installation, minutes: str
) -> None:
    of_type(house, other_minutes=[60])
    before = stored(house)
    page = Page(send(house.browser(), FORM, **TYPED, minutes=minutes))
    assert page.status == 422
    assert "Choose one of: 30, 60." in page.text or "not offered in that length" in page.text
    assert page.fields("/book/intro")["worth"] == "A yes or a no"
    assert stored(house) == before


# A number, guests, seats, payment


def test_who_is_called_gives_a_number(house: Installation) -> None:
    of_type(house, location_kind="phone_out")
    browser = house.browser()
    page = opened(browser, FORM)
    assert "I call you" in page.text
    assert page.fields("/book/intro")["phone"] == ""
    for phone in ("", "tomorrow", "<script>"):
        refused = Page(send(browser, FORM, **TYPED, phone=phone))
        assert refused.status == 422
        assert refused.wrong("phone")
        assert refused.links("#phone")
    assert send(browser, FORM, **TYPED, phone="+49 30 1234567").status_code == 303
    assert house.rows("SELECT phone, location FROM booking.call") == [("+49 30 1234567", "tel:+49301234567")]


def test_a_video_call_asks_for_no_number(quiet_house: Installation) -> None:
    assert "phone" not in opened(quiet_house.browser(), FORM).fields("/book/intro")


def test_guests_are_named_in_the_form_and_invited(house: Installation) -> None:
    typed = {**TYPED, "guests": "gil@guest.test\r\nhal@guest.test; gil@guest.test"}
    assert send(house.browser(), FORM, **typed).status_code == 303
    assert house.rows("SELECT email FROM booking.guest ORDER BY email") == [("gil@guest.test",), ("hal@guest.test",)]


def test_a_zone_that_a_browser_calls_by_its_old_name_is_shown_by_its_new_one(quiet_house: Installation) -> None:
    page = opened(quiet_house.browser(), "/book/intro?zone=Asia/Katmandu")
    assert "Times in Kathmandu" in page.text
    assert [str(one["value"]) for one in page.soup.select("#zone option[selected]")] == ["Asia/Kathmandu"]


@pytest.mark.parametrize("zone", ["US/Eastern", "America/Montreal"])
def test_a_zone_that_is_not_offered_by_its_name_stays_the_chosen_one(quiet_house: Installation, zone: str) -> None:
    page = opened(quiet_house.browser(), f"/book/intro?zone={zone}")
    assert [str(one["value"]) for one in page.soup.select("#zone option[selected]")] == [zone]
    offered = [str(one["value"]) for one in page.soup.select("#zone optgroup option")]
    assert zone not in offered
    assert len(offered) == len(set(offered)) > 400


def test_of_several_guests_the_one_whom_mail_cannot_reach_is_named(quiet_house: Installation) -> None:
    page = Page(send(quiet_house.browser(), FORM, **TYPED, guests="gil@guest.test, hal@guest"))
    assert page.wrong("guests").startswith("Mail cannot reach “hal@guest” as it stands.")


def test_an_address_that_is_not_given_is_asked_for(quiet_house: Installation) -> None:
    page = Page(send(quiet_house.browser(), FORM, **(TYPED | {"email": " "})))
    assert page.wrong("email").startswith("This is empty.")


@pytest.mark.parametrize(
    "guests",
    ["nobody", "ana@reader.test", "nora@advisor.test", "\n".join(f"g{number}@guest.test" for number in range(11))],
)
def test_guests_who_cannot_be_invited_are_told_beside_their_open_field(quiet_house: Installation, guests: str) -> None:
    before = stored(quiet_house)
    page = Page(send(quiet_house.browser(), FORM, **TYPED, guests=guests))
    assert page.status == 422
    assert page.wrong("guests")
    assert page.soup.select_one("details[open] textarea[name=guests]")
    assert stored(quiet_house) == before


def test_a_group_call_says_how_many_seats_are_left_and_takes_no_guests(house: Installation) -> None:
    of_type(house, seats=8)
    for number in range(5):
        booked(house, TEN, visitor=a_visitor(f"P{number}", f"p{number}@reader.test"))
    browser = house.browser()
    page = opened(browser, "/book/intro?zone=Europe/Berlin&day=2026-12-08")
    assert "a group of up to 8" in page.text
    assert "10:00 , 3 of 8 seats left" in page.text
    assert "10:30 , 8 seats" in page.text
    form = opened(browser, FORM)
    assert "3 of 8 seats left" in form.text
    assert "guests" not in form.fields("/book/intro")
    assert "P0" not in form.text
    assert send(browser, FORM, **TYPED).status_code == 303
    assert "2 of 8 seats left" in opened(browser, FORM).text


def test_a_group_call_that_has_begun_to_fill_keeps_its_number_of_seats(house: Installation) -> None:
    """Who sits in it was told how many they are at most, so a number that is raised is for those that begin anew."""
    of_type(house, seats=2)
    booked(house, TEN, visitor=a_visitor("Ben", "ben@reader.test"))
    of_type(house, seats=8)
    browser = house.browser()
    begun, fresh = opened(browser, FORM), opened(browser, "/book/intro?start=2026-12-08T09:30:00Z")
    assert "a group of up to 2" in begun.text
    assert "1 of 2 seats left" in begun.text
    assert "a group of up to 8" in fresh.text
    send(browser, FORM, **TYPED)
    assert house.rows("SELECT taken, capacity FROM booking.group_call") == [(2, 2)]
    assert "a group of up to 8" in opened(browser, FORM).text


def test_a_price_and_where_it_is_paid_are_said_before_and_linked_nowhere_yet(house: Installation) -> None:
    of_type(house, price_text="€ 180", pay_url="https://pay.advisor.test/intro?x=1")
    page = opened(house.browser(), FORM)
    assert "After booking you pay € 180 at pay.advisor.test." in page.text
    assert not page.links("pay.advisor.test")


# A yes that is needed


def test_a_call_that_needs_a_yes_is_asked_for_and_says_by_when_it_is_answered(house: Installation) -> None:
    of_type(house, confirmation="always")
    page = opened(house.browser(), "/book/intro?zone=Europe/Berlin&start=2026-12-18T09:00:00Z")
    assert "Ask for Fri 18 Dec, 10:00–10:30" in page.text
    assert "answer by Wednesday 9 December" in page.text
    assert "it is kept for you" in page.text
    of_type(house, pending_blocks=False)
    assert "somebody else may book it" in opened(house.browser(), FORM).text


def test_addresses_of_free_mail_are_told_that_they_wait(house: Installation) -> None:
    of_type(house, confirmation="free_mail", verify_email=True)
    page = opened(house.browser(), FORM)
    assert "With one of a free provider I look at it first" in page.text
    assert "Your time is kept for 30 minutes." in page.text


def test_an_ordinary_call_promises_nothing_it_does_not_need(quiet_house: Installation) -> None:
    page = opened(quiet_house.browser(), FORM)
    for words in ("I answer by", "answer by", "free provider", "After booking you pay", "kept for"):
        assert words not in page.text


SOON, LATE = 720, 2880
"""Half a day and two days, in minutes: what is booked begins in 25 hours."""


@pytest.mark.parametrize(
    ("move", "cancel", "moves", "said"),
    [
        (SOON, SOON, None, "Move or cancel until 12 h before."),
        (SOON, 0, None, "Move until 12 h before. Cancel until it begins."),
        (0, 1440, None, "Move until it begins. Cancel until 24 h before."),
        (SOON, 1440, None, "Move until 12 h before. Cancel until 24 h before."),
        (
            LATE,
            SOON,
            None,
            "It begins in less than 2 days, so it can no longer be moved here. Cancel until 12 h before.",
        ),
        (LATE, 0, None, "It begins in less than 2 days, so it can no longer be moved here. Cancel until it begins."),
        (0, LATE, None, "It begins in less than 2 days, so it can no longer be cancelled here. Move until it begins."),
        (LATE, 1560, None, "It begins in less than 26 h, so it can no longer be changed here."),
        (SOON, SOON, 0, "Cancel until 12 h before."),
        (LATE, LATE, 0, "It begins in less than 2 days, so it can no longer be cancelled here."),
        (SOON, SOON, 1, "Move or cancel until 12 h before."),
    ],
)
def test_only_what_will_still_be_possible_is_promised(
    house: Installation, move: int, cancel: int, moves: int | None, said: str
) -> None:
    of_type(house, move_notice_minutes=move, cancel_notice_minutes=cancel, most_moves=moves)
    promised = opened(house.browser(), FORM).soup.select("form[data-draft] .caption")[-1]
    told = " ".join(promised.get_text().split())
    assert told == ("After this it cannot be moved from here. " if moves == 0 else "") + said


def test_who_moves_for_the_last_time_is_told_so(house: Installation) -> None:
    of_type(house, most_moves=1)
    call = booked(house, TEN + timedelta(days=1))
    page = opened(house.browser(), f"/call/{call.token}/move?start={AT_TEN}")
    assert "After this it cannot be moved from here." in page.text


# Private links


def test_a_private_link_is_kept_in_every_address_and_form_and_opens_its_call(house: Installation) -> None:
    of_type(house, access="link", other_minutes=[60])
    token, browser = a_link(house).token, house.browser()
    page = opened(browser, f"/book/intro?link={token}&zone=Europe/Berlin")
    assert page.status == 200
    assert page.links("/book/intro?")
    assert all(f"link={token}" in link for link in page.links("/book/intro?"))
    zone = page.soup.select_one("form[method=get] input[name=link]")
    assert zone is not None
    assert zone["value"] == token
    form = opened(browser, page.links("start=")[0])
    assert form.fields("/book/intro")["link"] == token
    refused = Page(send(browser, page.links("start=")[0], **(TYPED | {"email": "nobody"})))
    assert refused.fields("/book/intro")["link"] == token
    assert send(browser, page.links("start=")[0], **TYPED).status_code == 303
    assert house.rows("SELECT uses FROM booking.private_link") == [(1,)]


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ("UPDATE booking.private_link SET uses = 1", 409, "This link has been used already."),
        ("UPDATE booking.private_link SET expires_at = '2026-12-07 08:00Z'", 409, "This link has expired."),
        ("UPDATE booking.private_link SET revoked_at = '2026-12-07 08:00Z'", 409, "I have taken this link back."),
        ("DELETE FROM booking.private_link", 403, "opens with a link of its own"),
    ],
)
def test_a_link_that_opens_nothing_says_why_and_what_to_do(
    house: Installation, change: str, status: int, words: str
) -> None:
    of_type(house, access="link")
    browser, path = house.browser(), f"/book/intro?link={a_link(house).token}&start={AT_TEN}"
    form = opened(browser, path).fields("/book/intro")
    house.run(change)
    before = stored(house)
    for page in (opened(browser, path), Page(browser.post("/book/intro", data=form | TYPED))):
        assert (page.status, page.heading) == (status, "This page does not open")
        assert words in page.text
        assert page.soup.select_one("a.next")["href"] == "/contact"  # type: ignore[index]
    assert stored(house) == before


@pytest.mark.parametrize("query", ["", "?link=", "?link=made-up", "?link=%00", "?link=" + "x" * 9000])
def test_a_type_behind_links_shows_no_times_without_one(house: Installation, query: str) -> None:
    of_type(house, access="link")
    page = opened(house.browser(), f"/book/intro{query}")
    assert page.status == 403
    assert not page.links("start=")
    assert "/book/intro" not in " ".join(opened(house.browser(), "/").links("/book/"))


def test_a_link_that_is_over_leads_to_the_open_door_where_there_is_one(house: Installation) -> None:
    link = a_link(house)
    with house.booking.sessions.begin() as session:
        revoke_link(session, link.id, now=START)
    page = opened(house.browser(), f"/book/intro?link={link.token}")
    assert page.status == 409
    assert page.links("/book/intro") == ["/book/intro"]


# You have one already


def test_who_has_a_call_already_gets_the_way_to_it_by_mail_and_the_page_shows_nothing_of_it(
    house: Installation,
) -> None:
    call = booked(house)
    house.work()
    of_type(house, most_open=1)
    browser, seen = house.browser(), len(house.mails())
    path = "/book/intro?zone=Europe/Berlin&start=2026-12-09T09:00:00Z"
    for _ in range(2):
        page = Page(send(browser, path, **TYPED))
        assert page.status == 409
        # Who types an address need not be its owner.
        assert "If there is such a call with this address already, the link to move it is on its way there" in page.text
        assert page.fields("/book/intro")["worth"] == "A yes or a no"
        for secret in (call.token, "8 December", "Tue 8 Dec"):
            assert secret not in page.answer.get_data(as_text=True)
    house.work()
    [mail] = [parsed(mail) for mail in house.mails()[seen:]]  # twice in a day is one mail
    assert to(mail) == "ana@reader.test"
    assert link_in(mail, "/call/").endswith(call.token)
    assert house.rows("SELECT count(*) FROM booking.call") == [(1,)]


def test_whose_address_has_not_answered_yet_is_asked_again_by_mail(house: Installation) -> None:
    of_type(house, most_open=1, verify_email=True)
    call = booked(house)
    house.work()
    seen = len(house.mails())
    assert send(house.browser(), "/book/intro?start=2026-12-09T09:00:00Z", **TYPED).status_code == 409
    house.work()
    [mail] = [parsed(mail) for mail in house.mails()[seen:]]
    assert link_in(mail, "/verify/").endswith(call.verify_token or "none")


# Absences


def away(house: Installation, first: str, last: str, message: str = "") -> None:
    with house.booking.sessions.begin() as session:
        add_away(session, Dates(date.fromisoformat(first), date.fromisoformat(last)), message, now=START)


def test_an_absence_says_until_when_in_the_advisors_words_and_what_is_free_first(house: Installation) -> None:
    away(house, "2026-12-07", "2027-01-06", "On parental leave, <b>back</b> in the new year.")
    page = opened(house.browser(), "/book/intro?zone=Europe/Berlin")
    assert "I am away until 6 January." in page.text
    assert "On parental leave, <b>back</b> in the new year." in page.text
    assert "First free Thu 7 Jan" in page.text


def test_an_absence_that_is_still_to_come_is_told_where_it_is_in_the_way(house: Installation) -> None:
    away(house, "2026-12-14", "2026-12-18")
    browser = house.browser()
    assert "I am away" not in opened(browser, "/book/intro").text
    page = opened(browser, "/book/intro?zone=Europe/Berlin&day=2026-12-16")
    assert "I am away from 14 December until 18 December." in page.text
    assert "Nothing free that day." in page.text
    assert "I am away" not in opened(browser, "/book/intro?zone=Europe/Berlin&day=2026-12-12").text


def test_an_absence_as_long_as_the_calendar_is_open_leads_to_the_contact_form(house: Installation) -> None:
    away(house, "2026-12-01", "2027-12-01", "A year in the woods.")
    page = opened(house.browser(), "/book/intro")
    assert "I am away until 1 December. A year in the woods." in page.text
    assert "Nothing is free just now" in page.text
    assert "full" not in page.text
    assert page.links("/contact")


def test_a_public_holiday_is_just_closed(house: Installation) -> None:
    house.run("UPDATE booking.advisor SET holidays = 'DE'")
    page = opened(house.browser(), "/book/intro?zone=Europe/Berlin&day=2026-12-25")
    assert "Nothing free that day." in page.text
    assert "I am away" not in page.text


# Another time


def test_another_time_without_scripts_keeps_all_that_was_typed(house: Installation) -> None:
    browser = house.browser()
    form = opened(browser, FORM)
    assert form.soup.select_one("noscript button[name=another]")
    before = stored(house)
    page = Page(browser.post("/book/intro", data=form.fields("/book/intro") | TYPED | {"another": "yes"}))
    assert page.status == 200
    assert stored(house) == before
    offered = [str(radio["value"]) for radio in page.soup.select("input[type=radio][name=start]")]
    assert len(offered) == 12
    kept = page.fields("/book/intro")
    assert (kept["worth"], kept["form_key"]) == ("A yes or a no", form.fields("/book/intro")["form_key"])
    assert browser.post("/book/intro", data=kept | {"start": offered[-1]}).status_code == 303
    assert house.rows("SELECT starts_at FROM booking.call") == [(datetime.fromisoformat(offered[-1]),)]


def test_the_script_finds_the_nearest_of_a_lost_time_on_the_page(house: Installation) -> None:
    by_ben(house, TEN)
    page = opened(house.browser(), f"{FORM}&lost=yes")
    assert "Someone took 10:00 a moment ago." in page.text
    assert len(page.soup.select("fieldset#start input[name=start]")) == 3
    assert "Book the time chosen" in page.text


@pytest.mark.parametrize("start", ["", "x", "2026-12-08", "9999-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "%00"])
def test_a_lost_time_that_is_none_breaks_nothing(quiet_house: Installation, start: str) -> None:
    assert opened(quiet_house.browser(), f"/book/intro?lost=yes&start={start}").status == 200


def test_a_form_that_is_refused_for_whom_it_comes_from_keeps_its_words(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        block(session, "ana@reader.test", "", actor="", now=START)
    before = stored(house)
    page = Page(send(house.browser(), FORM, **TYPED))
    assert page.status == 403
    assert "I do not take messages or bookings from this address." in page.text
    assert page.fields("/book/intro")["worth"] == "A yes or a no"
    assert stored(house) == before


# The first page


def test_the_first_page_tells_lengths_and_seats(house: Installation) -> None:
    of_type(house, other_minutes=[60, 45], seats=1)
    house.run("UPDATE booking.call_type SET seats = 8, other_minutes = '{}' WHERE slug = 'strategy'")
    house.run('UPDATE booking.advisor SET ways = \'[{"slug": "officer", "name": "Officer", "text": "x"}]\'')
    page = opened(house.browser(), "/")
    assert "30, 45 or 60 min" in page.text
    assert "a group of up to 8" in page.text


def test_the_first_page_names_no_ways_of_working_where_there_are_none(house: Installation) -> None:
    heading = "How we can work together"
    assert heading not in opened(house.browser(), "/").text
    house.run('UPDATE booking.advisor SET ways = \'[{"slug": "officer", "name": "Officer", "text": "x"}]\'')
    assert heading in opened(house.browser(), "/").text
