"""Guests of a call: at most ten, nobody twice, and what calendars hear of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.booking.domain.errors import InvalidInput, NotFound, NotOpen, NotVerified, NotWelcome
from services.booking.domain.requests import GuestRequest
from services.booking.domain.states import CallState
from services.booking.models import Call
from services.booking.usecases.guests import add_guests, remove_guest
from tests.booking.calls import ELEVEN, booked, by_ben, in_state, mailed, row
from tests.installation import Installation
from tests.stored import stored


def guest(name: str) -> GuestRequest:
    return GuestRequest(name.capitalize(), f"{name}@guest.test", f"{name}@guest.test")


def add(house: Installation, call: Call, *names: str) -> list[str]:
    return invite(house, call, [guest(name) for name in names])


def invite(house: Installation, call: Call, wanted: Sequence[GuestRequest]) -> list[str]:
    with house.booking.sessions.begin() as session:
        return [added.person for added in add_guests(session, call.token, wanted, now=house.clock.now())]


def remove(house: Installation, call: Call, guest_id: UUID) -> None:
    with house.booking.sessions.begin() as session:
        remove_guest(session, call.token, guest_id, now=house.clock.now())


def invited(house: Installation) -> list[str]:
    query = "SELECT person FROM booking.guest WHERE removed_at IS NULL ORDER BY id"
    return [person.partition("@")[0] for (person,) in house.rows(query)]


def id_of(house: Installation, name: str) -> UUID:
    [(found,)] = house.rows("SELECT id FROM booking.guest WHERE person = :person", person=f"{name}@guest.test")
    return UUID(str(found))


def test_guests_are_invited_with_one_change_of_the_call(house: Installation) -> None:
    call = booked(house)
    assert add(house, call, "gil", "hana") == ["gil@guest.test", "hana@guest.test"]
    assert invited(house) == ["gil", "hana"]
    assert row(house, call, "sequence, revision") == (1, 1)
    assert {"gil@guest.test", "hana@guest.test"} <= {recipient for _, recipient in mailed(house, call.id)}


def test_ten_guests_are_the_most_in_all(house: Installation) -> None:
    call = booked(house)
    add(house, call, *(f"g{number}" for number in range(9)))
    before = stored(house)
    with pytest.raises(InvalidInput, match="11 guests"):
        add(house, call, "one", "more")
    assert stored(house) == before
    add(house, call, "one")
    assert len(invited(house)) == 10


def test_eleven_guests_at_once_are_refused(house: Installation) -> None:
    call = booked(house)
    with pytest.raises(InvalidInput) as refused:
        add(house, call, *(f"g{number}" for number in range(11)))
    assert [error.field for error in refused.value.errors] == ["guests"]
    assert invited(house) == []


@pytest.mark.parametrize("person", ["ana@reader.test", "nora@advisor.test"])
def test_who_comes_anyway_is_no_guest(house: Installation, person: str) -> None:
    call = booked(house)
    with pytest.raises(InvalidInput, match="comes to this call anyway"):
        invite(house, call, [GuestRequest("", person, person)])
    assert invited(house) == []


def test_who_is_blocked_is_no_guest(house: Installation) -> None:
    call = booked(house)
    house.run("INSERT INTO booking.blocked (pattern, created_at) VALUES ('@guest.test', now())")
    with pytest.raises(NotWelcome):
        add(house, call, "gil")
    assert invited(house) == []


def test_somebody_named_twice_is_invited_once(house: Installation) -> None:
    call = booked(house)
    assert add(house, call, "gil", "gil") == ["gil@guest.test"]
    before = stored(house)
    assert add(house, call, "gil") == []
    assert stored(house) == before


def test_a_removed_guest_is_told_and_stays_as_who_was_told(house: Installation) -> None:
    call = booked(house)
    add(house, call, "gil", "hana")
    remove(house, call, id_of(house, "gil"))
    assert invited(house) == ["hana"]
    assert row(house, call, "sequence, revision") == (2, 2)
    before = stored(house)
    remove(house, call, id_of(house, "gil"))
    assert stored(house) == before


def test_a_removed_guest_can_come_back_and_is_asked_anew(house: Installation) -> None:
    call = booked(house)
    add(house, call, "gil")
    house.run("UPDATE booking.guest SET answer = 'declined'")
    remove(house, call, id_of(house, "gil"))
    assert add(house, call, "gil") == ["gil@guest.test"]
    assert house.rows("SELECT answer, removed_at FROM booking.guest") == [("needs-action", None)]
    assert row(house, call, "sequence") == 3


def test_a_removed_guest_leaves_room_for_another(house: Installation) -> None:
    call = booked(house)
    add(house, call, *(f"g{number}" for number in range(10)))
    remove(house, call, id_of(house, "g3"))
    assert add(house, call, "gil") == ["gil@guest.test"]


def test_guests_of_a_request_wait_with_it_for_the_yes(house: Installation) -> None:
    call = in_state(house, CallState.PENDING)
    add(house, call, "gil")
    assert row(house, call, "sequence, revision") == (0, 1)
    assert "gil@guest.test" not in {recipient for _, recipient in mailed(house, call.id)}


def test_a_seat_in_a_group_call_takes_no_guests(house: Installation) -> None:
    call = booked(house)
    house.run(
        "INSERT INTO booking.group_call (uid, call_type_id, starts_at, ends_at, capacity, created_at, changed_at)"
        " SELECT 'g', call_type_id, starts_at, ends_at, 5, created_at, created_at FROM booking.call"
    )
    house.run("UPDATE booking.call SET group_call_id = (SELECT id FROM booking.group_call)")
    with pytest.raises(InvalidInput, match="seat of their own"):
        add(house, call, "gil")


def test_a_guest_of_another_call_cannot_be_removed(house: Installation) -> None:
    mine, theirs = booked(house), by_ben(house, ELEVEN)
    add(house, theirs, "gil")
    for guest_id in (id_of(house, "gil"), uuid4()):
        with pytest.raises(NotFound):
            remove(house, mine, guest_id)
    assert invited(house) == ["gil"]


def test_nobody_is_invited_to_a_call_that_is_over(house: Installation) -> None:
    call = booked(house)
    house.clock.move(timedelta(days=2))
    with pytest.raises(NotOpen):
        add(house, call, "gil")


def test_nobody_is_invited_before_the_address_has_answered(house: Installation) -> None:
    with pytest.raises(NotVerified):
        add(house, in_state(house, CallState.UNVERIFIED), "gil")


def test_an_unknown_token_is_not_found(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        with pytest.raises(NotFound):
            add_guests(session, "made-up", [guest("gil")], now=house.clock.now())
        with pytest.raises(NotFound):
            remove_guest(session, "made-up", uuid4(), now=house.clock.now())
