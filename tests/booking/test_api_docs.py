"""The API's document, and the page to read it on."""

from __future__ import annotations

from deploy.openapi import document
from tests.browsing import opened
from tests.installation import Installation


def test_the_page_names_every_operation_and_the_scope_it_needs(quiet_house: Installation) -> None:
    text = opened(quiet_house.browser(), "/api/docs").text
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            assert f"{method.upper()} {path}" in text
            assert all(scope in text for way in operation["security"] for scope in way.get("token", []))


def test_every_operation_says_what_it_answers() -> None:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            assert len(good) == 1, (method, path)
            assert "content" in good[0] or "204" in operation["responses"], (method, path)
