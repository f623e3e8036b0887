"""The console's rooms for what can be booked."""

from __future__ import annotations

import pytest

from tests.booking.programs import A_CALL, call
from tests.browsing import Page, opened, post
from tests.furnished import signed_in
from tests.installation import Installation

IN_ORDER = "SELECT slug FROM booking.call_type ORDER BY position"


def test_the_settings_lead_to_every_call_type_and_room(house: Installation) -> None:
    page = opened(signed_in(house), "/console/settings")
    assert page.links("/console/call-types/") == [
        *(
            f"/console/call-types/{slug}"
            for (slug,) in house.rows("SELECT slug FROM booking.call_type ORDER BY position")
        ),
        "/console/call-types/new",
    ]


def test_saving_a_call_type_as_it_is_changes_nothing(house: Installation) -> None:
    browser = signed_in(house)
    before = house.rows("SELECT c::text FROM booking.call_type c ORDER BY slug")
    for (slug,) in house.rows("SELECT slug FROM booking.call_type"):
        path = f"/console/call-types/{slug}"
        answer = post(browser, path, opened(browser, path).fields(path))
        assert answer.status_code == 303, slug
    assert house.rows("SELECT c::text FROM booking.call_type c ORDER BY slug") == before
    assert house.rows("SELECT count(*) FROM access.audit WHERE act = 'call_type_changed'") == [(0,)]


def test_what_is_changed_counts_at_once_and_stands_in_the_trail(house: Installation) -> None:
    browser, path = signed_in(house), "/console/call-types/intro"
    changed = opened(browser, path).fields(path) | {"minutes": "45", "notice_minutes": "60", "price_text": "90 €"}
    assert post(browser, path, changed).status_code == 303
    house.work()
    [(detail,)] = house.rows("SELECT detail FROM access.audit WHERE act = 'call_type_changed'")
    assert detail["minutes"] == [30, 45]
    assert house.rows("SELECT count(*) FROM webhooks.inbox WHERE name = 'booking.call_type_changed.v1'") == [(1,)]
    booked = call(house.browser(), "/bookings", A_CALL).get_json()
    assert (booked["start"], booked["end"]) == ("2026-12-08T09:00:00Z", "2026-12-08T09:45:00Z")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minutes", "4"),
        ("minutes", "half an hour"),
        ("minutes", "9" * 5000),
        ("other_minutes", "30, x"),
        ("slug", "Not A Slug"),
        ("name", ""),
        ("seats", "0"),
        ("seats", "5000"),
        ("location_kind", "moon"),
        ("pay_url", "javascript:alert(1)"),
        ("pay_url", "https://["),
        ("redirect_url", "nowhere"),
        ("reminder_minutes", "1,2,3,4,5,6,7"),
        ("first_date", "2026-02-30"),
        ("access", "nobody"),
    ],
)
def test_what_cannot_be_taken_is_named_and_nothing_is_stored(house: Installation, field: str, value: str) -> None:
    browser, path = signed_in(house), "/console/call-types/intro"
    before = house.rows("SELECT c::text FROM booking.call_type c ORDER BY slug")
    refused = post(browser, path, opened(browser, path).fields(path) | {field: value})
    assert refused.status_code == 422
    assert house.rows("SELECT c::text FROM booking.call_type c ORDER BY slug") == before


@pytest.mark.parametrize(
    "together",
    [
        {"horizon_kind": "dates"},
        {"horizon_kind": "dates", "first_date": "2027-01-02", "last_date": "2027-01-01"},
        {"location_kind": "jitsi", "location": ""},
        {"location_kind": "jitsi", "location": "meet.example.org"},
        {"location_kind": "in_person", "location": ""},
        {"seats": "3", "confirmation": "always"},
        {"seats": "3", "other_minutes": "60"},
    ],
)
def test_what_contradicts_itself_is_refused(house: Installation, together: dict[str, str]) -> None:
    browser, path = signed_in(house), "/console/call-types/intro"
    assert post(browser, path, opened(browser, path).fields(path) | together).status_code == 422


def test_a_new_call_type_stands_on_no_list_until_it_is_given_a_way_of_working(house: Installation) -> None:
    way = '[{"slug": "officer", "name": "Part-time officer", "text": "A few days a month."}]'
    house.run("UPDATE booking.advisor SET ways = :ways", ways=way)
    browser, path = signed_in(house), "/console/call-types/new"
    shown = opened(browser, path)
    ways = {option.get_text(): str(option["value"]) for option in shown.soup.select("select[name=way] option")}
    [nowhere] = [value for words, value in ways.items() if words.startswith("none")]
    fields = shown.fields(path)
    assert fields["way"] == nowhere
    assert post(browser, path, fields | {"name": "Listed", "slug": "listed", "way": "officer"}).status_code == 303
    assert post(browser, path, fields | {"name": "Unlisted", "slug": "unlisted"}).status_code == 303
    home = opened(browser, "/").text
    assert "Listed" in home
    assert "Unlisted" not in home
    assert opened(browser, "/book/unlisted").status == 200


