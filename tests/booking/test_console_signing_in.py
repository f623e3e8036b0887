"""The console's door: who may come in, for how long, and what the outside learns from trying."""

from __future__ import annotations

import time

import pytest
from flask.testing import FlaskClient

from tests.browsing import Page, opened, post, send
from tests.furnished import NORA, PASSWORD, signed_in
from tests.installation import Installation
from tests.stored import stored

NEW = "a longer one that only I know"


@pytest.fixture
def browser(house: Installation) -> FlaskClient:
    return house.browser()


@pytest.fixture
def inside(house: Installation) -> FlaskClient:
    return signed_in(house)


def test_the_right_password_opens_today(browser: FlaskClient) -> None:
    answer = send(browser, "/console/signin", email=" Nora@Advisor.TEST ", password=PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console")
    assert opened(browser, "/console").status == 200


def test_the_session_cookie_is_for_the_console_only_and_no_script_reads_it(house: Installation) -> None:
    cookie = _session_cookie(house.browser())
    for part in ("HttpOnly", "SameSite=Lax", "Path=/console", "Max-Age=1209600"):
        assert part in cookie
    assert "Secure" not in cookie
    assert "Secure" in _session_cookie(house.with_settings(public_url="https://calls.firstcall.test").browser())


def test_a_session_is_kept_as_a_digest(house: Installation, browser: FlaskClient) -> None:
    send(browser, "/console/signin", email=NORA, password=PASSWORD)
    cookie = browser.get_cookie("console", path="/console")
    assert cookie is not None
    [(row,)] = house.rows("SELECT s::text FROM access.session s")
    assert cookie.value not in row


WRONG = [
    *((NORA, "wrong"), ("nobody@advisor.test", PASSWORD), ("", ""), (NORA + "\0", PASSWORD), (NORA, PASSWORD + "\0")),
    *((NORA, "x" * 100_000), ("é", "🦆")),
]


def test_whatever_is_wrong_is_told_in_the_same_words(quiet_house: Installation) -> None:
    before, browser = stored(quiet_house), quiet_house.browser()
    for email, password in WRONG:
        page = Page(send(browser, "/console/signin", email=email, password=password))
        assert page.status == 403, (email, password[:20])
        assert "Address and password do not match." in page.text
        assert password not in str(page.soup) or len(password) < 10
    assert stored(quiet_house) == before


def test_an_address_without_an_account_takes_as_long_as_a_wrong_password(browser: FlaskClient) -> None:
    """Whoever measures must not learn who has an account: both are hashed. Half is far above what noise makes."""
    shown = opened(browser, "/console/signin").fields("/console/signin")
    took = {}
    for email in (NORA, "nobody@advisor.test"):
        tries = []
        for _ in range(2):
            began = time.thread_time()
            post(browser, "/console/signin", shown | {"email": email, "password": "wrong"})
            tries.append(time.thread_time() - began)
        took[email] = min(tries)
    assert took["nobody@advisor.test"] > took[NORA] / 2


def test_ten_tries_in_five_minutes_are_enough(house: Installation, browser: FlaskClient) -> None:
    shown = opened(browser, "/console/signin").fields("/console/signin")
    assert browser.post("/console/signin", data=shown | {"email": "x"}).status_code == 403
    house.run("UPDATE system.rate SET count = 9")
    assert browser.post("/console/signin", data=shown | {"email": "x"}).status_code == 403
    refused = browser.post("/console/signin", data=shown | {"email": NORA, "password": PASSWORD})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "300")


INSIDE = ["/console/password", "/console?said=answered"]
OUTSIDE = [
    *("https://evil.test/", "//evil.test/console", "/console/signin", "/\\evil.test", "javascript:alert(1)", "console"),
    *("", "/contact", "http:/console", "\t//evil.test"),
]


def test_the_form_leads_on_to_a_page_of_the_console_only(quiet_house: Installation) -> None:
    browser = quiet_house.browser()
    for wanted in INSIDE + OUTSIDE:
        shown = Page(browser.get("/console/signin", query_string={"next": wanted})).fields("/console/signin")
        assert shown["next"] == (wanted if wanted in INSIDE else "/console")


