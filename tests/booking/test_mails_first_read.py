"""What replaces mails that have not left reads right to who never got them: nothing is told of what nobody heard of."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.booking.models import Call
from services.booking.tasks import send_mail
from services.booking.usecases.calls import Side
from services.booking.usecases.change import Change, move_call
from tests.booking.calls import ELEVEN, TEN, TWELVE, booked, by_ben, of_type
from tests.booking.invitations import ANA, NORA, Sent, flat, sent, story
from tests.booking.test_mails_say_who import GIL, book_it_for_ana, cancel, invite, new_mails, uninvite
from tests.installation import Installation
from tests.letters import parsed, to


def move(house: Installation, call: Call, start: datetime, by: Side = "prospect") -> None:
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, start, Change(by), now=house.clock.now())


def skipped(house: Installation, kind: str) -> list[tuple[str, str]]:
    """Why mails of a kind were not sent: the recipient and the reason."""
    query = "SELECT recipient, skip_reason FROM booking.message WHERE kind = :kind AND state = 'skipped' ORDER BY 1, 2"
    return [tuple(row) for row in house.rows(query, kind=kind)]


def test_a_call_that_was_moved_before_anybody_heard_of_it_reads_as_a_new_one(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL)
    move(house, call, ELEVEN, "advisor")
    mails = new_mails(house)
    assert "Booked. We speak on Tuesday 8 December." in mails[ANA]
    assert "05:00–05:30" in mails[ANA]
    assert "Ana Lima booked a call." in mails[NORA]
    assert "Ana Lima invites you to a call with me." in mails[GIL.email]
    for mail in mails.values():
        assert "moved" not in mail
        assert "Before" not in mail
    # To calendars it is the revision that it is.
    assert story(house) == [(ANA, "REQUEST", 2), (GIL.email, "REQUEST", 2), (NORA, "REQUEST", 2)]
    assert {str(parsed(mail)["Subject"]).partition(":")[0] for mail in house.mails()} == {
        "Booked",
        "Intro call with Nora Feld, Tue 8 Dec, 05",
        "Intro call with Ana Lima, Tue 8 Dec, 05",
    }


def test_a_change_of_guests_before_anybody_heard_of_the_call_reads_as_a_new_one(house: Installation) -> None:
    invite(house, booked(house), GIL)
    mails = new_mails(house)
    assert "Booked. We speak on" in mails[ANA]
    assert "Ana Lima booked a call." in mails[NORA]
    assert not [mail for mail in mails.values() if "The time stays" in mail]


@pytest.mark.parametrize("state", ["sending", "unknown", "accepted"])
def test_who_may_have_read_the_first_mail_reads_that_it_moved(house: Installation, state: str) -> None:
    call = booked(house)
    house.run(f"UPDATE booking.message SET state = '{state}' WHERE kind = 'call_booked'")
    move(house, call, ELEVEN)
    house.run("UPDATE booking.message SET state = 'unknown' WHERE state = 'sending'")
    assert "You moved our call to Tue 8 Dec, 05:00. Before it was Tue 8 Dec, 04:00." in new_mails(house)[ANA]


def test_a_mail_that_is_sent_again_because_nobody_knows_may_have_been_read(house: Installation) -> None:
    call = booked(house)
    house.run("UPDATE booking.message SET attempt = 1, unknown_since = now() WHERE kind = 'call_booked'")
    move(house, call, ELEVEN)
    assert "You moved our call to" in new_mails(house)[ANA]


def test_before_is_the_time_that_the_reader_knew(house: Installation) -> None:
    call = booked(house)
    house.work()
    seen = len(house.mails())
    move(house, call, ELEVEN)
    move(house, call, TWELVE, "advisor")
    mails = new_mails(house, seen)
    assert "I moved our call to Tue 8 Dec, 06:00. Before it was Tue 8 Dec, 04:00." in mails[ANA]
    seen = len(house.mails())
    move(house, call, ELEVEN)
    cancel(house, call, "prospect")
    assert (
        "You cancelled our call on Tue 8 Dec, 05:00 (New York). Before it was Tue 8 Dec, 06:00."
        in new_mails(house, seen)[ANA]
    )


def test_a_move_is_not_lost_when_guests_change_before_its_mail_leaves(house: Installation) -> None:
    call = booked(house)
    house.work()
    seen = len(house.mails())
    move(house, call, ELEVEN)
    invite(house, call, GIL)
    mails = new_mails(house, seen)
    assert "You moved our call to Tue 8 Dec, 05:00." in mails[ANA]
    assert "Ana Lima moved the call to Tue 8 Dec, 11:00." in mails[NORA]
    for whom, said in ((ANA, "You invited"), (NORA, "Ana Lima invited")):
        assert f"{said} Gil (gil@guest.test)." in mails[whom]
        assert "The time stays" not in mails[whom]
    assert "Ana Lima invites you" in mails[GIL.email]


def test_a_call_that_was_moved_there_and_back_begins_as_before(house: Installation) -> None:
    call = booked(house)
    house.work()
    seen = len(house.mails())
    move(house, call, ELEVEN)
    move(house, call, TEN)
    text = new_mails(house, seen)[ANA]
    assert "It begins on Tue 8 Dec, 04:00 as before" in text
    assert "moved" not in text


def test_a_guest_who_came_and_went_unread_hears_nothing_and_is_named_to_nobody(house: Installation) -> None:
    call = booked(house)
    house.work()
    seen = len(house.mails())
    invite(house, call, GIL)
    uninvite(house, call, GIL.email)
    mails = new_mails(house, seen)
    assert set(mails) == {ANA, NORA}
    assert "stands as you know it" in mails[ANA]
    assert "stands as you know it" in mails[NORA]
    assert skipped(house, "guest_removed") == [(GIL.email, "never_told")]


def test_a_guest_who_was_uninvited_hears_of_a_moved_call_as_of_a_new_one(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL)
    house.work()
    uninvite(house, call, GIL.email)
    house.work()
    seen = len(house.mails())
    invite(house, call, GIL)
    move(house, call, ELEVEN)
    assert "Ana Lima invites you to a call with me." in new_mails(house, seen)[GIL.email]


def test_who_cancels_before_anything_left_gets_one_word_of_it_and_nobody_else_any(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL)
    cancel(house, call, "prospect")
    mails = new_mails(house)
    assert set(mails) == {ANA}
    assert "You cancelled our call on Tue 8 Dec, 04:00 (New York). Its time is free again." in mails[ANA]
    # They may have put the file from the call's page into their calendar.
    assert sent(parsed(house.mails()[0])) == Sent(ANA, "CANCEL", 2)
    assert skipped(house, "call_cancelled") == [(GIL.email, "never_told"), (NORA, "never_told")]


def test_who_booked_on_the_page_is_told_that_the_advisor_cancelled_though_no_mail_had_left(house: Installation) -> None:
    cancel(house, booked(house), "advisor")
    mails = new_mails(house)
    assert set(mails) == {ANA, NORA}
    assert "I had to cancel our call on" in mails[ANA]


def test_what_the_advisor_booked_for_somebody_and_cancelled_unsent_that_person_never_hears_of(
    house: Installation,
) -> None:
    cancel(house, book_it_for_ana(house), "advisor")
    assert set(new_mails(house)) == {NORA}
    assert skipped(house, "call_cancelled") == [(ANA, "never_told"), (GIL.email, "never_told")]


def test_a_wish_that_was_withdrawn_unsent_is_told_to_who_withdrew_it_only(house: Installation) -> None:
    of_type(house, confirmation="always")
    cancel(house, booked(house), "prospect")
    assert set(new_mails(house)) == {ANA}


def test_a_wish_that_was_moved_unsent_reads_as_a_new_one(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    move(house, call, ELEVEN)
    mails = new_mails(house)
    assert "You asked for Tue 8 Dec, 05:00. I look at it myself" in mails[ANA]
    assert "Ana Lima asks for this time." in mails[NORA]


def test_a_wish_that_was_just_leaving_never_follows_the_one_that_replaced_it(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    house.run("UPDATE booking.message SET state = 'sending' WHERE kind = 'call_requested'")
    move(house, call, ELEVEN)
    # It turns out that it did not leave: it would be tried again.
    house.run("UPDATE booking.message SET state = 'queued' WHERE kind = 'call_requested'")
    send_mail(house.booking)
    assert [to(parsed(mail)) for mail in house.mails()] == [ANA, NORA]
    assert "You asked for Tue 8 Dec, 05:00." in flat(parsed(house.mails()[0]))
    assert {reason for _, reason in skipped(house, "call_requested")} == {"superseded"}


def test_a_group_call_that_nobody_was_told_of_ends_in_silence(house: Installation) -> None:
    of_type(house, seats=3)
    call = booked(house)
    cancel(house, call, "prospect")
    assert set(new_mails(house)) == {ANA}
    assert skipped(house, "group_call") == [(NORA, "never_told"), (NORA, "superseded")]


def test_a_seat_that_came_and_went_unread_is_not_told_of(house: Installation) -> None:
    of_type(house, seats=3)
    booked(house)
    house.work()
    seen = len(house.mails())
    cancel(house, by_ben(house, TEN), "prospect")
    text = new_mails(house, seen)[NORA]
    assert "Ben" not in text
    assert "1 of 3 seats is taken." in text
