"""Mails say who did it: the reader as "you", the advisor who signs as "I", everybody else by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from services.booking.domain.requests import GuestRequest
from services.booking.models import Call
from services.booking.usecases.call_acts import book_for
from services.booking.usecases.calls import Side, guests_of
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.confirm import confirm_call
from services.booking.usecases.guests import add_guests, remove_guest
from tests.booking.calls import ELEVEN, TEN, TWELVE, answers, booked, by_ben, of_type
from tests.booking.invitations import ANA, NORA, flat
from tests.booking.test_proposed_times import accept, choose, counter, propose
from tests.builders import a_booking
from tests.installation import Installation
from tests.letters import ics_of, parsed, to

GIL = GuestRequest("Gil", "gil@guest.test", "gil@guest.test")
HANA = GuestRequest("", "hana@guest.test", "hana@guest.test")


def new_mails(house: Installation, seen: int = 0) -> dict[str, str]:
    """The text of the mails that leave now, by recipient."""
    house.work()
    mails: list[EmailMessage] = [parsed(mail) for mail in house.mails()[seen:]]
    assert len({to(mail) for mail in mails}) == len(mails)
    return {to(mail): flat(mail) for mail in mails}


def settled(house: Installation) -> int:
    """How many mails have left once all that are due did."""
    house.work()
    return len(house.mails())


def invite(house: Installation, call: Call, *guests: GuestRequest, by: Side = "prospect") -> None:
    with house.booking.sessions.begin() as session:
        add_guests(session, call.token, guests, now=house.clock.now(), by=by)


def uninvite(house: Installation, call: Call, email: str, by: Side = "prospect") -> None:
    with house.booking.sessions.begin() as session:
        [guest] = [guest for guest in guests_of(session, session.get_one(Call, call.id)) if guest.email == email]
        remove_guest(session, call.token, guest.id, now=house.clock.now(), by=by)


def move(house: Installation, call: Call, by: Side, *, minutes: int | None = None, reason: str = "") -> None:
    start = TEN if minutes else ELEVEN
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, start, Change(by, reason, minutes), now=house.clock.now())


def cancel(house: Installation, call: Call, by: Side, reason: str = "") -> None:
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change(by, reason), now=house.clock.now())


def book_it_for_ana(house: Installation) -> Call:
    with house.booking.sessions.begin() as session:
        wanted = replace(a_booking(TEN), guests=(GIL,))
        return book_for(session, wanted, uid_domain="firstcall.test", by="nora@advisor.test", now=house.clock.now())


@pytest.mark.parametrize(
    ("by", "to_ana", "to_nora", "to_gil"),
    [
        (
            "prospect",
            "You moved our call to Tue 8 Dec, 05:00. Before it was Tue 8 Dec, 04:00.",
            "Ana Lima moved the call to Tue 8 Dec, 11:00. Before it was Tue 8 Dec, 10:00.",
            "Ana Lima moved the call to Tue 8 Dec, 05:00. Before it was Tue 8 Dec, 04:00.",
        ),
        (
            "advisor",
            "I moved our call to Tue 8 Dec, 05:00. Before it was Tue 8 Dec, 04:00.",
            "You moved the call with Ana Lima to Tue 8 Dec, 11:00. Before it was Tue 8 Dec, 10:00.",
            "I moved the call to Tue 8 Dec, 05:00. Before it was Tue 8 Dec, 04:00.",
        ),
    ],
)
def test_a_move_says_who_moved_it(house: Installation, by: Side, to_ana: str, to_nora: str, to_gil: str) -> None:
    call = booked(house)
    invite(house, call, GIL)
    seen = settled(house)
    move(house, call, by, reason="A train")
    mails = new_mails(house, seen)
    assert set(mails) == {ANA, NORA, GIL.email}
    assert to_ana in mails[ANA]
    assert to_nora in mails[NORA]
    assert to_gil in mails[GIL.email]
    assert "The reason given: > A train" in mails[ANA]
    assert "The reason given: > A train" in mails[NORA]


@pytest.mark.parametrize(
    ("by", "to_ana", "to_nora", "to_gil"),
    [
        (
            "prospect",
            "You cancelled our call on Tue 8 Dec, 04:00 (New York). This mail tells your calendar.",
            "Ana Lima cancelled the call on Tue 8 Dec, 10:00 (Berlin).",
            "Ana Lima cancelled the call on Tue 8 Dec, 04:00 (New York). This mail tells your calendar.",
        ),
        (
            "advisor",
            "I had to cancel our call on Tue 8 Dec, 04:00 (New York).",
            "You cancelled the call with Ana Lima on Tue 8 Dec, 10:00 (Berlin).",
            "I had to cancel the call on Tue 8 Dec, 04:00 (New York).",
        ),
    ],
)
def test_a_cancellation_says_who_cancelled_and_in_whose_zone_it_was(
    house: Installation, by: Side, to_ana: str, to_nora: str, to_gil: str
) -> None:
    call = booked(house)
    invite(house, call, GIL)
    seen = settled(house)
    cancel(house, call, by, "I am ill")
    mails = new_mails(house, seen)
    assert to_ana in mails[ANA]
    assert to_nora in mails[NORA]
    assert to_gil in mails[GIL.email]
    assert "The reason given: > I am ill" in mails[ANA]
    assert "The reason given: > I am ill" in mails[NORA]


@pytest.mark.parametrize("by", ["prospect", "advisor"])
def test_a_reason_is_between_the_two_and_no_guest_reads_it(house: Installation, by: Side) -> None:
    call = booked(house, guests=(GIL,))
    house.work()
    move(house, call, by, reason="A private matter")
    house.work()
    cancel(house, call, by, "Another private matter")
    house.work()
    mails = [mail for mail in map(parsed, house.mails()) if to(mail) == GIL.email]
    assert len(mails) == 3
    for mail in mails:
        parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
        shown = "".join(parts) + ics_of(mail).replace(b"\r\n ", b"").decode()
        assert "private matter" not in shown
        assert "reason" not in shown


def test_what_the_advisor_booked_for_somebody_nobody_else_is_said_to_have_booked(house: Installation) -> None:
    book_it_for_ana(house)
    mails = new_mails(house)
    assert "You booked a call for Ana Lima." in mails[NORA]
    assert "I booked this call for you. We speak on Tuesday 8 December." in mails[ANA]
    assert "I invite you to my call with Ana Lima." in mails[GIL.email]


def test_what_a_person_booked_they_are_said_to_have_booked(house: Installation) -> None:
    booked(house, guests=(GIL,))
    mails = new_mails(house)
    assert "Ana Lima booked a call." in mails[NORA]
    assert "Booked. We speak on Tuesday 8 December." in mails[ANA]
    assert "Ana Lima invites you to a call with me." in mails[GIL.email]


def test_a_wish_that_was_granted_is_told_as_one(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    seen = settled(house)
    with house.booking.sessions.begin() as session:
        confirm_call(session, call.id, now=house.clock.now())
    assert "The call that Ana Lima asked for is booked." in new_mails(house, seen)[NORA]


@pytest.mark.parametrize(
    ("by", "moved", "withdrawn"),
    [
        (
            "prospect",
            ("You ask for Tue 8 Dec, 05:00 now.", "Ana Lima asks for Tue 8 Dec, 11:00 now."),
            ("You withdrew your request for", "Ana Lima withdrew their request."),
        ),
        (
            "advisor",
            ("I moved what you asked for to Tue 8 Dec, 05:00.", "You moved what Ana Lima asks for to Tue 8 Dec, 11:00"),
            ("I had to cancel what you asked for on", "You cancelled what Ana Lima asked for."),
        ),
    ],
)
def test_what_became_of_a_wish_says_who_did_it(
    house: Installation, by: Side, moved: tuple[str, str], withdrawn: tuple[str, str]
) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    seen = settled(house)
    move(house, call, by)
    mails = new_mails(house, seen)
    assert [said in mails[whom] for whom, said in zip((ANA, NORA), moved, strict=True)] == [True, True]
    seen = len(house.mails())
    cancel(house, call, by)
    mails = new_mails(house, seen)
    assert [said in mails[whom] for whom, said in zip((ANA, NORA), withdrawn, strict=True)] == [True, True]


def test_another_length_at_the_same_time_is_no_move(house: Installation) -> None:
    of_type(house, minutes=30, other_minutes=[60])
    call = booked(house)
    seen = settled(house)
    move(house, call, "prospect", minutes=60)
    mails = new_mails(house, seen)
    assert "You changed it. It begins on Tue 8 Dec, 04:00 as before, and takes 60 minutes." in mails[ANA]
    assert "Ana Lima changed it. It begins on Tue 8 Dec, 10:00 as before, and takes 60 minutes." in mails[NORA]


def test_who_was_invited_and_who_was_not_any_more_is_named_to_all(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL)
    seen = settled(house)
    invite(house, call, HANA)
    uninvite(house, call, GIL.email)
    mails = new_mails(house, seen)
    done = "invited hana@guest.test. {} took back the invitation of Gil (gil@guest.test). The time stays as it is."
    assert f"You {done.format('You')}" in mails[ANA]
    assert f"Ana Lima {done.format('Ana Lima')}" in mails[NORA]
    said = (
        "Ana Lima took back your invitation to the call on Tue 8 Dec, 04:00 (New York). This mail tells your calendar."
    )
    assert said in mails[GIL.email]
    # The call itself is not cancelled.
    assert not [mail for mail in house.mails() if "Cancelled" in str(parsed(mail)["Subject"])]
    seen = len(house.mails())
    uninvite(house, call, HANA.email)
    mails = new_mails(house, seen)
    assert "You took back the invitation of hana@guest.test." in mails[ANA]
    assert "You invited" not in mails[ANA]


def subjects(house: Installation, seen: int) -> dict[str, str]:
    """The subjects of the mails that left since, by recipient."""
    return {to(mail): str(mail["Subject"]) for mail in map(parsed, house.mails()[seen:])}


def test_a_change_of_guests_has_a_subject_of_its_own_unless_the_time_changed_too(house: Installation) -> None:
    call = booked(house, guests=(GIL,))
    seen = settled(house)
    invite(house, call, HANA)
    settled(house)
    assert subjects(house, seen) == {
        ANA: "Who comes: Intro call with Nora Feld, Tue 8 Dec, 04:00",
        NORA: "Who comes: Ana Lima, Tue 8 Dec, 10:00",
        GIL.email: "Who comes: Intro call with Ana Lima, Tue 8 Dec, 04:00",
        HANA.email: "Intro call with Ana Lima, Tue 8 Dec, 04:00",
    }
    seen = len(house.mails())
    uninvite(house, call, HANA.email)
    move(house, call, "prospect")
    settled(house)
    told = subjects(house, seen)
    assert told[ANA] == "Updated: Intro call with Nora Feld, Tue 8 Dec, 05:00"
    assert told[NORA] == "Moved: Ana Lima, Tue 8 Dec, 11:00"
    assert told[GIL.email] == "Updated: Intro call with Ana Lima, Tue 8 Dec, 05:00"


def test_what_the_advisor_did_about_guests_is_told_as_theirs(house: Installation) -> None:
    call = booked(house, guests=(GIL,))
    seen = settled(house)
    invite(house, call, HANA, by="advisor")
    mails = new_mails(house, seen)
    assert "I invited hana@guest.test. The time stays as it is." in mails[ANA]
    assert "You invited hana@guest.test." in mails[NORA]
    assert "I invited hana@guest.test." in mails[GIL.email]
    seen = len(house.mails())
    uninvite(house, call, HANA.email, by="advisor")
    mails = new_mails(house, seen)
    assert "I took back your invitation to the call on Tue 8 Dec, 04:00 (New York)." in mails[HANA.email]
    assert "You took back the invitation of hana@guest.test." in mails[NORA]


def test_each_change_of_guests_and_a_move_in_one_mail_are_told_by_who_did_them(house: Installation) -> None:
    call = booked(house)
    seen = settled(house)
    move(house, call, "prospect")
    invite(house, call, HANA)
    invite(house, call, GIL, by="advisor")
    mails = new_mails(house, seen)
    assert "You moved our call to Tue 8 Dec, 05:00." in mails[ANA]
    assert "Ana Lima moved the call to Tue 8 Dec, 11:00." in mails[NORA]
    for said in ("You invited hana@guest.test.", "I invited Gil (gil@guest.test)."):
        assert said in mails[ANA]
    for said in ("Ana Lima invited hana@guest.test.", "You invited Gil (gil@guest.test)."):
        assert said in mails[NORA]


def test_guests_hear_of_other_guests_by_name(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL)
    seen = settled(house)
    invite(house, call, HANA)
    assert "Ana Lima invited hana@guest.test. The time stays as it is." in new_mails(house, seen)[GIL.email]


@pytest.mark.parametrize(
    ("by", "to_ana", "to_nora", "to_gil"),
    [
        (
            "prospect",
            "You chose Tue 8 Dec, 05:00 for our call, a time that I proposed. Before it was Tue 8 Dec, 04:00.",
            "Ana Lima chose Tue 8 Dec, 11:00 for the call, a time that you proposed. Before it was Tue 8 Dec, 10:00.",
            "Ana Lima chose Tue 8 Dec, 05:00 for the call, a time that I proposed.",
        ),
        (
            "advisor",
            "I accepted Tue 8 Dec, 05:00 for our call, the time that you proposed. Before it was Tue 8 Dec, 04:00.",
            "You accepted Tue 8 Dec, 11:00 for the call, the time that Ana Lima proposed. Before it was",
            "I accepted Tue 8 Dec, 05:00 for the call, the time that Ana Lima proposed.",
        ),
    ],
)
def test_a_time_that_the_other_side_proposed_is_told_as_chosen(
    house: Installation, by: Side, to_ana: str, to_nora: str, to_gil: str
) -> None:
    call = booked(house, guests=(GIL,))
    if by == "prospect":
        proposal = propose(house, call, ELEVEN, TWELVE)
        seen = settled(house)
        choose(house, proposal, ELEVEN)
    else:
        asked_for = counter(house, call, ELEVEN)
        seen = settled(house)
        accept(house, asked_for)
    mails = new_mails(house, seen)
    assert to_ana in mails[ANA]
    assert to_nora in mails[NORA]
    assert to_gil in mails[GIL.email]
    assert not [mail for mail in mails.values() if "moved" in mail]


def test_another_free_time_than_those_proposed_is_the_prospects_own_move(house: Installation) -> None:
    call = booked(house)
    proposal = propose(house, call, TWELVE)
    seen = settled(house)
    choose(house, proposal, ELEVEN)
    assert "Ana Lima moved the call to Tue 8 Dec, 11:00." in new_mails(house, seen)[NORA]


def test_a_length_that_their_calendar_proposed_is_told_as_accepted(house: Installation) -> None:
    call = booked(house)
    asked_for = counter(house, call, TEN, minutes=45)
    seen = settled(house)
    accept(house, asked_for)
    said = "I accepted Tue 8 Dec, 04:00 for our call, the time that you proposed. It takes 45 minutes."
    assert said in new_mails(house, seen)[ANA]


def test_a_guest_of_the_advisors_is_invited_by_the_advisor(house: Installation) -> None:
    call = booked(house)
    seen = settled(house)
    invite(house, call, GIL, by="advisor")
    assert "I invite you to my call with Ana Lima." in new_mails(house, seen)[GIL.email]


class TestSeats:
    """The advisor's one mail of a group call."""

    @pytest.fixture(autouse=True)
    def groups(self, house: Installation) -> None:
        of_type(house, seats=3)

    def test_who_took_a_seat_is_named(self, house: Installation) -> None:
        booked(house)
        assert "Ana Lima (ana@reader.test) took a seat. 1 of 3 seats is taken." in new_mails(house)[NORA]

    def test_a_seat_that_the_advisor_booked_is_told_as_theirs(self, house: Installation) -> None:
        with house.booking.sessions.begin() as session:
            now = house.clock.now()
            book_for(session, a_booking(TEN), uid_domain="firstcall.test", by="nora@advisor.test", now=now)
        assert "You booked a seat for Ana Lima (ana@reader.test)." in new_mails(house)[NORA]

    @pytest.mark.parametrize(
        ("by", "said"),
        [
            ("prospect", "Ana Lima (ana@reader.test) cancelled their seat. The reason given: > I am ill 1 of 3"),
            ("advisor", "You cancelled the seat of Ana Lima (ana@reader.test). The reason given: > I am ill 1 of 3"),
        ],
    )
    def test_who_left_is_named_with_their_reason(self, house: Installation, by: Side, said: str) -> None:
        call = booked(house)
        by_ben(house, TEN)
        seen = settled(house)
        cancel(house, call, by, "I am ill")
        assert said in new_mails(house, seen)[NORA]

    def test_the_last_who_leaves_is_named_too(self, house: Installation) -> None:
        call = booked(house)
        seen = settled(house)
        cancel(house, call, "prospect")
        text = new_mails(house, seen)[NORA]
        assert "Ana Lima (ana@reader.test) cancelled their seat. Nobody is left in Intro call" in text

    def test_the_group_call_stays_when_a_seat_is_given_back_and_the_mail_says_no_more(
        self, house: Installation
    ) -> None:
        call = booked(house)
        by_ben(house, TEN)
        seen = settled(house)
        cancel(house, call, "prospect")
        text = new_mails(house, seen)[ANA]
        said = "You cancelled our call on Tue 8 Dec, 04:00 (New York). Your seat is free again."
        assert f"{said} This mail tells your calendar." in text
        assert "both calendars" not in text

    @pytest.mark.parametrize(
        ("by", "left", "came"),
        [
            ("prospect", "Ana Lima (ana@reader.test) moved from here to", "Ana Lima (ana@reader.test) moved here from"),
            ("advisor", "You moved Ana Lima (ana@reader.test) from here", "You moved Ana Lima (ana@reader.test) here"),
        ],
    )
    def test_who_moved_is_named_where_they_left_and_where_they_came(
        self, house: Installation, by: Side, left: str, came: str
    ) -> None:
        call = booked(house)
        by_ben(house, TEN)
        seen = settled(house)
        move(house, call, by)
        house.work()
        old, new = [flat(mail) for mail in map(parsed, house.mails()[seen:]) if to(mail) == NORA]
        assert left in old
        assert "Tue 8 Dec, 11:00" in old.partition("of 3 seats")[0]
        assert came in new
        assert "Tue 8 Dec, 10:00" in new.partition("of 3 seats")[0]

    def test_one_mail_tells_of_all_who_came_and_left_since_the_last(self, house: Installation) -> None:
        call = booked(house)
        seen = settled(house)
        by_ben(house, TEN)
        cancel(house, call, "prospect")
        text = new_mails(house, seen)[NORA]
        assert "Ben (ben@reader.test) took a seat. Ana Lima (ana@reader.test) cancelled their seat." in text

    def test_who_left_and_came_back_unread_has_neither_left_nor_come(self, house: Installation) -> None:
        booked(house)
        ben = by_ben(house, TEN)
        seen = settled(house)
        for start in (TEN + timedelta(days=1), TEN):
            with house.booking.sessions.begin() as session:
                move_call(session, ben.token, start, Change("prospect"), now=house.clock.now())
        # Of the other group call, which nobody was told of, nothing is said.
        text = new_mails(house, seen)[NORA]
        assert "moved" not in text
        assert "2 of 3 seats are taken." in text

    def test_who_declined_in_their_calendar_is_said_to_have_done_so(self, house: Installation) -> None:
        call = booked(house)
        by_ben(house, TEN)
        seen = settled(house)
        answers(house, call, ANA, "DECLINED", "Solved")
        mails = new_mails(house, seen)
        said = (
            "Ana Lima (ana@reader.test) declined in their calendar and gave their seat back. The reason given: > Solved"
        )
        assert said in mails[NORA]
        assert "You declined the call on Tue 8 Dec, 04:00 (New York) in your calendar" in mails[ANA]
