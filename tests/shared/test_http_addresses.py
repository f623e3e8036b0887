"""Where the HTTP door goes and where it never goes (webhooks.md §5, S1, S2, S3, S5)."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http import HttpDoor, NotSent, Outgoing, Refused
from shared.net import Resolver, check_url, is_allowed
from tests.fakes.raw import RawServer, answering

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "http://127.1/", "http://0/", "http://0x7f000001/", "http://2130706433/"),
        *("http://0177.0.0.1/", "http://１２７.０.０.１/", "http://127.0.0.1./", "http://①②⑦.0.0.1/"),
        *("http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[64:ff9b::a9fe:a9fe]/"),
        *("http://[64:ff9b:1::a9fe:a9fe]/", "http://[2002:a9fe:a9fe::1]/", "http://[::127.0.0.1]/", "http://[::]/"),
        *("http://[fec0::1]/", "http://[fd00:ec2::254]/", "http://[fe80::1%25eth0]/", "http://[ff02::1]/"),
        *("http://[2001:0:a9fe:a9fe::1]/", "http://[2001:db8::1]/", "http://[3fff::1]/", "http://[5f00::1]/"),
        *("http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/", "http://168.63.129.16/"),
        *("http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://0.0.0.0/"),
        *("http://192.0.0.192/", "http://192.88.99.1/", "http://198.18.0.1/", "http://224.0.0.1/", "http://240.0.0.1/"),
        *("http://255.255.255.255/", "http://192.0.2.1/", "http://198.51.100.1/", "http://203.0.113.1/"),
    ],
)
def test_an_address_that_is_not_public_is_refused_however_it_is_written(url: str) -> None:
    with pytest.raises(Refused):
        HttpDoor().send(Outgoing("POST", url))


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "gopher://example.com/", "ftp://example.com/", "data:text/plain,x", "example.com", ""),
        *("https://good@evil.example/", "https://good:pw@evil.example/", "https://good.example\\@evil.example/"),
        *(
            "https://good.example#@evil.example/",
            "https://exa\tmple.com/",
            "https://example.com/\r\nX: y",
            " https://a/",
        ),
        *(
            "https://example.com:22/",
            "https://example.com:25/",
            "https://example.com:5432/",
            "https://example.com:6379/",
        ),
        *(
            "https://example.com:99999/",
            "https://example.com:0x50/",
            "https://example.com:-1/",
            "https://example.com:0/x",
        ),
        *("https:///path", "https://.example.com/", "https://exa mple.com/", "https://пример.рф/", "https://[::1/"),
        *(
            "https://a..example.com/",
            "https://example.com/" + "a" * 2048,
            "https://" + "a" * 254 + ".com/",
            "https://%31/",
        ),
    ],
)
def test_a_url_that_two_parsers_could_read_differently_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url)


def test_an_ordinary_url_keeps_its_parts() -> None:
    target = check_url("HTTPS://Hooks.Example.COM/a/b?c=d%20e&f=[g]")
    assert target.url == "https://hooks.example.com:443/a/b?c=d%20e&f=[g]"
    assert check_url("http://example.com.:8080").url == "http://example.com:8080/"


def test_one_private_address_beside_a_public_one_refuses_the_name() -> None:
    door = HttpDoor(resolver=lambda _: ["93.184.216.34", "10.0.0.5"])
    with pytest.raises(Refused, match="not public"):
        door.send(Outgoing("POST", "https://two-faced.example/"))


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked() -> None:
    """Rebinding: the second lookup would lead to the metadata service, and there is no second lookup."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    with RawServer(answering(_OK)) as server:
        door = HttpDoor(allow_private=True, resolver=lambda _: answers.pop(0))
        assert door.send(Outgoing("GET", server.url(host="rebinding.example"))).body == b"ok"
    assert answers == [["169.254.169.254"]]


def test_a_name_that_was_public_when_saved_is_checked_again_when_used() -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    door = HttpDoor(resolver=lambda _: answers.pop(0))
    door.check("https://later-private.example/")
    with pytest.raises(Refused, match="not public"):
        door.send(Outgoing("POST", "https://later-private.example/"))


def test_a_name_without_an_address_was_surely_not_sent_to() -> None:
    def unknown(_: str) -> list[str]:
        raise OSError("Name or service not known")

    nothing: Resolver = lambda _: []  # noqa: E731
    for resolver in (unknown, nothing):
        with pytest.raises(NotSent, match="dns") as caught:
            HttpDoor(resolver=resolver).send(Outgoing("POST", "https://nowhere.example/"))
        assert not isinstance(caught.value, Refused)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "0.0.0.0", "fe80::1", "224.0.0.1"]
)
def test_metadata_and_link_local_addresses_stay_refused_where_private_ones_are_allowed(address: str) -> None:
    assert not is_allowed(ipaddress.ip_address(address), allow_private=True)


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(ipaddress.ip_address(address), allow_private=False)


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_allowed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address.is_private or address.is_multicast or address.is_link_local or address.is_reserved:
        assert not is_allowed(address, allow_private=False)


@given(st.ip_addresses(v=4))
def test_no_embedding_of_an_address_in_version_6_gets_around_the_table(address: ipaddress.IPv4Address) -> None:
    for prefix in ("::ffff:0:0", "::", "64:ff9b::", "64:ff9b:1::", "fec0::"):
        embedded = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(address))
        assert not is_allowed(embedded, allow_private=False)


@given(st.text(max_size=60))
def test_any_text_is_accepted_as_a_whole_or_refused(text: str) -> None:
    try:
        target = check_url("https://" + text)
    except Refused:
        return
    assert check_url(target.url) == target
