"""Who gets letters, and when: an ask with the box ticked, six letters in the reader's own mornings, an end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from services.booking.usecases.ask import ask_by_contact, ask_for_mentorship
from services.booking.usecases.book import book_call
from services.nurture.domain.timing import WEEKDAYS, WINDOWS
from shared.events import Event
from shared.inbox import publish
from tests.builders import a_booking, a_person, a_question, a_wish_for_mentorship, call_booked, contact_requested
from tests.installation import START, Installation
from tests.letters import parsed, text_of, to


def hear(house: Installation, *events: Event) -> None:
    """Let booking tell these, and everybody work."""
    with house.booking.sessions.begin() as session:
        for event in events:
            publish(session, event)
    house.work()


def letters(house: Installation) -> list[Any]:
    """The letters that left, as mail programs read them."""
    return [mail for mail in map(parsed, house.mails()) if mail["List-Id"]]


def subjects(house: Installation) -> list[str]:
    return [str(mail["Subject"]) for mail in letters(house)]


def enrolments(house: Installation) -> list[tuple[Any, ...]]:
    rows = house.rows("SELECT state, exit_reason, next_step FROM nurture.enrolment ORDER BY entered_at, id")
    return [tuple(row) for row in rows]


def steps(house: Installation) -> int:
    count: int = house.rows("SELECT jsonb_array_length(steps) FROM nurture.sequence_version")[0][0]
    return count


def live_through(house: Installation, days: int) -> list[datetime]:
    """Let days pass, an hour at a time where letters may leave. Returns when each letter left."""
    left: list[datetime] = []
    for _ in range(days * 24):
        house.clock.move(timedelta(hours=1))
        [(due,)] = house.rows("SELECT count(*) FROM nurture.enrolment WHERE due <= :now", now=house.clock.now())
        if due:
            before = len(house.mails())
            house.work()
            left += [house.clock.now()] * (len(house.mails()) - before)
    return left


def test_somebody_who_asks_and_ticks_the_box_gets_the_first_letter_at_once(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        ask_by_contact(session, a_question(), now=START)
    house.work()
    [letter] = letters(house)
    assert to(letter) == "ana@reader.test"
    assert enrolments(house) == [("active", "", 1)]
    assert len(house.mails()) == 3  # the confirmation, the advisor's copy, the letter


def test_consent_is_kept_with_the_very_sentence_the_ask_and_its_time(house: Installation) -> None:
    event = contact_requested(START, follow_up="Yes, all six.")
    hear(house, event)
    rows = house.rows("SELECT state, shown, source, at FROM nurture.consent")
    assert rows == [("given", "Yes, all six.", event.subject, START)]


@pytest.mark.parametrize("ask", [ask_by_contact, ask_for_mentorship])
def test_without_the_box_nothing_begins_and_nothing_is_kept(house: Installation, ask: Any) -> None:
    request = a_question(follow_up=None) if ask is ask_by_contact else a_wish_for_mentorship()
    with house.booking.sessions.begin() as session:
        ask(session, request, now=START)
    house.work()
    assert letters(house) == []
    assert house.rows("SELECT 1 FROM nurture.lead UNION ALL SELECT 1 FROM nurture.consent") == []


def test_a_wish_for_mentorship_with_the_box_begins_too(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        ask_for_mentorship(session, a_wish_for_mentorship(follow_up="Yes."), now=START)
    house.work()
    assert len(letters(house)) == 1


def test_every_letter_leaves_once_in_the_readers_own_windows_and_then_it_is_done(house: Installation) -> None:
    hear(house, contact_requested(START))
    left = live_through(house, 60)
    assert len(letters(house)) == steps(house) == len(left) + 1
    assert len(set(subjects(house))) == steps(house)
    for at in left:
        there = at.astimezone(ZoneInfo("America/New_York"))
        assert there.isoweekday() in WEEKDAYS
        # They are looked for once an hour here, so a letter of 8:30 may leave up to an hour later.
        assert any(begin <= there.time() or begin.hour == there.hour for begin, _ in WINDOWS)
        assert there.hour < 18
    gaps = [after - before for before, after in zip([START, *left], left, strict=False)]
    assert all(gap >= timedelta(days=2) for gap in gaps)
    assert enrolments(house) == [("done", "", steps(house))]
    finished = house.rows("SELECT payload ->> 'reason' FROM webhooks.inbox WHERE name = 'nurture.sequence_finished.v1'")
    assert finished == [("done",)]


def test_letters_are_due_by_the_readers_zone(house: Installation) -> None:
    for zone in ("Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu"):
        hear(house, contact_requested(START, person=a_person(f"{zone[-5:]}@reader.test", zone=zone)))
    for zone, due in house.rows("SELECT zone, due FROM nurture.enrolment e JOIN nurture.lead l ON l.id = e.lead_id"):
        there = due.astimezone(ZoneInfo(zone))
        assert there.isoweekday() in WEEKDAYS
        assert any(begin <= there.time() < end for begin, end in WINDOWS)


def test_asking_again_in_the_middle_begins_nothing_new_and_keeps_what_was_said_last(house: Installation) -> None:
    hear(house, contact_requested(START))
    again = contact_requested(START + timedelta(hours=1), person=a_person(name="Ana L. Lima", company="Lima & Sons"))
    hear(house, again)
    assert len(letters(house)) == 1
    assert enrolments(house) == [("active", "", 1)]
    assert house.rows("SELECT name, company FROM nurture.lead") == [("Ana L. Lima", "Lima & Sons")]
    assert house.rows("SELECT count(*) FROM nurture.consent WHERE state = 'given'") == [(2,)]


def test_the_same_person_is_known_however_they_write_their_address(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        _ask(session, "ana@reader.test")
        _ask(session, "ANA@Reader.TEST")
    house.work()
    assert house.rows("SELECT count(*) FROM nurture.lead") == [(1,)]
    assert len(letters(house)) == 1


def test_somebody_with_a_call_ahead_or_behind_gets_no_letters(house: Installation) -> None:
    hear(house, call_booked(START))
    hear(house, contact_requested(START))
    assert enrolments(house) == []
    with house.booking.sessions.begin() as session:
        at = START + timedelta(days=1, hours=1)
        book_call(session, a_booking(at, visitor=a_question().visitor), uid_domain="x.test", now=START)
    house.pass_time(days=3)  # the call takes place
    hear(house, contact_requested(house.clock.now()))
    assert letters(house) == []
    assert house.rows("SELECT count(*) FROM nurture.consent") == [(2,)]  # their yes is kept all the same


def test_without_an_article_a_yes_is_kept_and_nothing_is_sent(house: Installation) -> None:
    house.run("TRUNCATE nurture.sequence_version, nurture.article CASCADE")
    hear(house, contact_requested(START))
    assert letters(house) == []
    assert house.rows("SELECT count(*) FROM nurture.consent") == [(1,)]


def test_the_letter_that_greets_somebody_says_what_they_agreed_to(house: Installation) -> None:
    hear(house, contact_requested(START))
    text = " ".join(text_of(letters(house)[0]).split())
    assert "Ana" in text
    assert "it ends when we speak" in text
    assert "Lindenweg 4, 10999 Berlin, Germany" in text


def _ask(session: Session, email: str) -> None:
    visitor = a_question().visitor
    changed = type(visitor)(visitor.name, email, email.lower(), visitor.zone)
    ask_by_contact(session, a_question(visitor=changed), now=START)
