"""What goes around every page: headers, cookies, health."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.booking.programs import A_QUESTION
from tests.browsing import opened, send
from tests.installation import Installation

EVERYWHERE = [
    *("/", "/contact", "/mentorship", "/book/intro", "/call/x", "/nothing", "/console/signin", "/console"),
    *("/api/v1/call-types", "/api/v1/nothing", "/healthz", "/readyz"),
]


@pytest.fixture(scope="module")
def browser(quiet_house: Installation) -> FlaskClient:
    return quiet_house.browser()


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_is_hardened_and_never_kept_by_a_cache(browser: FlaskClient, path: str) -> None:
    headers = browser.get(path).headers
    policy = headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert len(headers["X-Request-Id"]) == 16
    assert "Strict-Transport-Security" not in headers  # this installation is not served over TLS


def test_over_tls_browsers_are_told_to_stay_there_and_cookies_never_leave_it(house: Installation) -> None:
    house.with_settings(public_url="https://calls.firstcall.test")
    answer = house.browser().get("/contact")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Secure" in answer.headers["Set-Cookie"]


def test_the_only_cookie_says_nothing_and_no_script_reads_it(quiet_house: Installation) -> None:
    answer = quiet_house.browser().get("/contact")
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("visitor=")
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    again = quiet_house.browser()
    again.get("/contact")
    assert "Set-Cookie" not in again.get("/contact").headers
    assert "Set-Cookie" not in quiet_house.browser().get("/api/v1/call-types").headers


@pytest.mark.parametrize("path", ["/", "/contact", "/book/intro", "/book/intro?start=2026-12-08T09:00:00Z", "/nothing"])
def test_nothing_on_a_page_comes_from_elsewhere(browser: FlaskClient, path: str) -> None:
    soup = opened(browser, path).soup
    loaded = [str(e.get("src") or e.get("href")) for e in soup.find_all(["script", "link", "img", "iframe"])]
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)
    assert not soup.find_all("style")
    assert not soup.find_all(attrs={"style": True})


@pytest.mark.parametrize("path", ["/", "/contact", "/mentorship", "/book/intro", "/nothing", "/console/signin"])
def test_a_page_says_its_language_and_has_one_heading(browser: FlaskClient, path: str) -> None:
    soup = opened(browser, path).soup
    assert soup.html is not None
    assert soup.html["lang"] == "en"
    assert len(soup.find_all("h1")) == 1
    names = [str(element["id"]) for element in soup.find_all(id=True)]
    assert len(names) == len(set(names))


def test_static_files_are_served_and_nothing_beside_them(browser: FlaskClient) -> None:
    for link in opened(browser, "/").soup.find_all("link", rel="stylesheet"):
        assert browser.get(str(link["href"])).status_code == 200
    for path in (
        "/static/ui/../../web/app.py",
        "/static/booking/%2e%2e/app.py",
        "/static/ui/x.css",
        "/static/booking/",
    ):
        assert browser.get(path).status_code == 404


def test_health_asks_nobody_and_readiness_asks_the_database(house: Installation, tmp_path: Path) -> None:
    browser = house.browser()
    assert browser.get("/healthz").get_json()["status"] == "ok"
    assert browser.get("/readyz").get_json() == {"status": "ready"}
    assert b"python_info" in browser.get("/metrics").data


def test_without_a_database_pages_say_so_and_ask_to_come_back(house: Installation) -> None:
    browser = house.browser()
    shown = opened(browser, "/contact").fields("/contact") | A_QUESTION
    house.run("ALTER ROLE firstcall_booking NOLOGIN")
    house.booking.sessions.kw["bind"].dispose()
    try:
        answers = [
            browser.get("/readyz"),
            browser.post("/contact", data=shown),
            browser.post("/api/v1/contact", json={}),
        ]
    finally:
        house.run("ALTER ROLE firstcall_booking LOGIN")
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert answers[2].content_type == "application/problem+json"
    assert all(answer.headers["Retry-After"] == "5" for answer in answers)
    assert browser.post("/contact", data=shown).status_code == 303  # the pool finds its way back


def test_the_log_of_a_request_names_no_address_and_no_token(
    house: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    from shared.logging import JsonLines

    with caplog.at_level(logging.INFO):
        browser = house.browser()
        answer = send(browser, "/contact", **{k: v for k, v in A_QUESTION.items() if k != "timezone"})
        opened(browser, answer.headers["Location"])
    lines = [JsonLines().format(record) for record in caplog.records]
    told = "\n".join(lines)
    assert any(json.loads(line)["message"] == "request" for line in lines)
    assert "ana@reader.test" not in told
    assert answer.headers["Location"].rpartition("/")[2] not in told
