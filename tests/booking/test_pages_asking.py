"""The first page, the contact form, the mentorship form, and the page after them."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.booking.programs import A_QUESTION, A_WISH
from tests.browsing import Page, opened, send
from tests.installation import START, Installation
from tests.stored import stored

QUESTION = {name: value for name, value in A_QUESTION.items() if name != "timezone"}
WISH = {name: value for name, value in A_WISH.items() if name != "timezone"}
FORMS = [("/contact", QUESTION), ("/mentorship", WISH)]


@pytest.fixture
def browser(house: Installation) -> FlaskClient:
    return house.browser()


def test_the_first_page_has_one_next_step_and_the_article(quiet_house: Installation) -> None:
    home = opened(quiet_house.browser(), "/")
    assert home.status == 200
    assert "/book/intro" in home.links("/book/")
    assert home.links("/articles/") == ["/articles/part-time-data-lead"]


def test_the_first_page_shows_each_way_of_working_with_its_own_step(house: Installation) -> None:
    ways = """[{"slug": "officer", "name": "Officer", "text": "A few days."},
               {"slug": "mentorship", "name": "Mentor", "text": "For you."},
               {"slug": "writing", "name": "Writing", "text": "No call for it."}]"""
    house.run("UPDATE booking.advisor SET ways = CAST(:ways AS jsonb)", ways=ways)
    home = opened(house.browser(), "/")
    assert "Book: Intro call" in home.text
    assert home.links("/mentorship") == ["/mentorship"]
    assert home.links("/book/session") == []  # it opens by invitation only
    assert "after your request" in home.text


def test_an_installation_without_an_advisor_fails_politely(installation: Installation) -> None:
    for path in ("/", "/contact", "/mentorship", "/book/intro", "/console/signin"):
        page = opened(installation.browser(), path)
        assert page.status in (200, 404, 503), path
        assert page.heading


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_what_was_sent_is_confirmed_on_a_page_of_its_own(
    house: Installation, browser: FlaskClient, path: str, typed: dict[str, str]
) -> None:
    answer = send(browser, path, **typed)
    [(token,)] = house.rows("SELECT token FROM booking.ask")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/sent/{token}")
    after = opened(browser, f"/sent/{token}")
    assert after.status == 200
    assert "ana@reader.test" in after.text
    assert len(after.links("/book/intro?")) == 3  # the next free times, one tap away


def test_the_form_asks_for_letters_and_keeps_the_very_sentence_it_showed(
    house: Installation, browser: FlaskClient
) -> None:
    form = opened(browser, "/contact")
    [label] = [label for label in form.soup.find_all("label") if label.find(attrs={"name": "follow_up"})]
    assert not label.find_all("input", checked=True)
    send(browser, "/contact", **QUESTION, follow_up="yes")
    assert house.rows("SELECT follow_up FROM booking.ask") == [(label.get_text().strip(),)]
    assert "short version" in opened(browser, f"/sent/{house.rows('SELECT token FROM booking.ask')[0][0]}").text


def test_without_an_article_no_letters_are_offered(house: Installation) -> None:
    house.run("DELETE FROM booking.article")
    form = opened(house.browser(), "/contact")
    assert "follow_up" not in str(form.soup)
    assert send(house.browser(), "/contact", **QUESTION, follow_up="yes").status_code == 303
    assert house.rows("SELECT follow_up FROM booking.ask") == [(None,)]


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_a_form_that_needs_another_look_keeps_all_that_was_typed(
    quiet_house: Installation, path: str, typed: dict[str, str]
) -> None:
    before = stored(quiet_house)
    browser = quiet_house.browser()
    again = Page(send(browser, path, **(typed | {"email": "nobody", "follow_up": "yes"})))
    assert again.status == 422
    assert again.wrong("email").startswith("Mail cannot reach this address")
    kept = again.fields(path)
    assert {name: kept[name] for name in typed} == typed | {"email": "nobody"}
    assert kept["follow_up"] == "yes"
    assert again.soup.find("title", string=lambda title: title and "To put right" in title)
    assert again.links("#email") == ["#email"]
    assert stored(quiet_house) == before


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_every_field_that_is_wrong_has_its_message_beside_it(
    quiet_house: Installation, path: str, typed: dict[str, str]
) -> None:
    again = Page(send(quiet_house.browser(), path, **dict.fromkeys(typed, "")))
    assert again.status == 422
    for field in typed:
        assert again.wrong(field), field


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_a_form_sent_twice_is_one_ask(house: Installation, path: str, typed: dict[str, str]) -> None:
    browser = house.browser()
    shown = opened(browser, path).fields(path)
    first, again = (browser.post(path, data=shown | typed) for _ in range(2))
    assert first.headers["Location"] == again.headers["Location"]
    assert house.rows("SELECT count(*) FROM booking.ask") == [(1,)]
    assert house.rows("SELECT count(*) FROM booking.message") == [(2,)]


def test_after_an_error_the_form_keeps_its_key_so_that_sending_it_twice_is_still_once(house: Installation) -> None:
    browser = house.browser()
    wrong = Page(send(browser, "/contact", **(QUESTION | {"email": "nobody"})))
    for _ in range(2):
        browser.post("/contact", data=wrong.fields("/contact") | QUESTION)
    assert house.rows("SELECT count(*) FROM booking.ask") == [(1,)]


def test_a_question_that_was_put_right_and_sent_again_is_not_taken_for_a_repeated_one(house: Installation) -> None:
    browser = house.browser()
    shown = opened(browser, "/contact").fields("/contact") | QUESTION
    for message in ("What does it cost for 40 people?", "What does it cost for 14 people?"):
        browser.post("/contact", data=shown | {"message": message})
    assert house.rows("SELECT count(*) FROM booking.ask") == [(2,)]


def test_every_opened_form_has_a_key_of_its_own(quiet_house: Installation) -> None:
    browser = quiet_house.browser()
    keys = {opened(browser, "/contact").fields("/contact")["form_key"] for _ in range(3)}
    assert len(keys) == 3


def test_the_browsers_zone_is_what_mails_are_written_in(house: Installation) -> None:
    send(house.browser(), "/contact", **QUESTION, timezone="Asia/Kathmandu")
    assert house.rows("SELECT zone FROM booking.ask") == [("Asia/Kathmandu",)]


@pytest.mark.parametrize("token", ["x", "A" * 22, "%00", "%F0%9F%A6%86", "' OR 1=1", "..%2Fconsole"])
def test_a_link_to_no_ask_leads_nowhere(quiet_house: Installation, token: str) -> None:
    assert opened(quiet_house.browser(), f"/sent/{token}").status == 404


def test_links_are_long_and_never_the_same(house: Installation) -> None:
    for number in range(3):
        send(house.browser(), "/contact", **(QUESTION | {"email": f"ana{number}@reader.test"}))
    tokens = {token for (token,) in house.rows("SELECT token FROM booking.ask")}
    assert len(tokens) == 3
    assert all(len(token) == 22 for token in tokens)  # 128 bits


def test_the_promise_of_an_answer_does_not_depend_on_free_times(house: Installation) -> None:
    house.run("DELETE FROM booking.weekly_hours")
    answer = send(house.browser(), "/contact", **QUESTION)
    after = opened(house.browser(), answer.headers["Location"])
    assert after.status == 200
    assert after.links("/book/intro?") == []
    house.work()
    assert len(house.mails()) == 2
    assert house.clock.now() == START
