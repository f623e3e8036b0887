"""The door for SendGrid's events, and what they do to mails and people, end to end."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from services.booking.usecases.book import book_call
from services.webhooks.tasks import translate_events
from shared.inbox import publish
from tests.builders import a_booking, contact_requested
from tests.installation import START, Installation
from tests.letters import parsed, to
from tests.stored import stored
from tests.webhooks.signing import ANOTHER_KEY, an_event, batch, post, public, unsigned


@pytest.fixture
def provider(house: Installation) -> FlaskClient:
    return house.with_settings(sendgrid_event_key=public()).browser("webhooks")


def a_letter(house: Installation) -> UUID:
    """The first letter to Ana has left; its id."""
    with house.booking.sessions.begin() as session:
        publish(session, contact_requested(START))
    house.work()
    [(mail,)] = house.rows("SELECT id FROM nurture.message")
    found: UUID = mail
    return found


def a_booking_mail(house: Installation) -> UUID:
    """Ana has booked and her invitation has left; its id."""
    with house.booking.sessions.begin() as session:
        book_call(session, a_booking(START + timedelta(days=1, hours=1)), uid_domain="firstcall.test", now=START)
    house.work()
    [(mail,)] = house.rows(
        "SELECT id FROM booking.message WHERE recipient = 'ana@reader.test' AND kind = 'call_booked'"
    )
    found: UUID = mail
    return found


def mail(house: Installation, service: str, mail_id: UUID) -> tuple[Any, ...]:
    return tuple(house.rows(f"SELECT state, feedback FROM {service}.message WHERE id = :id", id=mail_id)[0])


def test_a_signed_batch_is_stored_byte_for_byte_and_answered_without_a_word(
    house: Installation, provider: FlaskClient
) -> None:
    body = b'[ {"event":"open", "email": "\xc3\xa9@x.test"} ]\r\n'
    answer = post(provider, body)
    assert (answer.status_code, answer.data) == (204, b"")
    assert [(bytes(row.body), row.state) for row in house.rows("SELECT body, state FROM webhooks.raw_event")] == [
        (body, "stored")
    ]


@pytest.mark.parametrize("age_s", [25 * 3600 + 60, -3600])
def test_a_batch_out_of_its_time_is_refused_and_not_stored(
    house: Installation, provider: FlaskClient, age_s: int
) -> None:
    assert post(provider, batch(), age_s=age_s).status_code == 403
    assert house.rows("SELECT 1 FROM webhooks.raw_event") == []


def test_what_is_not_signed_by_the_provider_is_refused_and_not_stored(
    house: Installation, provider: FlaskClient
) -> None:
    before = stored(house)
    for answer in (
        unsigned(provider, batch()),
        post(provider, batch(), key=ANOTHER_KEY),
        post(provider, b'{"event": "delivered"}'),
        post(provider, b""),
        unsigned(provider, batch(), {"X-Twilio-Email-Event-Webhook-Signature": "é\xff", "X-Twilio": "x"}),
    ):
        assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
        assert answer.get_json()["detail"] == "The signature does not fit this body."
    assert stored(house) == before


def test_during_a_rotation_of_keys_both_are_taken(house: Installation) -> None:
    both = house.with_settings(sendgrid_event_key=f"{public()} {public(ANOTHER_KEY)}").browser("webhooks")
    assert post(both, batch()).status_code == 204
    assert post(both, batch(), key=ANOTHER_KEY).status_code == 204


def test_without_a_key_nothing_can_be_verified_and_the_provider_tries_again(house: Installation) -> None:
    answer = post(house.browser("webhooks"), batch())
    assert answer.status_code == 503
    assert "SENDGRID_EVENT_KEY" in answer.get_json()["detail"]
    assert house.rows("SELECT 1 FROM webhooks.raw_event") == []


def test_no_form_and_no_cookie_is_needed_and_none_is_set(provider: FlaskClient) -> None:
    assert "Set-Cookie" not in post(provider, batch()).headers
    assert provider.get("/hooks/sendgrid/events").status_code == 405


def test_a_delivery_marks_the_mail(house: Installation, provider: FlaskClient) -> None:
    letter, invitation = a_letter(house), a_booking_mail(house)
    post(provider, batch(an_event("delivered", letter, "nurture"), an_event("delivered", invitation, "booking")))
    house.work()
    assert mail(house, "nurture", letter) == ("accepted", "delivered")
    assert mail(house, "booking", invitation) == ("accepted", "delivered")


def test_a_hard_bounce_of_a_letter_ends_the_letters_for_good(house: Installation, provider: FlaskClient) -> None:
    letter = a_letter(house)
    post(provider, batch(an_event("bounce", letter, "nurture", type="bounce", status="5.1.1", reason="unknown")))
    house.work()
    assert mail(house, "nurture", letter) == ("failed", "bounced")
    assert house.rows("SELECT state, exit_reason FROM nurture.enrolment") == [("exited", "bounced")]
    assert house.rows("SELECT reason FROM nurture.suppression") == [("bounced",)]
    house.pass_time(days=30)
    assert house.rows("SELECT count(*) FROM nurture.message") == [(1,)]


def test_a_hard_bounce_of_an_invitation_stops_bookings_mail_to_that_address(
    house: Installation, provider: FlaskClient
) -> None:
    invitation = a_booking_mail(house)
    post(provider, batch(an_event("bounce", invitation, "booking", type="bounce", status="5.1.1", reason="unknown")))
    house.work()
    assert house.rows("SELECT person, reason FROM booking.dead_address") == [("ana@reader.test", "unknown")]
    left = len(house.mails())
    with house.booking.sessions.begin() as session:
        start = START + timedelta(days=2, hours=1)
        book_call(session, a_booking(start), uid_domain="firstcall.test", now=START)
    house.work()
    assert [to(parsed(one)) for one in house.mails()[left:]] == ["nora@advisor.test"]
    skipped = house.rows("SELECT recipient, skip_reason FROM booking.message WHERE state = 'skipped'")
    assert skipped == [("ana@reader.test", "address_bounced")]


def test_a_soft_bounce_ends_nothing(house: Installation, provider: FlaskClient) -> None:
    letter = a_letter(house)
    post(provider, batch(an_event("bounce", letter, "nurture", type="blocked", status="4.2.2")))
    house.work()
    assert mail(house, "nurture", letter) == ("accepted", "bounced")
    assert house.rows("SELECT state FROM nurture.enrolment") == [("active",)]
    assert house.rows("SELECT 1 FROM nurture.suppression") == []


@pytest.mark.parametrize("event", ["processed", "delivered", "deferred"])
def test_an_event_proves_that_a_mail_nobody_knew_about_did_leave(
    house: Installation, provider: FlaskClient, event: str
) -> None:
    letter = a_letter(house)
    house.run("UPDATE nurture.message SET state = 'unknown', unknown_since = now(), error = 'a timeout'")
    post(provider, batch(an_event(event, letter, "nurture")))
    house.work()
    assert mail(house, "nurture", letter)[0] == "accepted"


def test_a_batch_that_comes_five_times_counts_once(house: Installation, provider: FlaskClient) -> None:
    letter = a_letter(house)
    body = batch(an_event("delivered", letter, "nurture"), an_event("bounce", letter, "nurture", type="bounce"))
    for _ in range(5):
        assert post(provider, body).status_code == 204
    house.work()
    assert house.rows("SELECT count(*) FROM nurture.inbox WHERE name LIKE 'webhooks.%'") == [(1,)]
    assert house.rows("SELECT count(*) FROM webhooks.provider_event") == [(2,)]
    assert house.rows("SELECT count(*) FROM webhooks.raw_event WHERE state = 'translated'") == [(5,)]
    finished = "SELECT count(*) FROM webhooks.inbox WHERE name = 'nurture.sequence_finished.v1'"
    assert house.rows(finished) == [(1,)]


def test_an_event_that_stands_twice_in_one_batch_counts_once(house: Installation, provider: FlaskClient) -> None:
    event = an_event("delivered", a_letter(house), "nurture")
    post(provider, batch(event, event))
    house.work()
    [(items,)] = house.rows("SELECT payload -> 'items' FROM nurture.inbox WHERE name LIKE 'webhooks.%'")
    assert len(items) == 1


def test_elements_that_cannot_be_read_cost_only_themselves(house: Installation, provider: FlaskClient) -> None:
    letter = a_letter(house)
    good = json.dumps(an_event("delivered", letter, "nurture"))
    poison = [
        "null",
        "[]",
        '{"event": 5}',
        '{"event": "delivered"',
        "\\",
        "[" * 100_000 + "]" * 100_000,
        '"\\ud800\\u0000"',
    ]
    for element in poison:
        assert post(provider, f"[{element},{good}]".encode()).status_code == 204
    house.work()
    assert mail(house, "nurture", letter) == ("accepted", "delivered")
    rejected = house.rows("SELECT state, jsonb_array_length(rejected) FROM webhooks.raw_event")
    assert all(state == "translated" and count >= 1 for state, count in rejected)


def test_a_body_cut_off_in_the_middle_of_an_escape_costs_only_its_last_element(
    house: Installation, provider: FlaskClient
) -> None:
    letter = a_letter(house)
    good = json.dumps(an_event("delivered", letter, "nurture")).encode()
    began = time.process_time()
    post(provider, b"[" + good + b',"' + b'\\"' * 300_000 + b"\\")
    house.work()
    assert mail(house, "nurture", letter) == ("accepted", "delivered")
    assert time.process_time() - began < 10  # one pass over it takes a tenth of a second, one from each quote an hour


def test_events_about_nothing_of_ours_are_kept_and_harm_nobody(house: Installation, provider: FlaskClient) -> None:
    a_letter(house)
    post(provider, batch(an_event("spamreport", uuid4(), "nurture"), an_event("bounce", "not-a-uuid", "elsewhere")))
    house.work()
    assert house.rows("SELECT state FROM nurture.enrolment") == [("active",)]
    assert house.rows("SELECT count(*) FROM nurture.inbox WHERE handled_at IS NULL") == [(0,)]


def test_a_large_batch_is_cut_into_events_of_a_size_that_can_be_handled(
    house: Installation, provider: FlaskClient
) -> None:
    post(provider, batch(*[an_event("processed", uuid4(), "nurture") for _ in range(1100)]))
    house.work()
    sizes = house.rows("SELECT jsonb_array_length(payload -> 'items') FROM nurture.inbox WHERE name LIKE 'webhooks.%'")
    assert sorted(size for (size,) in sizes) == [100, 500, 500]


def test_a_request_that_cannot_be_translated_is_parked_and_holds_up_no_other(
    house: Installation, provider: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    letter = a_letter(house)
    post(provider, batch(an_event("deferred", letter, "nurture")))
    house.run("ALTER TABLE webhooks.provider_event RENAME TO put_aside")  # whatever may go wrong
    for _ in range(6):
        translate_events(house.webhooks)
        house.run("UPDATE webhooks.raw_event SET retry_at = NULL")
    house.run("ALTER TABLE webhooks.put_aside RENAME TO provider_event")
    assert house.rows("SELECT state, attempts FROM webhooks.raw_event") == [("parked", 6)]
    post(provider, batch(an_event("delivered", letter, "nurture")))
    house.work()
    assert mail(house, "nurture", letter) == ("accepted", "delivered")
