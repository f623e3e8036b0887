"""Publishing an article, and what the advisor's profile and a new version mean for letters on their way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.nurture.domain.errors import ArticleError
from services.nurture.usecases.publish import Manuscript, publish_article
from shared.events import ArticlePublished, ProfileChanged
from shared.inbox import publish
from tests.booking.programs import A_QUESTION
from tests.browsing import opened, send
from tests.builders import ARTICLE, a_person, contact_requested
from tests.installation import START, Installation
from tests.nurture.test_enrolling import hear, letters, subjects
from tests.stored import stored

ANOTHER = ARTICLE.replace("Two reports give two different revenues.", "Three reports give three different revenues.")


def publish_it(house: Installation, source: str, name: str = "article.md", kind: Any = "markdown") -> None:
    with house.nurture.sessions.begin() as session:
        publish_article(session, Manuscript(source, name, kind), now=house.clock.now())
    house.work()


def versions(house: Installation) -> list[int]:
    return [number for (number,) in house.rows("SELECT number FROM nurture.sequence_version ORDER BY number")]


def profile(house: Installation, revision: int, **changes: Any) -> ProfileChanged:
    [(subject,)] = house.rows("SELECT id FROM nurture.known_advisor")
    values = {
        "subject": subject,
        "revision": revision,
        "occurred_at": START,
        "advisor": "Nora F. Feld",
        "email": "nora@advisor.test",
        "zone": "Europe/Berlin",
        "title": "Fractional AI officer",
        "signature": ("Nora F. Feld",),
        "postal_address": "Neue Straße 1, 10999 Berlin, Germany",
        "call_types": ({"slug": "strategy", "name": "Strategy call", "minutes": 45},),
    }
    return ProfileChanged.model_validate(values | changes)


def test_a_published_article_can_be_read_and_is_offered_beside_the_box(house: Installation) -> None:
    page = opened(house.browser("nurture"), "/articles/part-time-data-lead")
    assert (page.status, page.heading) == (200, "What a part-time data lead does")
    assert page.links("/book/intro?utm_source=article&utm_campaign=part-time-data-lead")
    assert "What a part-time data lead does" in opened(house.browser(), "/contact").text


def test_the_same_again_is_a_new_revision_and_no_new_version(house: Installation) -> None:
    publish_it(house, ARTICLE)
    assert versions(house) == [1]
    assert house.rows("SELECT revision FROM nurture.article") == [(2,)]
    assert house.rows("SELECT revision FROM booking.article") == [(2,)]


def test_who_is_on_the_way_stays_on_their_version_and_who_comes_later_gets_the_new_one(house: Installation) -> None:
    hear(house, contact_requested(START))
    publish_it(house, ANOTHER)
    assert versions(house) == [1, 2]
    hear(house, contact_requested(START, person=a_person("ben@reader.test")))
    on = dict(
        tuple(row)
        for row in house.rows(
            "SELECT l.email, v.number FROM nurture.enrolment e JOIN nurture.lead l ON l.id = e.lead_id"
            " JOIN nurture.sequence_version v ON v.id = e.version_id"
        )
    )
    assert on == {"ana@reader.test": 1, "ben@reader.test": 2}
    for _ in range(6):
        house.pass_time(days=7)
    said = {"ana@reader.test": "", "ben@reader.test": ""}
    for letter in letters(house):
        said[letter["To"].addresses[0].addr_spec] += letter.get_body(("plain",)).get_content()
    assert "Two reports" in said["ana@reader.test"]
    assert "Three reports" not in said["ana@reader.test"]
    assert "Three reports" in said["ben@reader.test"]


def test_the_newest_article_is_the_one_whose_letters_are_sent(house: Installation) -> None:
    house.clock.move(timedelta(hours=1))
    publish_it(
        house, ARTICLE.replace("slug: part-time-data-lead", "slug: another").replace("data lead does", "lead does")
    )
    shown = send(
        house.browser(), "/contact", **{k: v for k, v in A_QUESTION.items() if k != "timezone"}, follow_up="yes"
    )
    assert shown.status_code == 303
    house.work()
    assert "/articles/another" in letters(house)[0].get_body(("plain",)).get_content()
    captured = house.rows("SELECT payload ->> 'article' FROM webhooks.inbox WHERE name = 'nurture.lead_captured.v1'")
    assert captured == [("another",)]


@pytest.mark.parametrize("source", ["", " \n", "\0"])
def test_what_cannot_be_read_is_refused_and_leaves_everything_as_it_was(house: Installation, source: str) -> None:
    before = stored(house)
    with pytest.raises(ArticleError):
        publish_it(house, source)
    assert stored(house) == before


def test_a_changed_profile_is_what_the_next_letter_is_signed_with(house: Installation) -> None:
    hear(house, contact_requested(START))
    hear(house, profile(house, 7))
    for _ in range(6):
        house.pass_time(days=7)
    texts = [letter.get_body(("plain",)).get_content() for letter in letters(house)]
    assert "Lindenweg 4" in texts[0]
    assert all("Nora F. Feld" in text and "Neue Straße 1" in text for text in texts[1:])
    assert "/book/strategy?" in "".join(texts)
    assert "/book/intro?" not in "".join(texts)


@pytest.mark.parametrize("revision", [0, 1])
def test_an_older_profile_or_the_same_again_changes_nothing(house: Installation, revision: int) -> None:
    before = house.rows("SELECT * FROM nurture.known_advisor")
    hear(house, profile(house, revision))
    assert house.rows("SELECT * FROM nurture.known_advisor") == before


def test_profiles_that_arrive_in_the_wrong_order_leave_the_newest(house: Installation) -> None:
    for revision in (9, 8, 3):
        hear(house, profile(house, revision, title=f"Title {revision}"))
    assert house.rows("SELECT revision, title FROM nurture.known_advisor") == [(9, "Title 9")]


def test_articles_that_booking_hears_of_in_the_wrong_order_leave_the_newest(house: Installation) -> None:
    [(subject,)] = house.rows("SELECT id FROM nurture.article")
    for revision, title in ((5, "The fifth"), (4, "The fourth")):
        event = ArticlePublished(
            subject=subject, revision=revision, occurred_at=START, slug="part-time-data-lead", title=title, emails=5
        )
        with house.nurture.sessions.begin() as session:
            publish(session, event)
        house.work()
    assert house.rows("SELECT title FROM booking.article") == [("The fifth",)]


@pytest.fixture
def reader(house: Installation) -> FlaskClient:
    return house.browser("nurture")


@pytest.mark.parametrize("slug", ["nothing", "%00", "..%2F..", "%F0%9F%A6%86"])
def test_an_article_that_there_is_not_is_not_found(reader: FlaskClient, slug: str) -> None:
    assert opened(reader, f"/articles/{slug}").status == 404


def test_an_articles_page_runs_nothing_of_the_article(house: Installation, reader: FlaskClient) -> None:
    hostile = ARTICLE.replace("There are four areas", "<script>alert(1)</script><img src=x onerror=alert(1)> There are")
    publish_it(house, hostile)
    soup = opened(reader, "/articles/part-time-data-lead").soup
    assert [str(script.get("src")) for script in soup.find_all("script")] == ["/static/ui/firstcall.js"]
    assert not any(attribute.startswith("on") for element in soup.find_all() for attribute in element.attrs)
    assert subjects(house) == []
