"""Letters keep their order and their distance after an outage; one that cannot be written holds up nobody."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from deploy.doctor import examine
from services.nurture.domain.timing import APART
from services.nurture.tasks import send_mail, write_letters
from shared.db import engine_for
from shared.events import CallCompleted
from tests.builders import a_person, call_booked, contact_requested
from tests.installation import START, Installation
from tests.letters import to
from tests.nurture.test_enrolling import enrolments, hear, letters

LATER = "UPDATE nurture.message SET retry_at = now() + interval '1 day' WHERE state = 'queued'"
KNOWN = """
    INSERT INTO nurture.known_call (call_id, person, state, revision, starts_at)
    VALUES (:id, :person, 'completed', 1, :at)
"""
REFUSE = """
    CREATE FUNCTION nurture.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'try again' USING ERRCODE = '40001'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON nurture.message FOR EACH ROW EXECUTE FUNCTION nurture.refuse();
"""
AT_ONCE = "UPDATE nurture.message SET retry_at = NULL"


def test_after_an_outage_the_next_letter_waits_its_days_from_when_the_one_before_it_left(house: Installation) -> None:
    hear(house, contact_requested(START))
    house.clock.move(timedelta(days=4))
    write_letters(house.nurture)
    house.run(LATER)
    house.pass_time(days=8)
    assert len(letters(house)) == 1
    house.run(AT_ONCE)
    house.work()
    assert len(letters(house)) == 2
    house.pass_time(hours=20)
    assert len(letters(house)) == 2
    house.pass_time(days=APART.days + 6)
    left = [at for (at,) in house.rows("SELECT accepted_at FROM nurture.message ORDER BY accepted_at")]
    assert len(left) == 3
    assert left[2] - left[1] >= APART


def test_a_call_that_took_place_holds_back_a_letter_that_was_waiting(house: Installation) -> None:
    hear(house, contact_requested(START))
    house.clock.move(timedelta(days=4))
    write_letters(house.nurture)
    call = call_booked(house.clock.now(), call=uuid4())
    # As after a race: the call is known and the enrolment was not ended by it.
    house.run(KNOWN, id=call.subject, person=call.person.key, at=call.start)
    send_mail(house.nurture)
    assert len(letters(house)) == 1
    assert house.rows("SELECT skip_reason FROM nurture.message WHERE state = 'skipped'") == [("booked",)]


def test_an_ask_and_a_call_that_are_heard_at_once_leave_no_sequence(house: Installation) -> None:
    ask, call = contact_requested(START), call_booked(START)
    completed = CallCompleted(**(call.model_dump() | {"revision": 1}))
    hear(house, ask)
    hear(house, call)
    hear(house, completed)
    assert [state for state, *_ in enrolments(house)] == ["exited"]


def test_trouble_of_the_database_pauses_nobody(house: Installation) -> None:
    hear(house, contact_requested(START))
    house.run(REFUSE)
    house.clock.move(timedelta(days=4))
    with pytest.raises(DBAPIError):
        write_letters(house.nurture)
    assert [state for state, *_ in enrolments(house)] == ["active"]
    house.run("DROP TRIGGER refuse ON nurture.message")
    house.work()
    assert len(letters(house)) == 2


def test_one_lead_whose_letter_cannot_be_written_holds_up_nobody_and_is_listed(house: Installation) -> None:
    hear(house, contact_requested(START))
    hear(house, contact_requested(START, person=a_person("ben@reader.test")))
    house.run("UPDATE nurture.lead SET zone = 'Nowhere/At_All' WHERE email = 'ana@reader.test'")
    house.run("UPDATE nurture.enrolment SET due = :at", at=START + timedelta(days=4))
    house.pass_time(days=4)
    assert sorted(to(mail) for mail in letters(house)) == ["ana@reader.test", "ben@reader.test", "ben@reader.test"]
    engine = engine_for(house.url)
    with engine.connect() as connection:
        listed = [finding.line for finding in examine(connection) if finding.bad]
    engine.dispose()
    assert any("is paused" in line for line in listed)
