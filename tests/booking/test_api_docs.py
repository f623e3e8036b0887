"""The API's document, and the page to read it on."""

from __future__ import annotations

from deploy.openapi import FILE, document, text
from services.booking.usecases.sign_in import SCOPES
from tests.browsing import opened
from tests.installation import Installation


def test_the_page_names_every_operation_and_the_scope_it_needs(quiet_house: Installation) -> None:
    shown = opened(quiet_house.browser(), "/api/docs").text
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            assert f"{method.upper()} {path}" in shown
            assert all(scope in shown for way in operation["security"] for scope in way.get("token", []))


def test_the_page_and_the_document_tell_of_keys_and_of_every_scope(quiet_house: Installation) -> None:
    shown = opened(quiet_house.browser(), "/api/docs").text
    assert "a new UUID for each request" in shown
    assert "`" not in shown
    told = document()["components"]["securitySchemes"]["token"]["description"]
    assert all(scope in told and scope in shown for scope in SCOPES)


def test_the_file_that_is_served_is_what_the_code_says() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "write it anew: python -m deploy openapi"


def test_every_operation_has_a_name_of_its_own_and_every_scope_is_asked_for() -> None:
    operations = [operation for item in document()["paths"].values() for operation in item.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) > 60
    assert all(operation["summary"] and operation["security"] for operation in operations)
    asked = {scope for operation in operations for way in operation["security"] for scope in way.get("token", [])}
    assert asked == set(SCOPES)


def test_what_changes_something_for_the_advisor_asks_for_a_scope_that_writes() -> None:
    public = {"bookings", "contact", "mentorship-requests"}
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            if path.split("/")[3] in public or path.endswith("/export") or method == "get":
                continue
            [way] = operation["security"]
            assert way["token"][0].endswith(":write"), (method, path)


def test_every_operation_says_what_it_answers() -> None:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            assert len(good) == 1, (method, path)
            assert "content" in good[0] or "204" in operation["responses"], (method, path)
