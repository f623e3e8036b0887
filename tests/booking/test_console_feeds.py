"""The console's addresses to subscribe to, and its list of who may not book."""

from __future__ import annotations

import pytest

from tests.booking.connecting import ROOM, acts, fields
from tests.booking.programs import A_CALL, A_QUESTION, call
from tests.browsing import Page, opened, post, send
from tests.furnished import signed_in
from tests.installation import Installation

BLOCKED = "/console/blocked"


def addresses(house: Installation, page: Page) -> list[str]:
    """The paths of the addresses that the page gives out."""
    return [code.get_text().removeprefix(house.settings.public_url) for code in page.soup.select("#feeds ~ ul code")]


@pytest.mark.parametrize("kind", ["calls", "free_busy"])
def test_an_address_is_made_read_and_revoked(house: Installation, kind: str) -> None:
    browser = signed_in(house)
    assert call(house.browser(), "/bookings", A_CALL).status_code == 201
    assert send(browser, ROOM, action="/console/feeds", kind=kind, label="phone").status_code == 303
    page = opened(browser, ROOM)
    [path] = addresses(house, page)
    assert "phone" in page.text
    assert page.links("webcal://") == [f"webcal://firstcall.test{path}"]
    [copy] = page.soup.select("button[data-copy]")
    assert (copy["data-copy"], copy.get_text()) == (f"{house.settings.public_url}{path}", "Copy phone")
    read = house.browser().get(path)
    assert (read.status_code, read.mimetype) == (200, "text/calendar")
    assert ("Ana Lima" in read.get_data(as_text=True)) == (kind == "calls")
    assert ("FREEBUSY" in read.get_data(as_text=True)) == (kind == "free_busy")
    [revoke] = [str(form["action"]) for form in page.soup.find_all("form") if "/revoke" in str(form["action"])]
    gone = Page(post(browser, revoke, page.fields(revoke), follow_redirects=True))
    assert addresses(house, gone) == []
    assert house.browser().get(path).status_code == 404
    assert acts(house) == ["feed_made", "feed_revoked"]
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    assert token not in str(house.rows("SELECT t::text FROM access.audit t")), "the address is a key"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "moon"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"kind": "calls", "label": "x" * 5000}, "label"),
        ({"kind": "calls", "label": "a\nb"}, "label"),
        ({"kind": "calls", "label": "a\0b"}, "label"),
    ],
)
def test_what_cannot_be_an_address_to_subscribe_to_is_named(
    quiet_house: Installation, typed: dict[str, str], field: str
) -> None:
    browser = signed_in(quiet_house)
    refused = Page(post(browser, "/console/feeds", fields(browser, "/console/feeds", ROOM) | typed))
    assert refused.status == 422
    assert refused.wrong(field)
    assert quiet_house.rows("SELECT count(*) FROM booking.feed") == [(0,)]
    assert acts(quiet_house) == []


def test_revoking_what_there_is_not_is_not_found(quiet_house: Installation) -> None:
    browser = signed_in(quiet_house)
    token = fields(browser, "/console/feeds", ROOM)
    for path in (
        "/console/feeds/00000000-0000-0000-0000-000000000001/revoke",
        "/console/blocked/00000000-0000-0000-0000-000000000001/unblock",
        "/console/calendars/00000000-0000-0000-0000-000000000001/roles",
        "/console/calendars/00000000-0000-0000-0000-000000000001/access",
        "/console/calendars/00000000-0000-0000-0000-000000000001/look",
        "/console/calendars/00000000-0000-0000-0000-000000000001/disconnect",
        "/console/calendars/new/moon",
    ):
        assert post(browser, path, token).status_code == 404, path
    assert browser.get("/console/calendars/00000000-0000-0000-0000-000000000001").status_code == 404
    assert browser.get("/console/calendars/new/moon").status_code == 404


def test_who_is_blocked_in_the_console_cannot_book_until_they_are_let_in_again(house: Installation) -> None:
    browser = signed_in(house)
    assert "Nobody is blocked." in opened(browser, BLOCKED).text
    assert send(browser, BLOCKED, pattern="@Reader.test", note="sells leads").status_code == 303
    page = opened(browser, f"{BLOCKED}?said=blocked")
    assert "@reader.test" in page.text
    assert "sells leads" in page.text
    assert call(house.browser(), "/bookings", A_CALL).status_code == 403
    assert call(house.browser(), "/contact", A_QUESTION).status_code == 403
    [unblock] = [str(form["action"]) for form in page.soup.find_all("form") if "/unblock" in str(form["action"])]
    assert post(browser, unblock, page.fields(unblock)).status_code == 303
    assert call(house.browser(), "/bookings", A_CALL).status_code == 201
    assert acts(house) == ["address_blocked", "address_unblocked"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"pattern": ""}, "pattern"),
        ({"pattern": "reader.test"}, "pattern"),
        ({"pattern": "ana@reader.test\0"}, "pattern"),
        ({"pattern": "a@" + "b" * 5000}, "pattern"),
        ({"pattern": "@reader.test", "note": "a\0b"}, "note"),
        ({"pattern": "@reader.test", "note": "x" * 5000}, "note"),
    ],
)
def test_what_cannot_be_blocked_is_named_and_kept_in_the_form(
    quiet_house: Installation, typed: dict[str, str], field: str
) -> None:
    browser = signed_in(quiet_house)
    refused = Page(post(browser, BLOCKED, fields(browser, BLOCKED, BLOCKED) | typed))
    assert refused.status == 422
    assert refused.wrong(field)
    assert refused.fields(BLOCKED)["pattern"] == typed["pattern"].replace("\0", "")
    assert quiet_house.rows("SELECT count(*) FROM booking.blocked") == [(0,)]


def test_the_settings_lead_to_both_rooms_and_only_the_advisor_may_look(quiet_house: Installation) -> None:
    page = opened(signed_in(quiet_house), "/console/settings")
    for path in (ROOM, BLOCKED):
        assert page.links(path) == [path]
    for path in (ROOM, f"{ROOM}/new/address", f"{ROOM}/new/account", BLOCKED):
        assert opened(signed_in(quiet_house), path).status == 200
        assert quiet_house.browser().get(path).status_code == 303
