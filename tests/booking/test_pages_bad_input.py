"""Bad input to pages: told beside the field, nothing stored by halves, nothing injected, and never a 500."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.security import csrf_token
from tests.browsing import Page, an_address, opened, post
from tests.installation import START, Installation
from tests.stored import stored

TEN = "2026-12-08T09:00:00Z"
PAGES: dict[str, dict[str, str]] = {
    "/contact": {
        "message": "What does it cost?",
        "name": "Ana Lima",
        "email": "ana@reader.test",
        "company": "Lima",
        "phone": "+1 212 555 0100",
    },
    "/mentorship": {
        "format": "ongoing",
        "background": "Backend engineer",
        "goal": "Lead a project",
        "preferred_times": "Tuesdays",
        "name": "Ana Lima",
        "email": "ana@reader.test",
    },
    f"/book/intro?start={TEN}": {"name": "Ana Lima", "email": "ana@reader.test", "worth": "A yes or a no"},
}
LINES = ("name", "email", "company", "phone", "format")
EVERY_FIELD = [(page, field) for page, typed in PAGES.items() for field in typed]


@pytest.fixture(scope="module")
def browser(quiet_house: Installation) -> FlaskClient:
    return quiet_house.browser()


def cookie_of(browser: FlaskClient) -> str:
    """The visitor's cookie, after a first page at the latest."""
    if browser.get_cookie("visitor") is None:
        browser.get("/contact")
    cookie = browser.get_cookie("visitor")
    assert cookie is not None
    return cookie.value


def action_of(page: str) -> str:
    return page.partition("?")[0]


@pytest.mark.parametrize(("page", "field"), EVERY_FIELD)
def test_text_that_cannot_be_kept_is_refused_beside_its_field(
    quiet_house: Installation, browser: FlaskClient, page: str, field: str
) -> None:
    before = stored(quiet_house)
    shown = opened(browser, page).fields(action_of(page)) | PAGES[page]
    hostile = ["a\0b", "bell \x07", "esc \x1b[31m", "\x7f", "x" * 1_000_000]
    hostile += ["a\r\nBcc: eve@x.test", "a\nb", "a\rb", "a\u2028b", "a\x85b"] if field in LINES else []
    for text in hostile:
        again = Page(post(browser, action_of(page), shown | {field: text}))
        assert again.status == 422, repr(text[:20])
        assert again.wrong(field)
        assert len(again.answer.data) < 200_000  # a megabyte is not given back
    assert stored(quiet_house) == before


@pytest.mark.parametrize("page", PAGES)
def test_bytes_that_are_no_text_are_refused_or_replaced(
    quiet_house: Installation, browser: FlaskClient, page: str
) -> None:
    shown = opened(browser, page).fields(action_of(page))
    body = f"csrf_token={shown['csrf_token']}&name=%ED%A0%80%FF&email=%00&%00=%00&start=%C3%28".encode()
    before = stored(quiet_house)
    # Raw bytes make the whole form unreadable, its token included.
    for raw, status in ((body, 422), (body + b"&\xff=\xfe", 403)):
        answer = browser.post(
            action_of(page),
            data=raw,
            content_type="application/x-www-form-urlencoded",
            environ_base={"REMOTE_ADDR": an_address()},
        )
        assert answer.status_code == status
    assert stored(quiet_house) == before


@pytest.mark.parametrize("page", PAGES)
def test_a_form_beyond_the_limit_is_too_much_and_says_so(browser: FlaskClient, page: str) -> None:
    answer = Page(post(browser, action_of(page), {"message": "x" * 3_000_000}))
    assert (answer.status, answer.heading) == (413, "That is too much at once")
    many = {f"field{number}": "x" for number in range(5000)}
    answer = Page(post(browser, action_of(page), many, content_type="multipart/form-data"))
    assert answer.status == 413


POSTS = [*map(action_of, PAGES), "/call/no-such-call/move", "/call/no-such-call/cancel", "/console/signin"]


