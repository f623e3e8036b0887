"""Where somebody came from: read once, carried from page to page without a cookie, kept with what they ask and book."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from deploy.routes import service_for
from services.booking.domain.attribution import as_parameters, attribution_of
from services.booking.domain.forms import LINE_LIMIT
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.confirm import decline_call
from services.booking.usecases.missed import mark_missed
from shared.events.booking import Attribution
from tests.booking.calls import TEN, booked, of_type
from tests.booking.programs import A_CALL, A_QUESTION, A_WISH, call
from tests.browsing import Page, post
from tests.installation import START, Installation
from tests.letters import link_in, parsed

OURS = "http://localhost"
ARTICLE = "/articles/part-time-data-lead"
QUESTION = {name: value for name, value in A_QUESTION.items() if name != "timezone"}


class Visitor:
    """A browser at all three services, that says where it comes from as browsers do."""

    def __init__(self, house: Installation, *, came_from: str = "", says_referer: bool = True) -> None:
        self.browsers = {name: house.browser(name) for name in ("booking", "nurture")}
        self.before, self.says_referer = came_from, says_referer

    def open(self, path: str) -> Page:
        """Follow a link."""
        headers = {"Referer": self.before} if self.before and (self.says_referer or OURS not in self.before) else {}
        page = Page(self.browsers[service_for(urlsplit(path).path)].get(path, headers=headers))
        assert page.status == 200, path
        self.before = OURS + path
        return page

    def send(self, page: Page, action: str, **typed: str) -> Page:
        """Fill in the form of a page."""
        fields = {**page.fields(action), **typed}
        return Page(post(self.browsers["booking"], action, fields, headers={"Referer": self.before}))


def kept(house: Installation, table: str = "ask") -> dict[str, str]:
    [(attribution,)] = house.rows(f"SELECT attribution FROM booking.{table}")
    found: dict[str, str] = attribution
    return found


def told(house: Installation, name: str) -> dict[str, Any]:
    """What the event says, without what is empty."""
    [(payload,)] = house.rows("SELECT payload FROM nurture.inbox WHERE name = :name", name=name)
    return {key: value for key, value in payload["attribution"].items() if value}


def test_a_campaign_is_kept_from_the_article_to_the_question(house: Installation) -> None:
    visitor = Visitor(house, came_from="https://news.test/item?id=7&user=ana")
    article = visitor.open(f"{ARTICLE}?utm_source=newsletter&utm_medium=email&utm_term=cto&gclid=Cj0")
    [contact, *_] = article.links("/contact")
    assert visitor.send(visitor.open(contact), "/contact", **QUESTION).status == 303
    expected = {
        "source": "newsletter",
        "medium": "email",
        "term": "cto",
        "click_id": "gclid:Cj0",
        "referrer": "https://news.test/item",
        "landing": ARTICLE,
    }
    assert kept(house) == expected
    assert told(house, "booking.contact_requested.v1") == expected


def test_a_letters_link_is_named_by_the_call_that_came_of_it(house: Installation) -> None:
    visitor = Visitor(house)
    visitor.send(visitor.open("/contact"), "/contact", **QUESTION, follow_up="yes")
    house.work()
    [letter] = [parsed(mail) for mail in house.mails() if b"List-Unsubscribe-Post" in mail]
    [(message,)] = house.rows("SELECT id FROM nurture.message WHERE state = 'accepted'")
    reader = Visitor(house)
    article = reader.open(link_in(letter, "/articles/").removeprefix("http://firstcall.test"))
    calendar = reader.open(article.links("/book/")[0])
    form = reader.open(calendar.links("start=")[0])
    reader.send(form, "/book/intro", name="Ana Lima", email="ana@reader.test")
    found = kept(house, "call")
    assert (found["via"], found["source"], found["campaign"]) == (str(message), "letters", "part-time-data-lead")
    assert found["landing"] == ARTICLE
    assert told(house, "booking.call_booked.v1") == found


def test_every_event_of_an_ask_and_of_a_call_says_the_way(house: Installation) -> None:
    way = {"source": "newsletter", "campaign": "winter", "referrer": "https://news.test/item", "via": "m-1"}
    more = {"form_key": "", "attribution": way}
    for path, body in (("/contact", A_QUESTION), ("/mentorship-requests", A_WISH)):
        assert call(house.browser(), path, {**body, **more}).status_code == 201
    held, gone, missed, asked = (booked(house, TEN + timedelta(hours=number), attribution=way) for number in range(4))
    house.run("UPDATE booking.call SET state = 'pending' WHERE id = :id", id=asked.id)
    house.run("UPDATE booking.claim SET kind = 'pending' WHERE call_id = :id", id=asked.id)
    of_type(house, confirmation="always")
    booked(house, TEN + timedelta(hours=5), attribution=way)
    with house.booking.sessions.begin() as session:
        move_call(session, held.token, TEN + timedelta(hours=4), Change("advisor"), now=START)
        cancel_call(session, gone.token, Change("advisor"), now=START)
        decline_call(session, asked.id, "", now=START)
    house.clock.move(TEN + timedelta(hours=2, minutes=10) - START)
    with house.booking.sessions.begin() as session:
        mark_missed(session, missed.id, now=house.clock.now())
    house.pass_time(days=1)
    said = house.rows("SELECT name, payload -> 'attribution' FROM webhooks.inbox WHERE name LIKE 'booking.%'")
    told = {(name.split(".")[1], tuple(sorted(value for value in found.values() if value))) for name, found in said}
    names = {name for name, _ in told}
    assert names >= {
        *("contact_requested", "mentorship_requested", "call_requested", "call_booked", "call_rescheduled"),
        *("call_cancelled", "call_declined", "call_missed", "call_completed"),
    }
    assert told == {(name, tuple(sorted(way.values()))) for name in names}


def test_a_letter_says_which_it_is_and_nothing_about_whom(house: Installation) -> None:
    visitor = Visitor(house)
    visitor.send(visitor.open("/contact"), "/contact", **QUESTION, follow_up="yes")
    house.work()
    [letter] = [parsed(mail) for mail in house.mails() if b"List-Unsubscribe-Post" in mail]
    [(token, lead)] = house.rows("SELECT token, id FROM nurture.lead")
    link = link_in(letter, "/articles/")
    assert parse_qs(urlsplit(link).query)["via"]
    assert [secret for secret in (token, str(lead), "ana") if secret in link] == []
    assert "via=" not in str(letter["List-Unsubscribe"])


def test_a_long_way_through_the_pages_keeps_it_even_where_no_page_says_where_it_comes_from(house: Installation) -> None:
    visitor = Visitor(house, came_from="https://search.test/", says_referer=False)
    page = visitor.open("/?utm_campaign=winter&fbclid=IwAR")
    page = visitor.open(page.links("/articles/")[0])
    page = visitor.open(page.links("/contact")[0])
    page = visitor.open(page.links("/book/")[0])
    page = visitor.open(page.links("month=")[0])
    page = visitor.open(page.links("start=")[-1])
    visitor.send(page, "/book/intro", name="Ana Lima", email="ana@reader.test")
    expected = {
        "campaign": "winter",
        "click_id": "fbclid:IwAR",
        "referrer": "https://search.test/",
        "landing": "/",
    }
    assert kept(house, "call") == expected


def test_a_form_that_was_refused_still_knows_the_way(house: Installation) -> None:
    visitor = Visitor(house)
    page = visitor.open("/contact?utm_source=x&msclkid=9")
    again = visitor.send(page, "/contact", **{**QUESTION, "email": "nobody"})
    assert again.status == 422
    visitor.send(again, "/contact", **QUESTION)
    assert kept(house) == {"source": "x", "click_id": "msclkid:9", "landing": "/contact"}


def test_a_visit_that_came_from_nowhere_keeps_its_links_short_and_its_first_page(house: Installation) -> None:
    visitor = Visitor(house)
    article = visitor.open(ARTICLE)
    assert article.links("/contact")[0] == "/contact"
    visitor.send(visitor.open("/contact"), "/contact", **QUESTION)
    assert kept(house) == {"landing": ARTICLE}


def test_no_cookie_and_no_link_to_another_site_or_file_carries_it(house: Installation) -> None:
    visitor = Visitor(house)
    page = visitor.open("/?utm_source=x&utm_campaign=y")
    assert {cookie for cookie in ("visit", "utm_source") if visitor.browsers["booking"].get_cookie(cookie)} == set()
    assert all("utm_" not in str(link["href"]) for link in page.soup.find_all("link"))
    assert all("utm_source=x" in link for link in page.links("/book/"))


def test_a_secret_in_an_address_is_never_told_as_the_way_here(house: Installation) -> None:
    token = call(house.browser(), "/bookings", A_CALL).get_json()["manage_url"].rpartition("/")[2]
    visitor = Visitor(house)
    page = visitor.open(f"/call/{token}")
    visitor.send(visitor.open(page.links("/contact")[0]), "/contact", **QUESTION)
    assert token not in json.dumps(kept(house))


def test_a_console_never_carries_anything(house: Installation) -> None:
    page = Page(house.browser().get("/console/signin?utm_source=x"))
    assert page.status == 200
    assert "utm_source" not in page.answer.get_data(as_text=True)


def test_a_program_says_it_in_either_words(house: Installation) -> None:
    sent = {
        "utm_source": "podcast",
        "campaign": "spring",
        "gclid": "1",
        "via": "m-1",
        "referrer": "https://a.test/b?c=d",
    }
    assert call(house.browser(), "/contact", {**A_QUESTION, "attribution": sent}).status_code == 201
    assert kept(house) == {
        "source": "podcast",
        "campaign": "spring",
        "click_id": "gclid:1",
        "via": "m-1",
        "referrer": "https://a.test/b",
    }


@pytest.mark.parametrize(
    "referrer", ["javascript:alert(1)", "x", "//", "http://[", "https://", "file:///etc/passwd", "https://a:99999999/"]
)
def test_what_is_no_page_is_no_referrer(referrer: str) -> None:
    assert "referrer" not in attribution_of({"referrer": referrer})


@given(st.dictionaries(st.sampled_from(["source", "utm_source", "gclid", "referrer", "landing", "via"]), st.text()))
def test_whatever_is_said_is_cut_short_and_fits_the_event(said: dict[str, str]) -> None:
    found = attribution_of(said)
    assert Attribution(**found).model_dump().keys() >= found.keys()
    assert all(0 < len(value) <= LINE_LIMIT and "\0" not in value for value in found.values())


def test_parameters_for_a_page_that_a_visitor_is_led_to_are_those_of_the_campaign() -> None:
    stored = attribution_of({"utm_source": "a", "utm_content": "b", "fbclid": "c", "via": "d", "landing": "/contact"})
    assert as_parameters(stored) == {"utm_source": "a", "utm_content": "b", "fbclid": "c", "via": "d"}
    assert attribution_of(as_parameters(stored)) == {key: value for key, value in stored.items() if key != "landing"}


@pytest.fixture(scope="module")
def somebody(quiet_house: Installation) -> FlaskClient:
    """One browser for all examples."""
    return quiet_house.browser()


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_referer_and_no_parameter_makes_a_page_fail(somebody: FlaskClient, referer: str, value: str) -> None:
    header = "http://localhost/?" + referer.encode("ascii", "ignore").decode().replace("\r", "").replace("\n", "")
    for path in ("/contact", "/console/signin", "/no/page"):
        answer = somebody.get(path, query_string={"via": value}, headers={"Referer": header})
        assert answer.status_code in (200, 404)
