"""The whole story: somebody is known everywhere, is forgotten, and nothing but a keyed digest is left of them."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.booking.domain.errors import StillBooked, YourOwnAddress
from services.booking.models import Call
from services.booking.usecases.ask import ask_by_contact
from services.booking.usecases.book import book_call
from services.booking.usecases.change import Change, cancel_call
from services.booking.usecases.erase import Left, ask_to_erase
from services.nurture.usecases.erase import erase_person as erase_in_nurture
from services.nurture.usecases.leave import stop
from services.webhooks.usecases.take_in import store_raw
from shared.clock import machine_now
from shared.erasure import Erasure
from shared.inbox import publish
from shared.security import suppression_hash
from tests.builders import a_booking, a_question, a_visitor, call_booked, contact_requested
from tests.fakes.endpoint import FakeEndpoint
from tests.furnished import NORA
from tests.installation import START, Installation
from tests.policy.test_personal_data import EMPTIED, OVERWRITTEN
from tests.record.people import ANA, BEN, HER_WORDS, TUESDAY, forget, meet, traces
from tests.stored import stored
from tests.webhooks.signing import an_event, batch


def ask(house: Installation, email: str = ANA, **changes: str) -> None:
    with house.booking.sessions.begin() as session:
        ask_by_contact(session, a_question(visitor=a_visitor(email=email), **changes), now=house.clock.now())
    house.work()


def letters(house: Installation) -> list[str]:
    return [state for (state,) in house.rows("SELECT state FROM nurture.message ORDER BY created_at, id")]


def test_nothing_is_left_of_a_person_but_a_keyed_digest(house: Installation) -> None:
    with FakeEndpoint("whsec_" + "A" * 43 + "=") as endpoint:
        meet(house, endpoint=endpoint.url)
    known = traces(house)
    assert {word for _, word in known} == set(HER_WORDS), "each of her words was kept somewhere"
    for column in {column for column, _ in known}:
        assert column in OVERWRITTEN or column.rpartition(".")[0] in EMPTIED, column
    assert forget(house) == Left(asks=2, calls=1, entries=0)
    assert traces(house) == []
    kept = {column for column, _ in traces(house, suppression_hash(house.settings, ANA))}
    assert kept == {
        *("booking.erased.digest", "nurture.erased.digest", "webhooks.erased.digest"),
        *("nurture.lead.digest", "nurture.suppression.digest"),
    }


def test_nobody_else_loses_anything(house: Installation) -> None:
    diana = "di" + ANA
    ask(house, diana)
    meet(house)
    others = (BEN, "ben okafor", "to learn", "eve@reader.test", diana, "nora feld")
    before = [column for column in traces(house, *others) if "message_body" not in column[0]]
    dianas = "SELECT count(*) FROM nurture.message JOIN nurture.message_body ON message_id = id WHERE person = :diana"
    kept = house.rows(dianas, diana=diana)
    forget(house)
    after = traces(house, *others)
    # What is gone with her are mails about her calls, and what a batch about her said.
    lost = {column for column in before if column not in after}
    assert lost <= {("webhooks.raw_event.body", NORA), ("booking.inbox.payload", NORA)}
    assert house.rows(dianas, diana=diana) == kept != [(0,)]


def test_erasing_twice_is_erasing_once(house: Installation) -> None:
    meet(house)
    forget(house)
    house.run("DELETE FROM booking.inbox; DELETE FROM nurture.inbox; DELETE FROM webhooks.inbox")
    before = stored(house)
    assert forget(house) == Left(asks=0, calls=0, entries=0)
    house.run("DELETE FROM booking.inbox; DELETE FROM nurture.inbox; DELETE FROM webhooks.inbox")
    assert stored(house) == before


def test_an_erasure_that_breaks_off_has_erased_nothing(house: Installation) -> None:
    meet(house)
    before = stored(house)
    erasure = Erasure.of(house.settings, ANA, at=house.clock.now())
    for service, erase in ((house.booking, ask_to_erase), (house.nurture, erase_in_nurture)):
        with suppress(RuntimeError), service.sessions.begin() as session:
            erase(session, erasure)
            raise RuntimeError("cut off")
    assert stored(house) == before


def test_whoever_has_a_call_ahead_is_not_erased_before_its_cancellation_has_left(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        token = book_call(session, a_booking(TUESDAY), uid_domain="x.test", now=START).token
    house.work()
    before = stored(house)
    with pytest.raises(StillBooked, match=r"2026-12-08 10:00\+01:00 \(Europe/Berlin\)"):
        forget(house)
    assert stored(house) == before
    with house.booking.sessions.begin() as session:
        cancel_call(session, token, Change("advisor"), now=START)
    with pytest.raises(StillBooked):
        forget(house)
    house.work()
    assert forget(house).calls == 1
    assert traces(house, ANA) == []


def test_a_guest_of_a_call_ahead_is_taken_off_it_first(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        book_call(session, a_booking(TUESDAY, visitor=a_visitor("Ben", BEN)), uid_domain="x.test", now=START)
    house.work()
    house.run("INSERT INTO booking.guest (call_id, email, person) SELECT id, :ana, :ana FROM booking.call", ana=ANA)
    with pytest.raises(StillBooked):
        forget(house)
    house.run("UPDATE booking.guest SET removed_at = now()")
    forget(house)
    assert house.rows("SELECT email FROM booking.guest") == [("erased",)]
    assert house.rows("SELECT email, state FROM booking.call") == [(BEN, "confirmed")]


def test_the_advisor_cannot_forget_themselves(house: Installation) -> None:
    with pytest.raises(YourOwnAddress):
        forget(house, NORA)


def test_nothing_that_waited_to_be_sent_leaves_after_an_erasure(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        ask_by_contact(session, a_question(), now=START)
    house.run("UPDATE booking.message SET state = 'sending', claim_id = uuidv7() WHERE kind = 'contact_received'")
    forget(house)
    house.pass_time(days=40)
    assert house.mails() == []
    states = house.rows("SELECT kind, state, skip_reason FROM booking.message ORDER BY kind")
    assert states == [("ask_arrived", "skipped", "erased"), ("contact_received", "failed", None)]


@pytest.mark.parametrize("late", ["ask", "call"])
def test_news_from_before_the_erasure_brings_nothing_back(house: Installation, late: str) -> None:
    house.clock.move(timedelta(days=1))
    forget(house)
    event = contact_requested(START) if late == "ask" else call_booked(START)
    with house.booking.sessions.begin() as session:
        publish(session, event)
    house.work()
    assert traces(house) == []
    assert letters(house) == []


def test_what_the_provider_says_late_is_taken_in_without_the_address(house: Installation) -> None:
    ask(house)
    [(letter,)] = house.rows("SELECT id FROM nurture.message")
    forget(house)
    said = an_event(
        "bounce", letter, "nurture", type="bounce", status="5.1.1", reason=f"no {ANA}", email="Ana@Reader.test"
    )
    others = an_event("delivered", uuid4(), "nurture", email=BEN)
    with house.webhooks.sessions.begin() as session:
        store_raw(session, batch(said, others), machine=machine_now())
    house.work()
    assert traces(house, ANA) == []
    assert ("webhooks.raw_event.body", BEN) in traces(house, BEN)
    assert house.rows("SELECT state, person, error FROM nurture.message") == [("accepted", "erased", None)]


def test_whoever_comes_back_is_somebody_new_and_gets_letters_only_with_a_new_yes(house: Installation) -> None:
    ask(house)
    forget(house)
    house.pass_time(days=1)
    ask(house, follow_up=None, message="A second question")  # type: ignore[arg-type]
    assert house.rows("SELECT email FROM booking.ask ORDER BY created_at") == [("erased",), (ANA,)]
    assert letters(house) == ["accepted"], "the one from before"
    ask(house, message="A third question")
    assert letters(house) == ["accepted", "accepted"]
    forget(house)
    assert traces(house, ANA) == []


def test_whoever_said_stop_before_is_not_written_to_after_a_new_yes(house: Installation) -> None:
    ask(house)
    with house.nurture.sessions.begin() as session:
        stop(session, house.rows("SELECT token FROM nurture.lead")[0][0], now=START)
    forget(house)
    house.pass_time(days=1)
    ask(house, message="A second question")
    assert house.rows("SELECT reason FROM nurture.suppression") == [("stopped",)]
    assert letters(house) == ["accepted"]


def test_stop_in_a_letter_from_before_means_whoever_came_back(house: Installation) -> None:
    ask(house)
    [(old,)] = house.rows("SELECT token FROM nurture.lead")
    forget(house)
    house.pass_time(days=1)
    ask(house, message="A second question")
    with house.nurture.sessions.begin() as session:
        stop(session, old, now=house.clock.now())
    house.pass_time(days=40)
    assert letters(house) == ["accepted", "accepted"]
    assert house.rows("SELECT reason FROM nurture.suppression") == [("stopped",)]


def test_what_happened_since_is_kept_when_the_others_hear_of_it_late(house: Installation) -> None:
    """The erasure waits in nurture's inbox while she asks anew: she is not erased a second time."""
    ask(house)
    forget(house, work=False)
    house.run("UPDATE nurture.inbox SET retry_at = now() + interval '1 hour' WHERE handled_at IS NULL")
    house.clock.move(timedelta(days=1))
    ask(house, message="A second question")
    house.run("UPDATE nurture.inbox SET retry_at = NULL")
    house.work()
    assert house.rows("SELECT email, words FROM nurture.lead") == [(ANA, "A second question")]
    assert house.rows("SELECT email FROM booking.ask ORDER BY created_at") == [("erased",), (ANA,)]
    shown = house.rows("SELECT shown FROM nurture.consent ORDER BY at")
    assert shown[0] == ("erased",)
    assert shown[1] != ("erased",)


def test_a_call_that_nobody_completed_yet_is_completed_without_a_word(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        book_call(session, a_booking(TUESDAY), uid_domain="x.test", now=START)
    house.work()
    house.clock.move(timedelta(days=3))
    forget(house)
    with house.booking.sessions() as session:
        assert [call.state for call in session.scalars(select(Call))] == ["completed"]
    assert traces(house, ANA) == []


def test_an_endpoint_is_not_told_who_was_erased(house: Installation) -> None:
    with FakeEndpoint("whsec_" + "A" * 43 + "=") as endpoint:
        meet(house, endpoint=endpoint.url)
        heard = len(endpoint.ledger)
        forget(house)
        assert len(endpoint.ledger) == heard
    owed = house.rows("SELECT DISTINCT state, body FROM webhooks.delivery WHERE body = '{}'")
    assert {state for state, _ in owed} <= {"delivered", "failed"}