@pytest.mark.parametrize("path", POSTS)
def test_a_form_that_we_did_not_show_to_this_browser_is_refused(quiet_house: Installation, path: str) -> None:
    before, browser = stored(quiet_house), quiet_house.browser()
    opened(browser, "/contact")
    for token in ({}, *({"csrf_token": text} for text in ("", "wrong", "é", "\0", "x" * 100_000))):
        answer = Page(post(browser, path, {"name": "Ana"} | token))
        assert (answer.status, answer.heading) == (403, "This form has expired")
    assert stored(quiet_house) == before


@pytest.mark.parametrize("path", POSTS)
def test_a_token_of_another_browser_opens_nothing(quiet_house: Installation, path: str) -> None:
    theirs = opened(quiet_house.browser(), "/contact").fields("/contact")["csrf_token"]
    without_cookie = quiet_house.browser()
    assert post(without_cookie, path, {"csrf_token": theirs}).status_code == 403
    with_another = quiet_house.browser()
    opened(with_another, "/contact")
    assert post(with_another, path, {"csrf_token": theirs}).status_code == 403


def test_a_form_shown_before_the_key_was_rotated_still_counts_once_the_old_key_is_named(house: Installation) -> None:
    browser, old = house.browser(), house.settings.secret_key
    shown = opened(browser, "/contact").fields("/contact") | PAGES["/contact"]
    cookie = browser.get_cookie("visitor")
    assert cookie is not None
    for old_key, status in (("", 403), (old, 303)):
        house.with_settings(secret_key="another-secret-key-of-tests-01234567", secret_key_old=old_key)
        again = house.browser()
        again.set_cookie("visitor", cookie.value)
        assert again.post("/contact", data=shown).status_code == status


def test_too_many_forms_of_one_address_are_refused_with_when_to_come_back(house: Installation) -> None:
    browser = house.browser()
    shown = opened(browser, "/contact").fields("/contact") | PAGES["/contact"]
    assert {browser.post("/contact", data=shown).status_code for _ in range(30)} == {303}
    before = stored(house)
    refused = Page(browser.post("/contact", data=shown))
    assert (refused.status, refused.answer.headers["Retry-After"]) == (429, "600")
    assert "Wait 10 min" in refused.text
    assert stored(house) == before
    assert opened(browser, "/contact").status == 200  # reading goes on
    assert house.clock.now() == START


_TEXTS = st.text(max_size=50) | st.sampled_from(
    ["\0", TEN, "ana@reader.test", "UTC", "ongoing", "yes", "<b>", "%s", "{{7*7}}"]
)


@settings(max_examples=60, deadline=None)
@given(page=st.sampled_from(sorted(PAGES)), data=st.data())
def test_no_form_makes_it_fail_and_no_refusal_writes(
    quiet_house: Installation, browser: FlaskClient, page: str, data: st.DataObject
) -> None:
    known = ["timezone", "form_key", "start", "invitation", "utm_source", "situation", "follow_up", *PAGES[page]]
    typed = PAGES[page] | data.draw(st.dictionaries(st.sampled_from(known) | _TEXTS, _TEXTS, max_size=4))
    typed["csrf_token"] = csrf_token(quiet_house.settings, cookie_of(browser))
    before = stored(quiet_house)
    answer = post(browser, action_of(page), {name: text.encode("utf-8", "replace") for name, text in typed.items()})
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert stored(quiet_house) == before


_PATHS = st.sampled_from(
    ["/", "/contact", "/book/intro", "/call/x", "/sent/x", "/console/signin", "/api/v1/call-types"]
)
_QUERIES = st.dictionaries(
    st.sampled_from(["zone", "day", "month", "start", "invitation", "just", "next", "said", "utm_source"]), _TEXTS
)


@settings(max_examples=60, deadline=None)
@given(
    path=_PATHS,
    query=_QUERIES,
    language=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=20),
)
def test_no_address_makes_a_page_fail(browser: FlaskClient, path: str, query: dict[str, str], language: str) -> None:
    quoted = {name: text.encode("utf-8", "replace") for name, text in query.items()}
    answer = browser.get(path, query_string=quoted, headers={"Accept-Language": language})
    assert answer.status_code < 500
