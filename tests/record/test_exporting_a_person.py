"""What a person gets when they ask what is kept of them: all of theirs, and nothing of anybody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from services.booking.usecases.sign_in import make_token
from shared.settings import ServiceName
from tests.booking.calls import booked
from tests.browsing import Page, opened, post, send
from tests.fakes.endpoint import FakeEndpoint
from tests.furnished import NORA, signed_in
from tests.installation import START, Installation
from tests.record.people import ANA, BEN, HER_WORDS, meet, traces
from tests.stored import stored

OF: tuple[ServiceName, ...] = ("booking", "nurture", "webhooks")


@pytest.fixture
def known(house: Installation) -> Iterator[Installation]:
    with FakeEndpoint("whsec_" + "A" * 43 + "=") as endpoint:
        meet(house, endpoint=endpoint.url)
    yield house


def exported(house: Installation, service: ServiceName, email: str = ANA, scope: str = "people:read") -> Any:
    with house.booking.sessions.begin() as session:
        token = make_token(session, "of a test", (scope,), now=START)
    headers = {"Authorization": f"Bearer {token}"}
    return house.browser(service).post(f"/api/v1/people/{service}/export", json={"email": email}, headers=headers)


def test_everything_that_is_kept_is_in_it_and_nobody_else(known: Installation) -> None:
    found = {service: exported(known, service).get_json() for service in OF}
    text = json.dumps(found, ensure_ascii=False).lower()
    # The advisor's own words about others, and a label of a link, are not about her by themselves.
    assert {word for word in HER_WORDS if word not in text} <= {"for ana"}
    for other in (BEN, "ben okafor", "to learn", "eve@reader.test", "eve", "token", "whsec_"):
        assert f'"{other}"' not in text, other
    kept = {name: {part: count for part, count in one["kept"].items() if count} for name, one in found.items()}
    assert set(kept["booking"]) >= {"asks", "calls", "proposals", "invitations", "mails", "mails_about_you", "address"}
    assert set(kept["nurture"]) >= {"lead", "consents", "sequences", "letters", "calls", "events"}
    assert set(kept["webhooks"]) == {"deliveries", "mail_events", "events"}
    [call] = next(part["items"] for part in found["booking"]["parts"] if part["name"] == "calls")
    assert (call["guests"], call["notes"]) == (1, "She asked twice")
    [consent] = next(part["items"] for part in found["nurture"]["parts"] if part["name"] == "consents")[:1]
    assert consent["shown"].startswith("Also send me the short version")


def test_every_part_says_what_it_is_also_when_nothing_is_kept(known: Installation) -> None:
    for service in OF:
        found = exported(known, service, "nobody@reader.test").get_json()
        assert set(found["kept"].values()) == {0}
        assert all(part["about"].endswith(".") and part["items"] == [] for part in found["parts"])


def test_exporting_changes_nothing(known: Installation) -> None:
    [exported(known, service) for service in OF]
    known.run("DELETE FROM access.api_token; DELETE FROM access.audit")
    before = stored(known)
    [exported(known, service) for service in OF]
    known.run("DELETE FROM access.api_token; DELETE FROM access.audit")
    assert stored(known) == before


@pytest.mark.parametrize(
    "email", ["", "nobody", "a\0@b.test", "x" * 400 + "@b.test", "ana@reader.test, ben@reader.test"]
)
def test_what_is_no_address_is_refused_with_the_field(house: Installation, email: str) -> None:
    answer = exported(house, "booking", email)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == ["email"]


def test_reading_is_not_writing(known: Installation) -> None:
    assert exported(known, "nurture", scope="people:write").status_code == 403
    with known.booking.sessions.begin() as session:
        token = make_token(session, "of a test", ("people:read",), now=START)
    headers = {"Authorization": f"Bearer {token}"}
    refused = known.browser().post("/api/v1/people/erase", json={"email": ANA}, headers=headers)
    assert refused.status_code == 403


def test_a_program_erases_and_the_trail_says_so_without_saying_whom(known: Installation) -> None:
    with known.booking.sessions.begin() as session:
        token = make_token(session, "of a test", ("people:write",), now=START)
    headers, program = {"Authorization": f"Bearer {token}"}, known.browser()
    answer = program.post("/api/v1/people/erase", json={"email": ANA.title()}, headers=headers)
    assert (answer.status_code, answer.get_json()) == (202, {"asks": 2, "calls": 1, "entries": 0})
    known.work()
    assert traces(known) == []
    [line] = known.rows("SELECT actor, detail FROM access.audit WHERE act = 'person_erased'")
    assert tuple(line) == ("a program: of a test", {"reason": "asked", "asks": 2, "calls": 1, "entries": 0})
    wrong = program.post("/api/v1/people/erase", json={"email": ANA, "reason": "Ana asked"}, headers=headers)
    assert wrong.status_code == 422


def test_the_advisor_looks_somebody_up_downloads_and_erases(known: Installation) -> None:
    browser = signed_in(known)
    found = send(browser, "/console/people", email=f" {ANA} ")
    assert found.status_code == 200
    page = found.get_data(as_text=True)
    assert "Asks: 2" in page
    form = opened(browser, "/console/people").fields("/console/people") | {"email": ANA}
    for service in OF:
        there = known.browser(service)
        for cookie in ("console", "visitor"):
            kept = browser.get_cookie(cookie, path="/console" if cookie == "console" else "/")
            assert kept is not None
            there.set_cookie(cookie, kept.value, path=kept.path)
        answer = post(there, f"/console/people/{service}", form)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{service}.json"'
        assert answer.get_json()["person"] == ANA
    asked = Page(found).fields("/console/people/erase")
    erased = post(browser, "/console/people/erase", asked | {"reason": "asked", "again": " Ana@READER.test "})
    assert erased.status_code == 200
    assert "Erased here" in erased.get_data(as_text=True)
    known.work()
    assert traces(known) == []
    assert opened(browser, "/console/audit").text.count("Erased a person") == 1


@pytest.mark.parametrize("again", ["", "ben@reader.test", "ana@reader", "\0"])
def test_the_console_erases_nobody_whose_address_was_not_typed_again(known: Installation, again: str) -> None:
    browser = signed_in(known)
    asked = Page(send(browser, "/console/people", email=ANA)).fields("/console/people/erase")
    assert asked["again"] == ""
    before = stored(known)
    refused = Page(post(browser, "/console/people/erase", asked | {"reason": "other", "again": again}))
    assert refused.status == 422
    assert refused.wrong("again") == f"This is not the address above, so nothing was erased. Type {ANA}."
    # What is kept, and what was chosen, is still there.
    assert "Asks: 2" in refused.text
    assert refused.fields("/console/people/erase")["reason"] == "other"
    assert stored(known) == before


def test_the_console_says_why_somebody_cannot_be_erased(house: Installation) -> None:
    browser = signed_in(house)
    form = opened(browser, "/console/people").fields("/console/people")
    before = stored(house)
    own = post(browser, "/console/people/erase", form | {"email": NORA, "again": NORA})
    assert own.status_code == 409
    assert "address of your own" in own.get_data(as_text=True)
    assert post(browser, "/console/people/erase", form | {"email": "nobody"}).status_code == 422
    assert post(browser, "/console/people", form | {"email": "nobody"}).status_code == 422
    assert stored(house) == before


def test_the_console_names_the_call_ahead_on_the_advisors_clock(house: Installation) -> None:
    booked(house)
    browser = signed_in(house)
    form = opened(browser, "/console/people").fields("/console/people")
    refused = Page(post(browser, "/console/people/erase", form | {"email": ANA, "again": ANA}))
    assert refused.status == 409
    assert "They have a call on Tue 8 Dec, 10:00 (Berlin)." in refused.text
