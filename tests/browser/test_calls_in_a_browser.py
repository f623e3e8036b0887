"""A call between the advisor's console and the prospect's phone, each with a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.flow.running import Running
from tests.letters import calendar_of, link_in


def sign_in(desk: Page, running: Running) -> None:
    desk.goto("/console")
    desk.get_by_label("E-mail", exact=True).fill("ada@firstcall.example")
    desk.get_by_label("Password").fill(running.first_password())
    desk.get_by_role("button", name="Sign in").click()
    expect(desk.get_by_role("link", name="Calls", exact=True)).to_be_visible()


def test_a_call_is_requested_confirmed_and_moved_to_a_time_that_the_advisor_proposed(
    phone: Page, desk: Page, running: Running
) -> None:
    sign_in(desk, running)
    desk.goto("/console/call-types/strategy")
    desk.get_by_label("Ask me before it counts").select_option("always")
    desk.get_by_role("button", name="Save").click()

    phone.goto("/book/strategy")
    phone.locator("section.times a.chip").first.click()
    phone.get_by_label("Your name").fill("Lea Novak")
    phone.get_by_label("E-mail", exact=True).fill("lea@reader.test")
    phone.get_by_role("button", name=re.compile("^(Book|Ask for) ")).click()
    expect(phone).to_have_url(re.compile("/call/"))
    # What has not left yet is replaced by what comes after it.
    running.mails("lea@reader.test", at_least=1)

    desk.goto("/console")
    desk.get_by_role("button", name="Confirm Lea Novak").click()
    expect(desk.get_by_text("Confirmed. The invitations are on their way.")).to_be_visible()
    [invitation] = running.mails("lea@reader.test", at_least=2)[1:]
    assert calendar_of(invitation)["SEQUENCE"] == 0

    desk.goto("/console/calls")
    desk.get_by_role("link", name=re.compile("Lea Novak")).click()
    desk.get_by_text("Propose other times").click()
    form = desk.locator("form[action$='/times']")
    chosen = form.locator("input[type=checkbox]").last
    value = chosen.get_attribute("value")
    chosen.check()
    form.get_by_label(re.compile("^What do you say with it")).fill("Does this suit you better?")
    form.get_by_role("button", name="Send these times").click()
    expect(desk.get_by_text("You proposed:")).to_be_visible()

    proposal = running.mails("lea@reader.test", at_least=3)[2]
    phone.goto(link_in(proposal, "/times/").removeprefix(running.url).partition("?")[0])
    expect(phone.get_by_text("Does this suit you better?")).to_be_visible()
    phone.locator(f"button[value='{value}']").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Moved")
    assert calendar_of(running.mails("lea@reader.test", at_least=4)[3])["SEQUENCE"] == 1

    assert value is not None
    then = value.replace("Z", "+00:00")
    expect(phone.locator(".ticket time")).to_have_attribute("datetime", then)
    desk.reload()
    expect(desk.locator("header time")).to_have_attribute("datetime", then)
    expect(desk.get_by_text(re.compile("^Chose .* among the proposed times, instead of "))).to_be_visible()
