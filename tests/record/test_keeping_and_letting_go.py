"""Retention: what is kept for how long, and what never goes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from services.booking import tasks as booking_tasks
from services.booking.models import MessageBody
from services.booking.usecases.ask import ask_by_contact
from services.booking.usecases.book import book_call
from services.nurture import tasks as nurture_tasks
from services.webhooks import tasks as webhooks_tasks
from services.webhooks.usecases.take_in import store_raw
from shared.clock import machine_now
from shared.mail.row import ENDED, MailState
from shared.retention import BATCH, Outlived, drop_batch
from shared.settings import Keep, Settings
from tests.builders import a_booking, a_question, a_visitor
from tests.fakes.endpoint import FakeEndpoint
from tests.furnished import signed_in
from tests.installation import START, Installation
from tests.record.people import ANA, BEN, TUESDAY, meet, traces
from tests.webhooks.signing import batch

LET_GO = (booking_tasks.let_go, nurture_tasks.let_go, webhooks_tasks.let_go)


def let_go(house: Installation) -> None:
    for run, service in zip(LET_GO, (house.booking, house.nurture, house.webhooks), strict=True):
        run(service)


def count(house: Installation, table: str) -> int:
    [(found,)] = house.rows(f"SELECT count(*) FROM {table}")
    return int(found)


def test_bodies_go_after_ninety_days_and_the_mail_stays_as_a_line(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        ask_by_contact(session, a_question(), now=START)
    house.work()
    house.clock.move(timedelta(days=90))
    let_go(house)
    assert (count(house, "booking.message_body"), count(house, "nurture.message_body")) == (2, 1)
    house.clock.move(timedelta(seconds=1))
    let_go(house)
    assert (count(house, "booking.message_body"), count(house, "nurture.message_body")) == (0, 0)
    assert count(house, "booking.message") == 2
    [(mail, *_), *_] = house.rows("SELECT id FROM booking.message")
    assert "Its text is not kept" in signed_in(house).get(f"/console/mails/{mail}").get_data(as_text=True)


@pytest.mark.parametrize("state", list(MailState))
def test_a_mail_that_may_still_leave_is_never_dropped(house: Installation, state: MailState) -> None:
    with house.booking.sessions.begin() as session:
        ask_by_contact(session, a_question(), now=START)
    booking_tasks.send_mail(house.booking)
    house.run("UPDATE booking.message SET state = :state", state=state)
    house.clock.move(timedelta(days=400))
    let_go(house)
    assert count(house, "booking.message_body") == (0 if state in ENDED else 2)


def test_what_machines_did_goes_by_machine_time(house: Installation) -> None:
    """A product clock that is years ahead lets nothing of it go."""
    with FakeEndpoint("whsec_" + "A" * 43 + "=") as endpoint:
        meet(house, endpoint=endpoint.url)
    tables = ("webhooks.raw_event", "webhooks.provider_event", "webhooks.delivery", "webhooks.attempt", "booking.inbox")
    house.clock.move(timedelta(days=300))
    before = [count(house, table) for table in tables]
    assert 0 not in before
    let_go(house)
    assert [count(house, table) for table in tables] == before
    ages = [
        *(("raw_event", "received_at", 91), ("provider_event", "seen_at", 91), ("attempt", "at", 31)),
        ("delivery", "settled_at", 91),
    ]
    for table, column, days in ages:
        house.run(f"UPDATE webhooks.{table} SET {column} = now() - make_interval(days => {days})")
    for schema in ("booking", "nurture", "webhooks"):
        house.run(f"UPDATE {schema}.inbox SET handled_at = now() - interval '15 days' WHERE handled_at IS NOT NULL")
    let_go(house)
    assert [count(house, table) for table in tables] == [0] * len(tables)


def test_what_waits_to_be_handled_or_delivered_stays(house: Installation) -> None:
    with house.webhooks.sessions.begin() as session:
        store_raw(session, batch(), machine=machine_now() - timedelta(days=200))
    house.run(
        "INSERT INTO nurture.inbox (name, subject, revision, occurred_at, payload, received_at, parked_at)"
        " VALUES ('x', uuidv7(), 0, :old, '{}', :old, :old)",
        old=START - timedelta(days=400),
    )
    let_go(house)
    assert count(house, "webhooks.raw_event") == 1
    assert count(house, "nurture.inbox WHERE handled_at IS NULL") == 1


def test_sessions_go_when_they_end_and_the_trail_after_two_years(house: Installation) -> None:
    signed_in(house)
    house.run("INSERT INTO access.audit (actor, act, at) VALUES ('x', 'y', :at)", at=START)
    house.clock.move(timedelta(days=730))
    let_go(house)
    assert (count(house, "access.session"), count(house, "access.audit")) == (1, 1)
    house.clock.move(timedelta(seconds=1))
    house.run("UPDATE access.session SET expires_at = now()")
    let_go(house)
    assert (count(house, "access.session"), count(house, "access.audit")) == (0, 0)


def test_people_of_whom_nobody_heard_for_two_years_are_erased(house: Installation) -> None:
    call = meet(house)
    house.clock.move(timedelta(days=725))
    # Whose domain was blocked as a whole is welcome again, or he could not write.
    house.run("DELETE FROM booking.blocked WHERE pattern = '@reader.test'")
    with house.booking.sessions.begin() as session:
        ask_by_contact(session, a_question(visitor=a_visitor("Ben Okafor", BEN)), now=house.clock.now())
    booking_tasks.forget_silent(house.booking)
    assert traces(house, ANA) != [], "her call ended less than 730 days ago"
    house.pass_time(days=20)
    assert traces(house, ANA) == []
    assert house.rows("SELECT email FROM booking.call WHERE id = :call", call=call) == [("erased",)]
    assert traces(house, "eve@reader.test") == [], "a guest of hers, who never wrote"
    assert traces(house, BEN) != [], "he wrote since"
    assert house.rows("SELECT DISTINCT actor FROM access.audit WHERE act = 'person_erased'") == [("retention",)]


def test_the_advisor_is_never_forgotten_for_being_silent(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        own = a_visitor("Nora Feld", "nora@advisor.test")
        book_call(session, a_booking(TUESDAY, visitor=own), uid_domain="x.test", now=START)
    house.pass_time(days=900)
    assert house.rows("SELECT email FROM booking.call") == [("nora@advisor.test",)]


def test_a_batch_passes_over_what_somebody_else_holds(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        ask_by_contact(session, a_question(), now=START)
    house.work()
    [(held,), (_,)] = house.rows("SELECT message_id FROM booking.message_body ORDER BY 1")
    with house.booking.sessions.begin() as other, house.booking.sessions.begin() as session:
        _hold(other, held)
        assert drop_batch(session, [Outlived(MessageBody, MessageBody.date <= START)]) == 1
    assert house.rows("SELECT message_id FROM booking.message_body") == [(held,)]


def test_more_than_a_batch_goes_in_several_transactions(house: Installation) -> None:
    house.run(
        "INSERT INTO booking.inbox (name, subject, revision, occurred_at, payload, handled_at)"
        " SELECT 'x', uuidv7(), 0, now(), '{}', now() - interval '20 days' FROM generate_series(1, :many)",
        many=2 * BATCH + 1,
    )
    commits: list[int] = []

    def left(session: Session) -> None:
        commits.append(count(house, "booking.inbox WHERE name = 'x'"))

    event.listen(house.booking.sessions, "after_commit", left)
    booking_tasks.let_go(house.booking)
    assert commits == [BATCH + 1, 1, 0]


def test_how_long_is_a_setting(house: Installation) -> None:
    names = {"KEEP_BODIES_DAYS": "1", "KEEP_PEOPLE_DAYS": "9"}
    environ = {
        name.upper(): str(value) for name, value in house.settings.model_dump(exclude={"timings", "keep"}).items()
    }
    assert Settings.from_env({name: value for name, value in environ.items() if value} | names).keep == Keep(
        bodies_days=1, people_days=9
    )


def _hold(session: Session, message: UUID) -> None:
    session.get_one(MessageBody, message, with_for_update=True)
