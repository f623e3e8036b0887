"""Calendars that change while somebody books: no call is missed, and no booking fails for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.booking.domain.calendar_accounts import Access, Roles
from services.booking.domain.calendar_sources import Trouble
from services.booking.models import Calendar
from services.booking.usecases import reading_calendars as reading
from services.booking.usecases.book import book_call
from services.booking.usecases.calendars import By, connect, disconnect, set_roles
from services.booking.usecases.change import Change, cancel_call
from services.booking.usecases.entries import want_missing
from services.booking.usecases.freshness import want_reading
from shared.clock import machine_now
from tests.booking.crowd import TEN
from tests.builders import a_booking
from tests.installation import START, Installation

BY = By("nora@advisor.test", START, machine_now())
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def an_account(house: Installation, *, is_written: bool) -> tuple[UUID, UUID]:
    """An account with one calendar: their ids."""
    with house.booking.sessions.begin() as session:
        given = Access("Work", "https://dav.elsewhere.test/", "nora", "secret")
        account = connect(session, house.settings, "caldav", given, by=BY)
        calendar = Calendar(account_id=account.id, name="Work", url="", url_digest="", is_written=is_written)
        session.add(calendar)
        session.flush()
        return account.id, calendar.id


def book(session: Session) -> None:
    book_call(session, a_booking(TEN), uid_domain="firstcall.test", now=START)


def first_and_meanwhile(
    house: Installation, first: Callable[[Session], object], meanwhile: Callable[[Session], object], *, waits: bool
) -> None:
    """Both in transactions of their own: the second waits for the first to commit, or is done before that one is."""

    def second() -> None:
        with house.booking.sessions.begin() as session:
            meanwhile(session)

    with ThreadPoolExecutor(1) as beside:
        with house.booking.sessions.begin() as session:
            first(session)
            session.flush()
            begun: Future[None] = beside.submit(second)
            while not begun.done() and house.rows(WAITS) == [(0,)]:
                pass
            assert begun.done() is not waits
        begun.result(timeout=20)


def want_what_is_missing(house: Installation) -> int:
    with house.booking.sessions.begin() as session:
        return want_missing(session, now=START)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_call_booked_while_writing_begins_stands_in_the_calendar(house: Installation, is_first: bool) -> None:
    account, calendar = an_account(house, is_written=False)

    def write(session: Session) -> None:
        set_roles(session, account, {calendar: Roles(False, True, 360)}, by=BY)

    first_and_meanwhile(house, *((book, write) if is_first else (write, book)), waits=False)
    assert (want_what_is_missing(house), want_what_is_missing(house)) == (1, 0)
    assert house.rows("SELECT calendar_id, wanted FROM booking.calendar_entry") == [(calendar, 0)]


def test_a_call_that_is_just_being_cancelled_is_not_put_into_a_calendar(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        token = book_call(session, a_booking(TEN), uid_domain="firstcall.test", now=START).token
    an_account(house, is_written=True)

    def cancel(session: Session) -> None:
        cancel_call(session, token, Change("prospect"), now=START)

    first_and_meanwhile(house, cancel, lambda session: want_missing(session, now=START), waits=False)
    assert want_what_is_missing(house) == 0
    assert house.rows("SELECT count(*) FROM booking.calendar_entry") == [(0,)]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_call_booked_while_its_calendar_is_disconnected_is_booked(house: Installation, is_first: bool) -> None:
    account, _ = an_account(house, is_written=True)

    def let_go(session: Session) -> None:
        disconnect(session, account, by=BY)

    # A booking passes over what is going; what it has written down goes after it.
    first_and_meanwhile(house, *((book, let_go) if is_first else (let_go, book)), waits=is_first)
    assert house.rows("SELECT state FROM booking.call") == [("confirmed",)]
    assert house.rows("SELECT count(*) FROM booking.calendar_entry") == [(0,)]


@pytest.mark.parametrize("step", ["wanted by a page", "claimed", "begun", "recorded"])
def test_nobody_who_books_waits_for_a_calendar_that_is_read(house: Installation, step: str) -> None:
    """What was read may be tens of thousands of rows, and whoever moves a call keeps all others waiting meanwhile."""
    an_account(house, is_written=True)
    settings, sessions, now = house.settings, house.booking.sessions, house.clock.now()
    tickets: Sequence[reading.Ticket] = []
    if step in ("begun", "recorded"):
        with sessions.begin() as session:
            tickets = reading.claim(session, settings=settings, now=now)
    with sessions.begin() as worker:
        if step == "wanted by a page":
            want_reading(worker, machine=machine_now())
        elif step == "claimed":
            assert reading.claim(worker, settings=settings, now=now)
        elif step == "begun":
            assert reading.begin(worker, tickets, settings=settings, now=now)
        else:
            reading.record(worker, tickets[0], reading.Outcome(None, Trouble.NO_ANSWER, None))
        with sessions.begin() as session:
            session.connection().exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
            book(session)
    assert house.rows("SELECT count(*) FROM booking.calendar_entry") == [(1,)]


def test_who_records_a_failure_waits_for_nobody_with_another_calendar_of_the_account(house: Installation) -> None:
    """Whoever has that one may be waiting for ours, as somebody does who wants all of them read anew."""
    account, _ = an_account(house, is_written=False)
    with house.booking.sessions.begin() as session:
        session.add(Calendar(account_id=account, name="Other", url="", url_digest="other"))
    with house.booking.sessions.begin() as session:
        [ticket] = reading.claim(session, settings=house.settings, now=house.clock.now())
    others = text("SELECT 1 FROM booking.calendar WHERE id <> :id FOR NO KEY UPDATE")
    with house.booking.sessions.begin() as beside:
        assert beside.execute(others, {"id": ticket.row}).all()
        with house.booking.sessions.begin() as session:
            session.connection().exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
            reading.record(session, ticket, reading.Outcome(None, Trouble.PASSWORD, None))
    assert house.rows("SELECT error FROM booking.calendar WHERE id = :id", id=ticket.row) == [("password",)]
