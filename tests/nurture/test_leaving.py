"""How letters stop: a booking, a bounce, a complaint, a stop; in whatever order the news arrives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.nurture.tasks import hear as take_in
from services.nurture.tasks import write_letters
from shared.events import (
    CallCancelled,
    CallCompleted,
    CallDeclined,
    CallRequested,
    CallRescheduled,
    Feedback,
    MailFeedbackReceived,
)
from shared.inbox import publish
from shared.security import suppression_hash
from tests.builders import a_person, call_booked, contact_requested
from tests.installation import START, Installation
from tests.nurture.test_enrolling import enrolments, hear, letters

ANA = "ana@reader.test"


def cancelled(call: UUID, revision: int) -> CallCancelled:
    return CallCancelled(**_of(call, revision), by="prospect")


def rescheduled(call: UUID, revision: int) -> CallRescheduled:
    return CallRescheduled(**_of(call, revision), by="prospect", previous_start=START)


def completed(call: UUID, revision: int) -> CallCompleted:
    return CallCompleted(**_of(call, revision))


def _of(call: UUID, revision: int) -> dict[str, Any]:
    return call_booked(START, call=call, revision=revision).model_dump()


def feedback(house: Installation, kind: Any, message: UUID | None = None, *, event_id: str = "") -> None:
    """What the provider says of a letter, the one that left last by default."""
    if message is None:
        [(message,)] = house.rows("SELECT id FROM nurture.message ORDER BY created_at DESC, id DESC LIMIT 1")
    item = Feedback(id=event_id or str(uuid4()), kind=kind, sender="nurture", message=message, address=ANA, at=START)
    with house.webhooks.sessions.begin() as session:
        publish(session, MailFeedbackReceived(subject=uuid4(), revision=0, occurred_at=START, items=(item,)))
    house.work()


def on_the_list(house: Installation, email: str = ANA) -> list[str]:
    digest = suppression_hash(house.settings, email)
    return [reason for (reason,) in house.rows("SELECT reason FROM nurture.suppression WHERE digest = :d", d=digest)]


def reasons(house: Installation) -> list[str]:
    """Why sequences ended, as the advisor's own programs hear it."""
    query = "SELECT payload ->> 'reason' FROM webhooks.inbox WHERE name = 'nurture.sequence_finished.v1'"
    return [reason for (reason,) in house.rows(query)]


def test_booking_ends_the_letters(house: Installation) -> None:
    hear(house, contact_requested(START))
    hear(house, call_booked(START))
    house.pass_time(days=30)
    assert len(letters(house)) == 1
    assert enrolments(house) == [("exited", "booked", 1)]
    assert reasons(house) == ["booked"]


def test_a_booking_heard_with_the_ask_lets_no_letter_out(house: Installation) -> None:
    hear(house, contact_requested(START), call_booked(START))
    house.pass_time(days=30)
    assert letters(house) == []
    assert enrolments(house) == [("exited", "booked", 0)]