def test_a_new_call_type_can_be_booked(house: Installation) -> None:
    browser, path = signed_in(house), "/console/call-types/new"
    fields = opened(browser, path).fields(path) | {"name": "Office hour", "slug": "office-hour"}
    fields |= {"q0_label": "How many people are you?", "q0_kind": "number", "q0_required": "yes"}
    assert post(browser, path, fields).headers["Location"].startswith("/console/call-types/office-hour")
    again = post(browser, path, fields)
    assert again.status_code == 422  # the address is in use
    answers = {"how_many_people_are_you": "40"}
    booked = call(house.browser(), "/bookings", A_CALL | {"call_type": "office-hour", "answers": answers})
    assert booked.status_code == 201
    missing = call(house.browser(), "/bookings", A_CALL | {"call_type": "office-hour", "answers": {}})
    assert missing.status_code == 422


def test_all_the_questions_there_may_be_are_kept_by_one_save(house: Installation) -> None:
    browser, path = signed_in(house), "/console/call-types/new"
    shown = opened(browser, path)
    # Folded, one in another: each one opened offers the next.
    assert len(shown.soup.select("details details details summary")) == 18
    asked = {f"q{at}_label": f"What is your answer number {at}, of all?" for at in range(20)}
    fields = shown.fields(path) | {"name": "Office hour", "slug": "office-hour"}
    assert set(asked) < set(fields)
    assert post(browser, path, fields | asked).status_code == 303
    [(kept,)] = house.rows("SELECT questions FROM booking.call_type WHERE slug = 'office-hour'")
    assert [question["label"] for question in kept] == list(asked.values())
    again = opened(browser, "/console/call-types/office-hour")
    assert "Add another question" not in again.text


def test_questions_that_sound_alike_get_keys_of_their_own(house: Installation) -> None:
    browser, path = signed_in(house), "/console/call-types/intro"
    fields = opened(browser, path).fields(path)
    fields |= {"q5_label": "Warum?", "q6_label": "warum", "q7_label": "人数は？", "q8_label": "言語は？"}
    assert post(browser, path, fields | {"q9_label": "Why?", "q9_key": "question_2"}).status_code == 303
    [(kept,)] = house.rows("SELECT questions FROM booking.call_type WHERE slug = 'intro'")
    assert [one["key"] for one in kept[-5:]] == ["warum", "warum_2", "question", "question_3", "question_2"]


def test_what_is_wrong_with_a_question_is_said_beside_it_and_what_was_typed_stays(house: Installation) -> None:
    browser, path = signed_in(house), "/console/call-types/new"
    fields = opened(browser, path).fields(path) | {"name": "Office hour", "slug": "office-hour"}
    fields |= {"q1_label": "Who?", "q4_label": "Which?", "q4_kind": "choice", "q4_hint": "One of them"}
    refused = Page(post(browser, path, fields))
    assert refused.status == 422
    assert refused.wrong("q4_choices") == (
        "This question needs two or more answers to choose from. Write two or more answers, one a line."
    )
    assert refused.links("#q4_choices")
    # Nothing that was typed is folded away.
    assert refused.soup.select_one("details #q4_label") is None
    assert refused.fields(path)["q4_hint"] == "One of them"


def test_a_private_link_is_made_shown_and_revoked(house: Installation) -> None:
    browser, path = signed_in(house), "/console/call-types/intro"
    fields = opened(browser, path).fields(f"{path}/links")
    assert post(browser, f"{path}/links", fields | {"label": "For Ana", "most_uses": "1"}).status_code == 303
    [(link, token)] = house.rows("SELECT id, token FROM booking.private_link")
    page = opened(browser, path)
    assert token in page.text
    assert "For Ana · used 0 of 1 time" in page.text
    revoke = f"/console/links/{link}/revoke"
    [copy] = page.soup.select("button[data-copy]")
    assert copy["data-copy"] == f"{house.settings.public_url}/book/intro?link={token}"
    assert [button.get_text() for button in (copy, *page.soup.select(f"form[action='{revoke}'] button"))] == [
        "Copy For Ana",
        "Revoke For Ana",
    ]
    assert post(browser, revoke, page.fields(revoke)).status_code == 303
    assert token not in opened(browser, path).text
    assert post(browser, revoke, page.fields(revoke)).status_code == 303
    lines = house.rows("SELECT act, actor, detail FROM access.audit WHERE subject = :link ORDER BY id", link=link)
    assert [tuple(line) for line in lines] == [
        ("link_made", "nora@advisor.test", {"call_type": "intro"}),
        ("link_revoked", "nora@advisor.test", {}),
    ]


def test_only_the_advisor_may_look(house: Installation) -> None:
    for path in ("/console/settings", "/console/call-types/intro", "/console/call-types/new"):
        assert house.browser().get(path).status_code == 303
