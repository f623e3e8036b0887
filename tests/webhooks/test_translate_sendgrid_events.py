"""What SendGrid's events become (webhooks.md §2.1 and R13)."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.webhooks.domain.sendgrid_events import Rejected, translate
from shared.events.webhooks import Feedback

_MESSAGE = "0199f0c2-7d1e-7cc3-9a43-111111111111"
_AT = 1_793_000_000


def an_event(event: str = "delivered", **more: Any) -> dict[str, Any]:
    return {
        "email": "lead@example.com",
        "timestamp": _AT,
        "event": event,
        "sg_event_id": "ZGVsaXZlcmVkLTA",
        "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-1",
        "category": ["cat facts"],
        "m": _MESSAGE,
        "s": "nurture",
        "a": "2",
        **more,
    }


def only(*elements: Any) -> list[Feedback]:
    feedback, rejected = translate(json.dumps(elements).encode())
    assert rejected == []
    return feedback


def kinds(*elements: Any) -> list[str]:
    return [item.kind for item in only(*elements)]


def test_an_event_tells_whose_mail_it_is_about_and_when() -> None:
    assert only(an_event("deferred", response="400 try again later")) == [
        Feedback(
            id="ZGVsaXZlcmVkLTA",
            kind="deferred",
            sender="nurture",
            message=UUID(_MESSAGE),
            attempt=2,
            address="lead@example.com",
            at=datetime.fromtimestamp(_AT, UTC),
            reason="400 try again later",
        )
    ]


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("processed", "processed"),
        ("delivered", "delivered"),
        ("deferred", "deferred"),
        ("spamreport", "complained"),
        ("unsubscribe", "unsubscribed"),
        ("group_unsubscribe", "unsubscribed"),
    ],
)
def test_each_event_has_its_word(event: str, kind: str) -> None:
    assert kinds(an_event(event)) == [kind]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 unknown"}, "bounced_hard"),
        ({"type": "bounce", "status": "550"}, "bounced_hard"),
        ({"type": "bounce"}, "bounced_hard"),
        ({}, "bounced_hard"),
        ({"type": "blocked", "status": "5.7.1"}, "bounced_soft"),
        ({"type": "blocked"}, "bounced_soft"),
        ({"type": "bounce", "status": "4.2.2"}, "bounced_soft"),
        ({"type": "bounce", "status": "5.2.2"}, "bounced_soft"),
        ({"type": "bounce", "status": "5.7.1"}, "bounced_soft"),
        ({"type": "bounce", "status": "5.2.1"}, "bounced_hard"),
        ({"type": "bounce", "status": "452"}, "bounced_soft"),
        ({"type": "bounce", "status": None}, "bounced_hard"),
    ],
)
def test_a_bounce_is_hard_unless_it_says_nothing_against_the_address(more: dict[str, Any], kind: str) -> None:
    assert kinds(an_event("bounce", **more)) == [kind]


def test_the_old_name_of_a_block_is_a_soft_bounce() -> None:
    assert kinds(an_event("blocked", status="5.7.1")) == ["bounced_soft"]


@pytest.mark.parametrize(
    ("reason", "also"),
    [
        ("Bounced Address", ["bounced_hard"]),
        ("Invalid", ["bounced_hard"]),
        ("Spam Reporting Address", ["complained"]),
        ("Unsubscribed Address", ["unsubscribed"]),
        ("Spam Content", []),
        ("Recipient List over Package Quota", []),
    ],
)
def test_a_drop_ends_the_message_and_repeats_what_was_known_of_the_address(reason: str, also: list[str]) -> None:
    feedback = only(an_event("dropped", reason=reason))
    assert [item.kind for item in feedback] == ["dropped", *also]
    assert len({item.id for item in feedback}) == len(feedback)


@pytest.mark.parametrize("event", ["open", "click", "group_resubscribe", "account_status_change", "tomorrows_event"])
def test_opens_clicks_and_unknown_events_are_neither_feedback_nor_fault(event: str) -> None:
    assert only(an_event(event)) == []


def test_an_event_without_an_id_is_the_same_each_time_it_comes() -> None:
    event = {key: value for key, value in an_event().items() if key != "sg_event_id"}
    [first], [again], [other] = only(event), only(dict(reversed(event.items()))), only({**event, "timestamp": _AT + 1})
    assert first.id == again.id
    assert first.id != other.id


@pytest.mark.parametrize("argument", [None, 5, "", "not-a-uuid", _MESSAGE + "0", ["x"], {"a": 1}])
def test_a_mail_that_is_not_ours_is_told_by_its_address(argument: Any) -> None:
    [item] = only(an_event("spamreport", m=argument, s=argument, a=argument))
    assert (item.message, item.address) == (None, "lead@example.com")


@pytest.mark.parametrize("attempt", ["-1", "１", "1.5", "999999", None, [], True])
def test_an_attempt_that_is_no_small_number_is_unknown(attempt: Any) -> None:
    assert only(an_event(a=attempt))[0].attempt is None


def with_timestamp(text: str) -> str:
    return '{"event": "delivered", "email": "a@example.com", "timestamp": ' + text + "}"


_POISON = [
    *("null", "5", '"text"', "[]", "{}", "true", '{"event": 5}', '{"event": "delivered"}', '{"event": unquoted}'),
    *map(with_timestamp, ("true", "-1", "1e999", "NaN", '"soon"', "{}", "1" + "0" * 400, "1" + "0" * 5000)),
    '{"event": "delivered", "timestamp": 1793000000}',
    '{"event": "delivered", "event": "bounce", "email": "a@example.com", "timestamp": 1793000000}',
    with_timestamp("1793000000")[:-1] + ', "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    '{"x": ' * 100_000 + "1" + "}" * 100_000,
]


@pytest.mark.parametrize("poison", _POISON, ids=lambda poison: poison[:40])
def test_one_poisoned_element_costs_only_itself(poison: str) -> None:
    good = json.dumps(an_event())
    feedback, rejected = translate(f"[{good},{poison},{good}]".encode())
    assert [item.kind for item in feedback] == ["delivered", "delivered"]
    assert [item.position for item in rejected] == [1]


@pytest.mark.parametrize(("depth", "delivered"), [(49, 2), (50, 1)])
def test_nesting_has_a_limit_of_our_own_and_brackets_in_text_do_not_count(depth: int, delivered: int) -> None:
    nested: Any = "[{" * 1000
    for _ in range(depth):
        nested = [nested]
    body = json.dumps([an_event(x=nested), an_event()])
    assert len(translate(body.encode())[0]) == delivered


def test_what_stands_behind_the_end_of_the_array_is_not_in_it() -> None:
    good = json.dumps(an_event())
    assert translate(f"[{good}],{good}]".encode()) == translate(f"[{good}]".encode())


def test_a_body_cut_short_gives_what_came_whole() -> None:
    whole = json.dumps([an_event(), an_event(), an_event()])
    feedback, rejected = translate(whole[:-30].encode())
    assert (len(feedback), [item.position for item in rejected]) == (2, [2])


def test_numbers_that_python_refuses_spoil_only_their_own_field() -> None:
    body = json.dumps([an_event()])[:-2] + ', "big": ' + "9" * 5000 + ', "nan": NaN, "inf": 1e999}]'
    feedback, rejected = translate(body.encode())
    assert ([item.kind for item in feedback], rejected) == (["delivered"], [])


def test_text_that_a_database_refuses_is_cleaned() -> None:
    [item] = only(an_event("bounce", reason="half \ud800 pair, \0 NUL", email="a\0@example.com"))
    assert item.reason == "half ? pair,  NUL"
    assert item.address == "a@example.com"
    assert len(only(an_event("bounce", reason="x" * 100_000))[0].reason) == 500


def test_bytes_that_are_not_utf_8_are_read_as_far_as_they_go() -> None:
    body = json.dumps([an_event("bounce", reason="REASON")]).encode().replace(b"REASON", b"caf\xe9")
    assert translate(body)[0][0].reason == "caf\ufffd"


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"\xff\xfe", b"hello", b'{"event": "bounce"}'])
def test_a_body_that_is_no_array_is_one_rejection(body: bytes) -> None:
    assert translate(body) == ([], [Rejected(0, "is not an array")])


def test_an_empty_array_says_nothing() -> None:
    assert translate(b"[]\r\n") == ([], [])


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    translate(b"[" + raw)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*sorted(an_event()), "type", "status", "reason"]), _JSON))
def test_no_value_of_a_field_makes_it_raise_and_what_comes_out_can_be_stored(changes: dict[str, Any]) -> None:
    for item in translate(json.dumps([an_event("bounce") | changes]).encode())[0]:
        assert "\\u0000" not in item.model_dump_json()


def test_a_full_batch_is_read_in_a_moment_even_when_it_must_be_cut_apart() -> None:
    events = [json.dumps(an_event(sg_event_id=str(number))) for number in range(2300)]
    began = time.process_time()
    assert len(translate(f"[{','.join(events)}]".encode())[0]) == 2300
    assert len(translate(f"[{','.join(events)},x]".encode())[0]) == 2300
    translate(b'["' + b'\\"' * 1_000_000)
    # What is read in the square of its length takes minutes.
    assert time.process_time() - began < 2