def test_a_letter_that_was_written_and_not_sent_is_skipped_when_they_book(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        publish(session, contact_requested(START))
    take_in(house.nurture)
    write_letters(house.nurture)
    hear(house, call_booked(START))
    assert letters(house) == []
    assert house.rows("SELECT state, skip_reason FROM nurture.message") == [("skipped", "booked")]


def test_a_cancelled_call_does_not_begin_the_letters_again(house: Installation) -> None:
    call = uuid4()
    hear(house, contact_requested(START))
    hear(house, call_booked(START, call=call))
    hear(house, cancelled(call, 1))
    house.pass_time(days=30)
    assert len(letters(house)) == 1
    assert enrolments(house) == [("exited", "booked", 1)]


def test_after_a_cancelled_call_they_may_ask_for_the_letters_anew(house: Installation) -> None:
    call = uuid4()
    hear(house, call_booked(START, call=call), cancelled(call, 1))
    hear(house, contact_requested(START))
    assert enrolments(house) == [("active", "", 1)]


def test_asking_for_a_call_ends_the_letters_before_the_advisor_has_said_yes(house: Installation) -> None:
    hear(house, contact_requested(START))
    hear(house, CallRequested(**_of(uuid4(), 0)))
    house.pass_time(days=30)
    assert len(letters(house)) == 1
    assert enrolments(house) == [("exited", "booked", 1)]


def test_after_a_call_that_was_declined_they_may_ask_for_the_letters_anew(house: Installation) -> None:
    call = uuid4()
    hear(house, CallRequested(**_of(call, 0)), CallDeclined(**_of(call, 1), by="advisor"))
    hear(house, contact_requested(START))
    assert enrolments(house) == [("active", "", 1)]


def test_news_of_a_booking_that_comes_after_its_cancellation_is_old_and_ends_nothing(house: Installation) -> None:
    """They booked, cancelled and then asked for the letters; the booking itself is heard of last."""
    call = uuid4()
    hear(house, cancelled(call, 2))
    hear(house, contact_requested(START))
    hear(house, rescheduled(call, 1), call_booked(START, call=call))
    assert house.rows("SELECT state, revision FROM nurture.known_call") == [("cancelled", 2)]
    assert enrolments(house) == [("active", "", 1)]


def test_a_call_that_took_place_ends_the_letters_even_if_its_booking_is_heard_of_last(house: Installation) -> None:
    call = uuid4()
    hear(house, contact_requested(START))
    hear(house, completed(call, 1))
    hear(house, call_booked(START, call=call))
    assert house.rows("SELECT state, revision FROM nurture.known_call") == [("completed", 1)]
    assert enrolments(house) == [("exited", "booked", 1)]


def test_a_moved_call_that_is_heard_of_first_ends_the_letters_just_as_well(house: Installation) -> None:
    call = uuid4()
    hear(house, contact_requested(START))
    hear(house, rescheduled(call, 1))
    hear(house, call_booked(START, call=call))
    assert enrolments(house) == [("exited", "booked", 1)]
    assert house.rows("SELECT state, revision FROM nurture.known_call") == [("booked", 1)]


def test_somebody_elses_booking_ends_nothing(house: Installation) -> None:
    hear(house, contact_requested(START))
    hear(house, call_booked(START, person=a_person("ben@reader.test")))
    assert enrolments(house) == [("active", "", 1)]


@pytest.mark.parametrize(
    ("kind", "reason"), [("bounced_hard", "bounced"), ("complained", "complained"), ("unsubscribed", "stopped")]
)
def test_a_dead_address_a_complaint_and_a_stop_at_the_provider_end_it_for_good(
    house: Installation, kind: str, reason: str
) -> None:
    hear(house, contact_requested(START))
    feedback(house, kind)
    assert enrolments(house) == [("exited", reason, 1)]
    assert on_the_list(house) == [reason]
    hear(house, contact_requested(START + timedelta(days=1)))  # they tick the box again
    house.pass_time(days=30)
    assert len(letters(house)) == 1
    assert reasons(house) == [reason]


@pytest.mark.parametrize("kind", ["bounced_soft", "deferred", "delivered", "processed", "dropped"])
def test_what_says_nothing_against_the_person_ends_nothing(house: Installation, kind: str) -> None:
    hear(house, contact_requested(START))
    feedback(house, kind)
    assert enrolments(house) == [("active", "", 1)]
    assert on_the_list(house) == []


def test_feedback_on_a_mail_that_is_not_ours_ends_nothing(house: Installation) -> None:
    hear(house, contact_requested(START))
    feedback(house, "complained", uuid4())
    feedback(house, "bounced_hard", uuid4())
    assert enrolments(house) == [("active", "", 1)]


def test_the_first_reason_to_leave_stays_and_a_later_one_still_suppresses(house: Installation) -> None:
    hear(house, contact_requested(START))
    hear(house, call_booked(START))
    feedback(house, "complained")
    assert enrolments(house) == [("exited", "booked", 1)]
    assert on_the_list(house) == ["complained"]
    assert reasons(house) == ["booked"]


def test_a_bounce_after_the_last_letter_leaves_done_as_it_is(house: Installation) -> None:
    hear(house, contact_requested(START))
    for _ in range(12):
        house.pass_time(days=7)
    [(state, _, sent)] = enrolments(house)
    assert (state, sent) == ("done", len(letters(house)))
    feedback(house, "bounced_hard")
    assert enrolments(house)[0][0] == "done"
    assert on_the_list(house) == ["bounced"]
