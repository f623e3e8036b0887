"""The fakes of the outside world do what they say: a test that leans on a ledger leans on this."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook

from shared.http import Ambiguous, Answer, HttpDoor, Outgoing
from tests.fakes.sendgrid import FakeSendGrid, Fault
from tests.fakes.smtp_sink import SmtpFault, SmtpSink


@pytest.fixture
def sendgrid() -> Iterator[FakeSendGrid]:
    with FakeSendGrid() as server:
        yield server


def post(sendgrid: FakeSendGrid, mail: Any = None, *, key: str = "") -> Answer:
    body = a_mail() if mail is None else mail
    headers = {"Authorization": f"Bearer {key or sendgrid.api_key}", "Content-Type": "application/json"}
    door = HttpDoor(allow_private=True)
    return door.send(Outgoing("POST", f"{sendgrid.url}/v3/mail/send", headers, json.dumps(body).encode(), 0.4))


def a_mail(our_id: str = "m-1", **more: Any) -> dict[str, Any]:
    return {
        "personalizations": [{"to": [{"email": "lead@example.com"}], "custom_args": {"m": our_id, "s": "nurture"}}],
        "from": {"email": "advisor@example.com"},
        "subject": "Hello",
        "content": [{"type": "text/plain", "value": "Hello."}],
        **more,
    }


def test_an_accepted_mail_stands_in_the_ledger(sendgrid: FakeSendGrid) -> None:
    answer = post(sendgrid)
    assert (answer.status, answer.body) == (202, b"")
    assert [(mail.our_id, mail.to, mail.message_id) for mail in sendgrid.ledger] == [
        ("m-1", "lead@example.com", answer.headers["x-message-id"])
    ]


@pytest.mark.parametrize("fault", [Fault.ACCEPT_THEN_CLOSE, Fault.ACCEPT_THEN_HANG, Fault.ACCEPT_THEN_500])
def test_a_mail_that_was_accepted_and_hidden_stands_in_the_ledger(sendgrid: FakeSendGrid, fault: Fault) -> None:
    sendgrid.fail_next(fault)
    if fault is Fault.ACCEPT_THEN_500:
        assert post(sendgrid).status == 500
    else:
        with pytest.raises(Ambiguous):
            post(sendgrid)
    assert sendgrid.times_sent() == {"m-1": 1}
    assert post(sendgrid).status == 202


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.RATE_LIMITED, Fault.BAD_REQUEST, Fault.UNAVAILABLE])
def test_a_mail_that_was_not_accepted_stands_in_no_ledger(sendgrid: FakeSendGrid, fault: Fault) -> None:
    sendgrid.fail_next(fault)
    if fault is Fault.CLOSE:
        with pytest.raises(Ambiguous):
            post(sendgrid)
    else:
        assert post(sendgrid).status == int(fault)
    assert sendgrid.ledger == []
    assert sendgrid.requests == 1


def test_what_sendgrid_would_refuse_is_refused(sendgrid: FakeSendGrid) -> None:
    assert post(sendgrid, key="wrong").status == 401
    wrongs: tuple[dict[str, Any], ...] = (
        *({"personalizations": []}, {"personalizations": [{"to": []}]}, {"from": {}}, {"content": []}),
        *({"headers": {"Subject": "x"}}, {"content": [{"type": "text/plain", "value": ""}]}),
    )
    for wrong in wrongs:
        assert post(sendgrid, a_mail(**wrong)).status == 400
    assert sendgrid.ledger == []


def test_its_events_verify_with_the_library_of_sendgrid(sendgrid: FakeSendGrid) -> None:
    post(sendgrid)
    body, headers = sendgrid.signed([sendgrid.event("delivered", sendgrid.ledger[0], response="250 OK")])
    signature, timestamp = (headers[f"X-Twilio-Email-Event-Webhook-{name}"] for name in ("Signature", "Timestamp"))
    assert EventWebhook(sendgrid.public_key).verify_signature(body.decode(), signature, timestamp)
    [event] = json.loads(body)
    assert (event["event"], event["m"], event["s"], event["response"]) == ("delivered", "m-1", "nurture", "250 OK")


def a_letter(our_id: str = "m-1") -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "advisor@example.com", "lead@example.com", "Hello"
    letter["Message-ID"] = f"<{our_id}@example.com>"
    letter["X-SMTPAPI"] = json.dumps({"unique_args": {"m": our_id, "s": "booking"}})
    letter.set_content("Hello.\n.\nA line with a single dot.\n")
    return letter


def send(sink: SmtpSink, letter: EmailMessage, *, timeout: float = 0.4) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=timeout) as line:
        line.send_message(letter)


def test_the_sink_keeps_a_letter_as_it_came() -> None:
    with SmtpSink() as sink:
        send(sink, a_letter())
    [delivered] = sink.ledger
    assert (delivered.sender, delivered.recipient, delivered.our_id) == (
        "advisor@example.com",
        "lead@example.com",
        "m-1",
    )
    assert delivered.data.endswith(b"\r\n\r\nHello.\r\n.\r\nA line with a single dot.\r\n")
    assert sink.times_delivered() == {"<m-1@example.com>": 1}


@pytest.mark.parametrize("fault", list(SmtpFault))
def test_the_sink_fails_as_it_is_told(fault: SmtpFault) -> None:
    with SmtpSink() as sink:
        sink.fail_next(fault)
        with pytest.raises((smtplib.SMTPException, OSError)) as caught:
            send(sink, a_letter(), timeout=0.2)
        if str(fault)[0].isdigit():
            assert str(fault)[:3] in str(caught.value)
        assert len(sink.ledger) == (1 if "accept" in str(fault) else 0)
        send(sink, a_letter("m-2"))
    assert sink.ledger[-1].our_id == "m-2"


def test_a_fault_can_belong_to_a_recipient() -> None:
    with SmtpSink() as sink:
        sink.faults["lead@example.com"] = SmtpFault.REFUSE_RECIPIENT
        for _ in range(2):
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                send(sink, a_letter())
    assert sink.ledger == []


def test_the_sink_can_ask_for_a_login() -> None:
    with SmtpSink(login=("apikey", "SG.secret")) as sink, smtplib.SMTP("127.0.0.1", sink.port, timeout=2) as line:
        with pytest.raises(smtplib.SMTPException):
            line.send_message(a_letter())
        with pytest.raises(smtplib.SMTPAuthenticationError):
            line.login("apikey", "wrong")
        line.login("apikey", "SG.secret")
        line.send_message(a_letter())
    assert len(sink.ledger) == 1
