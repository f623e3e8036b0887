"""How deliveries are signed (Standard Webhooks; webhooks.md §5, S9). The public library is the oracle."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from services.webhooks.domain.standard_webhooks import secret_of, signed_headers

_SECRET = secret_of(bytes(range(32)))
_OTHER = secret_of(bytes(range(1, 33)))


def headers_now(body: bytes, *secrets: str, age_s: int = 0) -> dict[str, str]:
    now = int(datetime.now(UTC).timestamp())
    return signed_headers(body, message_id="evt_1", timestamp_s=now - age_s, secrets=secrets)


@given(st.text(), st.binary(min_size=24, max_size=64))
def test_the_public_library_accepts_what_we_sign(text: str, key: bytes) -> None:
    body = text.encode("utf-8", "replace")
    Webhook(secret_of(key)).verify(body, headers_now(body, secret_of(key)), json_parse=False)


def test_the_example_of_the_specification_comes_out() -> None:
    """Key, id, time, payload and signature as printed in the specification's reference."""
    headers = signed_headers(
        b'{"test": 2432232314}',
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp_s=1_614_265_330,
        secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_both_secrets_verify_during_a_rotation_and_a_third_does_not() -> None:
    headers = headers_now(b"{}", _SECRET, _OTHER)
    for secret in (_SECRET, _OTHER):
        Webhook(secret).verify(b"{}", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of(bytes(32))).verify(b"{}", headers)


def test_a_changed_body_does_not_verify() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(_SECRET).verify(b'{"a": 2}', headers_now(b'{"a": 1}', _SECRET))


def test_the_time_is_signed() -> None:
    headers = headers_now(b"{}", _SECRET)
    headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) - 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(_SECRET).verify(b"{}", headers)


@pytest.mark.parametrize("message_id", ["", "a.b", "evt\r\n1", "é", "a" * 101, "evt 1"])
def test_an_id_that_could_shift_the_signed_text_is_refused(message_id: str) -> None:
    with pytest.raises(ValueError, match="webhook id"):
        signed_headers(b"{}", message_id=message_id, timestamp_s=1, secrets=[_SECRET])


@pytest.mark.parametrize(
    "secret",
    [
        *("", "whsec_", "whsec_AA==", "whsec_!!!!", base64.b64encode(bytes(32)).decode()),
        *("whsec_" + base64.b64encode(bytes(23)).decode(), "whsec_" + base64.b64encode(bytes(65)).decode()),
    ],
)
def test_a_malformed_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        signed_headers(b"{}", message_id="evt_1", timestamp_s=1, secrets=[secret])


@pytest.mark.parametrize("count", [0, 11])
def test_there_are_one_to_ten_secrets(count: int) -> None:
    with pytest.raises(ValueError, match="secrets"):
        signed_headers(b"{}", message_id="evt_1", timestamp_s=1, secrets=[_SECRET] * count)


@pytest.mark.parametrize("length", [0, 23, 65])
def test_a_key_of_another_length_makes_no_secret(length: int) -> None:
    with pytest.raises(ValueError, match="bytes"):
        secret_of(bytes(length))
