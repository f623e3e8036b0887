"""A time that is kept from the first keystroke, and words that stay when another is chosen: two browsers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.flow.running import Running

HELD = "SELECT count(*) FROM booking.claim WHERE kind = 'hold' AND active"


@pytest.fixture
def other(chromium: Browser, running: Running) -> Iterator[Page]:
    """Somebody else, at a desk in New York."""
    context = chromium.new_context(
        base_url=running.url, viewport={"width": 1280, "height": 900}, timezone_id="America/New_York", locale="en-GB"
    )
    yield context.new_page()
    context.close()


def last_time(page: Page) -> str:
    """Choose the last time of the first free day; its address."""
    page.goto("/book/discovery")
    expect(page.get_by_text("Times in New York")).to_be_visible()
    page.locator("section.times a.chip").last.click()
    expect(page.get_by_role("button", name=re.compile("^Book "))).to_be_visible()
    return page.url


def holds(running: Running, count: int) -> None:
    running.eventually(lambda: running.rows(HELD), lambda found: found == [(count,)])


def test_a_time_is_held_from_the_first_keystroke_and_given_back_on_leaving(
    phone: Page, other: Page, running: Running
) -> None:
    address = last_time(phone)
    other.goto(address)
    holds(running, 0)  # looking holds nothing
    phone.get_by_label("Your name").press("G")
    holds(running, 1)

    other.get_by_label("Your name").press_sequentially("Hugo")
    expect(other.get_by_role("status").first).to_contain_text("a moment ago. What you wrote is kept.")
    expect(other.get_by_label("Your name")).to_have_value("Hugo")
    expect(other.get_by_role("button", name="Book the time chosen")).to_be_visible()
    other.locator("label.choice-chip").last.click()
    holds(running, 2)  # each visitor one

    phone.get_by_role("link", name="Choose another time").click()
    expect(phone.locator(f"section.times a.chip[href*='{address.partition('start=')[2]}']")).to_be_visible()
    holds(running, 1)
    other.goto("/contact")
    holds(running, 0)


def test_who_holds_a_time_books_it_and_what_was_typed_comes_along_to_another(
    phone: Page, other: Page, running: Running
) -> None:
    last_time(phone)
    phone.get_by_label("Your name").fill("Gia Rossi")
    phone.get_by_label("Pilots that never reach production").check()
    phone.get_by_text("Bring somebody along").click()
    phone.get_by_label("Who else comes?").fill("gil@guest.test")
    holds(running, 1)
    phone.get_by_role("link", name="Choose another time").click()
    phone.locator("section.times a.chip").first.click()
    expect(phone.get_by_label("Your name")).to_have_value("Gia Rossi")
    expect(phone.get_by_label("Pilots that never reach production")).to_be_checked()
    expect(phone.get_by_label("Who else comes?")).to_have_value("gil@guest.test")
    holds(running, 1)  # what was restored is held without another keystroke

    other.goto(phone.url)
    expect(other.get_by_role("status")).to_contain_text("is not free any more.")

    phone.get_by_label("E-mail", exact=True).fill("not an address")
    phone.get_by_role("button", name=re.compile("^Book ")).click()
    expect(phone.get_by_role("alert")).to_be_visible()
    holds(running, 1)  # a slip does not cost the time
    phone.get_by_label("E-mail", exact=True).fill("gia@reader.test")
    phone.get_by_role("button", name=re.compile("^Book ")).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Booked")
    holds(running, 0)
    running.mails("gil@guest.test", at_least=1)

    phone.reload()
    assert running.rows("SELECT count(*) FROM booking.call") == [(1,)]
    phone.goto("/book/discovery")
    phone.locator("section.times a.chip").first.click()
    expect(phone.get_by_label("Your name")).to_have_value("")


def test_going_back_shows_ones_own_time_still_free(phone: Page, running: Running) -> None:
    address = last_time(phone)
    phone.get_by_label("Your name").press("G")
    holds(running, 1)
    phone.go_back()
    chosen = address.partition("start=")[2]
    expect(phone.locator(f"section.times a.chip[href*='{chosen}']")).to_be_visible()
    phone.go_forward()
    expect(phone.get_by_label("Your name")).to_have_value("G")


def test_without_scripts_another_time_keeps_what_was_typed(desk: Page) -> None:
    desk.goto("/book/discovery")
    desk.locator("section.times a.chip").first.click()
    desk.get_by_label("Your name").fill("Hugo Stein")
    desk.get_by_label("E-mail", exact=True).fill("hugo@reader.test")
    expect(desk.get_by_role("link", name="Choose another time")).to_be_hidden()
    desk.get_by_role("button", name="Choose another time, and keep what I wrote").click()
    expect(desk.get_by_label("Your name")).to_have_value("Hugo Stein")
    desk.locator("label.choice-chip").last.click()
    desk.get_by_role("button", name="Book the time chosen").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Booked")


def test_a_time_that_is_lost_is_told_of_even_when_nothing_else_is_free(phone: Page, running: Running) -> None:
    last_time(phone)
    running.rows("UPDATE booking.call_type SET notice_minutes = 200000 WHERE slug = 'discovery' RETURNING slug")
    phone.get_by_label("Your name").press_sequentially("Hugo")
    expect(phone.get_by_role("status").first).to_contain_text("a moment ago. What you wrote is kept.")
    expect(phone.get_by_role("link", name="All free times")).to_be_visible()
    expect(phone.get_by_role("button", name=re.compile("^(Book|Sending)"))).to_be_hidden()
    expect(phone.get_by_label("Your name")).to_have_value("Hugo")
