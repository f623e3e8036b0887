"""Who is blocked gets nothing new from us, is told so soberly, and keeps what was agreed."""

from __future__ import annotations

import pytest

from services.booking.domain.errors import InvalidInput, NotFound, NotWelcome
from services.booking.usecases.blocklist import block, blocklist, require_welcome, unblock
from tests.booking.programs import A_CALL, A_QUESTION, A_WISH, call
from tests.browsing import opened, send
from tests.installation import START, Installation
from tests.stored import stored

EVERYTHING = [("/contact", A_QUESTION), ("/mentorship-requests", A_WISH), ("/bookings", A_CALL)]


def blocked(house: Installation, *patterns: str) -> None:
    with house.booking.sessions.begin() as session:
        for pattern in patterns:
            block(session, pattern, "sells leads", actor="nora@advisor.test", now=START)


def welcome(house: Installation, *emails: str) -> bool:
    with house.booking.sessions() as session:
        try:
            require_welcome(session, *emails)
        except NotWelcome:
            return False
    return True


@pytest.mark.parametrize("pattern", ["Ana@Reader.test", "@READER.test", "@test.example", "@bücher.example"])
def test_an_address_or_a_domain_is_blocked_however_it_is_written(house: Installation, pattern: str) -> None:
    blocked(house, pattern)
    address = {"Ana@Reader.test": "ana@reader.test", "@READER.test": "Ana@reader.test"}.get(pattern)
    theirs = address or f"eve@mail.{pattern[1:]}"
    assert not welcome(house, theirs)
    assert not welcome(house, "ben@other.example", theirs)
    assert welcome(house, "ben@other.example", "ana@notreader.test")


def test_one_address_does_not_block_its_neighbours(house: Installation) -> None:
    blocked(house, "ana@reader.test")
    assert welcome(house, "ben@reader.test", "ana@mail.reader.test", "banana@reader.test")


@pytest.mark.parametrize(("path", "body"), EVERYTHING)
def test_who_is_blocked_is_refused_in_sober_words(house: Installation, path: str, body: dict[str, str]) -> None:
    blocked(house, "@reader.test")
    before = stored(house)
    answer = call(house.browser(), path, body)
    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
    assert answer.get_json()["detail"] == "I do not take messages or bookings from this address."
    assert stored(house) == before


def test_who_is_blocked_is_not_brought_along_as_a_guest(house: Installation) -> None:
    blocked(house, "@blocked.test")
    before = stored(house)
    assert call(house.browser(), "/bookings", A_CALL | {"guests": ["eve@blocked.test"]}).status_code == 403
    assert stored(house) == before


def test_a_page_says_the_same(house: Installation) -> None:
    blocked(house, "ana@reader.test")
    question = {name: value for name, value in A_QUESTION.items() if name != "timezone"}
    answer = send(house.browser(), "/contact", **question)
    assert answer.status_code == 403
    assert b"I do not take messages or bookings from this address." in answer.data


def test_a_call_that_was_agreed_stays_and_can_be_cancelled(house: Installation) -> None:
    token = call(house.browser(), "/bookings", A_CALL).get_json()["manage_url"].rpartition("/")[2]
    blocked(house, "ana@reader.test")
    assert opened(house.browser(), f"/call/{token}").status == 200
    moved = call(house.browser(), f"/bookings/{token}/reschedule", {"start": "2026-12-09T10:00:00Z", "reason": ""})
    assert moved.status_code == 200
    assert call(house.browser(), f"/bookings/{token}/cancel", {"reason": ""}).status_code == 200


def test_blocking_twice_keeps_one_line_and_the_newer_note_and_unblocking_ends_it(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        first = block(session, "ana@reader.test", "rude", actor="nora@advisor.test", now=START)
        again = block(session, " ANA@reader.test", "very rude", actor="nora@advisor.test", now=START)
        assert (first.id, again.note) == (again.id, "very rude")
        assert [one.pattern for one in blocklist(session)] == ["ana@reader.test"]
        unblock(session, first.id, actor="nora@advisor.test", now=START)
        with pytest.raises(NotFound):
            unblock(session, first.id, actor="nora@advisor.test", now=START)
    assert welcome(house, "ana@reader.test")
    acts = house.rows("SELECT act FROM access.audit ORDER BY id")
    assert [act for (act,) in acts] == ["address_blocked", "address_blocked", "address_unblocked"]


@pytest.mark.parametrize(
    "pattern", ["", "@", "reader.test", "@com", "a b@reader.test", "@reader..test", "*", "@*.test"]
)
def test_what_is_neither_an_address_nor_a_domain_is_refused(quiet_house: Installation, pattern: str) -> None:
    with quiet_house.booking.sessions() as session, pytest.raises(InvalidInput) as refused:
        block(session, pattern, "", actor="nora@advisor.test", now=START)
    assert [error.field for error in refused.value.errors] == ["pattern"]
