"""What people do with a browser, done with one: Chromium, with scripts on a phone and without them at a desk."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.flow.running import Running
from tests.letters import calendar_of, link_in


def test_a_call_is_booked_moved_and_cancelled_on_a_phone(phone: Page, running: Running) -> None:
    phone.goto("/book/discovery")
    expect(phone.get_by_text("Times in New York")).to_be_visible()
    phone.locator("section.times a.chip").last.click()
    phone.get_by_label("Your name").fill("Gia Rossi")
    phone.get_by_label("E-mail", exact=True).fill("gia@reader.test")
    phone.get_by_label("What would make this worth your time?").fill("A clear no would do")
    phone.get_by_role("button", name=re.compile("^Book ")).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Booked")
    expect(phone.get_by_text("gia@reader.test")).to_be_visible()
    # What has not left yet is replaced by what comes after it.
    running.mails("gia@reader.test", at_least=1)

    phone.get_by_role("link", name="Move", exact=True).click()
    phone.locator("section.times a.chip").first.click()
    phone.get_by_role("button", name=re.compile("^Move to ")).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Moved")
    running.mails("gia@reader.test", at_least=2)

    phone.get_by_text("Cancel this call").click()
    phone.get_by_label("What came up?").fill("We solved it ourselves")
    phone.get_by_role("button", name=re.compile("^Cancel ")).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Cancelled")
    assert [calendar_of(mail)["SEQUENCE"] for mail in running.mails("gia@reader.test", at_least=3)] == [0, 1, 2]


def test_a_call_is_booked_without_scripts(desk: Page, running: Running) -> None:
    desk.goto("/book/strategy")
    desk.locator("section.times a.chip").first.click()
    desk.get_by_label("Your name").fill("Hugo Stein")
    desk.get_by_label("E-mail", exact=True).fill("hugo@reader.test")
    desk.get_by_role("button", name=re.compile("^Book ")).click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Booked")
    running.mails("hugo@reader.test", at_least=1)


def test_what_was_typed_stays_when_something_is_wrong(desk: Page) -> None:
    desk.goto("/contact")
    desk.get_by_label("Your question").fill("How do I begin?")
    desk.get_by_label("Your name").fill("Ida Nowak")
    desk.get_by_label("E-mail", exact=True).fill("ida at reader")
    desk.get_by_role("button", name="Send").click()
    expect(desk.get_by_role("alert")).to_be_visible()
    expect(desk.get_by_label("Your question")).to_have_value("How do I begin?")
    expect(desk.get_by_label("E-mail", exact=True)).to_have_value("ida at reader")


def test_a_mentorship_request_is_accepted_in_the_console_and_booked(phone: Page, desk: Page, running: Running) -> None:
    phone.goto("/mentorship")
    phone.get_by_label(re.compile("^One session")).check()
    phone.get_by_label("Your background").fill("Nine years of backends")
    phone.get_by_label("Your goal").fill("My first project with a model in it")
    phone.get_by_label("Your name").fill("Jon Berg")
    phone.get_by_label("E-mail", exact=True).fill("jon@reader.test")
    phone.get_by_role("button", name="Send the request").click()
    expect(phone).to_have_url(re.compile("/sent/"))

    desk.goto("/console")
    desk.get_by_label("E-mail", exact=True).fill("ada@firstcall.example")
    desk.get_by_label("Password").fill(running.first_password())
    desk.get_by_role("button", name="Sign in").click()
    desk.get_by_role("button", name=re.compile("^Accept")).click()
    expect(desk.get_by_text("Accepted.")).to_be_visible()

    accepted = running.mails("jon@reader.test", at_least=2)[1]
    phone.goto(link_in(accepted, "/book/").removeprefix(running.url))
    phone.locator("section.times a.chip").first.click()
    phone.get_by_label("Your name").fill("Jon Berg")
    phone.get_by_label("E-mail", exact=True).fill("jon@reader.test")
    phone.get_by_role("button", name=re.compile("^Book ")).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Booked")


def test_an_unsubscribe_link_asks_once_and_then_says_the_same(desk: Page, running: Running) -> None:
    desk.goto("/contact")
    desk.get_by_label("Your question").fill("How long does it take?")
    desk.get_by_label("Your name").fill("Kim Lund")
    desk.get_by_label("E-mail", exact=True).fill("kim@reader.test")
    desk.get_by_label(re.compile("^Also send me the short version")).check()
    desk.get_by_role("button", name="Send").click()
    letter = next(mail for mail in running.mails("kim@reader.test", at_least=2) if "List-Id" in mail)
    link = str(letter["List-Unsubscribe"]).strip("<>")
    desk.goto(link)
    desk.get_by_role("button", name="Stop these e-mails").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Stopped")
    desk.goto(link)
    expect(desk.get_by_role("heading", level=1)).to_have_text("Stopped")
