"""What calendars answer: taken when it is proven and of now, noted when it is stale, foreign or forged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.booking.domain.requests import GuestRequest
from services.booking.models import Call
from services.booking.usecases.change import Change, move_call
from services.booking.usecases.guests import add_guests
from services.booking.usecases.propose import accept_counter
from tests.booking.calls import ELEVEN, NIGHT, TEN, booked, by_ben, events, reply_arrives, row
from tests.booking.invitations import ANA, NORA, conforms, flat, story
from tests.installation import START, Installation
from tests.letters import link_in, parsed, text_of, to
from tests.stored import stored

GIL = "gil@guest.test"


def answer(house: Installation, call: Call, partstat: str = "ACCEPTED", who: str = ANA, **changes: Any) -> None:
    """A calendar answers to the invitation as it stands."""
    reply_arrives(house, partstat, who, **({"uid": call.uid, "sequence": row(house, call, "sequence")} | changes))


def counter(house: Installation, call: Call, start: datetime, **changes: Any) -> None:
    """A proposal for another time, of half an hour."""
    end = start + timedelta(minutes=30)
    answer(house, call, "TENTATIVE", method="COUNTER", start=start, end=end, **changes)


@pytest.fixture
def call(house: Installation) -> Call:
    """Ana's call with Gil as a guest, all invitations sent."""
    made = booked(house)
    with house.booking.sessions.begin() as session:
        add_guests(session, made.token, [GuestRequest("Gil", GIL, GIL)], now=START)
    house.work()
    return made


def mails_since(house: Installation, seen: int) -> dict[str, Any]:
    return {to(mail): mail for mail in map(parsed, house.mails()[seen:])}


def answers(house: Installation, call: Call) -> tuple[str, str, str]:
    """The prospect's, the advisor's and the guest's."""
    [(guests,)] = house.rows("SELECT answer FROM booking.guest")
    prospects, advisors = row(house, call, "answer, advisor_answer")
    return prospects, advisors, guests


@pytest.mark.parametrize("partstat", ["ACCEPTED", "TENTATIVE", "tentative"])
def test_an_answer_is_shown_and_changes_nothing_else(house: Installation, call: Call, partstat: str) -> None:
    seen = len(house.mails())
    for who in (ANA, NORA, GIL):
        answer(house, call, partstat, who)
    assert answers(house, call) == (partstat.lower(),) * 3
    assert row(house, call, "state, sequence") == ("confirmed", 1)
    assert len(house.mails()) == seen


def test_addresses_are_compared_without_case_and_scheme(house: Installation, call: Call) -> None:
    answer(house, call, attendee="MAILTO:Ana@Reader.test", sender="ANA@reader.test")
    assert row(house, call, "answer") == "accepted"


def test_a_decline_of_the_prospect_frees_the_time_once_and_tells_all(house: Installation, call: Call) -> None:
    seen = len(house.mails())
    for minute in (1, 1, 2):
        answer(
            house, call, "DECLINED", comment="The board meets", sequence=1, dtstamp=START + timedelta(minutes=minute)
        )
    assert row(house, call, "state, cancelled_by, reason, sequence") == ("cancelled", "prospect", "The board meets", 2)
    assert story(house, since=seen) == [(ANA, None, None), (GIL, "CANCEL", 2), (NORA, "CANCEL", 2)]
    mails = mails_since(house, seen)
    assert "The board meets" in text_of(mails[NORA])
    assert "The board meets" not in text_of(mails[ANA])
    assert link_in(mails[ANA], "/book/intro")
    for mail in mails.values():
        conforms(mail, call)
    [told] = events(house, "call_cancelled")
    assert (told["by"], told["reason"]) == ("prospect", "The board meets")
    assert by_ben(house, TEN).state == "confirmed"


def test_who_does_not_come_is_believed_also_within_the_notice(house: Installation, call: Call) -> None:
    house.clock.move(TEN - timedelta(hours=1) - START)
    answer(house, call, "DECLINED")
    assert row(house, call, "state") == "cancelled"


