"""What a booking says beside who and when: read alike from a form and from a program."""

from __future__ import annotations

from typing import Any

import pytest

from services.booking.domain.errors import InvalidInput
from services.booking.domain.requests import BookingRequest, GuestRequest
from services.booking.routes.inputs import booking_request
from tests.booking.programs import A_CALL

BEN, EVE = GuestRequest("", "ben@reader.test", "ben@reader.test"), GuestRequest("Eve", "eve@x.test", "eve@x.test")


def read(**changes: Any) -> BookingRequest:
    return booking_request(A_CALL | changes, questions=(), locale="en")


def wrong(**changes: Any) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        read(**changes)
    return [error.field for error in refused.value.errors]


@pytest.mark.parametrize(("given", "minutes"), [(None, None), ("", None), (45, 45), ("45", 45)])
def test_a_length_is_read_from_a_number_and_from_digits(given: object, minutes: int | None) -> None:
    assert read(minutes=given).minutes == minutes


@pytest.mark.parametrize("given", ["long", "-30", "1" * 5, True, 10**30, "٣٠"])
def test_what_is_no_length_is_one_that_nobody_offers(given: object) -> None:
    assert read(minutes=given).minutes == 0


@pytest.mark.parametrize("given", ["ben@reader.test\nEve@x.test", " ben@reader.test ; Eve@x.test ,"])
def test_guests_are_typed_with_marks_or_line_ends_between_them(given: str) -> None:
    assert [guest.person for guest in read(guests=given).guests] == ["ben@reader.test", "eve@x.test"]


def test_a_pasted_guest_may_bring_the_name_that_mail_programs_put_before_the_address() -> None:
    pasted = 'Eve <eve@x.test>, "Guest, Gil" <gil@guest.test>; <ben@reader.test>\nIvo Ost <ivo@x.test>'
    found = [(guest.name, guest.email) for guest in read(guests=pasted).guests]
    expected = [("Eve", "eve@x.test"), ("Guest, Gil", "gil@guest.test"), ("", "ben@reader.test")]
    assert found == [*expected, ("Ivo Ost", "ivo@x.test")]
    assert read(guests=["Eve <eve@x.test>", {"name": "Ben", "email": "B. <ben@reader.test>"}]).guests == (
        EVE,
        GuestRequest("Ben", "ben@reader.test", "ben@reader.test"),
    )


@pytest.mark.parametrize(
    "guest",
    [
        "Gil <gil>",
        "Gil <>",
        "Gil <gil@x.test> <eve@x.test>",
        "Gil gil@x.test",
        "<gil@x.test",
        "x" * 300 + "<gil@x.test>",
    ],
)
def test_a_name_does_not_make_an_address_of_what_is_none(guest: str) -> None:
    assert wrong(guests=guest) == ["guests"]
    assert wrong(guests=[guest]) == ["guests.0"]


def test_guests_of_a_program_are_addresses_or_have_names() -> None:
    found = read(guests=["ben@reader.test", {"name": "Eve", "email": "eve@x.test"}]).guests
    assert found == (BEN, EVE)


@pytest.mark.parametrize("given", [None, "", []])
def test_nobody_else_need_come(given: object) -> None:
    assert read(guests=given).guests == ()


@pytest.mark.parametrize("guest", [5, None, "nobody", {}, {"email": 5}, {"email": "e@x.test", "name": "a\0b"}, ["a"]])
def test_a_guest_who_cannot_be_written_to_is_named_by_their_place(guest: object) -> None:
    assert wrong(guests=["ben@reader.test", guest]) == ["guests.1"]
    assert wrong(guests="ben@reader.test, nobody") == ["guests"]


def test_a_list_of_guests_has_an_end() -> None:
    assert wrong(guests=["ben@reader.test"] * 51) == ["guests"]


@pytest.mark.parametrize("phone", ["call me", "1", "+49 30\n1", "+" + "1" * 40])
def test_a_number_that_nobody_can_call_is_refused_beside_its_field(phone: str) -> None:
    assert wrong(phone=phone) == ["phone"]
    assert read(phone="+49 (30) 123-456").phone == "+49 (30) 123-456"


def test_a_private_link_is_carried_along() -> None:
    assert read(link="of-a-mail").link == "of-a-mail"
