"""A call as it is stored in a calendar, and what is wanted there whatever happens at once."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from icalendar import Calendar

from services.booking.domain.entries import LONGEST_THEIRS, Entry, Written, entry_ics, with_alarms_of
from services.booking.usecases import writing_entries
from services.booking.usecases.book import book_call
from shared.drain import drain
from shared.security import cipher
from tests.booking.test_invites import INVITE, unfolded
from tests.booking.writing import TUESDAY, book, cancel, entries, move
from tests.builders import a_booking
from tests.installation import START, Installation

ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Soon", "TRIGGER:-PT15M", "END:VALARM")


def theirs(*lines: str) -> str:
    """The entry as the advisor's program left it."""
    text = entry_ics(INVITE).replace("END:VEVENT\r\n", "".join(f"{line}\r\n" for line in (*lines, "END:VEVENT")))
    return text.replace("SUMMARY:Discovery", "SUMMARY:My own")


def written_to(house: Installation) -> None:
    """A calendar that is written to; where it is does not matter here."""
    nowhere = cipher(house.settings, "calendar").encrypt(b"https://dav.nowhere.test/").decode()
    house.run(
        "WITH a AS (INSERT INTO booking.calendar_account (kind, name, url, password, created_at)"
        " VALUES ('caldav', 'Work', :url, :url, :now) RETURNING id)"
        " INSERT INTO booking.calendar (account_id, name, url, url_digest, is_written)"
        " SELECT id, 'Work', :url, '', true FROM a",
        url=nowhere,
        now=START,
    )


def test_a_stored_call_has_no_method_and_lets_no_server_invite() -> None:
    lines = unfolded(entry_ics(INVITE).encode())
    assert not [line for line in lines if line.startswith("METHOD") or "RSVP" in line]
    people = [line for line in lines if line.startswith(("ORGANIZER", "ATTENDEE"))]
    assert len(people) == 3
    assert all("SCHEDULE-AGENT=CLIENT" in line for line in people)
    assert entry_ics(replace(INVITE)) == entry_ics(INVITE)


def test_a_call_to_which_nobody_else_is_invited_can_be_stored() -> None:
    for attendees in ((), INVITE.attendees[:1]):
        text = entry_ics(replace(INVITE, attendees=attendees))
        assert text.count("SCHEDULE-AGENT=CLIENT") == 1 + len(attendees)


def test_the_advisors_alarms_stay_and_nothing_else_of_theirs() -> None:
    mixed = with_alarms_of(entry_ics(INVITE), theirs(*ALARM, *ALARM, "COLOR:red"))
    event: Any = Calendar.from_ical(mixed).walk("VEVENT")[0]
    assert [alarm["TRIGGER"].to_ical() for alarm in event.walk("VALARM")] == [b"-PT15M"] * 2
    assert event["SUMMARY"].startswith("Discovery call")
    assert "COLOR" not in event
    assert mixed.replace("".join(f"{line}\r\n" for line in ALARM), "") == entry_ics(INVITE)


def test_a_backslash_in_our_words_is_the_same_with_alarms_as_without() -> None:
    ours = entry_ics(replace(INVITE, summary=r"C:\New"))
    assert r"SUMMARY:C:\\New" in unfolded(with_alarms_of(ours, theirs(*ALARM)).encode())


@pytest.mark.parametrize(
    "text",
    [
        *("", "no calendar", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "END:VEVENT", "\0", "BEGIN:"),
        theirs(*ALARM, "DESCRIPTION:" + "x" * LONGEST_THEIRS),
    ],
)
def test_what_cannot_be_read_of_the_advisors_entry_is_left_out(text: str) -> None:
    assert with_alarms_of(entry_ics(INVITE), text) == entry_ics(INVITE)


def test_without_a_calendar_to_write_to_nothing_is_wanted(house: Installation) -> None:
    cancel(house, book(house))
    assert entries(house) == []


def test_a_change_that_is_rolled_back_wants_nothing(house: Installation) -> None:
    written_to(house)
    with house.booking.sessions() as session:
        book_call(session, a_booking(TUESDAY), uid_domain="firstcall.test", now=START)
    assert entries(house) == []


def test_every_change_rings_the_worker_and_one_row_says_the_latest(house: Installation) -> None:
    written_to(house)
    bells = house.booking.waker.rung  # type: ignore[attr-defined]  # the bells of tests write down what was rung
    token = book(house)
    assert bells.count("booking.entries") == 1
    move(house, token, TUESDAY.replace(hour=11))
    cancel(house, token)
    assert bells.count("booking.entries") == 3
    assert [(row.state, row.wanted, row.gone) for row in entries(house)] == [("queued", 2, True)]


def test_many_workers_at_once_write_each_entry_once(house: Installation) -> None:
    written_to(house)
    for hour in (9, 10, 11, 13, 14):
        book(house, TUESDAY.replace(hour=hour))
    written: Counter[str] = Counter()
    lock, settings = threading.Lock(), house.settings

    def keep(entry: Entry) -> Written:
        with lock:
            written[entry.uid] += 1
        return Written(entry.href, '"1"')

    def work(_: int) -> int:
        return drain(
            house.booking.sessions,
            claim=partial(writing_entries.claim, settings=settings),
            begin=partial(writing_entries.begin, settings=settings),
            act=partial(writing_entries.act, keep, budget_s=5),
            record=partial(writing_entries.record, settings=settings),
        )

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 5
    assert sorted(written.values()) == [1] * 5
    assert {row.state for row in entries(house)} == {"done"}


def test_what_time_is_up_for_is_left_for_the_next_turn(house: Installation) -> None:
    written_to(house)
    book(house)
    settings = house.settings
    with house.booking.sessions.begin() as session:
        claimed = writing_entries.claim(session, settings=settings)
    with house.booking.sessions.begin() as session:
        tickets = writing_entries.begin(session, claimed, settings=settings)
    [(ticket, outcome)] = writing_entries.act(lambda entry: Written(entry.href, ""), tickets, budget_s=0)
    with house.booking.sessions.begin() as session:
        writing_entries.record(session, ticket, outcome, settings=settings)
    assert [(row.state, row.attempt, row.written) for row in entries(house)] == [("queued", 0, None)]
