"""What stands in the calendar entry beside time and place: true until the call begins, and never empty."""

from __future__ import annotations

import pytest

from tests.booking.calls import booked, of_type
from tests.booking.invitations import ANA, BRIEFING, NORA, event_of
from tests.booking.test_mails_say_who import GIL, cancel, invite, uninvite
from tests.installation import Installation
from tests.letters import parsed, to

NONE_ANY_MORE = {"move_notice_minutes": 60 * 48, "cancel_notice_minutes": 60 * 48, "most_moves": 0}


def described(house: Installation, *, seen: int = 0) -> dict[str, str]:
    """The DESCRIPTION of each one's newest entry."""
    house.work()
    return {to(mail): str(event_of(mail)["DESCRIPTION"]) for mail in map(parsed, house.mails()[seen:])}


@pytest.mark.parametrize("limits", [{}, NONE_ANY_MORE])
def test_the_prospects_entry_leads_to_their_page_and_promises_nothing(
    house: Installation, limits: dict[str, int]
) -> None:
    of_type(house, **(limits or {"most_moves": 5}))
    call = booked(house)
    assert described(house)[ANA] == f"Your call's page: http://firstcall.test/call/{call.token}"


def test_a_guests_entry_says_what_it_is_where_and_whom_to_ask(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL)
    told = described(house)[GIL.email]
    assert told == (
        "Intro call: Nora Feld and Ana Lima.\n"
        "Where: https://meet.advisor.test/nora\n"
        "If you have a question, write to Nora Feld: nora@advisor.test"
    )


def test_what_is_cancelled_says_so_and_whom_to_ask(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL)
    house.work()
    seen = len(house.mails())
    cancel(house, call, "prospect")
    told = described(house, seen=seen)
    for whom in (ANA, GIL.email):
        assert told[whom] == "This call was cancelled. If you have a question, write to Nora Feld: nora@advisor.test"
    assert told[NORA].startswith("This call was cancelled.\n\nName: Ana Lima\nE-mail: ana@reader.test")
    assert BRIEFING in told[NORA]


def test_who_is_uninvited_does_not_read_that_the_call_is_cancelled(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL)
    house.work()
    seen = len(house.mails())
    uninvite(house, call, GIL.email)
    told = described(house, seen=seen)[GIL.email]
    assert told.startswith("You are not invited to this call any more. If you have a question, write to Nora Feld")


def test_a_group_call_that_all_have_left_is_said_to_be_cancelled(house: Installation) -> None:
    of_type(house, seats=2)
    call = booked(house)
    house.work()
    seen = len(house.mails())
    cancel(house, call, "prospect")
    assert described(house, seen=seen)[NORA] == "This call was cancelled."
