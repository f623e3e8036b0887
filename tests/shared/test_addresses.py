"""Which addresses mail is sent to, and by what key a person is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.addresses import BadAddress, parse_address, person_key

local = st.text("abcXYZ019+._-'", min_size=1, max_size=20).filter(
    lambda text: ".." not in text and text.strip(".") == text
)
domain = st.sampled_from(["example.org", "Example.ORG", "bücher.example", "xn--bcher-kva.example", "a.b.test"])


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (" Ana@Example.org\n", "ana@example.org"),
        ("ana.lima+calls@example.org", "ana.lima+calls@example.org"),
        ("ana@BÜCHER.example", "ana@xn--bcher-kva.example"),
        ("ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"),
        ("O'Neil@example.org", "o'neil@example.org"),
    ],
)
def test_one_person_has_one_key(written: str, key: str) -> None:
    assert person_key(written) == key


def test_the_mailbox_keeps_the_letters_of_the_local_part() -> None:
    assert parse_address("Ana.Lima@Example.ORG").mailbox == "Ana.Lima@example.org"


@pytest.mark.parametrize(
    "text",
    [
        *("", "ana", "@example.org", "ana@", "ana@localhost", "ana@printer.local", "ana@x.invalid", "a..b@example.org"),
        *("Ana <ana@example.org>", '"a b"@example.org', "änä@example.org", "ana@[127.0.0.1]", "ana@exa_mple.org"),
        *("ana@example.org,b@example.org", "ana@example.org\r\nBcc: b@example.org", "ana\x00@example.org"),
        *("a" * 65 + "@example.org", "ana@" + "b" * 64 + ".org", "x" * 1_000_000, "a@" * 500_000, "ana@\ud800.org"),
    ],
)
def test_what_mail_cannot_reach_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        parse_address(text)


@given(local, domain)
def test_a_key_is_its_own_key_and_that_of_its_mailbox(local_part: str, domain_part: str) -> None:
    address = parse_address(f"{local_part}@{domain_part}")
    assert person_key(address.key) == address.key == person_key(address.mailbox)


@given(st.text() | st.builds("{}@{}".format, st.text(), st.text()))
def test_whatever_is_accepted_fits_a_header_and_a_mailto_link(text: str) -> None:
    try:
        mailbox = parse_address(text).mailbox
    except BadAddress:
        return
    assert mailbox.isascii()
    assert mailbox.isprintable()
    assert not set(mailbox) & set(' <>",;:\\')
