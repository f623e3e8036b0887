"""The unseen proof of work in a real browser, under the house's own Content-Security-Policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Route, expect

from tests.flow.running import Running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Firstcall that takes nothing without a proof."""
    house = Running(tmp_path_factory.mktemp("strict"), UNPROVEN_PER_TEN_MINUTES="0")
    house.start()
    yield house
    house.stop()


def ask(page: Page) -> None:
    page.goto("/contact")
    page.get_by_label("Your question").fill("How do I begin?")
    page.get_by_label("Your name").fill("Ida Nowak")
    page.get_by_label("E-mail", exact=True).fill("ida@reader.test")


def test_the_proof_is_made_while_somebody_writes_and_nobody_sees_it(phone: Page) -> None:
    said: list[str] = []
    phone.on("console", lambda message: said.append(message.text))
    ask(phone)
    expect(phone.locator("[name=proof]")).to_have_value(re.compile("^ey"))
    expect(phone.locator("[name=homepage]")).to_be_hidden()
    with phone.expect_request(lambda request: request.method == "POST") as sent:
        phone.get_by_role("button", name="Send").click()
    assert parse_qs(sent.value.post_data or "")["proof"]
    expect(phone).to_have_url(re.compile("/sent/"))
    assert said == []  # the policy of the page forbade nothing


def test_who_sends_before_the_proof_is_made_is_sent_when_it_is(phone: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    phone.route("**/proof", hold)
    with phone.expect_request("**/proof"):
        ask(phone)
    phone.locator("form[action='/contact']").evaluate("form => { form.requestSubmit(); form.requestSubmit(); }")
    assert phone.locator("[name=proof]").input_value() == ""
    for route in held:
        route.continue_()
    phone.unroute("**/proof")
    expect(phone).to_have_url(re.compile("/sent/"))


def test_a_form_that_was_refused_is_proven_anew(phone: Page) -> None:
    ask(phone)
    phone.get_by_label("E-mail", exact=True).fill("ida at reader")
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("alert")).to_be_visible()
    phone.get_by_label("E-mail", exact=True).fill("ida@reader.test")
    phone.get_by_role("button", name="Send").click()
    expect(phone).to_have_url(re.compile("/sent/"))


def test_without_scripts_the_words_stay_and_the_way_out_is_named(desk: Page) -> None:
    ask(desk)
    desk.get_by_role("button", name="Send").click()
    expect(desk.get_by_role("alert")).to_contain_text("Turn on scripts for this page")
    expect(desk.get_by_label("Your question")).to_have_value("How do I begin?")