@pytest.mark.parametrize("wanted", ["/console\r\nSet-Cookie: a=b", "//evil.test/console", "/console@evil.test\0"])
def test_no_address_to_return_to_leaves_this_host_or_adds_a_header(quiet_house: Installation, wanted: str) -> None:
    browser = quiet_house.browser()
    typed = opened(browser, "/console/signin").fields("/console/signin") | {"email": NORA, "password": PASSWORD}
    answer = post(browser, "/console/signin", typed | {"next": wanted})
    assert answer.headers["Location"].startswith("/console")
    assert [c.partition("=")[0] for c in answer.headers.getlist("Set-Cookie")] == ["console"]


@pytest.mark.parametrize(
    "path", ["/console", "/console/password", "/console/mails/0199f0c2-7d1e-7cc3-9a43-111111111111"]
)
def test_who_is_not_signed_in_is_asked_to_and_comes_back(browser: FlaskClient, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/console/signin?next={path}")
    shown = opened(browser, path).fields("/console/signin")
    assert shown["next"] == path
    assert post(browser, "/console/signin", shown | {"email": NORA, "password": PASSWORD}).headers["Location"] == path


def test_an_act_without_a_session_is_not_done_and_no_page_to_return_to(
    house: Installation, browser: FlaskClient
) -> None:
    before = stored(house)
    acts = ["asks/0199f0c2-7d1e-7cc3-9a43-111111111111/answered", "asks/0199f0c2-7d1e-7cc3-9a43-111111111111/%0d%0aX"]
    for path in (*acts, "asks/0199f0c2-7d1e-7cc3-9a43-111111111111/✓", "password", "signout"):
        answer = browser.post(f"/console/{path}")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/console/signin?next=/console")
    assert stored(house) == before


def test_a_made_up_cookie_is_no_session(quiet_house: Installation) -> None:
    browser = quiet_house.browser()
    for cookie in ("", "x", "A" * 22, "é", "x" * 4000):
        answer = browser.get("/console", headers={"Cookie": f"console={cookie}".encode().decode("latin-1")})
        assert answer.status_code == 303


def test_a_session_ends_after_two_weeks_of_machine_time(house: Installation, inside: FlaskClient) -> None:
    house.pass_time(days=30)  # product time has nothing to do with it
    assert inside.get("/console").status_code == 200
    house.run("UPDATE access.session SET expires_at = now() - interval '1 second'")
    assert inside.get("/console").status_code == 303


def test_signing_out_ends_the_session_and_forgets_the_cookie(house: Installation, inside: FlaskClient) -> None:
    cookie = inside.get_cookie("console", path="/console")
    assert cookie is not None
    answer = send(inside, "/console", action="/console/signout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Path=/console" in answer.headers["Set-Cookie"]
    assert house.rows("SELECT 1 FROM access.session") == []
    inside.set_cookie("console", cookie.value, path="/console")
    assert inside.get("/console").status_code == 303


def test_an_act_needs_our_own_form_too(house: Installation, inside: FlaskClient) -> None:
    before = stored(house)
    for path in (
        "/console/signout",
        "/console/password",
        "/console/asks/0199f0c2-7d1e-7cc3-9a43-111111111111/answered",
    ):
        assert post(inside, path, {}).status_code == 403
    assert stored(house) == before


def test_the_first_password_is_asked_to_be_changed_until_it_is(house: Installation, inside: FlaskClient) -> None:
    page = opened(inside, "/console")
    assert "You still use the first password." in page.text
    assert page.soup.select_one("main a[href='/console/password']") is not None
    elsewhere = signed_in(house)
    answer = send(inside, "/console/password", old=PASSWORD, new=NEW)
    assert answer.status_code == 303
    assert "You still use the first password." not in opened(inside, "/console").text
    assert elsewhere.get("/console").status_code == 303  # every other browser was signed out
    assert send(house.browser(), "/console/signin", email=NORA, password=PASSWORD).status_code == 403
    assert send(house.browser(), "/console/signin", email=NORA, password=NEW).status_code == 303
    assert house.rows("SELECT actor, act FROM access.audit") == [(NORA, "password_changed")]


def test_a_password_that_cannot_be_taken_is_told_beside_its_field(house: Installation, inside: FlaskClient) -> None:
    before = stored(house)
    for old, new, field in (
        ("wrong", NEW, "old"),
        ("\0", NEW, "old"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "x" * 201, "new"),
        (PASSWORD, "", "new"),
    ):
        page = Page(send(inside, "/console/password", old=old, new=new))
        assert page.status == 422
        assert page.wrong(field)
    assert stored(house) == before


def _session_cookie(browser: FlaskClient) -> str:
    answer = send(browser, "/console/signin", email=NORA, password=PASSWORD)
    [cookie] = [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("console=")]
    return cookie
