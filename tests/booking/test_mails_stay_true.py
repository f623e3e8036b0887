"""What a mail says holds when it is read: its links open, nothing in it is over, and it claims nothing for others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from services.booking.domain.requests import Answer, GuestRequest
from services.booking.usecases.availability import offer_of
from services.booking.usecases.call_acts import book_for
from services.booking.usecases.change import Change, cancel_call
from services.booking.usecases.late import say_late
from services.booking.usecases.letters.shown import Reader, moment
from services.booking.usecases.links import make_link
from services.booking.usecases.propose import refuse_counter
from tests.booking.calls import TEN, answers, booked, of_type
from tests.booking.invitations import ANA, NORA, flat
from tests.booking.test_by_invitation import accepted
from tests.booking.test_mails_say_who import cancel, invite, move, settled
from tests.booking.test_proposed_times import counter
from tests.browsing import opened
from tests.builders import a_booking
from tests.installation import START, Installation
from tests.letters import calendar_of, link_in, parsed, to

GIL = GuestRequest("Gil", "gil@guest.test", "gil@guest.test")


def mails_to(house: Installation, whom: str, seen: int = 0) -> list[EmailMessage]:
    """The mails to one person that have left by now."""
    house.work()
    return [mail for mail in map(parsed, house.mails()[seen:]) if to(mail) == whom]


def leads_to(mail: EmailMessage, part: str) -> str:
    """The path and query of the first link that contains `part`."""
    found = urlsplit(link_in(mail, part))
    return f"{found.path}?{found.query}"


def test_another_session_is_booked_by_the_link_in_the_mail_that_cancels_the_first(house: Installation) -> None:
    ask = accepted(house)
    call = booked(house, call_type="session", invitation=ask.token)
    seen = settled(house)
    cancel(house, call, "advisor")
    [mail] = mails_to(house, ANA, seen)
    assert leads_to(mail, "/book/") == f"/book/session?invitation={ask.token}"
    assert str(calendar_of(mail)["URL"]).endswith(f"/book/session?invitation={ask.token}")
    assert opened(house.browser(), leads_to(mail, "/book/")).status == 200


def test_another_call_is_booked_by_the_private_link_whose_use_the_mail_gives_back(house: Installation) -> None:
    of_type(house, access="link")
    with house.booking.sessions.begin() as session:
        intro = offer_of(session, "intro").call_type.id
        link = make_link(session, intro, label="", most_uses=1, expires_at=None, now=START).token
    call = booked(house, link=link)
    seen = settled(house)
    cancel(house, call, "advisor")
    [mail] = mails_to(house, ANA, seen)
    assert leads_to(mail, "/book/") == f"/book/intro?link={link}"
    assert opened(house.browser(), leads_to(mail, "/book/")).heading == "Intro call"


def test_a_mail_leads_to_no_type_that_does_not_open_any_more(house: Installation) -> None:
    call = booked(house)
    seen = settled(house)
    house.run("UPDATE booking.call_type SET active = false WHERE slug = 'intro'")
    cancel(house, call, "advisor")
    [mail] = mails_to(house, ANA, seen)
    assert "/book/" not in mail.as_string()
    assert "Book another time" not in flat(mail)


def test_where_a_call_is_reads_only_who_has_one(house: Installation) -> None:
    of_type(house, confirmation="always")
    booked(house)
    [mail] = mails_to(house, ANA)
    assert "You asked for Tue 8 Dec, 04:00." in flat(mail)
    assert "meet.advisor.test" not in mail.as_string()
    [to_her] = mails_to(house, NORA)
    assert "meet.advisor.test" in flat(to_her)


def test_a_no_to_a_time_does_not_leave_once_the_call_is_not_there_any_more(house: Installation) -> None:
    call = booked(house)
    seen = settled(house)
    proposal = counter(house, call, TEN + timedelta(hours=3))
    assert proposal is not None
    with house.booking.sessions.begin() as session:
        refuse_counter(session, proposal.id, now=START)
    cancel(house, call, "prospect")
    [mail] = mails_to(house, ANA, seen)
    assert "You cancelled our call on Tue 8 Dec, 04:00 (New York)." in flat(mail)
    assert house.rows("SELECT skip_reason FROM booking.message WHERE kind = 'counter_refused'") == [("superseded",)]


def test_what_came_of_the_advisors_no_does_not_leave_once_another_time_was_chosen(house: Installation) -> None:
    call = booked(house)
    settled(house)
    answers(house, call, NORA, "DECLINED")
    move(house, call, "advisor")
    house.work()
    found = house.rows("SELECT state, skip_reason FROM booking.message WHERE kind LIKE 'decline_%'")
    assert found == [("skipped", "superseded")]


@pytest.mark.parametrize("then", ["moved", "over"])
def test_lateness_is_told_only_of_a_time_that_the_call_has_and_that_is_not_over(house: Installation, then: str) -> None:
    call = booked(house)
    settled(house)
    house.clock.move(TEN - timedelta(minutes=5) - START)
    settled(house)
    with house.booking.sessions.begin() as session:
        say_late(session, call.token, 5, by="advisor", now=house.clock.now())
    if then == "moved":
        move(house, call, "advisor")
    else:
        house.clock.move(timedelta(hours=1))
    house.work()
    found = house.rows("SELECT state, skip_reason FROM booking.message WHERE kind = 'call_late'")
    # When it is over, whichever of the two is asked first: that it is completed, or that it is late.
    assert found in ([("skipped", "too_late")], [("skipped", "superseded")])


def test_what_the_advisor_filled_in_for_somebody_is_not_called_their_words(house: Installation) -> None:
    typed = (Answer("worth", "A plan that I keep to myself"),)
    with house.booking.sessions.begin() as session:
        request = a_booking(TEN, answers=typed)
        call = book_for(session, request, uid_domain="firstcall.test", by="nora@advisor.test", now=START)
    settled(house)
    house.clock.move(timedelta(hours=1))
    reminder = mails_to(house, ANA)[-1]
    assert "Reminder:" in str(reminder["Subject"])
    assert "to myself" not in reminder.as_string()
    page = opened(house.browser(), f"/call/{call.token}")
    assert page.status == 200
    assert "to myself" not in page.text


def test_a_yes_without_anything_to_book_promises_that_the_advisor_writes(house: Installation) -> None:
    house.run("UPDATE booking.call_type SET active = false WHERE way = 'mentorship'")
    accepted(house)
    mail = mails_to(house, ANA)[-1]
    assert "I would like to work with you on this. I write to you about a time." in flat(mail)
    assert "Pick a time" not in flat(mail)


def test_a_yes_to_an_ongoing_mentorship_leads_to_nothing_that_does_not_open(house: Installation) -> None:
    house.run("UPDATE booking.call_type SET access = 'link' WHERE way = 'mentorship'")
    accepted(house, format="ongoing")
    assert "/book/" not in flat(mails_to(house, ANA)[-1])


def test_a_guest_answers_whoever_wrote_to_them(house: Installation) -> None:
    call = booked(house)
    seen = settled(house)
    invite(house, call, GIL, by="advisor")
    [mail] = mails_to(house, "gil@guest.test", seen)
    assert str(mail["Reply-To"]) == NORA
    seen = settled(house)
    move(house, call, "prospect")
    [mail] = mails_to(house, "gil@guest.test", seen)
    assert str(mail["Reply-To"]) == ANA


def test_the_reminder_an_hour_before_leads_to_the_page_where_one_says_that_one_is_late(house: Installation) -> None:
    call = booked(house)
    settled(house)
    house.clock.move(TEN - timedelta(hours=1) - START)
    assert f"/call/{call.token}" in flat(mails_to(house, ANA)[-1])


def test_the_mail_that_asks_whether_an_address_is_theirs_says_until_when(house: Installation) -> None:
    of_type(house, verify_email=True)
    booked(house)
    [mail] = mails_to(house, ANA)
    assert "Somebody gave this address to book Intro call with me on Tue 8 Dec, 04:00 (New York)." in flat(mail)
    assert "open this link within 30 minutes" in flat(mail)


def test_a_wish_that_is_to_be_paid_first_says_so(house: Installation) -> None:
    of_type(house, confirmation="always", pay_url="https://pay.test/nora")
    booked(house)
    [mail] = mails_to(house, ANA)
    assert "Once it is paid, I confirm it." in flat(mail)


def test_of_two_times_in_an_hour_that_comes_twice_each_is_told_with_its_offset() -> None:
    berlin = Reader("Ana", "Europe/Berlin", "en")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert moment(first, berlin) == "Sun 25 Oct, 02:30 UTC+2"
    assert moment(first + timedelta(hours=1), berlin) == "Sun 25 Oct, 02:30 UTC+1"
    assert moment(first + timedelta(hours=2), berlin) == "Sun 25 Oct, 03:30"


def test_a_request_that_was_withdrawn_says_nothing_of_a_time_it_never_took(house: Installation) -> None:
    of_type(house, confirmation="always", pending_blocks=False)
    call = booked(house)
    seen = settled(house)
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("prospect"), now=START)
    [mail] = mails_to(house, NORA, seen)
    assert "Ana Lima withdrew their request." in flat(mail)
    assert "free" not in flat(mail)
