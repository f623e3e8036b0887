"""The life of a call in mails: who gets which message when it is booked, moved, joined, left and cancelled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.booking.domain.requests import GuestRequest
from services.booking.models import Call
from services.booking.usecases.availability import offer_for
from services.booking.usecases.calls import guests_of
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.confirm import mark_paid
from services.booking.usecases.guests import add_guests, remove_guest
from services.booking.usecases.propose import refuse_counter, take_counter
from services.booking.usecases.tell import tell_of_call
from shared.events import CallBooked, CallDeclined, CallEvent, CallRequested
from tests.booking.calls import ELEVEN, TEN, TWELVE, booked, of_type, row
from tests.booking.invitations import ANA, NORA, attendees, conforms, event_of, flat, has_calendar, partstats, story
from tests.installation import START, Installation
from tests.letters import link_in, parsed, text_of, to

GIL = GuestRequest("Gil", "gil@guest.test", "gil@guest.test")
HANA = GuestRequest("Hana", "hana@guest.test", "hana@guest.test")


def invite(house: Installation, call: Call, *guests: GuestRequest) -> None:
    with house.booking.sessions.begin() as session:
        add_guests(session, call.token, guests, now=house.clock.now())


def uninvite(house: Installation, call: Call, email: str) -> None:
    with house.booking.sessions.begin() as session:
        [guest] = [guest for guest in guests_of(session, session.get_one(Call, call.id)) if guest.email == email]
        remove_guest(session, call.token, guest.id, now=house.clock.now())


def move(house: Installation, call: Call) -> None:
    with house.booking.sessions.begin() as session:
        change = Change("prospect", "A train")
        move_call(session, call.token, ELEVEN + timedelta(days=2), change, now=house.clock.now())


def cancel(house: Installation, call: Call) -> None:
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("advisor", "I am ill"), now=house.clock.now())


def tell(house: Installation, call: Call, state: str, event: type[CallEvent], **more: str) -> None:
    """What confirming use cases do: the state, and a word about it."""
    with house.booking.sessions.begin() as session:
        found = session.get_one(Call, call.id)
        found.state = state
        found.revision += 1
        tell_of_call(session, found, offer_for(session, found.call_type_id), event=event, now=START, more=more)


def test_everybody_hears_of_every_change_once_and_in_their_own_copy(house: Installation) -> None:
    call = booked(house)
    house.work()
    move(house, call)
    house.work()
    invite(house, call, GIL, HANA)
    house.work()
    uninvite(house, call, "gil@guest.test")
    house.work()
    cancel(house, call)
    house.work()
    assert story(house) == [
        (ANA, "REQUEST", 0),
        (NORA, "REQUEST", 0),
        (ANA, "REQUEST", 1),
        (NORA, "REQUEST", 1),
        (ANA, "REQUEST", 2),
        ("gil@guest.test", "REQUEST", 2),
        ("hana@guest.test", "REQUEST", 2),
        (NORA, "REQUEST", 2),
        (ANA, "REQUEST", 3),
        ("gil@guest.test", "CANCEL", 3),
        ("hana@guest.test", "REQUEST", 3),
        (NORA, "REQUEST", 3),
        (ANA, "CANCEL", 4),
        ("hana@guest.test", "CANCEL", 4),
        (NORA, "CANCEL", 4),
    ]
    mails = [parsed(mail) for mail in house.mails()]
    for mail in mails:
        conforms(mail, call)
    assert len({str(mail["Message-ID"]) for mail in mails}) == len(mails)


def test_all_copies_name_all_who_come_and_only_the_removed_guest_is_uninvited(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL, HANA)
    house.work()
    everybody = [ANA, NORA, "gil@guest.test", "hana@guest.test"]
    assert {tuple(attendees(event_of(parsed(mail)))) for mail in house.mails()} == {tuple(everybody)}
    seen = len(house.mails())
    uninvite(house, call, "gil@guest.test")
    house.work()
    for mail in map(parsed, house.mails()[seen:]):
        event = event_of(mail)
        if to(mail) == "gil@guest.test":
            assert (attendees(event), event.get("STATUS")) == (["gil@guest.test"], None)
        else:
            assert attendees(event) == [ANA, NORA, "hana@guest.test"]


def test_answers_stand_in_an_update_of_detail_and_are_asked_anew_for_another_time(house: Installation) -> None:
    call = booked(house)
    house.run("UPDATE booking.call SET answer = 'accepted', advisor_answer = 'tentative'")
    invite(house, call, GIL)
    house.work()
    [mail] = [mail for mail in map(parsed, house.mails()) if to(mail) == ANA]
    assert partstats(event_of(mail)) == {ANA: "ACCEPTED", NORA: "TENTATIVE", "gil@guest.test": "NEEDS-ACTION"}
    seen = len(house.mails())
    move(house, call)
    house.work()
    for mail in map(parsed, house.mails()[seen:]):
        assert set(partstats(event_of(mail)).values()) == {"NEEDS-ACTION"}


def test_an_older_revision_that_waits_is_replaced_by_the_newer_for_everybody(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL)
    move(house, call)
    house.work()
    assert story(house) == [(ANA, "REQUEST", 2), ("gil@guest.test", "REQUEST", 2), (NORA, "REQUEST", 2)]
    [(reasons,)] = house.rows(
        "SELECT array_agg(DISTINCT skip_reason) FROM booking.message WHERE state = 'skipped' AND kind <> 'reminder'"
    )
    assert reasons == ["superseded"]


def test_a_guest_who_is_removed_unsent_is_still_told_when_another_change_follows(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL)
    house.work()
    seen = len(house.mails())
    uninvite(house, call, "gil@guest.test")
    invite(house, call, HANA)
    house.work()
    assert ("gil@guest.test", "CANCEL", 3) in story(house, since=seen)


def test_a_guest_who_comes_back_is_invited_again_under_the_same_uid(house: Installation) -> None:
    call = booked(house)
    invite(house, call, GIL)
    uninvite(house, call, "gil@guest.test")
    invite(house, call, GIL)
    house.work()
    [mail] = [mail for mail in map(parsed, house.mails()) if to(mail) == "gil@guest.test"]
    conforms(mail, call)
    assert story(house)[1] == ("gil@guest.test", "REQUEST", 3)


def test_the_mails_of_one_call_are_one_conversation(house: Installation) -> None:
    call = booked(house)
    house.work()
    move(house, call)
    house.work()
    first, second = [mail for mail in map(parsed, house.mails()) if to(mail) == ANA]
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == first["References"] == second["References"]


def test_a_request_tells_by_when_it_is_answered_and_invites_nobody_yet(house: Installation) -> None:
    call = booked(house)
    house.run("DELETE FROM booking.message")
    tell(house, call, "pending", CallRequested)
    house.work()
    mails = {to(mail): mail for mail in map(parsed, house.mails())}
    assert set(mails) == {ANA, NORA}
    assert not any(map(has_calendar, mails.values()))
    assert "answer by Tuesday 8 December" in flat(mails[ANA])
    assert link_in(mails[NORA], "/console")
    for mail in mails.values():
        conforms(mail, call)


def test_a_yes_sends_the_first_invitation_at_sequence_nought_and_drops_what_still_waits(house: Installation) -> None:
    call = booked(house)
    house.run("DELETE FROM booking.message")
    tell(house, call, "pending", CallRequested)
    tell(house, call, "confirmed", CallBooked)
    house.work()
    assert story(house) == [(ANA, "REQUEST", 0), (NORA, "REQUEST", 0)]


@pytest.mark.parametrize(
    ("by", "told", "words"),
    [("advisor", [ANA], "I cannot take the call"), ("system", [ANA, NORA], "did not answer in time")],
)
def test_a_no_is_said_in_words(house: Installation, by: str, told: list[str], words: str) -> None:
    call = booked(house)
    house.run("DELETE FROM booking.message")
    tell(house, call, "declined", CallDeclined, by=by, reason="")
    house.work()
    assert story(house) == [(one, None, None) for one in told]
    assert words in flat(parsed(house.mails()[0]))


def test_a_withdrawn_request_is_told_in_words(house: Installation) -> None:
    call = booked(house)
    house.run("UPDATE booking.call SET state = 'pending'")
    house.run("DELETE FROM booking.message")
    cancel(house, call)
    house.work()
    assert story(house) == [(ANA, None, None), (NORA, None, None)]


def test_a_refused_counter_is_declined_to_who_made_it_at_the_same_sequence(house: Installation) -> None:
    call = booked(house)
    house.work()
    with house.booking.sessions.begin() as session:
        end = TWELVE + timedelta(minutes=30)
        proposal = take_counter(session, call.id, TWELVE, end, sequence=0, message="Later?", now=START)
        assert proposal is not None
        refuse_counter(session, proposal.id, now=START)
    seen = len(house.mails())
    house.work()
    [mail] = [parsed(mail) for mail in house.mails()[seen:] if has_calendar(parsed(mail))]
    assert (to(mail), event_of(mail)["SEQUENCE"]) == (ANA, 0)
    assert (ANA, "DECLINECOUNTER", 0) in story(house, since=seen)
    conforms(mail, call)


def test_the_advisor_may_be_the_organizer_from_their_own_domain(house: Installation) -> None:
    house.run("UPDATE booking.advisor SET organizer = 'advisor', email = 'nora@firstcall.test'")
    call = booked(house)
    invite(house, call, GIL)
    house.work()
    mails = {to(mail): mail for mail in map(parsed, house.mails())}
    for mail in mails.values():
        conforms(mail, call, organizer="nora@firstcall.test")
    assert story(house) == [
        (ANA, "REQUEST", 1),
        ("gil@guest.test", "REQUEST", 1),
        ("nora@firstcall.test", "PUBLISH", 1),
    ]
    assert "nora@firstcall.test" not in attendees(event_of(mails[ANA]))


def test_the_organizer_of_a_call_stays_who_it_was_when_it_was_booked(house: Installation) -> None:
    call = booked(house)
    house.work()
    house.run("UPDATE booking.advisor SET organizer = 'advisor', email = 'nora@firstcall.test'")
    move(house, call)
    house.work()
    for mail in house.mails():
        conforms(parsed(mail), call)


def test_an_address_of_a_foreign_domain_never_sends_invitations(house: Installation) -> None:
    house.run("UPDATE booking.advisor SET organizer = 'advisor'")
    call = booked(house)
    house.work()
    for mail in house.mails():
        conforms(parsed(mail), call)


def test_a_number_to_call_is_told_to_the_two_who_use_it(house: Installation) -> None:
    call = booked(house)
    house.run("UPDATE booking.call SET phone = '+49 30 1234567', location = 'tel:+49301234567'")
    invite(house, call, GIL)
    house.work()
    mails = {to(mail): mail for mail in map(parsed, house.mails())}
    assert "Nora Feld calls you at +49301234567" in text_of(mails[ANA])
    assert event_of(mails[NORA])["LOCATION"] == "tel:+49301234567"
    assert "49301234567" not in text_of(mails["gil@guest.test"])
    assert event_of(mails["gil@guest.test"])["LOCATION"] == "Nora Feld calls Ana Lima"
    assert "49301234567" not in str(event_of(mails["gil@guest.test"])["DESCRIPTION"])


def test_a_number_of_the_advisors_is_there_to_be_tapped(house: Installation) -> None:
    booked(house)
    house.run("UPDATE booking.call SET location = 'tel:+49307654321'")
    house.work()
    [mail] = [mail for mail in map(parsed, house.mails()) if to(mail) == ANA]
    assert event_of(mail)["LOCATION"] == "tel:+49307654321"
    assert "tel:+49307654321" in text_of(mail)


def test_the_advisors_entry_says_which_article_led_here(house: Installation) -> None:
    booked(house, attribution={"source": "letters", "campaign": "part-time-data-lead"})
    house.work()
    description = {to(mail): str(event_of(mail).get("DESCRIPTION", "")) for mail in map(parsed, house.mails())}
    assert "Read: What a part-time data lead does" in description[NORA]
    assert "part-time" not in description[ANA]


def test_what_is_to_be_paid_is_said_to_the_prospect(house: Installation) -> None:
    of_type(house, price_text="€ 180", pay_url="https://pay.advisor.test/180")
    booked(house)
    house.work()
    texts = {to(mail): text_of(mail) for mail in map(parsed, house.mails())}
    assert "€ 180" in texts[ANA]
    assert "https://pay.advisor.test/180" in texts[ANA]
    assert "https://pay.advisor.test/180" not in texts[NORA]


def test_what_is_paid_is_asked_for_in_no_later_mail(house: Installation) -> None:
    of_type(house, price_text="€ 180", pay_url="https://pay.advisor.test/180")
    call = booked(house)
    house.work()
    with house.booking.sessions.begin() as session:
        mark_paid(session, call.id, now=START)
    move(house, call)
    house.work()
    asked = ["https://pay.advisor.test/180" in text_of(mail) for mail in map(parsed, house.mails()) if to(mail) == ANA]
    assert asked == [True, False]


def test_the_columns_of_a_call_are_what_its_first_invitation_said(house: Installation) -> None:
    assert row(house, booked(house, TEN), "organizer, sequence") == ("", 0)
