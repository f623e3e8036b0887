"""Whether an Event Webhook is SendGrid's (webhooks.md §5, R1 to R8, R10). Its own library is the oracle."""

from __future__ import annotations

import base64
import gzip

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from sendgrid.helpers.eventwebhook import EventWebhook

from services.webhooks.domain.sendgrid_signature import Verdict, load_public_keys, verify

_NOW = 1_793_000_000
_BODY = b'[{"email":"a@example.com","event":"processed"}]\r\n'
_KEY = ec.generate_private_key(ec.SECP256R1())
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def spelled(key: PublicKeyTypes) -> str:
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def signed(body: bytes, timestamp: str, key: ec.EllipticCurvePrivateKey = _KEY) -> str:
    return base64.b64encode(key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()


def judge(body: bytes, signature: str | None, timestamp: str | None, now_s: float = _NOW) -> Verdict:
    return verify(body, signature, timestamp, keys=load_public_keys(spelled(_KEY.public_key())), now_s=now_s)


def oracle(body: bytes, signature: str, timestamp: str) -> bool:
    genuine: bool = EventWebhook(spelled(_KEY.public_key())).verify_signature(body.decode(), signature, timestamp)
    return genuine


def test_a_genuine_request_is_accepted_and_the_oracle_agrees() -> None:
    signature = signed(_BODY, str(_NOW))
    assert judge(_BODY, signature, str(_NOW)) == Verdict(True)
    assert oracle(_BODY, signature, str(_NOW))


def test_a_real_request_of_their_documentation_is_accepted() -> None:
    """The example of SendGrid's own libraries: an independent key, body and signature."""
    key = (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI"
        "8eNEc6wEA3F+g=="
    )
    signature = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
    body = (
        b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MU'
        b'npYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F'
        b'5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
    )
    assert verify(body, signature, "1600112502", keys=load_public_keys(key), now_s=1_600_112_600) == Verdict(True)


@pytest.mark.parametrize("missing", [None, ""])
def test_a_missing_header_is_a_verdict(missing: str | None) -> None:
    assert not judge(_BODY, missing, str(_NOW)).genuine
    assert not judge(_BODY, signed(_BODY, str(_NOW)), missing).genuine


def test_a_repeated_header_is_refused() -> None:
    signature = signed(_BODY, str(_NOW))
    assert not judge(_BODY, f"{signature},{signature}", str(_NOW)).genuine
    assert not judge(_BODY, signature, f"{_NOW},{_NOW}").genuine


def test_without_a_key_nothing_is_genuine() -> None:
    assert not verify(_BODY, signed(_BODY, str(_NOW)), str(_NOW), keys=(), now_s=_NOW).genuine


def test_another_key_is_refused_and_two_keys_accept_either() -> None:
    new = ec.generate_private_key(ec.SECP256R1())
    both = load_public_keys(f"{spelled(_KEY.public_key())} {spelled(new.public_key())}")
    for key in (_KEY, new):
        assert verify(_BODY, signed(_BODY, str(_NOW), key), str(_NOW), keys=both, now_s=_NOW).genuine
    assert not verify(_BODY, signed(_BODY, str(_NOW), new), str(_NOW), keys=both[:1], now_s=_NOW).genuine


@pytest.mark.parametrize(
    "changed",
    [
        _BODY.replace(b"a@", b"b@"),
        _BODY.rstrip(),
        b"\xef\xbb\xbf" + _BODY,
        b" " + _BODY,
        _BODY.replace(b":", b": "),
        gzip.compress(_BODY, mtime=0),
        b"",
        b"2\r\n" + _BODY,
    ],
)
def test_a_changed_body_is_refused(changed: bytes) -> None:
    assert not judge(changed, signed(_BODY, str(_NOW)), str(_NOW)).genuine


@pytest.mark.parametrize(
    "timestamp",
    [
        *("1.793e9", "1793000000.0", "nan", "+1793000000", "-179300000", " 1793000000", "1793000000 ", "1793000000\n"),
        *("17930000000", "179300000", "１７９３００００００", "١٧٩٣٠٠٠٠٠٠", "0x6adf0000", "1_793_000_0"),
    ],
)
def test_a_timestamp_that_is_not_ten_digits_is_refused_even_when_signed(timestamp: str) -> None:
    assert not judge(_BODY, signed(_BODY, timestamp), timestamp).genuine


@pytest.mark.parametrize(
    ("age_s", "genuine"), [(25 * 3600, True), (25 * 3600 + 1, False), (-300, True), (-301, False), (0, True)]
)
def test_the_window_is_25_hours_back_and_5_minutes_ahead(age_s: int, genuine: bool) -> None:
    timestamp = str(_NOW - age_s)
    assert judge(_BODY, signed(_BODY, timestamp), timestamp).genuine is genuine


def test_a_signed_body_that_is_no_array_is_refused() -> None:
    body = b'{"event": "processed"}'
    assert not judge(body, signed(body, str(_NOW)), str(_NOW)).genuine


def test_the_border_between_timestamp_and_body_cannot_move() -> None:
    """Both shifts are accepted by the oracle."""
    timestamp = str(_NOW)
    signature = signed(_BODY, timestamp)
    for shifted_timestamp, body in ((timestamp[:-1], timestamp[-1:].encode() + _BODY), (timestamp + "[", _BODY[1:])):
        assert oracle(body, signature, shifted_timestamp)
        assert not judge(body, signature, shifted_timestamp).genuine


def test_base64_has_one_spelling() -> None:
    signature = ""
    while not (signature.endswith("=") and ("+" in signature or "/" in signature)):
        signature = signed(_BODY, str(_NOW))
    bare = signature.rstrip("=")
    slack = bare[:-1] + chr(ord(bare[-1]) + 1) + "=" * (len(signature) - len(bare))
    assert base64.b64decode(slack) == base64.b64decode(signature)
    others = [
        *(slack, bare, signature + "=", bare + "!" + signature[len(bare) :], " " + signature, signature + "\n"),
        *(signature[:10] + "\n" + signature[10:], signature.replace("+", "-").replace("/", "_"), signature[:-4]),
        *(signature * 2, signature[:-1] + "\0", "é" * 96, "\0", "====", "A", "A" * 10_000_000),
    ]
    assert judge(_BODY, signature, str(_NOW)).genuine
    assert [other[:40] for other in others if judge(_BODY, other, str(_NOW)).genuine] == []


def test_der_has_one_spelling_and_numbers_in_range() -> None:
    der = base64.b64decode(signed(_BODY, str(_NOW)))
    r, s = decode_dss_signature(der)
    others = [
        der + b"\0",
        b"\x30\x81" + der[1:],
        encode_dss_signature(0, s),
        encode_dss_signature(r, 0),
        encode_dss_signature(_ORDER, s),
        encode_dss_signature(r + _ORDER, s),
        bytes.fromhex("3006 0201ff 020101"),  # r = -1
        bytes.fromhex("3000"),
        encode_dss_signature(2**20_000, s),
        der[:-1],
        r.to_bytes(32, "big") + s.to_bytes(32, "big"),
    ]
    assert [other for other in others if judge(_BODY, base64.b64encode(other).decode(), str(_NOW)).genuine] == []


def test_the_mirrored_signature_is_valid_so_a_signature_identifies_nothing() -> None:
    r, s = decode_dss_signature(base64.b64decode(signed(_BODY, str(_NOW))))
    mirrored = base64.b64encode(encode_dss_signature(r, _ORDER - s)).decode()
    assert judge(_BODY, mirrored, str(_NOW)).genuine


@given(st.binary(max_size=80), st.text(max_size=120) | st.none(), st.text(max_size=20) | st.none())
def test_no_input_makes_it_raise(body: bytes, signature: str | None, timestamp: str | None) -> None:
    assert not judge(body, signature, timestamp).genuine


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65_537, 2048).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        ec.generate_private_key(ec.SECP256K1()).public_key(),
    ],
)
def test_a_key_of_another_kind_is_refused_when_it_is_configured(key: PublicKeyTypes) -> None:
    with pytest.raises(ValueError, match="P-256"):
        load_public_keys(spelled(key))


@pytest.mark.parametrize("text", ["nonsense", "MFkwEwYHKoZIzj0CAQ", "AAAA", "é", "-----BEGIN"])
def test_text_that_is_no_key_is_refused_with_what_one_looks_like(text: str) -> None:
    with pytest.raises(ValueError, match="MFkwEwYHKoZIzj0CAQ"):
        load_public_keys(text)


def test_an_empty_setting_is_no_key() -> None:
    assert load_public_keys("") == ()
