"""Which addresses an endpoint may have (webhooks.md §5, S5). Where they lead is the HTTP door's matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.webhooks.domain.endpoints import check_endpoint_url
from services.webhooks.domain.errors import FieldError


def check(url: str, *, allow_private: bool = False) -> str:
    return check_endpoint_url(url, own_host="calls.example.com", allow_private=allow_private)


@pytest.mark.parametrize(
    ("given_url", "kept"),
    [
        ("https://example.com/hooks?key=a%20b", "https://example.com/hooks?key=a%20b"),
        ("  HTTPS://Example.COM  ", "https://example.com/"),
        ("https://example.com.:8443/x", "https://example.com:8443/x"),
        ("https://bücher.example/käse", "https://xn--bcher-kva.example/k%C3%A4se"),
        ("https://аpple.example/", "https://xn--pple-43d.example/"),
    ],
)
def test_an_address_is_kept_as_the_network_spells_it(given_url: str, kept: str) -> None:
    assert check(given_url) == kept


@pytest.mark.parametrize(
    "url",
    [
        *("", "  ", "example.com", "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "https:///x"),
        *("https://user@example.com/", "https://good@evil.example/", "https://example.com\\@evil.example/"),
        *("https://example.com/#x", "https://good.example#@evil.example/", "https://exa\tmple.com/"),
        *("https://a b.com/", "https://example.com/\r\nHost: x", "https://localhost/", "https://web/", "https://[::1/"),
        *("https://calls.example.com/hooks", "https://CALLS.example.com.:8443/", "https://example.com:99999/"),
        "https://" + "ü" * 300 + ".de",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_with_a_way_on(url: str) -> None:
    with pytest.raises(FieldError) as caught:
        check(url)
    assert caught.value.field == "url"
    assert caught.value.message.endswith(".")
    assert caught.value.fix.endswith(".")


def test_for_trying_things_out_http_and_short_names_are_fine() -> None:
    assert check("http://localhost:9000/x", allow_private=True) == "http://localhost:9000/x"
    assert check("http://[::1]:9000", allow_private=True) == "http://[::1]:9000/"


@given(st.text(max_size=80))
def test_whatever_is_accepted_is_ascii_and_accepted_again(text: str) -> None:
    try:
        kept = check("https://" + text)
    except FieldError:
        return
    assert kept.isascii()
    assert check(kept) == kept
