"""What people read between the invitations: that somebody is late, times to choose from, and guests' own mails."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

from services.booking.domain.requests import GuestRequest
from services.booking.models import Call
from services.booking.usecases.calls import guests_of
from services.booking.usecases.guests import add_guests, remove_guest
from services.booking.usecases.late import say_late
from services.booking.usecases.propose import offer_times, propose_times, refuse_counter, take_counter
from tests.booking.calls import ELEVEN, NIGHT, TEN, TWELVE, asked, booked, of_type
from tests.booking.invitations import flat
from tests.browsing import opened
from tests.installation import START, Installation
from tests.letters import calendar_of, ics_of, link_in, parsed, text_of, to

GIL = GuestRequest("Gil", "gil@guest.test", "gil@guest.test")


def new_mails(house: Installation, seen: int) -> dict[str, EmailMessage]:
    """The mails that left since, by their recipient."""
    house.work()
    mails = [parsed(mail) for mail in house.mails()[seen:]]
    assert len({to(mail) for mail in mails}) == len(mails)
    return {to(mail): mail for mail in mails}


def a_settled_call(house: Installation) -> tuple[Call, int]:
    """A call whose invitations have left, and how many mails that were."""
    call = booked(house)
    house.work()
    return call, len(house.mails())


def with_gil(house: Installation, call: Call) -> None:
    with house.booking.sessions.begin() as session:
        add_guests(session, call.token, [GIL], now=house.clock.now())


def test_the_advisor_and_the_guests_read_at_once_that_the_prospect_is_late(house: Installation) -> None:
    call = booked(house)
    with_gil(house, call)
    house.work()
    house.clock.move(TEN - timedelta(minutes=5) - START)
    house.work()
    seen = len(house.mails())
    for _ in range(2):
        with house.booking.sessions.begin() as session:
            say_late(session, call.token, 5, by="prospect", now=house.clock.now())
    mails = new_mails(house, seen)
    assert set(mails) == {"nora@advisor.test", "gil@guest.test"}
    assert "Ana Lima is running 5 minutes late" in str(mails["nora@advisor.test"]["Subject"])
    assert "Ana Lima is running 5 minutes late for the call at 04:00." in flat(mails["gil@guest.test"])
    # To the advisor nobody writes in the advisor's name.
    text = text_of(mails["nora@advisor.test"])
    assert "late for your call at 10:00." in text
    assert "(Berlin, UTC+1)" in text
    assert "Hello Nora" not in text
    assert "Fractional AI officer" not in text


def test_the_prospect_reads_that_the_advisor_is_late(house: Installation) -> None:
    call = booked(house)
    house.clock.move(TEN - START)
    house.work()
    seen = len(house.mails())
    with house.booking.sessions.begin() as session:
        say_late(session, call.token, 10, by="advisor", now=house.clock.now())
    mails = new_mails(house, seen)
    assert set(mails) == {"ana@reader.test"}
    assert "Nora Feld is running 10 minutes late" in str(mails["ana@reader.test"]["Subject"])
    # She writes and signs herself.
    assert "I am running 10 minutes late for our call at 04:00." in text_of(mails["ana@reader.test"])
    assert "(New York, UTC−5)" in text_of(mails["ana@reader.test"])


def test_the_proposed_times_are_in_the_mail_and_its_link_leads_to_their_page(house: Installation) -> None:
    call, seen = a_settled_call(house)
    with house.booking.sessions.begin() as session:
        propose_times(session, call.id, [ELEVEN, TWELVE], "I have to be in court.", now=START)
    mails = new_mails(house, seen)
    assert set(mails) == {"ana@reader.test"}
    text = text_of(mails["ana@reader.test"])
    assert "I have to be in court." in text
    assert "Our call is on Tue 8 Dec, 04:00. Can we speak at one of these times instead (New York time)?" in flat(
        mails["ana@reader.test"]
    )
    assert "05:00" in text
    assert "06:00" in text
    page = opened(house.browser(), link_in(mails["ana@reader.test"], "/times/").removeprefix("http://firstcall.test"))
    assert page.heading == "Another time for our call"


def test_of_a_wish_that_is_answered_with_other_times_it_is_said_for_when_it_was(house: Installation) -> None:
    of_type(house, confirmation="always")
    call, seen = a_settled_call(house)
    with house.booking.sessions.begin() as session:
        propose_times(session, call.id, [ELEVEN], "", now=START)
    text = flat(new_mails(house, seen)["ana@reader.test"])
    assert "You asked for Tue 8 Dec, 04:00. Can we speak at one of these times instead (New York time)?" in text


def test_a_question_that_is_answered_with_times_gets_them_by_mail(house: Installation) -> None:
    ask = asked(house)
    house.work()
    seen = len(house.mails())
    with house.booking.sessions.begin() as session:
        offer_times(session, ask, "intro", [ELEVEN], "", now=START)
    mails = new_mails(house, seen)
    assert "Choosing one books it" in text_of(mails["ana@reader.test"])


def test_a_counter_is_shown_to_the_advisor_and_its_refusal_to_the_prospect(house: Installation) -> None:
    call, seen = a_settled_call(house)
    with house.booking.sessions.begin() as session:
        end = NIGHT + timedelta(minutes=30)
        proposal = take_counter(session, call.id, NIGHT, end, sequence=0, message="After work?", now=START)
    mails = new_mails(house, seen)
    assert set(mails) == {"nora@advisor.test"}
    assert "After work?" in text_of(mails["nora@advisor.test"])
    assert "proposes Tue 8 Dec, 23:00 instead of Tue 8 Dec, 10:00 (Berlin)" in flat(mails["nora@advisor.test"])
    assert proposal is not None
    with house.booking.sessions.begin() as session:
        refuse_counter(session, proposal.id, now=START)
    mails = new_mails(house, seen + 1)
    assert "does not suit me" in text_of(mails["ana@reader.test"])
    assert "(New York, UTC−5)" in text_of(mails["ana@reader.test"])


def test_a_guest_gets_an_invitation_and_when_removed_its_cancellation_under_the_same_uid(house: Installation) -> None:
    call, seen = a_settled_call(house)
    with_gil(house, call)
    invitation = new_mails(house, seen)["gil@guest.test"]
    event = calendar_of(invitation)
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (call.uid, 1, "CONFIRMED")
    assert b"mailto:gil@guest.test" in ics_of(invitation).replace(b"\r\n ", b"")
    # Whoever can open the call's page can move and cancel it; and the prospect's words are for the advisor.
    assert call.token not in invitation.as_string()
    assert "A yes or a no" not in invitation.as_string()
    seen = len(house.mails())
    with house.booking.sessions.begin() as session:
        [guest] = guests_of(session, session.get_one(Call, call.id))
        remove_guest(session, call.token, guest.id, now=START)
    event = calendar_of(new_mails(house, seen)["gil@guest.test"])
    # The call itself is not cancelled: STATUS would say so (RFC 5546 §3.2.5).
    assert (event["UID"], event["SEQUENCE"], event.get("STATUS")) == (call.uid, 2, None)
