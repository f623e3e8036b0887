"""What only an accepted request opens, and keys that make two sendings one and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from services.booking.domain.errors import InvitationNeeded, InvitationUsed
from services.booking.models import Ask, Call
from services.booking.usecases.ask import CONFIRMATIONS, answer_ask, ask_by_contact, ask_for_mentorship
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call
from tests.builders import a_booking, a_question, a_visitor, a_wish_for_mentorship
from tests.installation import START, Installation
from tests.letters import parsed, to

TUESDAY_TEN = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)


def accepted(house: Installation, **changes: object) -> Ask:
    with house.booking.sessions.begin() as session:
        ask = ask_for_mentorship(session, a_wish_for_mentorship(**changes), now=START)
        answer_ask(session, ask.id, "accepted", now=START)
        return ask


def book(house: Installation, start: datetime, **changes: object) -> Call:
    with house.booking.sessions.begin() as session:
        return book_call(session, a_booking(start, **changes), uid_domain="firstcall.test", now=START)


def test_an_invitation_opens_one_session_and_gives_it_back_when_it_is_cancelled(house: Installation) -> None:
    ask = accepted(house)
    call = book(house, TUESDAY_TEN, call_type="session", invitation=ask.token)
    with pytest.raises(InvitationUsed):
        book(house, TUESDAY_TEN + timedelta(hours=2), call_type="session", invitation=ask.token)
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("prospect"), now=START)
    again = book(house, TUESDAY_TEN + timedelta(hours=2), call_type="session", invitation=ask.token)
    assert again.state == "confirmed"


def test_the_table_itself_refuses_a_second_session_of_one_invitation(house: Installation) -> None:
    ask = accepted(house)
    book(house, TUESDAY_TEN, call_type="session", invitation=ask.token)
    other = book(house, TUESDAY_TEN + timedelta(hours=2))
    with pytest.raises(IntegrityError):
        house.run("UPDATE booking.call SET ask_id = :ask WHERE id = :id", ask=ask.id, id=other.id)


def test_an_invitation_is_of_one_person_and_of_a_single_session(house: Installation) -> None:
    ask = accepted(house)
    with pytest.raises(InvitationNeeded):
        book(house, TUESDAY_TEN, call_type="session", invitation=ask.token, visitor=a_visitor("Eve", "eve@reader.test"))
    ongoing = accepted(house, format="ongoing", goal="A conversation every other week")
    with pytest.raises(InvitationNeeded):
        book(house, TUESDAY_TEN, call_type="session", invitation=ongoing.token)


def test_a_corrected_question_under_the_same_key_is_stored_too(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        first = ask_by_contact(session, a_question(form_key="of-this-form"), now=START)
        same = ask_by_contact(session, a_question(form_key="of-this-form"), now=START)
        other = ask_by_contact(session, a_question(form_key="of-this-form", message="And for four?"), now=START)
        assert first.id == same.id != other.id


def test_a_booking_under_a_used_key_is_the_time_that_was_asked_for(house: Installation) -> None:
    first = book(house, TUESDAY_TEN, form_key="order-17")
    other = book(house, TUESDAY_TEN + timedelta(hours=2), form_key="order-17")
    assert (other.id != first.id, other.starts_at) == (True, TUESDAY_TEN + timedelta(hours=2))


def test_a_cancelled_call_is_not_given_for_a_new_one(house: Installation) -> None:
    first = book(house, TUESDAY_TEN, form_key="of-this-form")
    with house.booking.sessions.begin() as session:
        cancel_call(session, first.token, Change("prospect"), now=START)
    again = book(house, TUESDAY_TEN, form_key="of-this-form")
    assert (again.id != first.id, again.state) == (True, "confirmed")


def test_nobody_can_have_us_write_to_somebody_else_again_and_again(house: Installation) -> None:
    for number in range(CONFIRMATIONS.most + 3):
        with house.booking.sessions.begin() as session:
            ask_by_contact(session, a_question(message=f"Question {number}", follow_up=None), now=START)
    house.work()
    addresses = [to(parsed(mail)) for mail in house.mails()]
    assert addresses.count("ana@reader.test") == CONFIRMATIONS.most
    assert addresses.count("nora@advisor.test") == CONFIRMATIONS.most + 3
