"""Booking, moving and cancelling: who gets a time, and what both sides are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from services.booking.domain.errors import InvalidInput, InvitationNeeded, NotFound, NotOpen, SlotTaken, TooLate
from services.booking.models import Call
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call, move_call
from shared.i18n import day
from tests.builders import a_booking, a_visitor
from tests.installation import START, Installation
from tests.letters import calendar_of, ics_of, parsed, text_of, to

TUESDAY_TEN = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
BY_PROSPECT = Change("prospect", "The train is late")


def book(house: Installation, start: datetime = TUESDAY_TEN, **changes: object) -> Call:
    with house.booking.sessions.begin() as session:
        return book_call(session, a_booking(start, **changes), uid_domain="firstcall.test", now=house.clock.now())


def test_a_free_time_can_be_booked_and_both_sides_get_one_invitation(house: Installation) -> None:
    book(house)
    house.work()
    invitations = [parsed(mail) for mail in house.mails()]
    assert sorted(to(mail) for mail in invitations) == ["ana@reader.test", "nora@advisor.test"]
    events = [calendar_of(mail) for mail in invitations]
    assert {event["UID"] for event in events} == {events[0]["UID"]}
    assert all(event["SEQUENCE"] == 0 and event.get("STATUS") == "CONFIRMED" for event in events)
    assert all(event.start == TUESDAY_TEN for event in events)


def test_only_the_advisors_copy_carries_what_the_prospect_wrote(house: Installation) -> None:
    book(house)
    house.work()
    by_reader = {to(parsed(mail)): mail for mail in house.mails()}
    advisors = str(calendar_of(parsed(by_reader["nora@advisor.test"]))["DESCRIPTION"])
    theirs = str(calendar_of(parsed(by_reader["ana@reader.test"])).get("DESCRIPTION", ""))
    assert "A yes or a no" in advisors
    assert "A yes or a no" not in theirs


def test_a_taken_time_is_refused_with_the_nearest_free_ones(house: Installation) -> None:
    book(house)
    with pytest.raises(SlotTaken) as refused:
        book(house, visitor=a_visitor("Ben", "ben@reader.test"))
    near = [datetime.fromtimestamp(minute * 60, UTC) for minute in refused.value.nearest]
    assert near == [TUESDAY_TEN + timedelta(minutes=minutes) for minutes in (-60, -30, 30)]


def test_buffers_of_both_calls_are_kept(house: Installation) -> None:
    book(house)
    with pytest.raises(SlotTaken):
        book(house, TUESDAY_TEN + timedelta(minutes=30), call_type="strategy")
    assert book(house, TUESDAY_TEN + timedelta(minutes=60), call_type="strategy").state == "confirmed"


def test_a_booked_call_keeps_its_buffers_from_calls_that_have_none(house: Installation) -> None:
    """Three quarters of an hour, and a quarter before and after them."""
    house.run("UPDATE booking.call_type SET interval_minutes = 15")
    book(house, call_type="strategy")
    for minutes in (-30, 45):
        with pytest.raises(SlotTaken):
            book(house, TUESDAY_TEN + timedelta(minutes=minutes))
    for minutes in (-45, 60):
        assert book(house, TUESDAY_TEN + timedelta(minutes=minutes)).state == "confirmed"


@pytest.mark.parametrize(
    "start",
    [
        START + timedelta(minutes=30),  # within the notice
        TUESDAY_TEN + timedelta(minutes=10),  # off the grid
        TUESDAY_TEN.replace(hour=20),  # after hours
        datetime(2026, 12, 12, 9, 0, tzinfo=UTC),  # a Saturday
        START + timedelta(days=200),  # beyond the horizon
    ],
)
def test_a_time_that_is_not_offered_cannot_be_booked(house: Installation, start: datetime) -> None:
    with pytest.raises(SlotTaken):
        book(house, start)
    assert house.rows("SELECT 1 FROM booking.call") == []


def test_the_same_form_sent_twice_is_one_booking(house: Installation) -> None:
    first = book(house, form_key="of-this-form")
    again = book(house, form_key="of-this-form")
    house.work()
    assert first.id == again.id
    assert len(house.mails()) == 2


def test_somebody_elses_form_key_does_not_show_their_call(house: Installation) -> None:
    book(house, form_key="of-this-form")
    with pytest.raises(SlotTaken):
        book(house, form_key="of-this-form", visitor=a_visitor("Eve", "eve@reader.test"))


def test_a_call_type_for_accepted_requests_needs_one(house: Installation) -> None:
    with pytest.raises(InvitationNeeded):
        book(house, call_type="session", invitation="made-up")


def test_an_unknown_call_type_is_not_found(house: Installation) -> None:
    with pytest.raises(NotFound):
        book(house, call_type="nothing")


def test_moving_updates_both_calendars_under_the_same_uid(house: Installation) -> None:
    call = book(house)
    house.work()
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, TUESDAY_TEN + timedelta(days=1), BY_PROSPECT, now=house.clock.now())
    house.work()
    updates = [parsed(mail) for mail in house.mails()[2:]]
    assert sorted(to(mail) for mail in updates) == ["ana@reader.test", "nora@advisor.test"]
    for mail in updates:
        event = calendar_of(mail)
        assert (event["UID"], event["SEQUENCE"]) == (call.uid, 1)
        assert event.start == TUESDAY_TEN + timedelta(days=1)


def test_a_moved_call_frees_its_old_time_and_takes_the_new(house: Installation) -> None:
    call = book(house)
    later = TUESDAY_TEN + timedelta(hours=1)
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, later, BY_PROSPECT, now=house.clock.now())
    with pytest.raises(SlotTaken):
        book(house, later, visitor=a_visitor("Ben", "ben@reader.test"))
    assert book(house, visitor=a_visitor("Ben", "ben@reader.test")).state == "confirmed"


def test_a_call_may_move_onto_its_own_time(house: Installation) -> None:
    call = book(house, call_type="strategy")
    with house.booking.sessions.begin() as session:
        moved = move_call(session, call.token, TUESDAY_TEN + timedelta(minutes=30), BY_PROSPECT, now=START)
    assert moved.sequence == 1


def test_moving_onto_another_call_is_refused_and_changes_nothing(house: Installation) -> None:
    mine = book(house)
    book(house, TUESDAY_TEN + timedelta(hours=1), visitor=a_visitor("Ben", "ben@reader.test"))
    with pytest.raises(SlotTaken), house.booking.sessions.begin() as session:
        move_call(session, mine.token, TUESDAY_TEN + timedelta(hours=1), BY_PROSPECT, now=START)
    [(starts_at, sequence)] = house.rows("SELECT starts_at, sequence FROM booking.call WHERE id = :id", id=mine.id)
    assert (starts_at, sequence) == (TUESDAY_TEN, 0)


def test_cancelling_takes_the_call_out_of_both_calendars_and_frees_the_time(house: Installation) -> None:
    call = book(house)
    house.work()
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, BY_PROSPECT, now=START)
    house.work()
    for mail in [parsed(mail) for mail in house.mails()[2:]]:
        calendar, event = Calendar.from_ical(ics_of(mail)), calendar_of(mail)
        assert calendar["METHOD"] == "CANCEL"
        assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (call.uid, 1, "CANCELLED")
    assert book(house, visitor=a_visitor("Ben", "ben@reader.test")).state == "confirmed"


def test_cancelling_twice_is_cancelling_once(house: Installation) -> None:
    call = book(house)
    for _ in range(2):
        with house.booking.sessions.begin() as session:
            cancel_call(session, call.token, BY_PROSPECT, now=START)
    house.work()
    assert house.rows("SELECT sequence FROM booking.call") == [(1,)]


def test_within_the_notice_only_the_advisor_may_change_a_call(house: Installation) -> None:
    call = book(house)
    soon = TUESDAY_TEN - timedelta(hours=3)
    with pytest.raises(TooLate), house.booking.sessions.begin() as session:
        cancel_call(session, call.token, BY_PROSPECT, now=soon)
    with house.booking.sessions.begin() as session:
        assert cancel_call(session, call.token, Change("advisor"), now=soon).state == "cancelled"


def test_a_call_that_is_over_cannot_be_changed(house: Installation) -> None:
    call = book(house)
    house.pass_time(days=2)
    assert house.rows("SELECT state FROM booking.call") == [("completed",)]
    with pytest.raises(NotOpen), house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("advisor"), now=house.clock.now())


def test_an_unsent_invitation_is_replaced_by_its_update(house: Installation) -> None:
    call = book(house)
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, TUESDAY_TEN + timedelta(days=1), BY_PROSPECT, now=START)
    house.work()
    assert [calendar_of(parsed(mail))["SEQUENCE"] for mail in house.mails()] == [1, 1]


def test_nothing_of_a_call_leaves_after_its_cancellation(house: Installation) -> None:
    call = book(house)
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, BY_PROSPECT, now=START)
    house.work()
    house.pass_time(days=3)
    assert {str(Calendar.from_ical(ics_of(parsed(mail)))["METHOD"]) for mail in house.mails()} == {"CANCEL"}


def test_mails_tell_the_time_in_the_readers_zone(house: Installation) -> None:
    book(house)
    house.work()
    texts = {to(mail): text_of(mail) for mail in map(parsed, house.mails())}
    assert "04:00–04:30 (New York, UTC−5)" in texts["ana@reader.test"]
    assert day(TUESDAY_TEN, "America/New_York") in texts["ana@reader.test"]
    assert "10:00–10:30 (Berlin, UTC+1)" in texts["nora@advisor.test"]


def test_nothing_is_stored_when_a_booking_fails_halfway(house: Installation) -> None:
    with pytest.raises(RuntimeError), house.booking.sessions.begin() as session:
        book_call(session, a_booking(TUESDAY_TEN), uid_domain="firstcall.test", now=START)
        raise RuntimeError
    tables = ("booking.call", "booking.claim", "booking.message", "nurture.inbox")
    counts = [house.rows(f"SELECT count(*) FROM {table} WHERE {_written_by_booking(table)}")[0][0] for table in tables]
    assert counts == [0, 0, 0, 0]


def _written_by_booking(table: str) -> str:
    return "name LIKE 'booking.call%'" if table.endswith("inbox") else "true"


def test_the_advisor_books_for_somebody_outside_the_hours_but_not_in_the_past_and_not_on_a_call(
    house: Installation,
) -> None:
    def by_advisor(start: datetime) -> Call:
        with house.booking.sessions.begin() as session:
            request = a_booking(start, call_type="session")
            return book_call(session, request, uid_domain="firstcall.test", now=START, by_advisor=True)

    assert by_advisor(TUESDAY_TEN.replace(hour=22)).state == "confirmed"
    with pytest.raises(SlotTaken):
        by_advisor(TUESDAY_TEN.replace(hour=22, minute=30))
    for start in (START, TUESDAY_TEN.replace(tzinfo=None)):
        with pytest.raises(InvalidInput):
            by_advisor(start)
