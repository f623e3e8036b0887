"""Mail through SendGrid: letters by its API, invitations by its relay, both under our own id and without tracking."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.mail.outgoing import Accepted, Ambiguous, NotSent, Refused
from shared.mail.transports import transport_of
from shared.mail.transports.sendgrid import SendGridTransport, payload
from tests.fakes.raw import FOR_GOOD_S
from tests.fakes.sendgrid import FakeSendGrid, Fault
from tests.fakes.smtp_sink import SmtpFault, SmtpSink
from tests.fakes.web import Reply, WebServer
from tests.installation import settings_for
from tests.letters import ics_of
from tests.shared.mails import ICS, an_invitation, an_outgoing, sent, sent_one

HEADERS = (
    ("List-Unsubscribe", "<https://firstcall.test/u/abc>"),
    ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
)


@pytest.fixture
def api() -> Iterator[FakeSendGrid]:
    with FakeSendGrid() as server:
        yield server


@pytest.fixture
def relay(api: FakeSendGrid) -> Iterator[SmtpSink]:
    with SmtpSink(login=("apikey", api.api_key)) as server:
        yield server


@pytest.fixture
def transport(api: FakeSendGrid, relay: SmtpSink) -> Any:
    return transport_of(
        settings_for(
            "postgresql://nobody/x",
            Path("unused"),
            mail_url=f"sendgrid://{api.api_key}@",
            sendgrid_api_url=api.url,
            sendgrid_smtp=f"127.0.0.1:{relay.port}",
        )
    )


def test_a_letter_goes_by_the_api_and_an_invitation_by_the_relay(
    transport: SendGridTransport, api: FakeSendGrid, relay: SmtpSink
) -> None:
    letter, invitation = an_outgoing(), an_invitation()
    results = sent(transport, letter, invitation)
    assert all(isinstance(result, Accepted) for result in results.values())
    assert results[letter.id] == Accepted(api.ledger[0].message_id)
    assert [accepted.our_id for accepted in api.ledger] == [str(letter.id)]
    assert [delivered.our_id for delivered in relay.ledger] == [str(invitation.id)]


def test_a_letter_carries_our_id_its_service_and_its_attempt_back_to_us(
    transport: SendGridTransport, api: FakeSendGrid
) -> None:
    mail = an_outgoing(attempt=3)
    sent_one(transport, mail)
    assert api.ledger[0].arguments == {"m": str(mail.id), "s": "nurture", "a": "3"}


def test_a_letter_says_what_it_would_say_by_any_other_way(transport: SendGridTransport, api: FakeSendGrid) -> None:
    mail = an_outgoing(headers=HEADERS, subject="Übersicht", recipient_name="Zoë Lima")
    sent_one(transport, mail)
    asked = api.ledger[0].mail
    assert asked["from"] == {"email": mail.sender, "name": mail.sender_name}
    assert asked["personalizations"][0]["to"] == [{"email": mail.recipient, "name": "Zoë Lima"}]
    assert (asked["subject"], asked["reply_to"]) == ("Übersicht", {"email": mail.reply_to})
    assert asked["content"] == [
        {"type": "text/plain", "value": mail.text},
        {"type": "text/html", "value": mail.html},
    ]
    assert asked["headers"] == {"Message-ID": mail.message_id, **dict(HEADERS)}


def test_nothing_is_tracked_either_way(transport: SendGridTransport, api: FakeSendGrid, relay: SmtpSink) -> None:
    sent(transport, an_outgoing(), an_invitation())
    assert api.ledger[0].mail["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
    }
    filters = json.loads(str(relay.ledger[0].message["X-SMTPAPI"]))["filters"]
    assert set(filters) == {"clicktrack", "opentrack", "subscriptiontrack", "footer", "ganalytics"}
    assert all(one == {"settings": {"enable": 0}} for one in filters.values())


def test_an_invitation_goes_as_the_mime_that_we_wrote(transport: SendGridTransport, relay: SmtpSink) -> None:
    mail = an_invitation(attempt=2)
    sent_one(transport, mail)
    [arrived] = relay.ledger
    assert arrived.arguments == {"m": str(mail.id), "s": "booking", "a": "2"}
    assert ics_of(arrived.message) == ICS
    assert arrived.message["Message-ID"] == mail.message_id


@pytest.mark.parametrize(
    ("fault", "kind", "in_ledger"),
    [
        (Fault.NONE, Accepted, 1),
        (Fault.BAD_REQUEST, Refused, 0),
        (Fault.UNAUTHORIZED, NotSent, 0),
        (Fault.RATE_LIMITED, NotSent, 0),
        (Fault.UNAVAILABLE, Ambiguous, 0),
        (Fault.CLOSE, Ambiguous, 0),
        (Fault.ACCEPT_THEN_CLOSE, Ambiguous, 1),
        (Fault.ACCEPT_THEN_500, Ambiguous, 1),
        (Fault.ACCEPT_THEN_HANG, Ambiguous, 1),
    ],
)
def test_what_went_wrong_decides_what_it_means(
    transport: SendGridTransport, api: FakeSendGrid, fault: Fault, kind: type[object], in_ledger: int
) -> None:
    api.fail_next(fault)
    began = time.monotonic()
    assert type(sent_one(transport, an_outgoing(), deadline=2)) is kind
    assert time.monotonic() - began < FOR_GOOD_S
    assert len(api.ledger) == in_ledger


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotSent), (302, NotSent), (408, NotSent), (413, Refused), (200, Accepted)]
)
def test_a_status_that_is_not_about_the_mail_does_not_fail_it(status: int, kind: type[object]) -> None:
    with WebServer(lambda _: Reply(status)) as server:
        settings = settings_for(
            "postgresql://nobody/x", Path("unused"), mail_url="sendgrid://key@", sendgrid_api_url=server.url
        )
        assert type(sent_one(transport_of(settings), an_outgoing())) is kind


def test_a_dead_api_is_a_mail_that_was_not_sent(transport: SendGridTransport, api: FakeSendGrid) -> None:
    api.__exit__()
    assert isinstance(sent_one(transport, an_outgoing()), NotSent)


def test_a_relay_that_refuses_is_about_the_invitation_only(
    transport: SendGridTransport, api: FakeSendGrid, relay: SmtpSink
) -> None:
    relay.fail_next(SmtpFault.REFUSE_RECIPIENT)
    letter, invitation = an_outgoing(), an_invitation()
    results = sent(transport, letter, invitation)
    assert isinstance(results[letter.id], Accepted)
    assert isinstance(results[invitation.id], Refused)


def test_a_text_that_the_library_will_not_send_is_about_that_mail_only(
    transport: SendGridTransport, api: FakeSendGrid
) -> None:
    """SendGrid's library refuses a text that begins with what looks like one of its keys."""
    odd, plain = an_outgoing(text="SG.abc.def is not a key\n"), an_outgoing()
    results = sent(transport, odd, plain)
    assert isinstance(results[odd.id], Refused)
    assert isinstance(results[plain.id], Accepted)


def test_letters_that_are_not_begun_within_the_budget_are_not_sent(
    transport: SendGridTransport, api: FakeSendGrid
) -> None:
    api.fail_next(*[Fault.ACCEPT_THEN_HANG] * 20)
    mails = [an_outgoing() for _ in range(20)]
    began = time.monotonic()
    results = sent(transport, *mails, an_invitation(), deadline=0.3, budget=0.5)
    assert time.monotonic() - began < FOR_GOOD_S
    kinds = [type(result) for result in results.values()]
    assert kinds.count(Ambiguous) == len(api.ledger) <= 8
    assert kinds.count(NotSent) == 21 - len(api.ledger)


def test_the_key_stands_in_no_request_body(api: FakeSendGrid) -> None:
    assert api.api_key not in json.dumps(payload(an_outgoing()))
