"""What only a browser can tell of pages: what a phone shows of them, and what a script does to their buttons."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.flow.running import Running


def test_a_phone_shows_how_long_and_where_above_the_form(phone: Page) -> None:
    phone.goto("/book/discovery")
    phone.locator("section.times a.chip").first.click()
    expect(phone.get_by_label("Your name")).to_be_visible()
    expect(phone.locator(".about .dots")).to_be_visible()
    expect(phone.locator(".about .dots")).to_contain_text("min")


def test_a_form_that_downloads_can_be_sent_again(phone: Page, running: Running) -> None:
    phone.goto("/console/people")
    phone.get_by_label("E-mail", exact=True).fill("ada@firstcall.example")
    phone.get_by_label("Password").fill(running.first_password())
    phone.get_by_role("button", name="Sign in").click()
    phone.get_by_label("E-mail", exact=True).fill("nobody@reader.test")
    phone.get_by_role("button", name="Look").click()
    button = phone.get_by_role("button", name="Download asks and calls")
    for _ in range(2):
        with phone.expect_download():
            button.click()
        expect(button).not_to_have_attribute("aria-disabled", "true")
