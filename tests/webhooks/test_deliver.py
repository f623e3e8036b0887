"""One attempt at a delivery, against a real endpoint."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.webhooks.domain.deliveries import Attempt, Outcome, OutgoingDelivery
from services.webhooks.domain.errors import FieldError
from services.webhooks.domain.standard_webhooks import secret_of
from services.webhooks.gateways.endpoints import check, deliver
from shared.http import HttpDoor
from tests.fakes.endpoint import FakeEndpoint
from tests.fakes.raw import RawServer, hanging
from tests.fakes.web import Reply

_SECRET = secret_of(bytes(range(32)))


def a_delivery(url: str) -> OutgoingDelivery:
    return OutgoingDelivery("evt_1", url, (_SECRET,), b'{"type": "call.booked"}', datetime.now(UTC), 0.4)


@pytest.fixture
def door() -> HttpDoor:
    return HttpDoor(allow_private=True)


def test_the_endpoint_can_verify_what_it_gets(door: HttpDoor) -> None:
    with FakeEndpoint(_SECRET) as endpoint:
        attempt = deliver(door, a_delivery(endpoint.url))
    [received] = endpoint.ledger
    assert received.verified
    assert (received.id, received.body) == ("evt_1", b'{"type": "call.booked"}')
    assert received.headers["content-type"] == "application/json"
    assert attempt == Attempt(Outcome.ANSWERED, status=200, body="thank you", duration_ms=attempt.duration_ms)


def test_another_attempt_has_the_same_id_and_its_own_time(door: HttpDoor) -> None:
    with FakeEndpoint(_SECRET) as endpoint:
        first = a_delivery(endpoint.url)
        deliver(door, first)
        deliver(door, replace(first, at=first.at + timedelta(seconds=60)))
    one, two = endpoint.ledger
    assert one.id == two.id
    assert int(two.headers["webhook-timestamp"]) - int(one.headers["webhook-timestamp"]) == 60
    assert two.verified


def test_during_a_rotation_old_and_new_secret_verify(door: HttpDoor) -> None:
    new = secret_of(bytes(32))
    with FakeEndpoint(_SECRET) as knows_old, FakeEndpoint(new) as knows_new:
        for endpoint in (knows_old, knows_new):
            deliver(door, replace(a_delivery(endpoint.url), secrets=(new, _SECRET)))
        assert knows_old.ledger[0].verified
        assert knows_new.ledger[0].verified


def test_a_refusal_tells_status_retry_after_and_the_beginning_of_the_body(door: HttpDoor) -> None:
    with FakeEndpoint(_SECRET) as endpoint:
        endpoint.answer_next(Reply(503, {"Retry-After": "120"}, b"\0no\xff" + b"x" * 9000))
        attempt = deliver(door, a_delivery(endpoint.url))
    assert (attempt.status, attempt.retry_after) == (503, "120")
    assert attempt.body.startswith("no\ufffdxxx")
    assert len(attempt.body) < 2001


@pytest.mark.parametrize("instead", ["close", "hang"])
def test_no_answer_is_ambiguous(door: HttpDoor, instead: str) -> None:
    with FakeEndpoint(_SECRET) as endpoint:
        endpoint.answer_next(Reply(instead="close" if instead == "close" else "hang"))
        attempt = deliver(door, a_delivery(endpoint.url))
    assert attempt.outcome is Outcome.AMBIGUOUS
    assert attempt.status is None
    assert len(endpoint.ledger) == 1


def test_a_closed_port_was_surely_not_sent_to(door: HttpDoor) -> None:
    with RawServer(hanging) as server:
        url = server.url()
    assert deliver(door, a_delivery(url)).outcome is Outcome.NOT_SENT


def test_a_blocked_address_tells_nothing_about_what_is_there() -> None:
    """Open or closed, the answer and its timing are the same: no map of our network."""
    door = HttpDoor()
    with FakeEndpoint(_SECRET) as endpoint:
        is_open = deliver(door, a_delivery(endpoint.url))
    closed = deliver(door, a_delivery(endpoint.url))
    assert is_open == closed == Attempt(Outcome.BLOCKED, reason="not an address that we deliver to")
    assert endpoint.ledger == []


def test_saving_an_address_that_leads_inside_is_refused_beside_its_field() -> None:
    for addresses, message in ((["10.0.0.1"], "not public"), ([], "not known")):
        door = HttpDoor(resolver=lambda _, found=addresses: found)  # type: ignore[misc]
        with pytest.raises(FieldError, match=message) as caught:
            check(door, "https://hooks.example/")
        assert caught.value.field == "url"
    check(HttpDoor(resolver=lambda _: ["93.184.216.34"]), "https://hooks.example/")
