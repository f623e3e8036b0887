"""A program's request that is sent twice has one effect and one answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.booking.domain.errors import InvalidInput, KeyReused
from services.booking.models import Blocked
from services.booking.usecases.idempotency import (
    Answered,
    body_digest,
    remember,
    remembered,
    request_key,
)
from services.booking.usecases.retain import retain
from tests.booking.crowd import CROWD, Sessions, at_once, sessions
from tests.installation import START, Installation

__all__ = ["sessions"]

NOON = datetime(2026, 12, 7, 12, 0, tzinfo=UTC)
KEY = request_key("a-program", "POST /api/v1/bookings", "7f3c")
BODY = body_digest({"call_type": "intro", "name": "Ana Lima"})


def block(sessions: Sessions, pattern: str, *, key: str = KEY, body: str = BODY, machine: datetime = NOON) -> Answered:
    """Something that may be done once, as a route does it."""
    with sessions.begin() as session:
        if (before := remembered(session, key, body, machine=machine)) is not None:
            return before
        session.add(Blocked(pattern=pattern, created_at=START))
        session.flush()
        answered = Answered(201, {"pattern": pattern})
        remember(session, key, answered)
        return answered


def blocked(house: Installation) -> list[str]:
    return [row.pattern for row in house.rows("SELECT pattern FROM booking.blocked ORDER BY pattern")]


def test_the_second_of_two_same_requests_changes_nothing_and_reads_the_first_answer(house: Installation) -> None:
    first = block(house.booking.sessions, "one@reader.test")
    assert block(house.booking.sessions, "two@reader.test") == first == Answered(201, {"pattern": "one@reader.test"})
    assert blocked(house) == ["one@reader.test"]


def test_the_order_of_a_bodys_members_does_not_make_another_request(house: Installation) -> None:
    block(house.booking.sessions, "one@reader.test")
    again = body_digest({"name": "Ana Lima", "call_type": "intro"})
    assert block(house.booking.sessions, "two@reader.test", body=again).answer == {"pattern": "one@reader.test"}


def test_a_key_that_came_with_another_body_is_refused(house: Installation) -> None:
    block(house.booking.sessions, "one@reader.test")
    with pytest.raises(KeyReused):
        block(house.booking.sessions, "two@reader.test", body=body_digest({"call_type": "strategy"}))
    assert blocked(house) == ["one@reader.test"]


@pytest.mark.parametrize(
    "other",
    [
        ("another-program", "POST /api/v1/bookings", "7f3c"),
        ("a-program", "POST /api/v1/contact", "7f3c"),
        ("a-program", "POST /api/v1/bookings", "7f3d"),
        # The parts do not run into each other.
        ("a-program", "POST /api/v1/bookings7", "f3c"),
    ],
)
def test_a_key_belongs_to_who_sent_it_and_to_where(house: Installation, other: tuple[str, str, str]) -> None:
    block(house.booking.sessions, "one@reader.test")
    assert block(house.booking.sessions, "two@reader.test", key=request_key(*other)).answer["pattern"].startswith("two")


def test_a_request_that_was_refused_is_asked_anew(house: Installation) -> None:
    with pytest.raises(RuntimeError), house.booking.sessions.begin() as session:
        assert remembered(session, KEY, BODY, machine=NOON) is None
        raise RuntimeError
    block(house.booking.sessions, "one@reader.test")
    assert blocked(house) == ["one@reader.test"]


def test_a_key_is_free_again_after_a_day(house: Installation) -> None:
    block(house.booking.sessions, "one@reader.test")
    almost, after = NOON + timedelta(hours=24, seconds=-1), NOON + timedelta(hours=24)
    assert block(house.booking.sessions, "two@reader.test", machine=almost).answer["pattern"] == "one@reader.test"
    assert block(house.booking.sessions, "two@reader.test", machine=after).answer["pattern"] == "two@reader.test"
    assert block(house.booking.sessions, "three@reader.test", machine=after).answer["pattern"] == "two@reader.test"


def test_what_is_older_than_a_day_is_swept_away_and_nothing_younger(house: Installation) -> None:
    block(house.booking.sessions, "one@reader.test")
    younger = request_key("a-program", "POST /api/v1/bookings", "8a")
    block(house.booking.sessions, "two@reader.test", key=younger, machine=NOON + timedelta(hours=1))
    with house.booking.sessions.begin() as session:
        assert retain(session, house.settings, now=START, machine=NOON + timedelta(hours=24)) == 1
    assert house.rows("SELECT key FROM booking.answered_request") == [(younger,)]


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\0b", "a\nb"])
def test_a_key_that_no_program_should_send_is_refused_by_name(key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        request_key("a-program", "POST /api/v1/bookings", key)
    assert [error.field for error in refused.value.errors] == ["Idempotency-Key"]


def test_fifty_same_requests_at_once_have_one_effect_and_one_answer(house: Installation, sessions: Sessions) -> None:
    results = at_once(lambda number: block(sessions, f"{number}@reader.test").answer["pattern"])
    assert list(results.values()) == [CROWD]
    assert blocked(house) == list(results)


def test_when_the_first_of_fifty_comes_to_nothing_another_takes_its_place(
    house: Installation, sessions: Sessions
) -> None:
    def act(number: int) -> str:
        with sessions.begin() as session:
            if remembered(session, KEY, BODY, machine=NOON) is not None:
                return "answered before"
            if number % 2:
                raise RuntimeError
            session.add(Blocked(pattern="one@reader.test", created_at=START))
            session.flush()
            remember(session, KEY, Answered(201, {}))
            return "done"

    results = at_once(act)
    assert results["done"] == 1
    assert set(results) <= {"done", "answered before", "RuntimeError"}
    assert blocked(house) == ["one@reader.test"]
