"""A seat in a group call moves to another time of its type: given back there and taken here, or neither."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.booking.domain.errors import OpenCallExists, SlotTaken
from services.booking.models import Call
from services.booking.usecases.availability import Own, epoch_minute, free_starts, offer_for
from services.booking.usecases.calls import Side
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.choose import choose_time
from services.booking.usecases.feeds import make_feed
from services.booking.usecases.propose import propose_times
from tests.booking.calendars import event
from tests.booking.calls import ELEVEN, NIGHT, TEN, booked, by_ben, of_type, row
from tests.booking.invitations import NORA, event_of, flat
from tests.booking.reading import Feed, connect_feed, feed, read, slots, taken
from tests.browsing import opened
from tests.builders import a_visitor
from tests.installation import START, Installation
from tests.letters import parsed, to
from tests.stored import stored

__all__ = ["feed"]


@pytest.fixture
def groups(house: Installation) -> Installation:
    """Every call type has two seats."""
    of_type(house, seats=2)
    return house


def move(house: Installation, call: Call, start: datetime, by: Side = "advisor") -> None:
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, start, Change(by), now=house.clock.now())


def times(house: Installation) -> list[tuple[datetime, int, str, bool]]:
    """The group calls: when, how many seats are taken, their state, and whether their time is claimed."""
    query = """
        SELECT g.starts_at, g.taken, g.state, c.active FROM booking.group_call g
        JOIN booking.claim c ON c.group_call_id = g.id ORDER BY g.starts_at, g.state
    """
    return [tuple(found) for found in house.rows(query)]


def test_the_only_seat_moves_and_the_old_time_is_free(groups: Installation) -> None:
    call = booked(groups)
    move(groups, call, ELEVEN, "prospect")
    assert times(groups) == [(TEN, 0, "cancelled", False), (ELEVEN, 1, "confirmed", True)]
    assert row(groups, call, "starts_at, sequence, moves") == (ELEVEN, 1, 1)


def test_the_advisor_is_told_of_the_group_call_that_a_seat_leaves_and_of_the_one_it_joins(groups: Installation) -> None:
    call = booked(groups)
    groups.work()
    move(groups, call, ELEVEN, "prospect")
    groups.work()
    mails = [mail for mail in map(parsed, groups.mails()) if to(mail) == NORA]
    told = {(one["DTSTART"].dt, str(one["STATUS"]), int(one["SEQUENCE"])) for one in map(event_of, mails)}
    assert told == {(TEN, "CONFIRMED", 0), (TEN, "CANCELLED", 1), (ELEVEN, "CONFIRMED", 0)}


def test_the_advisor_reads_how_many_seats_are_taken_in_words(groups: Installation) -> None:
    for book, said in ((booked, "1 of 2 seats is taken."), (by_ben, "2 of 2 seats are taken.")):
        book(groups, TEN)
        groups.work()
        mail = [mail for mail in map(parsed, groups.mails()) if to(mail) == NORA][-1]
        assert said in flat(mail)
        assert str(mail["Subject"]).endswith(f", 10:00: {said[:12]}")


def test_a_group_call_that_all_have_left_is_crossed_out_in_what_is_subscribed_to(groups: Installation) -> None:
    move(groups, booked(groups), ELEVEN)
    with groups.booking.sessions.begin() as session:
        token = make_feed(session, "calls", "", now=START).token
    answer = groups.browser().get(f"/calendar/{token}.ics")
    assert answer.status_code == 200
    assert (answer.text.count("BEGIN:VEVENT"), answer.text.count("STATUS:CANCELLED")) == (2, 1)


def a_day_of(house: Installation, most: int) -> None:
    """At most so many calls a day, of all types together."""
    house.run(
        "INSERT INTO booking.call_limit (advisor_id, per, unit, most)"
        " SELECT id, 'day', 'calls', :most FROM booking.advisor",
        most=most,
    )


def test_a_group_calls_entry_that_is_read_back_takes_no_time_once_all_have_left(
    groups: Installation, feed: Feed
) -> None:
    call = booked(groups)
    [(uid,)] = groups.rows("SELECT uid FROM booking.group_call")
    feed.content = event("DTSTART:20261208T090000Z", "DURATION:PT30M", uid=uid)
    connect_feed(groups, feed.url)
    read(groups)
    with groups.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("prospect"), now=START)
        token = make_feed(session, "free_busy", "", now=START).token
    assert taken(groups) == ["2026-12-08 09:00-09:30"], "the entry still stands in the calendar"
    assert "09:00" in slots(groups)
    assert b"FREEBUSY" not in groups.browser().get(f"/calendar/{token}.ics").data.replace(b"VFREEBUSY", b"")
    assert by_ben(groups, TEN).state == "confirmed"


def test_a_limit_counts_a_group_call_once_and_not_at_all_when_everybody_has_left(groups: Installation) -> None:
    a_day_of(groups, 2)
    booked(groups)
    by_ben(groups, TEN)
    eve = booked(groups, ELEVEN, visitor=a_visitor("Eve", "eve@reader.test"))
    with pytest.raises(SlotTaken):
        by_ben(groups, TEN + timedelta(hours=2))
    with groups.booking.sessions.begin() as session:
        cancel_call(session, eve.token, Change("advisor"), now=START)
    assert by_ben(groups, TEN + timedelta(hours=2)).state == "confirmed"


def test_a_limit_counts_the_group_call_that_a_seat_leaves_only_while_others_sit_there(groups: Installation) -> None:
    a_day_of(groups, 1)
    call = booked(groups)
    move(groups, call, ELEVEN, "prospect")
    by_ben(groups, ELEVEN)
    with pytest.raises(SlotTaken):
        move(groups, call, TEN, "prospect")


def test_the_only_seat_moves_by_less_than_its_own_length(groups: Installation) -> None:
    call = booked(groups)
    groups.run("UPDATE booking.call_type SET buffer_after_minutes = 0")
    move(groups, call, TEN + timedelta(minutes=30))
    assert times(groups)[-1] == (TEN + timedelta(minutes=30), 1, "confirmed", True)


def test_a_seat_moves_into_a_group_call_that_has_one_left(groups: Installation) -> None:
    call = booked(groups)
    by_ben(groups, ELEVEN)
    move(groups, call, ELEVEN)
    assert times(groups) == [(TEN, 0, "cancelled", False), (ELEVEN, 2, "confirmed", True)]
    assert groups.rows("SELECT count(DISTINCT group_call_id) FROM booking.call") == [(1,)]


def test_a_full_group_call_takes_nobody_and_the_old_seat_is_kept(groups: Installation) -> None:
    call = booked(groups)
    by_ben(groups, ELEVEN)
    groups.run("UPDATE booking.group_call SET capacity = 1 WHERE starts_at = :at", at=ELEVEN)
    before = stored(groups)
    for by in ("prospect", "advisor"):
        with pytest.raises(SlotTaken):
            move(groups, call, ELEVEN, "prospect" if by == "prospect" else "advisor")
    assert stored(groups) == before


@pytest.mark.parametrize("by", ["prospect", "advisor"])
def test_a_call_from_before_its_type_was_a_group_is_offered_no_seat_and_moves_where_it_is_offered(
    house: Installation, by: Side
) -> None:
    call = booked(house)
    of_type(house, seats=2)
    by_ben(house, ELEVEN)
    with house.booking.sessions() as session:
        offer = offer_for(session, call.call_type_id)
        found = [
            free_starts(session, offer, now=START, start=TEN, end=NIGHT, own=own) for own in (Own(), Own(call=call.id))
        ]
    assert (ELEVEN in found[0], ELEVEN in found[1]) == (True, False)
    before = stored(house)
    with pytest.raises(SlotTaken) as refused:
        move(house, call, ELEVEN, by)
    assert epoch_minute(ELEVEN) not in refused.value.nearest
    with pytest.raises(SlotTaken), house.booking.sessions.begin() as session:
        propose_times(session, call.id, [ELEVEN], "", now=START)
    assert stored(house) == before
    page = opened(house.browser(), f"/call/{call.token}/move?day=2026-12-08&zone=Europe/Berlin")
    assert page.links("start=2026-12-08T10%3A30")
    assert not page.links("start=2026-12-08T10%3A00")
    assert "seat" not in page.text
    move(house, call, found[1][-1], by)
    assert row(house, call, "starts_at") == found[1][-1]


def test_nobody_sits_in_one_group_call_twice(groups: Installation) -> None:
    call = booked(groups)
    booked(groups, ELEVEN, visitor=a_visitor())
    before = stored(groups)
    with pytest.raises(OpenCallExists):
        move(groups, call, ELEVEN)
    assert stored(groups) == before


def test_a_proposed_time_may_be_one_of_a_group_call_with_a_seat(groups: Installation) -> None:
    call = booked(groups)
    by_ben(groups, ELEVEN)
    with groups.booking.sessions.begin() as session:
        token = propose_times(session, call.id, [ELEVEN, NIGHT], "", now=START).token
    with groups.booking.sessions.begin() as session:
        choose_time(session, token, ELEVEN, uid_domain="firstcall.test", now=START)
    assert times(groups)[-1] == (ELEVEN, 2, "confirmed", True)
