"""A program reads what a program can do: nothing of pages, forms and links that it does not have."""

from __future__ import annotations

from typing import Any

import pytest

from tests.booking.calls import of_type
from tests.booking.programs import A_CALL, A_QUESTION, call, errors_of
from tests.installation import Installation

OF_PAGES = ("page", "what you wrote", "copy it", "scripts", "the link may", "open the one")


@pytest.mark.parametrize(
    ("columns", "path", "body", "status", "told"),
    [
        ({}, "/bookings", A_CALL | {"start": "2026-12-08T03:00:00Z"}, 409, "`nearest`"),
        ({}, "/bookings", A_CALL | {"call_type": "none"}, 404, "name, id or token"),
        ({}, "/bookings/no-such-call/cancel", {}, 404, "name, id or token"),
        ({"access": "link"}, "/bookings", A_CALL, 403, "`link`"),
        ({"access": "accepted_request"}, "/bookings", A_CALL, 403, "`invitation`"),
    ],
)
def test_a_program_reads_what_it_can_do(
    house: Installation, columns: dict[str, Any], path: str, body: dict[str, Any], status: int, told: str
) -> None:
    if columns:
        of_type(house, **columns)
    answer = call(house.browser(), path, body)
    detail = answer.get_json()["detail"]
    assert (answer.status_code, told in detail) == (status, True), detail
    assert not [words for words in OF_PAGES if words in detail.lower()]
    # A person reads on of what they have before them.
    if status == 404:
        assert "copy it whole" in house.browser().get("/call/no-such-call").text


def test_who_sends_too_much_without_a_proof_is_told_of_proofs(house: Installation) -> None:
    house.with_settings(unproven_per_hour=0, unproven_per_ten_minutes=0)
    refused = call(house.browser(), "/contact", A_QUESTION)
    assert (refused.status_code, list(errors_of(refused))) == (429, ["proof"])
    assert not [words for words in OF_PAGES if words in refused.text.lower()], refused.text
