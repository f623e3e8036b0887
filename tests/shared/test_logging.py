"""Log lines: JSON whatever is logged, with the request they belong to, and nobody's address or key in them."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.logging import JsonLines, event_id, mask, request_id
from tests.installation import Installation


def line(message: str, *arguments: object, error: bool = False, **extra: Any) -> dict[str, Any]:
    """The record as it is written, read back."""
    record = logging.LogRecord("firstcall", logging.INFO, __file__, 1, message, arguments, None)
    record.exc_info = sys.exc_info() if error else None
    vars(record).update(extra)
    written = JsonLines().format(record)
    assert "\n" not in written
    found: dict[str, Any] = json.loads(written)
    return found


def test_a_line_says_what_when_and_where() -> None:
    found = line("mail %s", "sent", kind="letter", attempt=2)
    assert (found["message"], found["level"], found["logger"]) == ("mail sent", "info", "firstcall")
    assert (found["kind"], found["attempt"]) == ("letter", 2)
    assert found["at"].endswith("+00:00")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ana.lima@example.org", "a***@example.org"),
        ("Ana <ana+calls@sub.example.org>", "Ana <a***@sub.example.org>"),
        ("josé@example.org", "j***@example.org"),
        ("ana@bücher.example", "a***@bücher.example"),
        ("to ana@a.test, ben@b.test.", "to a***@a.test, b***@b.test."),
        ("o'neil!x@example.org", "o***@example.org"),
    ],
)
def test_an_address_keeps_its_first_letter_and_its_domain(address: str, shown: str) -> None:
    assert mask(address) == shown
    assert line("mailed %s", address)["message"] == f"mailed {shown}"


@pytest.mark.parametrize(
    "door",
    [
        *(f"/{page}/k3J9dQw8s7_-x" for page in ("call", "sent", "u", "preferences", "calendar")),
        *(f"/{page}/k3J9dQw8s7_-x" for page in ("times", "verify", "api/v1/bookings")),
        "/api/v1/bookings/k3J9dQw8s7_-x/reschedule",
        "/book/intro?link=k3J9dQw8s7_-x",
        "/book/session?invitation=k3J9dQw8s7_-x",
        "Bearer fc_k3J9dQw8s7_-x",
    ],
)
def test_what_opens_a_door_is_cut(door: str) -> None:
    assert "k3J9" not in line(f"GET {door} 200")["message"]
    assert "k3J9" not in str(line("request", path=door))


def test_masks_reach_into_everything_that_is_logged_with_a_line() -> None:
    found = line(
        "x", mail={"to": ["ana@example.org", ("ben@example.org",)]}, who={"eve@example.org": 1}, row=UUID(int=1)
    )
    assert found["mail"] == {"to": ["a***@example.org", ["b***@example.org"]]}
    assert found["who"] == {"e***@example.org": 1}
    assert found["row"] == str(UUID(int=1))


def test_a_traceback_is_masked_too() -> None:
    try:
        int("ana@example.org")
    except ValueError:
        found = line("failed", error=True)
    assert "***@example.org" in found["exception"]
    assert "ana@" not in found["exception"]


@given(st.text(st.characters(blacklist_categories=["Cs"])), st.floats())
def test_any_message_is_one_line_of_json(words: str, number: float) -> None:
    found = line("%s", f"{words}ana@example.org", number=number, words=words)
    assert found["message"].endswith("@example.org")
    assert "ana@" not in found["message"]


def test_a_line_carries_the_request_or_the_event_it_belongs_to() -> None:
    assert "request" not in line("x")
    outer, inner = request_id.set("abc"), event_id.set("def")
    try:
        assert (line("x")["request"], line("x")["event"]) == ("abc", "def")
    finally:
        request_id.reset(outer)
        event_id.reset(inner)


def test_an_error_of_the_database_does_not_tell_what_people_wrote(installation: Installation) -> None:
    with pytest.raises(DBAPIError) as refused, installation.booking.sessions.begin() as session:
        session.execute(text("SELECT CAST(:words AS integer) / 0, :words"), {"words": "my secret question"})
    assert "my secret question" not in str(refused.value.statement)
    assert "parameters: " not in str(refused.value)
