"""The page of one call in the console: all that is known of it, and what happened to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.booking.domain.happenings import MAILS
from services.booking.domain.requests import GuestRequest
from services.booking.models import Call
from services.booking.usecases import audit, call_acts
from services.booking.usecases.calls import Side
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.choose import choose_time
from services.booking.usecases.guests import add_guests
from services.booking.usecases.late import say_late
from services.booking.usecases.missed import mark_missed, unmark_missed
from services.booking.usecases.propose import propose_times, refuse_counter, take_counter
from services.booking.usecases.render.renderer import KINDS
from tests.booking.calls import ELEVEN, NIGHT, TEN, TWELVE, answers, booked, by_ben, of_type
from tests.booking.test_proposed_times import accept, choose, counter, propose
from tests.browsing import Page, opened, post
from tests.builders import a_visitor
from tests.furnished import signed_in
from tests.installation import START, Installation

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WAY = {"landing": "/articles/part-time-data-lead", "source": "newsletter", "referrer": "https://news.test/item"}
GIL = GuestRequest("Gil", "gil@guest.test", "gil@guest.test")


@pytest.fixture
def console(house: Installation) -> FlaskClient:
    return signed_in(house)


def page_of(console: FlaskClient, call: Call) -> Page:
    page = opened(console, f"/console/calls/{call.id}")
    assert page.status == 200
    return page


def story(page: Page) -> list[str]:
    """What happened, without the times at which it did."""
    lines = page.soup.select("ol.story > li")
    return [" ".join(line.get_text(" ").split()).split(" ", 4)[4] for line in lines]


def test_the_page_says_who_when_for_both_what_they_wrote_and_how_they_came(
    house: Installation, console: FlaskClient
) -> None:
    visitor = a_visitor(company="Lima Logistics", zone="Asia/Kathmandu")
    text = page_of(console, booked(house, attribution=WAY, visitor=visitor, phone="+49 30 1")).text
    for shown in ("Tuesday 8 December, 10:00–10:30", "Tue 8 Dec, 14:45–15:15 · Kathmandu", "Lima Logistics"):
        assert shown in text
    for shown in ("A yes or a no", "What a part-time data lead does", "newsletter", "https://news.test/item"):
        assert shown in text
    assert "+49 30 1" in text


def test_the_answers_of_all_calendars_are_shown(house: Installation, console: FlaskClient) -> None:
    call = booked(house, guests=(GIL,))
    for attendee, partstat in (
        ("ana@reader.test", "ACCEPTED"),
        ("nora@advisor.test", "TENTATIVE"),
        ("gil@guest.test", "DECLINED"),
    ):
        answers(house, call, attendee, partstat)
    page = page_of(console, call)
    for shown in ("Their calendar accepted", "Your calendar maybe", "gil@guest.test declined", "· accepted"):
        assert shown in page.text
    assert "Accepted the invitation · Ana Lima" in story(page)
    assert "Answered the invitation with maybe · you" in story(page)
    assert "Declined the invitation · gil@guest.test" in story(page)


def test_a_decline_of_their_calendar_is_shown_with_their_words(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    answers(house, call, "ana@reader.test", "DECLINED", "We solved it ourselves")
    page = page_of(console, call)
    assert "10:00–10:30 · declined in their calendar" in page.text
    assert story(page)[-1] == ("Declined in their calendar; the time is free again · Ana Lima We solved it ourselves")


def test_a_decline_of_the_advisors_own_calendar_says_what_came_of_it(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    answers(house, call, "nora@advisor.test", "DECLINED")
    page = page_of(console, call)
    assert "You declined it in your calendar. I asked them to choose another time; it stays until they do." in page.text
    assert "You proposed: Mon 7 Dec, 11:00" in page.text
    assert "declined in your calendar" in opened(console, "/console").text


def test_a_time_that_their_calendar_proposes_can_be_answered(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    with house.booking.sessions.begin() as session:
        proposal = take_counter(session, call.id, NIGHT, NIGHT + HOUR, sequence=0, message="Later?", now=START)
        assert proposal is not None
    for path in (f"/console/calls/{call.id}", "/console"):
        page = opened(console, path)
        assert "Tue 8 Dec, 10:00–10:30 → " in page.text
        assert "Tue 8 Dec, 23:00–00:00" in page.text
        assert "Later?" in page.text
        assert page.fields(f"/console/proposals/{proposal.id}/accept")
    assert "Intro call · Later?" in opened(console, "/console").text
    with house.booking.sessions.begin() as session:
        refuse_counter(session, proposal.id, now=START)
    page = page_of(console, call)
    assert story(page)[1:] == [
        "Their calendar proposed Tue 8 Dec, 23:00 · Ana Lima Later?",
        "Refused the proposed time · you",
    ]


def test_a_proposed_hour_that_the_clock_shows_twice_is_told_with_its_offset(
    house: Installation, console: FlaskClient
) -> None:
    call, twice = booked(house), datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    with house.booking.sessions.begin() as session:
        assert take_counter(session, call.id, twice, twice + HOUR, sequence=0, message="", now=START)
    for path in (f"/console/calls/{call.id}", "/console"):
        assert "→ to Sun 31 Oct, 02:30–03:30 (UTC+1)" in opened(console, path).text


def test_what_happened_is_told_from_the_first_time_to_the_last(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    with house.booking.sessions.begin() as session:
        house.clock.move(HOUR)
        move_call(session, call.token, TWELVE, Change("prospect", "A train"), now=house.clock.now())
        move_call(session, call.token, TWELVE + DAY, Change("advisor"), now=house.clock.now())
        add_guests(session, call.token, [GIL], now=house.clock.now())
    house.work()
    house.clock.move(TWELVE + DAY - house.clock.now() - timedelta(minutes=45))
    house.work()
    with house.booking.sessions.begin() as session:
        say_late(session, call.token, 5, by="prospect", now=house.clock.now())
    house.clock.move(timedelta(hours=2))
    house.work()
    told = story(page_of(console, call))
    assert told[:4] == [
        "Booked for Tue 8 Dec, 10:00 · Ana Lima",
        "Moved from Tue 8 Dec, 10:00 to Tue 8 Dec, 12:00 · Ana Lima A train",
        "Moved from Tue 8 Dec, 12:00 to Wed 9 Dec, 12:00 · you",
        "Invited gil@guest.test · Ana Lima",
    ]
    assert "Reminder sent to Ana Lima" in told
    assert "Said to be 5 minutes late · Ana Lima" in told
    assert told[-1] == "Held"


def test_a_time_that_one_side_proposed_and_the_other_chose_is_told_as_that(
    house: Installation, console: FlaskClient
) -> None:
    call = booked(house)
    choose(house, propose(house, call, ELEVEN, NIGHT), ELEVEN)
    house.clock.move(HOUR)
    accept(house, counter(house, call, NIGHT, sequence=1))
    house.clock.move(HOUR)
    accept(house, counter(house, call, NIGHT, sequence=2, minutes=45))
    told = story(page_of(console, call))
    assert "Chose Tue 8 Dec, 11:00 among the proposed times, instead of Tue 8 Dec, 10:00 · Ana Lima" in told
    assert "Accepted Tue 8 Dec, 23:00, which their calendar proposed, instead of Tue 8 Dec, 11:00 · you" in told
    assert "Accepted how long their calendar proposed it to last · you" in told
    assert not [line for line in told if line.startswith("Moved")]


def test_a_request_that_was_answered_with_times_tells_how_it_was_confirmed(
    house: Installation, console: FlaskClient
) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    with house.booking.sessions.begin() as session:
        token = propose_times(session, call.id, [NIGHT, ELEVEN], "In court", now=START).token
    with house.booking.sessions.begin() as session:
        choose_time(session, token, NIGHT, uid_domain="firstcall.test", now=START + HOUR)
    told = story(page_of(console, call))
    assert "Proposed other times: 2 · you In court" in told
    assert "Chose Tue 8 Dec, 23:00 among the proposed times · Ana Lima" in told
    assert "Confirmed; the invitation went out" in told


def test_who_is_signed_in_is_you_in_every_line_and_a_program_is_called_by_its_label(
    house: Installation, console: FlaskClient
) -> None:
    of_type(house, other_minutes=[60])
    call = booked(house)
    program = audit.program("of the CRM")
    acts: tuple[tuple[call_acts.Act[Any], str], ...] = (
        (call_acts.invited([GIL]), "nora@advisor.test"),
        (call_acts.notes_written("Wants a price"), "nora@advisor.test"),
        (call_acts.moved(TEN, 60, ""), "nora@advisor.test"),
        (call_acts.paid(), program),
    )
    for act, by in acts:
        with house.booking.sessions.begin() as session:
            house.clock.move(timedelta(minutes=1))
            call_acts.act_on(session, call.id, act, by=by, now=house.clock.now())
    page = page_of(console, call)
    assert story(page)[1:] == [
        "Invited gil@guest.test · you",
        "Wrote notes · you",
        "Changed how long it lasts · you",
        "Noted as paid · a program: of the CRM",
    ]
    [guest] = house.rows("SELECT id FROM booking.guest")
    with house.booking.sessions.begin() as session:
        call_acts.act_on(session, call.id, call_acts.uninvited(guest.id), by="nora@advisor.test", now=house.clock.now())
    assert "Took back the invitation of gil@guest.test · you" in story(page_of(console, call))


@pytest.mark.parametrize(("by", "who"), [("advisor", "you"), ("prospect", "Ana Lima")])
def test_why_it_was_moved_stays_with_the_move_when_it_is_cancelled(
    house: Installation, console: FlaskClient, by: Side, who: str
) -> None:
    call = booked(house, guests=(GIL,))
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, TWELVE, Change(by, "A train"), now=START)
        cancel_call(session, call.token, Change(by, "I am ill"), now=START + HOUR)
    told = story(page_of(console, call))
    assert f"Moved from Tue 8 Dec, 10:00 to Tue 8 Dec, 12:00 · {who} A train" in told
    assert told[-1] == f"Cancelled · {who} I am ill"
    kept = house.rows("SELECT recipient FROM booking.message WHERE context ->> 'reason' IS NOT NULL")
    assert [recipient for (recipient,) in kept] == ["ana@reader.test"]


@pytest.mark.parametrize(("by", "who"), [("advisor", "you"), ("prospect", "Ana Lima")])
def test_a_cancelled_call_says_by_whom_and_why(house: Installation, console: FlaskClient, by: str, who: str) -> None:
    call = booked(house)
    with house.booking.sessions.begin() as session:
        cancel_call(session, call.token, Change("advisor" if by == "advisor" else "prospect", "I am ill"), now=START)
    assert story(page_of(console, call))[-1] == f"Cancelled · {who} I am ill"


def test_the_mails_about_it_lead_to_what_they_said(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    page = page_of(console, call)
    assert "Invitation · Ana Lima · waits for its time" in page.text
    assert "Invitation · you · waits for its time" in page.text
    house.work()
    house.run("UPDATE booking.message SET feedback = 'delivered' WHERE recipient = 'ana@reader.test'")
    page = page_of(console, call)
    assert "Intro call with Nora Feld, Tue 8 Dec, 04:00 · Ana Lima · delivered" in page.text
    for link in page.links("/console/mails/"):
        assert opened(console, link).status == 200


def test_every_kind_of_mail_has_a_name_before_it_is_written() -> None:
    assert set(MAILS) == set(KINDS)


def test_other_calls_of_the_same_person_are_at_hand(house: Installation, console: FlaskClient) -> None:
    first, second = booked(house), booked(house, TWELVE)
    by_ben(house, ELEVEN)
    page = page_of(console, first)
    assert page.links(f"/console/calls/{second.id}")
    assert page.links(f"/console/calls/new?for={first.id}")
    assert "Ben" not in page.text


def test_who_sits_in_the_same_group_call_is_shown(house: Installation, console: FlaskClient) -> None:
    of_type(house, seats=3)
    ana, ben = booked(house), by_ben(house, TEN)
    page = page_of(console, ana)
    assert "2 of 3 seats" in page.text
    assert page.links(f"/console/calls/{ben.id}")
    assert page.soup.select("form[action$='/guests']") == []


def test_the_hour_of_the_call_offers_lateness_and_only_after_its_start_a_miss(
    house: Installation, console: FlaskClient
) -> None:
    call = booked(house)
    assert "Running late?" not in page_of(console, call).text
    house.clock.move(TEN - START - timedelta(minutes=30))
    page = page_of(console, call)
    assert "Running late?" in page.text
    assert "They did not come" not in page.text
    house.clock.move(timedelta(minutes=31))
    assert "They did not come" in page_of(console, call).text
    with house.booking.sessions.begin() as session:
        mark_missed(session, call.id, now=house.clock.now())
    assert "They came after all" in page_of(console, call).text


@pytest.mark.parametrize("minutes", [10, 40])
def test_when_a_miss_is_taken_back_its_mail_does_not_wait_any_more(
    house: Installation, console: FlaskClient, minutes: int
) -> None:
    of_type(house, follow_up_minutes=None, reminder_minutes=[])
    call = booked(house)
    house.clock.move(TEN - START + timedelta(minutes=minutes))
    note_coming(house, call, mark_missed)
    assert waiting(console, call) == ["We missed each other"]
    note_coming(house, call, unmark_missed)
    assert waiting(console, call) == []
    note_coming(house, call, mark_missed)
    assert waiting(console, call) == ["We missed each other"]


def test_thanks_do_not_wait_any_more_once_they_did_not_come(house: Installation, console: FlaskClient) -> None:
    of_type(house, no_show_follow_up=False, reminder_minutes=[])
    call = booked(house)
    house.pass_time(days=1, hours=1, minutes=30)
    assert waiting(console, call) == ["Follow-up"]
    note_coming(house, call, mark_missed)
    assert waiting(console, call) == []


def note_coming(house: Installation, call: Call, act: Callable[..., Call]) -> None:
    with house.booking.sessions.begin() as session:
        act(session, call.id, now=house.clock.now())


def waiting(console: FlaskClient, call: Call) -> list[str]:
    """The mails after the call that its page lists as waiting."""
    lines = page_of(console, call).soup.select("section[aria-labelledby=mails] li")
    found = [line.a.get_text() for line in lines if line.a and "waits for its time" in line.get_text()]
    return [subject for subject in found if not subject.startswith("Invitation")]


def test_hostile_words_are_shown_as_words(house: Installation, console: FlaskClient) -> None:
    evil = "<script>alert(1)</script>"
    call = booked(house, visitor=a_visitor(evil, company=evil), attribution={"referrer": "javascript:alert(1)"})
    for path in (f"/console/calls/{call.id}", "/console/calls", "/console"):
        page = opened(console, path)
        assert evil in page.text
        assert "alert(1)" not in [script.get_text() for script in page.soup.find_all("script")]
        assert page.links("javascript:") == []


def test_of_somebody_who_was_erased_all_that_happened_stays_and_nothing_can_be_done(
    house: Installation, console: FlaskClient
) -> None:
    call, other = booked(house), booked(house, TEN + DAY, visitor=a_visitor("Eli", "eli@reader.test"))
    with house.booking.sessions.begin() as session:
        move_call(session, call.token, TWELVE, Change("prospect", "A train"), now=START)
        move_call(session, call.token, ELEVEN, Change("advisor", "A better one"), now=START)
        say_late(session, call.token, 5, by="prospect", now=ELEVEN)
    house.work()
    house.pass_time(days=3)
    csrf = opened(console, "/console").fields("/console/signout")["csrf_token"]
    for email in ("ana@reader.test", "eli@reader.test"):
        form = {"email": email, "again": email, "csrf_token": csrf}
        assert console.post("/console/people/erase", data=form).status_code == 200
    page = page_of(console, call)
    assert page.heading == "Erased person"
    assert story(page)[:4] == [
        "Booked for Tue 8 Dec, 10:00 · Erased person",
        "Moved from Tue 8 Dec, 10:00 to Tue 8 Dec, 12:00 · Erased person",
        "Moved from Tue 8 Dec, 12:00 to Tue 8 Dec, 11:00 · you",
        "Said to be 5 minutes late · Erased person",
    ]
    for words in ("ana@reader.test", "Ana", "A train", "A better one", "Book another for them", "They did not come"):
        assert words not in page.text
    # Two who were erased are not one person.
    assert page.links(f"/console/calls/{other.id}") == []
    assert opened(console, f"/console/calls/new?for={call.id}").fields("/console/calls/new")["email"] == ""
    refused = post(console, f"/console/calls/{call.id}/notes", {"notes": "It was Ana", "csrf_token": csrf})
    assert refused.status_code == 409
    assert house.rows("SELECT notes FROM booking.call WHERE id = :id", id=call.id) == [("",)]


def test_whoever_acts_is_called_the_same_everywhere(house: Installation, console: FlaskClient) -> None:
    call = booked(house)
    house.pass_time(days=2)
    csrf = opened(console, "/console").fields("/console/signout")["csrf_token"]
    assert post(console, f"/console/calls/{call.id}/missed", {"csrf_token": csrf}).status_code == 303
    assert "Noted that they did not come · you" in story(page_of(console, call))


@pytest.mark.parametrize("path", ["0199f0c2-7d1e-7cc3-9a43-111111111111", "x", "%00"])
def test_a_call_that_is_not_there_is_not_found(quiet_house: Installation, path: str) -> None:
    assert opened(signed_in(quiet_house), f"/console/calls/{path}").status == 404