def test_accepting_again_what_was_declined_is_answered_by_mail(house: Installation, call: Call) -> None:
    answer(house, call, "DECLINED", sequence=1)
    by_ben(house, TEN)
    house.work()
    seen = len(house.mails())
    for minute in (5, 6):
        answer(house, call, "ACCEPTED", sequence=1, dtstamp=START + timedelta(minutes=minute))
    assert row(house, call, "state") == "cancelled"
    mails = mails_since(house, seen)
    assert set(mails) == {ANA}
    assert "It is not booked any more" in flat(mails[ANA])
    assert link_in(mails[ANA], "/book/intro?start=2026-12-08T09:00:00Z")


def test_an_acceptance_that_was_overtaken_by_the_decline_is_not_answered(house: Installation, call: Call) -> None:
    answer(house, call, "DECLINED", sequence=1, dtstamp=START + timedelta(minutes=5))
    seen = len(house.mails())
    answer(house, call, "ACCEPTED", sequence=1, dtstamp=START + timedelta(minutes=4))
    assert len(house.mails()) == seen


def test_a_decline_of_a_guest_is_only_shown(house: Installation, call: Call) -> None:
    seen = len(house.mails())
    answer(house, call, "DECLINED", GIL)
    assert answers(house, call) == ("needs-action", "needs-action", "declined")
    assert row(house, call, "state") == "confirmed"
    assert len(house.mails()) == seen


def test_a_decline_of_the_advisor_offers_other_times_and_drops_nothing(house: Installation, call: Call) -> None:
    seen = len(house.mails())
    for minute in (1, 1):
        answer(house, call, "DECLINED", NORA, comment="I am in court", dtstamp=START + timedelta(minutes=minute))
    assert row(house, call, "state, advisor_answer, sequence") == ("confirmed", "declined", 1)
    assert story(house, since=seen) == [(ANA, None, None), (NORA, None, None)]
    mails = mails_since(house, seen)
    assert "I am in court" in text_of(mails[ANA])
    assert flat(mails[ANA]).count("/times/") == 3
    assert "it stays until they do" in flat(mails[NORA])


def test_the_advisor_is_told_when_there_is_no_other_time_to_offer(house: Installation, call: Call) -> None:
    house.run("DELETE FROM booking.weekly_hours")
    seen = len(house.mails())
    answer(house, call, "DECLINED", NORA)
    mails = mails_since(house, seen)
    assert set(mails) == {NORA}
    assert "No other time is free" in flat(mails[NORA])


def test_an_answer_to_an_older_invitation_does_not_decline_the_new_time(house: Installation, call: Call) -> None:
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, ELEVEN, Change("advisor"), now=START)
    house.work()
    unchanged(house, call, "DECLINED", sequence=1)


def test_an_answer_to_an_invitation_that_was_never_sent_counts_nothing(house: Installation, call: Call) -> None:
    unchanged(house, call, "DECLINED", sequence=7)


def test_a_forged_answer_frees_nothing(house: Installation, call: Call) -> None:
    unchanged(house, call, "DECLINED", authenticated=False)
    unchanged(house, call, "DECLINED", sender="eve@evil.test")
    unchanged(house, call, "DECLINED", sender="")


def test_a_stranger_is_not_let_in_by_answering(house: Installation, call: Call) -> None:
    unchanged(house, call, "ACCEPTED", "eve@evil.test")
    unchanged(house, call, "DECLINED", "not an address")


def test_who_was_uninvited_has_no_say(house: Installation, call: Call) -> None:
    house.run("UPDATE booking.guest SET removed_at = now()")
    unchanged(house, call, "ACCEPTED", GIL)


def test_an_answer_about_a_call_that_is_not_ours_changes_nothing(house: Installation, call: Call) -> None:
    unchanged(house, call, "DECLINED", uid="somebody@else.test")


@pytest.mark.parametrize("partstat", ["NEEDS-ACTION", "DELEGATED", "COMPLETED", ""])
def test_what_is_no_answer_changes_nothing(house: Installation, call: Call, partstat: str) -> None:
    unchanged(house, call, partstat)


