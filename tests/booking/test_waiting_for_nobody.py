"""Who waits for whom when calls are booked (docs/adr/0013): only those for whom something is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from services.booking.domain.errors import OpenCallExists
from services.booking.usecases.availability import offer_of
from services.booking.usecases.book import book_call
from services.booking.usecases.hold import hold_time
from services.booking.usecases.links import make_link
from tests.booking.crowd import ELEVEN, TEN, set_type
from tests.builders import a_booking, a_visitor
from tests.installation import START, Installation

ADVISOR = text("SELECT id FROM booking.advisor FOR NO KEY UPDATE")


@pytest.fixture
def beside(house: Installation) -> Iterator[Session]:
    """Somebody who has the advisor's row, and does not let go of it."""
    with house.booking.sessions() as session:
        session.execute(ADVISOR)
        yield session


def book(house: Installation, *, holder: str | None = None, **changes: Any) -> None:
    with house.booking.sessions.begin() as session:
        session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        book_call(session, a_booking(TEN, **changes), uid_domain="firstcall.test", now=START, holder=holder)


def test_a_plain_booking_does_not_wait_for_the_advisors_row(house: Installation, beside: Session) -> None:
    book(house)
    assert house.rows("SELECT state FROM booking.call") == [("confirmed",)]
    assert house.rows("SELECT kind, active FROM booking.claim") == [("call", True)]


def with_limit(house: Installation) -> dict[str, str]:
    house.run(
        "INSERT INTO booking.call_limit (advisor_id, per, unit, most)"
        " SELECT id, 'week', 'calls', 5 FROM booking.advisor"
    )
    return {}


def with_seats(house: Installation) -> dict[str, str]:
    set_type(house, seats=3)
    return {}


def with_hold(_: Installation) -> dict[str, str]:
    return {"holder": "somebody"}


def with_link(house: Installation) -> dict[str, str]:
    with house.booking.sessions.begin() as session:
        offer = offer_of(session, "intro")
        link = make_link(session, offer.call_type.id, label="", most_uses=1, expires_at=None, now=START)
        return {"link": link.token}


@pytest.mark.parametrize("counted", [with_limit, with_seats, with_hold, with_link])
def test_where_something_is_counted_one_comes_after_the_other(
    house: Installation, counted: Callable[[Installation], dict[str, str]]
) -> None:
    more: Any = counted(house)
    with house.booking.sessions() as beside:
        beside.execute(ADVISOR)
        with pytest.raises(OperationalError) as refused:
            book(house, **more)
    assert isinstance(refused.value.orig, LockNotAvailable)
    assert house.rows("SELECT count(*) FROM booking.call") == [(0,)]
    book(house, **more)
    assert house.rows("SELECT count(*) FROM booking.call") == [(1,)]


def test_a_plain_booking_takes_the_time_of_a_hold_that_is_over(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        hold_time(session, offer_of(session, "intro"), TEN, holder="gone", seconds=-1, now=START)
    assert house.rows("SELECT kind, active FROM booking.claim") == [("hold", True)]
    book(house)
    assert house.rows("SELECT kind, active FROM booking.claim ORDER BY kind") == [("call", True), ("hold", False)]


def test_open_calls_of_one_person_are_counted_one_after_the_other(house: Installation) -> None:
    """The second waits for the first, though the two want different times, and then it is one too many."""
    set_type(house, most_open=1)
    with house.booking.sessions.begin() as first:
        book_call(first, a_booking(ELEVEN), uid_domain="firstcall.test", now=START)
        with pytest.raises(OperationalError) as waited:
            book(house)
    assert isinstance(waited.value.orig, LockNotAvailable)
    with pytest.raises(OpenCallExists):
        book(house)
    book(house, visitor=a_visitor("Ben", "ben@reader.test"))
