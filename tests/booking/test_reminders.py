"""Reminders and what follows a call: at their time, in the reader's words, and never of a time that does not hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.booking.domain.requests import GuestRequest
from services.booking.models import Call
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.guests import add_guests
from services.booking.usecases.missed import mark_missed, unmark_missed
from tests.booking.calls import ELEVEN, TEN, booked, of_type
from tests.booking.invitations import ANA, BRIEFING, flat, has_calendar
from tests.builders import a_visitor
from tests.installation import START, Installation
from tests.letters import link_in, parsed, to

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
GIL = GuestRequest("Gil", "gil@guest.test", "gil@guest.test")


def wanted(house: Installation, kind: str = "reminder") -> list[tuple[str, datetime]]:
    """The reminders that wait, as (recipient, due)."""
    query = "SELECT recipient, due FROM booking.message WHERE kind = :kind AND state = 'queued' ORDER BY due, recipient"
    return [(recipient, due.astimezone(UTC)) for recipient, due in house.rows(query, kind=kind)]


def outcomes(house: Installation, kind: str = "reminder") -> list[tuple[str, str | None]]:
    query = "SELECT state, skip_reason FROM booking.message WHERE kind = :kind ORDER BY due, id"
    return [tuple(found) for found in house.rows(query, kind=kind)]


def until(house: Installation, at: datetime) -> list[str]:
    """Let it be then, and give the text of each mail that left without a calendar object."""
    seen = len(house.mails())
    house.clock.move(at - house.clock.now())
    house.work()
    return [flat(mail) for mail in map(parsed, house.mails()[seen:]) if not has_calendar(mail)]


def move(house: Installation, call: Call, start: datetime) -> None:
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, start, Change("advisor"), now=house.clock.now())


def test_a_day_and_an_hour_before_the_prospect_is_reminded(house: Installation) -> None:
    booked(house)
    assert wanted(house) == [(ANA, TEN - DAY), (ANA, TEN - HOUR)]
    house.work()
    [early] = until(house, TEN - DAY)
    assert "Nothing to do if it still suits" in early
    assert BRIEFING in early
    assert "https://meet.advisor.test/nora" in early
    [soon] = until(house, TEN - HOUR)
    assert "We speak at 04:00." in soon
    assert "https://meet.advisor.test/nora" in soon
    assert BRIEFING not in soon


def test_a_guest_is_reminded_without_the_prospects_words_and_page(house: Installation) -> None:
    call = booked(house)
    with house.booking.sessions.begin() as session:
        add_guests(session, call.token, [GIL], now=START)
    house.work()
    until(house, TEN - DAY)
    [mail] = [mail for mail in map(parsed, house.mails()) if to(mail) == "gil@guest.test" and not has_calendar(mail)]
    assert "Nothing to do if it still suits" in flat(mail)
    assert BRIEFING not in flat(mail)
    assert call.token not in mail.as_string()


def test_guests_who_came_with_the_booking_are_reminded_of_every_time_it_has(house: Installation) -> None:
    call = booked(house, guests=(GIL,))
    assert wanted(house) == [(whom, TEN - lead) for lead in (DAY, HOUR) for whom in (ANA, "gil@guest.test")]
    house.work()
    later = ELEVEN + timedelta(days=1)
    move(house, call, later)
    assert wanted(house) == [(whom, later - lead) for lead in (DAY, HOUR) for whom in (ANA, "gil@guest.test")]


def test_a_moved_call_is_reminded_of_at_its_new_time_only(house: Installation) -> None:
    call = booked(house)
    house.work()
    later = ELEVEN + timedelta(days=1)
    move(house, call, later)
    assert wanted(house) == [(ANA, later - DAY), (ANA, later - HOUR)]
    house.work()
    assert until(house, TEN - HOUR) == []
    [early] = until(house, later - DAY)
    assert "Wednesday 9 December" in early


def test_a_cancelled_call_is_not_reminded_of(house: Installation) -> None:
    call = booked(house)
    house.work()
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("advisor"), now=START)
    assert until(house, TEN + DAY) == []
    assert set(outcomes(house)) == {("skipped", "superseded")}


@pytest.mark.parametrize("change", ["state = 'cancelled'", "sequence = 1, starts_at = starts_at + interval '2 days'"])
def test_a_reminder_reads_the_call_again_when_it_leaves(house: Installation, change: str) -> None:
    booked(house)
    house.work()
    # Somebody changed the call past all use cases.
    house.run(f"UPDATE booking.call SET {change}, ends_at = ends_at + interval '2 days'")
    assert until(house, TEN - DAY) == []
    assert outcomes(house)[0] == ("skipped", "superseded")


def test_a_reminder_that_is_found_late_is_left_out_with_its_reason(house: Installation) -> None:
    booked(house)
    house.work()
    assert until(house, TEN - timedelta(minutes=20)) == []
    assert set(outcomes(house)) == {("skipped", "too_late")}


def test_a_reminder_that_is_a_little_late_still_leaves(house: Installation) -> None:
    booked(house)
    house.work()
    assert len(until(house, TEN - timedelta(hours=13))) == 1


def test_nobody_is_reminded_right_after_the_invitation(house: Installation) -> None:
    of_type(house, reminder_minutes=[1500, 1498, 60])
    booked(house)
    # It is 25 hours until the call; five minutes from now is too soon for the first two.
    assert wanted(house) == [(ANA, TEN - HOUR)]


def test_a_reminder_across_a_change_of_the_clocks_tells_the_readers_own_time(house: Installation) -> None:
    # On 14 March 2027 New York goes from -5 to -4; Berlin follows two weeks later.
    house.clock.move(datetime(2027, 3, 12, 12, 0, tzinfo=UTC) - START)
    start = datetime(2027, 3, 15, 9, 0, tzinfo=UTC)
    booked(house, start, visitor=a_visitor(zone="America/New_York"))
    house.work()
    assert wanted(house) == [(ANA, start - DAY), (ANA, start - HOUR)]
    [early] = until(house, start - DAY)
    assert "05:00–05:30 (New York, UTC−4)" in early
    assert "Monday 15 March" in early


@pytest.mark.parametrize(
    ("move", "cancel", "said"),
    [(60, 60, "Move or cancel:"), (60, 1500, "Move:"), (1500, 60, "Cancel:"), (1500, 1500, "Your call:")],
)
def test_a_reminder_offers_only_what_can_still_be_done(house: Installation, move: int, cancel: int, said: str) -> None:
    of_type(house, move_notice_minutes=move, cancel_notice_minutes=cancel)
    booked(house)
    house.work()
    [early] = until(house, TEN - DAY)
    before = early.partition(" http://firstcall.test/call/")[0]
    assert before.endswith(f" {said}")
    assert ("Move or" in before) == (said == "Move or cancel:")


def test_an_hour_after_the_call_comes_one_line(house: Installation) -> None:
    booked(house)
    house.work()
    until(house, TEN + timedelta(minutes=30))
    assert wanted(house, "call_follow_up") == [(ANA, TEN + timedelta(minutes=90))]
    [after] = until(house, TEN + timedelta(minutes=90))
    assert "Thank you for our call" in after


def test_a_call_type_may_be_without_a_word_afterwards(house: Installation) -> None:
    of_type(house, follow_up_minutes=None, no_show_follow_up=False)
    call = booked(house)
    until(house, TEN + timedelta(minutes=30))
    with house.booking.sessions.begin() as session:
        mark_missed(session, call.id, now=house.clock.now())
    assert until(house, TEN + DAY) == []


def test_who_did_not_come_hears_of_it_after_the_end_and_gets_no_thanks(house: Installation) -> None:
    call = booked(house)
    until(house, TEN + timedelta(minutes=40))
    with house.booking.sessions.begin() as session:
        mark_missed(session, call.id, now=house.clock.now())
    [missed] = until(house, TEN + timedelta(hours=3))
    assert "We missed each other on Tue 8 Dec, 04:00." in missed
    assert ("skipped", "superseded") in outcomes(house, "call_follow_up")


def test_who_came_after_all_is_thanked_and_not_missed(house: Installation) -> None:
    call = booked(house)
    until(house, TEN + timedelta(minutes=40))
    for act in (mark_missed, unmark_missed, mark_missed, unmark_missed):
        with house.booking.sessions.begin() as session:
            act(session, call.id, now=house.clock.now())
    [after] = until(house, TEN + timedelta(hours=3))
    assert "Thank you for our call" in after
    assert link_in(parsed(house.mails()[-1]), "/book/intro")


@pytest.mark.parametrize("missed", [False, True])
def test_what_follows_a_call_reads_it_again_when_it_leaves(house: Installation, missed: bool) -> None:
    call = booked(house)
    until(house, TEN + timedelta(minutes=40))
    if missed:
        with house.booking.sessions.begin() as session:
            mark_missed(session, call.id, now=house.clock.now())
    kind, other = ("call_missed", "completed") if missed else ("call_follow_up", "missed")
    assert len(wanted(house, kind)) == 1
    # Somebody changed the call past all use cases.
    house.run("UPDATE booking.call SET state = :other", other=other)
    assert until(house, TEN + timedelta(hours=3)) == []
    assert outcomes(house, kind)[-1] == ("skipped", "superseded")


def test_thanks_are_said_once_in_the_life_of_a_call(house: Installation) -> None:
    call = booked(house)
    until(house, TEN + timedelta(minutes=30))
    until(house, TEN + timedelta(hours=3))
    for act in (mark_missed, unmark_missed):
        with house.booking.sessions.begin() as session:
            act(session, call.id, now=house.clock.now())
    assert not any("Thank you" in text for text in until(house, TEN + DAY))


def test_a_reminder_is_in_the_language_in_which_they_booked(house: Installation) -> None:
    booked(house, visitor=a_visitor(locale="de"))
    house.work()
    [early] = until(house, TEN - DAY)
    assert "8. Dezember" in early
    assert "December" not in early