def test_a_call_that_is_over_cannot_be_declined(house: Installation, call: Call) -> None:
    house.clock.move(TEN + timedelta(hours=1) - START)
    house.work()
    answer(house, call, "DECLINED")
    assert row(house, call, "state, answer") == ("completed", "needs-action")


def test_the_later_of_two_answers_holds_whatever_their_order(house: Installation, call: Call) -> None:
    answer(house, call, "TENTATIVE", dtstamp=START + timedelta(minutes=5))
    answer(house, call, "DECLINED", dtstamp=START + timedelta(minutes=4))
    assert row(house, call, "state, answer") == ("confirmed", "tentative")


def test_another_time_asks_everybody_anew_whenever_they_answered(house: Installation, call: Call) -> None:
    for who in (ANA, NORA, GIL):
        answer(house, call, "ACCEPTED", who, dtstamp=START + timedelta(days=900))
    assert answers(house, call) == ("accepted",) * 3
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, ELEVEN, Change("advisor"), now=START)
    assert answers(house, call) == ("needs-action",) * 3
    for who in (ANA, NORA, GIL):
        answer(house, call, "TENTATIVE", who)
    assert answers(house, call) == ("tentative",) * 3


def test_a_counter_waits_for_the_advisor_and_moves_nothing(house: Installation, call: Call) -> None:
    seen = len(house.mails())
    for _ in range(2):
        counter(house, call, NIGHT, comment="After work?")
    assert row(house, call, "starts_at, sequence") == (TEN, 1)
    assert story(house, since=seen) == [(NORA, None, None)]
    [(proposal, made_by, sequence)] = house.rows("SELECT id, made_by, sequence FROM booking.proposal")
    assert (made_by, sequence) == ("prospect", 1)
    assert link_in(mails_since(house, seen)[NORA], "/console")
    seen = len(house.mails())
    with house.booking.sessions.begin() as session:
        accept_counter(session, proposal, now=START)
    house.work()
    assert story(house, since=seen) == [(ANA, "REQUEST", 2), (GIL, "REQUEST", 2), (NORA, "REQUEST", 2)]


@pytest.mark.parametrize("changes", [{"sequence": 0}, {"authenticated": False}, {"who": GIL}, {"who": "eve@evil.test"}])
def test_a_counter_that_is_not_proven_or_not_of_now_is_no_proposal(
    house: Installation, call: Call, changes: dict[str, Any]
) -> None:
    counter(house, call, NIGHT, **changes)
    assert house.rows("SELECT 1 FROM booking.proposal") == []


@pytest.mark.parametrize("stamp", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00"])
def test_an_answer_of_no_time_at_all_counts_nothing(house: Installation, call: Call, stamp: str) -> None:
    """In the zones of the console there is no such day, so the page that tells of it could not be shown."""
    unchanged(house, call, "ACCEPTED", dtstamp=datetime.fromisoformat(stamp))


def test_a_time_that_nobody_can_mean_is_no_proposal(house: Installation, call: Call) -> None:
    """Whoever opened the console would meet it, and in the advisor's zone that day does not exist."""
    counter(house, call, datetime(9999, 12, 31, 23, 15, tzinfo=UTC))
    counter(house, call, START + timedelta(days=800))
    assert house.rows("SELECT 1 FROM booking.proposal") == []


def test_a_refused_counter_that_arrives_again_is_not_asked_again(house: Installation, call: Call) -> None:
    counter(house, call, NIGHT)
    house.run("UPDATE booking.proposal SET state = 'refused'")
    counter(house, call, NIGHT)
    assert house.rows("SELECT state FROM booking.proposal") == [("refused",)]


def unchanged(house: Installation, call: Call, partstat: str, who: str = ANA, **changes: Any) -> None:
    """The answer leaves every row as it was, but for the inbox that it came through."""
    before = beside_the_inbox(house)
    answer(house, call, partstat, who, **changes)
    assert beside_the_inbox(house) == before


def beside_the_inbox(house: Installation) -> list[tuple[Any, ...]]:
    return [table for table in stored(house) if table[0] != "booking.inbox"]
