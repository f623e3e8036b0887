"""Outward: what the advisor's own endpoints get, signed, at least once, under one id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from services.booking.usecases.ask import ask_by_contact
from services.booking.usecases.book import book_call
from services.webhooks.usecases.endpoints import ENDPOINT_SECRETS, add_endpoint
from shared.security import cipher
from tests.builders import a_booking, a_question
from tests.fakes.endpoint import FakeEndpoint
from tests.fakes.web import Reply
from tests.installation import START, Installation

TEN = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)


class Listener:
    """An endpoint that was added, and the server behind it."""

    def __init__(self, house: Installation, *events: str) -> None:
        self.house = house
        # The server must run before the address is known, and learns its secret once it was shown.
        self.server = FakeEndpoint("whsec_" + "A" * 43 + "=")
        with house.webhooks.sessions.begin() as session:
            secrets = cipher(house.settings, ENDPOINT_SECRETS)
            endpoint, self.secret = add_endpoint(
                session, self.server.url, events, cipher=secrets, machine=START, now=START
            )
            self.id = endpoint.id
        self.server.secret = self.secret

    def names(self) -> list[str]:
        """The events that came, in their order."""
        return [json.loads(received.body)["type"] for received in self.server.ledger]

    def again(self) -> None:
        """Let the pause before the next attempt be over."""
        self.house.run("UPDATE webhooks.delivery SET due = now() - interval '1 second' WHERE state = 'owed'")
        self.house.work()

    def state(self) -> list[tuple[str, int]]:
        rows = self.house.rows("SELECT state, attempts FROM webhooks.delivery WHERE endpoint_id = :id", id=self.id)
        return [tuple(row) for row in rows]


@pytest.fixture
def listener(house: Installation) -> Iterator[Listener]:
    made = Listener(house)
    with made.server:
        yield made


def book(house: Installation) -> str:
    with house.booking.sessions.begin() as session:
        call = book_call(session, a_booking(TEN), uid_domain="firstcall.test", now=START)
    house.work()
    return str(call.id)


def test_a_booking_reaches_the_endpoint_signed_and_told_in_full(house: Installation, listener: Listener) -> None:
    call_id = book(house)
    [received] = listener.server.ledger
    assert received.verified
    body = json.loads(received.body)
    assert (body["type"], body["timestamp"]) == ("booking.call_booked.v1", "2026-12-07T08:00:00Z")
    assert body["data"]["subject"] == call_id
    assert body["data"]["person"]["email"] == "ana@reader.test"
    assert body["data"]["start"] == "2026-12-08T09:00:00Z"
    assert listener.state() == [("delivered", 1)]


def test_the_events_id_is_the_deliverys_and_the_same_for_everybody(house: Installation, listener: Listener) -> None:
    other = Listener(house)
    with other.server:
        book(house)
    [(event_id,)] = house.rows("SELECT id::text FROM webhooks.inbox WHERE name = 'booking.call_booked.v1'")
    assert [one.id for one in listener.server.ledger + other.server.ledger] == [event_id, event_id]


def test_only_what_was_asked_for_is_delivered(house: Installation) -> None:
    some = Listener(house, "booking.call_cancelled.v1", "booking.contact_requested.v1")
    with some.server:
        book(house)
        with house.booking.sessions.begin() as session:
            ask_by_contact(session, a_question(follow_up=None), now=START)
        house.work()
    assert some.names() == ["booking.contact_requested.v1"]


def test_nothing_of_the_time_before_it_was_added_is_delivered(house: Installation) -> None:
    book(house)
    late = Listener(house)
    with late.server:
        house.work()
    assert late.names() == []


def test_a_failed_delivery_comes_again_with_the_same_id_and_body(house: Installation, listener: Listener) -> None:
    listener.server.answer_next(Reply(500), Reply(302, {"Location": "http://127.0.0.1:1/"}), Reply(instead="close"))
    book(house)
    for _ in range(3):
        listener.again()
    first, *others = listener.server.ledger
    assert len(others) == 3
    assert {(one.id, one.body) for one in others} == {(first.id, first.body)}
    assert all(one.verified for one in listener.server.ledger)
    assert listener.state() == [("delivered", 4)]
    shown = house.rows("SELECT number, outcome, status FROM webhooks.attempt ORDER BY number")
    assert shown == [(1, "answered", 500), (2, "answered", 302), (3, "ambiguous", None), (4, "answered", 200)]


def test_a_failed_delivery_waits_before_it_comes_again(house: Installation, listener: Listener) -> None:
    listener.server.answer_next(Reply(503, {"Retry-After": "120"}))
    book(house)
    house.work()
    assert len(listener.server.ledger) == 1
    [(wait,)] = house.rows("SELECT extract(epoch FROM due - now()) FROM webhooks.delivery")
    assert 110 < wait < 150


def test_a_delivery_is_given_up_after_ten_attempts(house: Installation, listener: Listener) -> None:
    listener.server.answer_next(*[Reply(500)] * 4)
    book(house)
    house.run("UPDATE webhooks.delivery SET attempts = 8")
    for _ in range(3):
        listener.again()
    assert listener.state() == [("failed", 10)]
    assert len(listener.server.ledger) == 3  # the first, the ninth and the tenth


def test_gone_disables_the_endpoint_and_spares_it_everything_else(house: Installation, listener: Listener) -> None:
    listener.server.answer_next(Reply(410))
    call_id = book(house)
    house.run("UPDATE booking.call SET ends_at = starts_at + interval '1 minute' WHERE id = :id", id=call_id)
    house.pass_time(days=2)  # the call is completed: another event
    assert len(listener.server.ledger) == 1
    rows = house.rows("SELECT state, disabled_reason FROM webhooks.endpoint")
    assert rows == [("disabled", "the endpoint answered 410 Gone")]


def test_a_silent_endpoint_holds_up_no_other(house: Installation, listener: Listener) -> None:
    silent = Listener(house)
    with silent.server:
        silent.server.answer_next(Reply(instead="hang"))
        book(house)
    assert len(listener.server.ledger) == len(silent.server.ledger) == 1
    assert listener.state() == [("delivered", 1)]
    assert silent.state() == [("owed", 1)]


def test_a_worker_that_died_with_a_delivery_leaves_it_to_the_next(house: Installation, listener: Listener) -> None:
    listener.server.answer_next(Reply(500))
    book(house)
    house.run(
        "UPDATE webhooks.delivery SET due = now(), claim_id = uuidv7(), lease_until = now() + interval '1 minute'"
    )
    house.work()
    assert len(listener.server.ledger) == 1  # it is still in somebody's hands
    house.run("UPDATE webhooks.delivery SET lease_until = now() - interval '1 second'")
    house.work()
    assert listener.state() == [("delivered", 2)]


def test_an_address_inside_the_network_gets_nothing_unless_that_is_allowed(
    house: Installation, listener: Listener
) -> None:
    house.with_settings(endpoints_allow_private=False)
    book(house)
    assert listener.server.ledger == []
    assert house.rows("SELECT outcome, reason FROM webhooks.attempt") == [
        ("blocked", "not an address that we deliver to")
    ]


def test_a_secret_that_cannot_be_read_holds_up_no_other_and_waits_for_its_key(
    house: Installation, listener: Listener
) -> None:
    """SECRET_KEY was changed and SECRET_KEY_OLD is not named; later it is."""
    old = house.settings.secret_key
    house.with_settings(secret_key="another-secret-key-of-tests-01234567")
    fresh = Listener(house)
    with fresh.server:
        book(house)
    assert (len(fresh.server.ledger), len(listener.server.ledger)) == (1, 0)
    assert listener.state() == [("owed", 1)]
    [(reason,)] = house.rows("SELECT reason FROM webhooks.attempt WHERE outcome = 'not_sent'")
    assert "SECRET_KEY_OLD" in reason
    house.with_settings(secret_key_old=old)
    listener.again()
    assert [one.verified for one in listener.server.ledger] == [True]


def test_after_a_rotation_of_the_key_with_the_old_one_named_deliveries_go_on(
    house: Installation, listener: Listener
) -> None:
    house.with_settings(secret_key="another-secret-key-of-tests-01234567", secret_key_old=house.settings.secret_key)
    book(house)
    assert [one.verified for one in listener.server.ledger] == [True]
